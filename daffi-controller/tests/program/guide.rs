//! The commands of `docs/guide/security.md`, in the order of the page, from a clean shell.

use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use super::Running;
use super::tls::{join, port};

const PAGE: &str = include_str!("../../../docs/guide/security.md");

/// The blocks of commands.
fn blocks() -> Vec<&'static str> {
    let blocks = PAGE.split("\n```sh\n").skip(1);
    blocks.map(|rest| rest.split("\n```").next().unwrap()).collect()
}

/// Runs commands by a shell that knows nothing but where the program is.
fn shell(folder: &TempDir, commands: &str) {
    let program = Path::new(env!("CARGO_BIN_EXE_daffi-controller"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let output = Command::new("/bin/sh")
        .args(["-euc", commands])
        .env_clear()
        .env("PATH", path)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands}\n{said}");
}

#[tokio::test]
async fn the_commands_of_the_guide_do_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let [issue, serve, replace] = blocks()[..] else {
        panic!("the page has other commands: {:?}", blocks())
    };
    shell(&folder, issue);

    // It goes on running, and other tests have ports, too.
    let serve = serve.replace("--host 0.0.0.0 --port 8888", "--host 127.0.0.1 --port 0");
    let arguments: Vec<_> = serve.split(' ').skip(1).collect();
    let path = |argument: &str| match argument.strip_prefix("ca/") {
        Some(file) => folder.path().join("ca").join(file).display().to_string(),
        None => argument.to_owned(),
    };
    let arguments: Vec<_> = arguments.into_iter().map(path).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (mut program, said) = Running::start(&folder, &arguments);

    let file = |name: &str| folder.path().join("ca").join(name);
    let tls = || {
        daffi_core::Tls::new()
            .certificate(file("resizer-1.pem"))
            .key(file("resizer-1.key"))
            .ca(file("ca.pem"))
    };
    let (host, number) = ("localhost", port(&said));
    join(host, number, Some(tls())).await.unwrap().stop().await;
    let unknown = join(host, number, Some(daffi_core::Tls::new().ca(file("ca.pem")))).await;
    assert!(unknown.unwrap_err().to_string().contains("which is missing"));

    shell(&folder, replace);
    program.signal(Signal::HUP);
    program.until("certificates were read again");
    join(host, number, Some(tls())).await.unwrap().stop().await;
    program.signal(Signal::TERM);
    assert!(program.end().0.success());
}
