//! Programs of version 1 of the protocol, as they were when its bytes were frozen, talk to those of today. See `README.md`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use daffi_faults::Cutter;
use tempfile::TempDir;

/// What the caller goes through, which is as long as it was.
const STEPS: usize = 16;

/// Which program takes a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Today,
    /// The one that was kept.
    Version1,
}

use Of::{Today, Version1};

impl Of {
    fn program(self) -> PathBuf {
        match self {
            Today => env!("CARGO_BIN_EXE_daffi-frozen").into(),
            Version1 => kept().to_owned(),
        }
    }
}

/// The kept program, where it can be run: a checkout may have lost that it may be.
fn kept() -> &'static Path {
    static KEPT: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = KEPT.get_or_init(|| {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("version-1.x86_64-linux");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("version-1");
        fs::copy(kept, &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        (folder, path)
    });
    path
}

/// A process with a part. It is told to end when it is dropped.
struct Part {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Part {
    fn begin(of: Of, arguments: &[&str]) -> Self {
        let mut child = Command::new(of.program())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What its callbacks say when they panic on purpose.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Has it end, as it does by itself.
    #[track_caller]
    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole conversation: what the caller says of each step, but that it went well.
fn talk(
    controller: Of,
    [one, two]: [Of; 2],
    caller: Of,
    through: Option<impl FnOnce(u16) -> u16>,
) -> Vec<String> {
    let word: &[&str] = if through.is_some() { &["through"] } else { &[] };
    let mut controller = Part::begin(controller, &[&["controller"], word].concat());
    let line = controller.line();
    let port = line.strip_prefix("port ").unwrap_or_else(|| panic!("{line:?}"));
    let port: u16 = port.parse().unwrap();
    let port = through.map_or(port, |through| through(port)).to_string();
    let providers = [("one", one), ("two", two)].map(|(name, of)| {
        let mut provider = Part::begin(of, &[&["provider", name, &port], word].concat());
        assert_eq!(provider.line(), "ready", "{name} of {of:?}");
        provider
    });
    let mut calls = Part::begin(caller, &[&["caller", &port], word].concat());
    let (mut steps, mut failed) = (0, Vec::new());
    loop {
        match calls.line() {
            line if line == "end" => break,
            line if line.starts_with("ok ") => steps += 1,
            line if line.is_empty() => panic!("the caller has ended after {steps} steps: {failed:?}"),
            line => failed.push(line),
        }
    }
    calls.end();
    providers.into_iter().for_each(Part::end);
    controller.end();
    assert_eq!(steps + failed.len(), STEPS);
    failed
}

#[track_caller]
fn check(controller: Of, providers: [Of; 2], caller: Of) {
    let failed = talk(controller, providers, caller, None::<fn(u16) -> u16>);
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn programs_of_today_talk_to_each_other() {
    check(Today, [Today; 2], Today);
}

/// The conversation while its connections are lost, which nobody notices.
async fn check_cut(controller: Of, others: Of) {
    let (ask, asked) = std::sync::mpsc::channel();
    let (tell, told) = std::sync::mpsc::channel();
    let talk = tokio::task::spawn_blocking(move || {
        let through = |port| {
            ask.send(port).unwrap();
            told.recv().unwrap()
        };
        talk(controller, [others; 2], others, Some(through))
    });
    let port = tokio::task::spawn_blocking(move || asked.recv().unwrap())
        .await
        .unwrap();
    let cutter = Cutter::to(port, 7).await;
    tell.send(cutter.port()).unwrap();
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        cutter.cut();
    }
    let failed = talk.await.unwrap();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(cutter.cuts() >= 3, "only {} were cut", cutter.cuts());
}

#[tokio::test]
async fn programs_of_today_go_on_with_their_sessions() {
    check_cut(Today, Today).await;
}

/// version.frozen
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod with_version_1 {
    use super::*;

    #[test]
    fn a_controller_serves_programs_of_version_1() {
        check(Today, [Version1; 2], Version1);
    }

    #[test]
    fn a_controller_of_version_1_serves_programs_of_today() {
        check(Version1, [Today; 2], Today);
    }

    #[test]
    fn a_caller_of_version_1_calls_programs_of_today() {
        check(Today, [Today; 2], Version1);
    }

    #[test]
    fn programs_of_version_1_are_called_by_one_of_today() {
        check(Today, [Version1; 2], Today);
    }

    #[test]
    fn programs_of_both_share_the_calls_of_either() {
        check(Today, [Today, Version1], Version1);
        check(Version1, [Version1, Today], Today);
    }

    #[tokio::test]
    async fn programs_of_version_1_go_on_with_their_sessions() {
        check_cut(Today, Version1).await;
    }

    #[tokio::test]
    async fn sessions_with_a_controller_of_version_1_go_on() {
        check_cut(Version1, Today).await;
    }
}
