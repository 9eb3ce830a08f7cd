//! Controllers that ask who comes: what gets through to them, and what is said where nothing does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use daffi::{CallContext, callback};
use daffi_core::Tls;
use serde_json::Value;

use super::*;

/// Says who has called it.
#[allow(clippy::needless_pass_by_value, reason = "it takes what callbacks are given")]
mod offered {
    use super::*;

    #[callback(alias = "secured.caller")]
    fn caller(ctx: CallContext) -> Option<String> {
        ctx.identity().map(|identity| identity.name().to_owned())
    }
}

/// A folder of secrets, a controller that asks for some of them, and where it is.
struct Secured {
    shop: Global,
    folder: TempDir,
    port: String,
}

impl Secured {
    /// One that is started as `said`, in a folder in which these commands of `daffi-controller` have run. What they print is in `printed`.
    fn new(
        commands: &[&[&str]],
        said: impl FnOnce(&Path, daffi::GlobalBuilder) -> daffi::GlobalBuilder,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut printed = String::new();
        for arguments in commands {
            let mut command = Command::new(env!("CARGO_BIN_EXE_daffi-controller"));
            let output = command
                .args(*arguments)
                .current_dir(folder.path())
                .output()
                .unwrap();
            assert!(output.status.success(), "{arguments:?}: {output:?}");
            printed += std::str::from_utf8(&output.stdout).unwrap();
        }
        // A token is printed with its line behind it; of a key the line alone.
        let known: String = printed
            .lines()
            .filter(|line| line.contains(" token ") || line.contains(" key "))
            .map(|line| format!("{line}\n"))
            .collect();
        fs::write(folder.path().join("known"), known).unwrap();
        for token in printed.lines().filter(|line| line.starts_with("daffi_token_")) {
            secret(folder.path(), "token", token);
        }
        let builder = Global::builder()
            .process_name("shop")
            .init_controller(true)
            .host("localhost")
            .port(0)
            .auto_callbacks(false)
            .callback("secured.caller")
            .stop_timeout(std::time::Duration::from_millis(100));
        let shop = said(folder.path(), builder).start_blocking().unwrap();
        let port = shop.address().port().unwrap().to_string();
        Self { shop, folder, port }
    }

    /// What becomes of a call, with these options and this environment.
    fn call(&self, options: &[&str], environment: &[(&str, &str)]) -> Ended {
        self.run(&[&["call", "secured.caller"], options].concat(), environment)
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut command = program(self.folder.path());
        command
            .args(["--port", &self.port, "--connect-timeout", "10s"])
            .args(arguments)
            .envs(environment.iter().copied());
        ended(command, "")
    }

    /// It has not come in, with that code, and is told what is wrong and what to type.
    #[track_caller]
    fn refused(&self, options: &[&str], code: i32, parts: &[&str]) {
        self.call(options, &[]).failed(code, parts);
    }

    fn stop(self) {
        self.shop.stop_blocking();
    }
}

