//! Certificates that the program makes, and what it does with them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use daffi_certificates::{Authority, Purpose, Wanted};
use daffi_core::{Global, StartError, Tls};
use rustix::process::Signal;
use tempfile::TempDir;

use super::{Running, command, run, text};

/// Runs `daffi-controller cert …` in the folder.
fn cert(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = command(folder, &["cert"]);
    command
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[track_caller]
fn made(folder: &TempDir, arguments: &[&str]) -> String {
    let output = cert(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A folder with an authority, a controller's certificate and that of a process.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    made(&folder, &["ca", "--out", "ca"]);
    made(
        &folder,
        &[
            "server",
            "--ca",
            "ca",
            "--name",
            "localhost",
            "--name",
            "127.0.0.1",
        ],
    );
    made(&folder, &["client", "--ca", "ca", "--name", "resizer 1"]);
    folder
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn tls(folder: &TempDir) -> Tls {
    Tls::new().ca(folder.path().join("ca/ca.pem"))
}

fn known(folder: &TempDir) -> Tls {
    tls(folder)
        .certificate(folder.path().join("ca/resizer-1.pem"))
        .key(folder.path().join("ca/resizer-1.key"))
}

/// The program with TLS: its port, and its log so far.
fn serve(folder: &TempDir, more: &[&str]) -> (Running, u16, String) {
    let path = |name: &str| folder.path().join("ca").join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (path("localhost.pem"), path("localhost.key"));
    let arguments = [
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--ssl-certificate",
        &certificate,
        "--ssl-key",
        &key,
    ];
    let (running, said) = Running::start(folder, &[&arguments[..], more].concat());
    let port = port(&said);
    (running, port, said)
}

/// Where the program says that it listens.
pub(super) fn port(said: &str) -> u16 {
    let (_, host) = said.split_once("tcp://").unwrap();
    let (_, after) = host.split_once(':').unwrap();
    let mut digits = after.split(|letter: char| !letter.is_ascii_digit());
    digits.next().unwrap().parse().unwrap()
}

pub(super) async fn join(host: &str, port: u16, tls: Option<Tls>) -> Result<Global, StartError> {
    let builder = Global::builder().process_name("resizer").host(host).port(port);
    match tls {
        Some(tls) => builder.tls(tls),
        None => builder,
    }
    .start()
    .await
}

#[test]
fn what_is_made_is_for_its_owner_and_is_not_replaced_unless_that_is_said() {
    let folder = folder();
    let path = |name: &str| folder.path().join("ca").join(name);
    assert_eq!(mode(path("")), 0o700);
    for name in ["ca", "localhost", "resizer-1"] {
        assert_eq!(mode(path(&format!("{name}.key"))), 0o600, "{name}");
        assert_eq!(mode(path(&format!("{name}.pem"))) & 0o200, 0o200, "{name}");
    }
    let all: [&[&str]; 3] = [
        &["ca", "--out", "ca"],
        &["server", "--ca", "ca", "--name", "localhost"],
        &["client", "--ca", "ca", "--name", "resizer 1"],
    ];
    let files = || {
        let mut files: Vec<_> = fs::read_dir(path(""))
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        files
            .into_iter()
            .map(|file| (fs::read(&file).unwrap(), file))
            .collect::<Vec<_>>()
    };
    let before = files();
    assert_eq!(before.len(), 6);
    for arguments in all {
        let output = cert(&folder, arguments);
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stderr);
        assert!(said.contains("is there already; --replace replaces it"), "{said}");
        assert!(files() == before, "{arguments:?} has replaced something");
    }
    for arguments in all {
        // As somebody may have changed it.
        fs::set_permissions(path("localhost.key"), fs::Permissions::from_mode(0o644)).unwrap();
        let said = made(&folder, &[arguments, &["--replace"]].concat());
        assert!(!said.contains("PRIVATE"), "{said}");
    }
    assert_eq!(files().len(), 6);
    assert!(files().iter().zip(&before).all(|(now, before)| now.0 != before.0));
    for name in ["ca", "localhost", "resizer-1"] {
        made(
            &folder,
            &["server", "--ca", "ca", "--name", "localhost", "--replace"],
        );
        assert_eq!(mode(path(&format!("{name}.key"))), 0o600, "{name}");
    }
}

#[test]
fn what_cannot_be_made_is_explained() {
    let folder = folder();
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let output = cert(&folder, arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    };
    check(
        &["server", "--ca", "nowhere", "--name", "localhost"],
        1,
        "`daffi-controller cert ca` makes an authority",
    );
    check(
        &["server", "--ca", "ca", "--name", "two words"],
        1,
        "a certificate cannot be for \"two words\"",
    );
    check(&["server", "--ca", "ca"], 2, "--name <NAME>");
    check(
        &["server", "--ca", "ca", "--name", "a", "--days", "0"],
        2,
        "0 is not in 1..=3650",
    );
    check(&["ca", "--out", "/proc/daffi"], 1, "/proc/daffi");
    check(&["--ssl-ca", "x"], 2, "unexpected argument");
    fs::copy(
        folder.path().join("ca/localhost.key"),
        folder.path().join("ca/ca.key"),
    )
    .unwrap();
    check(
        &["server", "--ca", "ca", "--name", "b"],
        1,
        "ca/ca.key is not the key of ca/ca.pem",
    );
}

#[test]
fn arguments_of_tls_that_make_no_sense_are_explained() {
    let folder = folder();
    let check = |arguments: &[&str], expected: &str| {
        let output = run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    };
    check(&["--port", "0", "--ssl-certificate", "a"], "--ssl-key <FILE>");
    check(&["--port", "0", "--ssl-key", "a"], "--ssl-certificate <FILE>");
    check(&["--ssl-certificate", "a", "--ssl-key", "a"], "--port <PORT>");
    check(
        &[
            "--port",
            "0",
            "--ssl-certificate",
            "a",
            "--ssl-key",
            "a",
            "--ssl-client-optional",
        ],
        "--ssl-ca <FILE>",
    );
    let key = folder.path().join("ca/localhost.key");
    let key = key.to_str().unwrap();
    check(
        &["--port", "0", "--ssl-certificate", "/nowhere", "--ssl-key", key],
        "--ssl-certificate: /nowhere: it cannot be read",
    );
}

#[tokio::test]
async fn processes_join_with_what_was_made() {
    let folder = folder();
    let ca = folder.path().join("ca/ca.pem");
    let (program, port, said) = serve(&folder, &["--ssl-ca", ca.to_str().unwrap()]);
    assert!(said.contains("tls=true"), "{said}");
    let g = join("127.0.0.1", port, Some(known(&folder))).await.unwrap();
    g.stop().await;
    program.signal(Signal::TERM);
    let (status, said) = program.end();
    assert!(status.success(), "{said}");
    assert!(said.contains("peer=tls://127.0.0.1:"), "{said}");
    assert!(!said.contains("WARN"), "{said}");
}

#[tokio::test]
async fn whoever_is_not_let_in_is_told_and_so_is_the_log() {
    let folder = folder();
    let other = self::folder();
    let ca = folder.path().join("ca/ca.pem");
    let (mut program, port, _) = serve(&folder, &["--ssl-ca", ca.to_str().unwrap()]);
    let mut check = async |tls: Option<Tls>, process: &str, log: &str| {
        let error = join("127.0.0.1", port, tls).await.unwrap_err().to_string();
        assert!(error.contains(process), "{error}");
        let said = program.until("WARN");
        assert!(
            said.contains("peer=tcp://127.0.0.1:") && said.contains(log),
            "{said}"
        );
    };
    check(
        Some(tls(&folder)),
        "does not take the certificate of this side, which is missing",
        "the certificate of the process that joins is missing",
    )
    .await;
    check(
        Some(known(&other).ca(folder.path().join("ca/ca.pem"))),
        "which is from an authority that is not known there",
        "the certificate of the process that joins is from an authority that is not known there",
    )
    .await;
    check(
        Some(known(&other)),
        "the certificate of the controller is from an authority that is not known there",
        "the process that joins does not take the certificate of this side, which is from an authority",
    )
    .await;
    check(
        None,
        "it uses TLS, and this process does not",
        "the process that joins does not use TLS, and this controller does",
    )
    .await;
    program.signal(Signal::TERM);
    assert!(program.end().0.success());
}

#[tokio::test]
async fn certificates_are_read_again_when_it_is_told_so_and_broken_ones_are_not_used() {
    let folder = folder();
    let (mut program, port, _) = serve(&folder, &[]);
    let other = Authority::generate().unwrap();
    let path = |name: &str| folder.path().join("ca").join(name);

    fs::write(path("localhost.pem"), "nothing").unwrap();
    program.signal(Signal::HUP);
    let said = program.until("the new certificates cannot be used; those before stay");
    assert!(said.contains("there is no certificate in it"), "{said}");
    join("127.0.0.1", port, Some(tls(&folder)))
        .await
        .unwrap()
        .stop()
        .await;

    let issued = other.issue(&Wanted::new(Purpose::Server, ["127.0.0.1"])).unwrap();
    fs::write(path("localhost.pem"), &issued.certificate).unwrap();
    fs::write(path("localhost.key"), &*issued.key).unwrap();
    program.signal(Signal::HUP);
    program.until("certificates were read again");
    let refused = join("127.0.0.1", port, Some(tls(&folder)))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("from an authority that is not known"),
        "{refused}"
    );
    fs::write(path("ca.pem"), other.own().unwrap().certificate).unwrap();
    join("127.0.0.1", port, Some(tls(&folder)))
        .await
        .unwrap()
        .stop()
        .await;
    program.signal(Signal::TERM);
    assert!(program.end().0.success());
}
