//! Processes of different users at one controller: who may meet through a Unix socket, and what the others are told.
//!
//! Each process is this test program again, as another user. Only root may start such processes, so without it nothing is tested
//! here, and that is said.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a test that tests nothing must say so")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, exit};
use std::time::Duration;
use std::{env, fs, io, thread};

use daffi::{Access, Global, Role, callback};
use tempfile::TempDir;

const PART: &str = "DAFFI_TEST_PART";
const FOLDER: &str = "DAFFI_TEST_FOLDER";
/// Where a relay passes on what it is told.
const NEXT: &str = "DAFFI_TEST_NEXT";
const TOKEN: &str = "daffi_token_1111111111111111111111111111111111111111111111111111111111111111";
const SAYS: &str = "part: ";

const ROOT: u32 = 0;
/// A user that owns nothing.
const OTHER: u32 = 65534;
/// One between the two.
const THIRD: u32 = 65533;

#[callback]
async fn calculate_sum(a: i64, b: i64) -> i64 {
    a + b
}

/// The part of a process, if it was started for one.
#[test]
fn play() {
    let Ok(part) = env::var(PART) else { return };
    thread::spawn(|| {
        // Nothing is written to it. It is closed with the test's process, whatever ends that.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        exit(0);
    });
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(act(&part));
}

/// The part has a role, and then a word for what it allows.
async fn act(part: &str) {
    let mut builder = Global::builder().any_user(part.ends_with("any user"));
    if part.ends_with("names the other") {
        let access = Access::new().role("all", Role::everything());
        builder = builder.access(access.identity(format!("uid:{OTHER}"), ["all"]));
    }
    if let Some(folder) = env::var_os(FOLDER) {
        builder = builder.unix_sock_path(folder);
    }
    if part.starts_with("relay") {
        return relay(
            Path::new(&env::var_os(FOLDER).unwrap()),
            Path::new(&env::var_os(NEXT).unwrap()),
        );
    }
    if part.contains("knows the token") {
        builder = builder.token(TOKEN);
    }
    if part.starts_with("controller") {
        let started = builder.init_controller(true).start().await;
        say(&started
            .as_ref()
            .map_or_else(ToString::to_string, |_| "runs".to_owned()));
        if let Ok(g) = started {
            g.join().await;
        }
        return;
    }
    let started = builder
        .auto_callbacks(false)
        .connect_timeout(Duration::from_millis(300))
        .start()
        .await;
    match started {
        Err(error) => say(&format!("{error:?}")),
        Ok(g) => {
            let sum: i64 = g.call("calculate_sum", (1i64, 2i64)).await.unwrap();
            say(&format!("joined: {sum}"));
            g.stop().await;
        }
    }
}

/// Passes on what both sides say, from a socket of its own to another one.
fn relay(folder: &Path, next: &Path) {
    let listener = UnixListener::bind(folder.join(".sock")).unwrap();
    fs::set_permissions(folder.join(".sock"), fs::Permissions::from_mode(0o666)).unwrap();
    say("runs");
    for near in listener.incoming() {
        let (mut near, mut far) = (near.unwrap(), UnixStream::connect(next.join(".sock")).unwrap());
        let (mut back, mut on) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        thread::spawn(move || {
            let _ = io::copy(&mut near, &mut on);
            let _ = on.shutdown(Shutdown::Write);
        });
        thread::spawn(move || {
            let _ = io::copy(&mut far, &mut back);
            let _ = back.shutdown(Shutdown::Write);
        });
    }
}

fn say(what: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "\n{SAYS}{}", what.replace('\n', " "))
        .and_then(|()| out.flush())
        .unwrap();
}

/// A process that is killed when it is dropped.
struct Actor {
    child: Child,
    said: String,
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder that all can enter, in which processes meet.
struct Stage {
    folder: TempDir,
}

impl Stage {
    /// None if this process may not start those of other users.
    fn new() -> Option<Self> {
        if rustix::process::geteuid().as_raw() != ROOT {
            eprintln!("NOT TESTED: only root can start processes of other users");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Some(Self { folder })
    }

    /// A folder of a user's own in it.
    fn own(&self, name: &str, uid: u32, mode: u32) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::DirBuilder::new().mode(mode).create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        chown(&path, Some(uid), Some(uid)).unwrap();
        path
    }

    /// Starts a process of a user, and waits until it has said what became of it.
    fn start(&self, part: &str, uid: u32, folder: Option<&Path>) -> Actor {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["play", "--exact", "--nocapture", "--test-threads=1"])
            .current_dir("/")
            .env(PART, part)
            .env("TMPDIR", self.folder.path())
            .env(NEXT, self.folder.path().join("next"))
            .envs(folder.map(|folder| (FOLDER, folder)))
            .uid(uid)
            .gid(uid)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the other user can run this program");
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let said = loop {
            line.clear();
            assert!(
                out.read_line(&mut line).unwrap() > 0,
                "{part:?} ends without a word"
            );
            if let Some(said) = line.trim_end().strip_prefix(SAYS) {
                break said.to_owned();
            }
        };
        // What else the test runner says is read, so that it never waits for that.
        thread::spawn(move || out.read_to_end(&mut Vec::new()));
        Actor { child, said }
    }