/// A file that its owner alone can read.
fn secret(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

const TOKEN: &[&str] = &["token", "shopper"];
const AUTHORITY: &[&str] = &["cert", "ca", "--out", "ca"];
const SERVER: &[&str] = &["cert", "server", "--ca", "ca", "--name", "localhost"];
const CLIENT: &[&str] = &["cert", "client", "--ca", "ca", "--name", "web"];

/// The certificate of the controller.
fn shown(folder: &Path) -> Tls {
    let file = |name: &str| folder.join("ca").join(name);
    Tls::new()
        .certificate(file("localhost.pem"))
        .key(file("localhost.key"))
}

#[test]
fn tls_takes_the_authority_and_no_other() {
    let other: &[&str] = &["cert", "ca", "--out", "other"];
    let net = Secured::new(&[AUTHORITY, SERVER, other], |folder, builder| {
        builder.tls(shown(folder))
    });
    let by_name = net.call(&["--ssl-ca", "ca/ca.pem"], &[]);
    assert_eq!(by_name.printed(), "null\n");
    let by_environment = net.call(&[], &[("DAFFI_SSL_CA", "ca/ca.pem")]);
    assert_eq!(by_environment.printed(), "null\n");
    let described = net.run(&["describe", "secured.caller", "--ssl-ca", "ca/ca.pem"], &[]);
    assert!(described.printed().contains("Option<String>"));

    let unknown = "is from an authority that is not known there";
    net.refused(&["--ssl-ca", "other/ca.pem"], 3, &[unknown, "--ssl-ca"]);
    net.refused(&["--tls"], 3, &[unknown, "--ssl-ca"]);
    net.refused(&[], 3, &["it uses TLS", "--ssl-ca FILE", "--tls"]);
    net.refused(&["--ssl-ca", "none.pem"], 2, &["none.pem"]);
    net.refused(
        &["--ssl-ca", "ca/ca.pem", "--host", "127.0.0.1"],
        3,
        &["is for localhost and not for 127.0.0.1"],
    );
    net.stop();
}

#[test]
fn who_shows_a_certificate_is_known_by_its_name() {
    let net = Secured::new(&[AUTHORITY, SERVER, CLIENT], |folder, builder| {
        builder.tls(shown(folder).ca(folder.join("ca/ca.pem")))
    });
    let certificate = ["--ssl-ca", "ca/ca.pem", "--ssl-certificate", "ca/web.pem"];
    let both = [&certificate[..], &["--ssl-key", "ca/web.key"]].concat();
    assert_eq!(net.call(&both, &[]).printed(), "web\n");

    net.refused(
        &certificate[..2],
        3,
        &[
            "is missing: one is wanted",
            "--ssl-certificate FILE and --ssl-key FILE",
        ],
    );
    net.refused(&certificate, 2, &["ssl_key"]);
    net.stop();
}

#[test]
fn a_token_is_taken_from_a_file_or_from_the_environment() {
    let net = Secured::new(&[TOKEN], |folder, builder| builder.known(folder.join("known")));
    let token = fs::read_to_string(net.folder.path().join("token")).unwrap();
    assert_eq!(net.call(&["--token-file", "token"], &[]).printed(), "shopper\n");
    assert_eq!(
        net.call(&[], &[("DAFFI_TOKEN_FILE", "token")]).printed(),
        "shopper\n"
    );
    assert_eq!(net.call(&[], &[("DAFFI_TOKEN", &token)]).printed(), "shopper\n");

    net.refused(
        &[],
        3,
        &["lets in only who proves who it is", "--token-file FILE"],
    );
    let another = format!("daffi_token_{}", "07".repeat(32));
    let unknown = net.call(&[], &[("DAFFI_TOKEN", &another)]);
    unknown.failed(3, &["it does not know the token of this process", "--known"]);
    net.call(&[], &[("DAFFI_TOKEN", "secret")])
        .failed(2, &["it is no token", "daffi-controller token NAME"]);
    net.refused(&["--token-file", "none"], 2, &["none"]);
    net.refused(
        &["--token-file", "token", "--key-file", "token"],
        2,
        &["cannot be used with"],
    );
    let said = net.run(&["--output", "json", "call", "secured.caller"], &[]);
    let said: Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!(said["error"], "no_controller");
    assert!(said["hint"].as_str().unwrap().contains("DAFFI_TOKEN"), "{said}");
    net.stop();
}

#[test]
fn a_key_is_taken_where_it_is_known_who_the_controller_is() {
    let (key, other): (&[&str], &[&str]) = (&["key", "worker", "worker.key"], &["key", "x", "other.key"]);
    let net = Secured::new(&[AUTHORITY, SERVER, key], |folder, builder| {
        builder.tls(shown(folder)).known(folder.join("known"))
    });
    let made = Command::new(env!("CARGO_BIN_EXE_daffi-controller"))
        .args(other)
        .current_dir(net.folder.path())
        .output()
        .unwrap();
    assert!(made.status.success());
    let tls = ["--ssl-ca", "ca/ca.pem"];
    let with = |options: &[&str]| net.call(&[&tls, options].concat(), &[]);
    assert_eq!(with(&["--key-file", "worker.key"]).printed(), "worker\n");
    let by_environment = net.call(&tls, &[("DAFFI_KEY_FILE", "worker.key")]);
    assert_eq!(by_environment.printed(), "worker\n");

    with(&[]).failed(3, &["lets in only who proves who it is", "--key-file FILE"]);
    with(&["--key-file", "other.key"]).failed(3, &["it does not know the key of this process"]);
    with(&["--key-file", "ca/ca.pem"]).failed(2, &["ca/ca.pem"]);
    net.stop();
}

#[test]
fn tls_is_left_out_where_the_controller_has_none() {
    let net = Secured::new(&[AUTHORITY], |_, builder| builder);
    assert_eq!(net.call(&[], &[]).printed(), "null\n");
    net.refused(
        &["--ssl-ca", "ca/ca.pem"],
        3,
        &["it does not use TLS", "no --tls"],
    );
    net.stop();
}
