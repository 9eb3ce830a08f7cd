//! The program `daffi`, run as whoever types it would, against callbacks of many types.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod callbacks;
mod failures;
#[cfg(feature = "tls")]
mod secured;
mod shell;
mod values;

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use daffi::Global;
use tempfile::TempDir;

use callbacks::Shop;

/// A controller with a process that offers callbacks.
struct Net {
    shop: Global,
    folder: TempDir,
}

impl Net {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shop = Global::builder()
            .process_name("shop")
            .attribute("kind", "shop")
            .init_controller(true)
            .unix_sock_path(folder.path())
            .auto_callbacks(false)
            .service(Shop)
            .stop_timeout(std::time::Duration::from_millis(100))
            .start_blocking()
            .unwrap();
        Self { shop, folder }
    }

    /// Another process that joins it.
    fn join(&self, name: &str) -> Global {
        let builder = Global::builder().process_name(name).auto_callbacks(false);
        builder
            .unix_sock_path(self.folder.path())
            .start_blocking()
            .unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.folder.path());
        command
            .arg("--unix-sock-path")
            .arg(self.folder.path())
            .args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.fed(arguments, "")
    }

    /// What it says that is given this to read.
    fn fed(&self, arguments: &[&str], input: &str) -> Ended {
        ended(self.command(arguments), input)
    }

    /// What a call prints, which works.
    #[track_caller]
    fn called(&self, name: &str, arguments: &str) -> String {
        self.run(&["call", name, arguments]).printed()
    }

    fn stop(self) {
        self.shop.stop_blocking();
    }
}

/// The program, with nothing of this machine's environment.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daffi"));
    command
        .env_clear()
        .env("TMPDIR", folder)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn ended(mut command: Command, input: &str) -> Ended {
    let mut child: Child = command.spawn().unwrap();
    // It may not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ended::from(child.wait_with_output().unwrap())
}

/// What became of the program.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// What it has printed, which has worked.
    #[track_caller]
    fn printed(self) -> String {
        assert_eq!((self.code, &*self.err), (Some(0), ""), "{self:?}");
        self.out
    }

    /// It has not worked, with that code, and said so.
    #[track_caller]
    fn failed(&self, code: i32, parts: &[&str]) {
        assert_eq!((self.code, &*self.out), (Some(code), ""), "{self:?}");
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not in: {}", self.err);
        }
    }
}