    fn controller(&self, part: &str, uid: u32, folder: Option<&Path>) -> Actor {
        let actor = self.start(&format!("controller, {part}"), uid, folder);
        assert_eq!(actor.said, "runs");
        actor
    }

    #[track_caller]
    fn check(&self, part: &str, uid: u32, folder: Option<&Path>, expected: &[&str]) {
        let said = &self.start(part, uid, folder).said;
        for part in expected {
            assert!(said.contains(part), "{part:?} is not in {said:?}");
        }
    }
}

#[test]
fn the_default_socket_is_each_users_own() {
    let Some(stage) = Stage::new() else { return };
    fs::set_permissions(stage.folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    let _roots = stage.controller("own user", ROOT, None);
    let _others = stage.controller("own user", OTHER, None);
    for (uid, folder) in [(ROOT, "daffi-0"), (OTHER, "daffi-65534")] {
        let made = fs::metadata(stage.folder.path().join(folder)).unwrap();
        assert_eq!(made.permissions().mode() & 0o777, 0o700);
        stage.check("node, own user", uid, None, &["joined: 3"]);
    }
}

#[test]
fn a_default_folder_that_somebody_else_has_made_is_not_used() {
    let Some(stage) = Stage::new() else { return };
    let squatted = stage.own("daffi-0", OTHER, 0o755);
    let _squatter = stage.controller("own user", OTHER, Some(&squatted));
    let expected = [
        squatted.to_str().unwrap(),
        "belongs to uid 65534, and this process runs as uid 0",
        "TMPDIR",
    ];
    stage.check("node, own user", ROOT, None, &expected);
    stage.check("node, own user", ROOT, None, &["Untrusted"]);
    stage.check("controller, own user", ROOT, None, &expected);
}

#[test]
fn a_node_tells_nothing_to_a_controller_of_another_user() {
    let Some(stage) = Stage::new() else { return };
    let folder = stage.own("f", OTHER, 0o755);
    let _controller = stage.controller("any user", OTHER, Some(&folder));
    let expected = [
        "Untrusted",
        "it runs as uid 65534, this process as uid 0",
        "any_user(true)",
    ];
    stage.check("node, own user", ROOT, Some(&folder), &expected);
    stage.check("node, any user", ROOT, Some(&folder), &["joined: 3"]);
}

#[test]
fn a_controller_lets_in_its_own_user_and_root_unless_it_is_open_to_all() {
    let Some(stage) = Stage::new() else { return };
    let folder = stage.own("f", OTHER, 0o755);
    let controller = stage.controller("own user", OTHER, Some(&folder));
    stage.check("node, own user", OTHER, Some(&folder), &["joined: 3"]);
    // Root says itself that it trusts the other; it is let in.
    stage.check("node, any user", ROOT, Some(&folder), &["joined: 3"]);
    drop(controller);

    let folder = stage.own("r", ROOT, 0o755);
    let controller = stage.controller("own user", ROOT, Some(&folder));
    let expected = [
        "Permission denied",
        "belongs to uid 0, and this process runs as uid 65534",
    ];
    stage.check("node, own user", OTHER, Some(&folder), &expected);
    // Whatever is done to the file.
    fs::set_permissions(folder.join(".sock"), fs::Permissions::from_mode(0o666)).unwrap();
    let expected = ["Refused", "it runs as uid 0", "not of uid 65534", "--any-user"];
    stage.check("node, own user", OTHER, Some(&folder), &expected);
    drop(controller);

    let controller = stage.controller("any user", ROOT, Some(&folder));
    stage.check("node, own user", OTHER, Some(&folder), &["joined: 3"]);
    drop(controller);

    // Those whom its rules name, and no other.
    let _controller = stage.controller("names the other", ROOT, Some(&folder));
    stage.check("node, own user", OTHER, Some(&folder), &["joined: 3"]);
    stage.check(
        "node, own user",
        THIRD,
        Some(&folder),
        &["Refused", "it runs as uid 0", "name `uid:"],
    );
}

#[test]
fn a_proof_that_a_third_user_passes_on_is_none() {
    let Some(stage) = Stage::new() else { return };
    let next = stage.own("next", OTHER, 0o755);
    let (controller, node) = (
        "any user, knows the token, any user",
        "node, knows the token, any user",
    );
    let _controller = stage.controller(controller, OTHER, Some(&next));
    for uid in [ROOT, OTHER] {
        stage.check(node, uid, Some(&next), &["joined: 3"]);
        let folder = stage.own(&format!("relay {uid}"), THIRD, 0o755);
        let _relay = stage.start("relay", THIRD, Some(&folder));
        // The controller has made its own proof for whoever passes on, and so this is none for the node.
        stage.check(node, uid, Some(&folder), &["Untrusted", "token"]);
    }
    // Whoever runs the controller, or the node, may do that, as it may do everything that they do.
    let folder = stage.own("relay of its own", OTHER, 0o755);
    let _relay = stage.start("relay", OTHER, Some(&folder));
    stage.check(node, OTHER, Some(&folder), &["joined: 3"]);
}
