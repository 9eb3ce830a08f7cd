//! The program `daffi-controller`: its arguments, its log, its signals and its exit codes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod drain;
#[cfg(feature = "tls")]
mod guide;
#[cfg(feature = "tls")]
mod reload;
#[cfg(all(feature = "tls", feature = "durable"))]
mod schedules;
#[cfg(feature = "tls")]
mod tls;

use std::fs::{DirBuilder, Permissions};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daffi-controller"));
    command
        .args(arguments)
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null());
    command
}

/// Where it listens unless it is told.
fn socket(folder: &TempDir) -> PathBuf {
    let uid = rustix::process::geteuid().as_raw();
    folder.path().join(format!("daffi-{uid}/.sock"))
}

/// What the program says when it ends by itself.
fn run(arguments: &[&str]) -> Output {
    command(&tempfile::tempdir().unwrap(), arguments)
        .output()
        .unwrap()
}

/// The program while it runs. It is killed when it is dropped.
struct Running {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Running {
    /// Starts it and waits until it runs: its log so far.
    fn start(folder: &TempDir, arguments: &[&str]) -> (Self, String) {
        let mut child = command(folder, arguments).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut this = Self { child, log };
        let said = this.until("running until stopped");
        (this, said)
    }

    /// Its log, up to a line that says `words`.
    fn until(&mut self, words: &str) -> String {
        let mut said = String::new();
        while !said.contains(words) {
            let length = self.log.read_line(&mut said).unwrap();
            assert!(length > 0, "it ended: {said}");
        }
        said
    }

    fn signal(&self, signal: Signal) {
        // It has not been waited for, so its identifier is nobody else's.
        kill_process(
            Pid::from_raw(self.child.id().try_into().unwrap()).unwrap(),
            signal,
        )
        .unwrap();
    }

    /// Waits until it says this.
    fn says(&mut self, words: &str) {
        let mut said = String::new();
        while !said.contains(words) {
            let length = self.log.read_line(&mut said).unwrap();
            assert!(length > 0, "it ended: {said}");
        }
    }

    fn end(mut self) -> (ExitStatus, String) {
        let said = self
            .log
            .by_ref()
            .lines()
            .map_while(Result::ok)
            .collect::<Vec<_>>()
            .join("\n");
        (self.child.wait().unwrap(), said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What it says of what cannot be done.
fn text_of(output: &Output) -> String {
    text(&output.stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn help_tells_of_every_argument_and_exit_code() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    let help = text(&output.stdout);
    for part in [
        "--host",
        "--port",
        "--unix-sock-path",
        "--any-user",
        "--insecure",
        "--known",
        "--data-dir",
        "token",
        "key",
        "--log",
        "--heartbeat",
        "--resume-grace",
        "--drain",
        "--standby-of",
        "--queue-memory",
        "--max-frame",
        "--config",
        "check",
        "--ssl-certificate",
        "--ssl-key",
        "--ssl-ca",
        "cert",
        "SIGHUP",
        "SIGTERM",
        "Exit codes:",
    ] {
        assert!(help.contains(part), "{part} is missing in:\n{help}");
    }
}

#[test]
fn arguments_that_make_no_sense_are_explained() {
    let check = |arguments: &[&str], expected: &str| {
        let output = run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    };
    check(&["--port", "99999"], "99999 is not in 0..=65535");
    check(&["--host", "localhost"], "--port <PORT>");
    check(
        &["--port", "1", "--unix-sock-path", "/tmp"],
        "cannot be used with",
    );
    check(&["--any-user"], "--unix-sock-path <FOLDER>");
    check(&["--log", "a=b=c"], "--log <FILTER>");
    check(&["--heartbeat", "1"], "1 is not in 10..=3600000");
    check(
        &["--queue-memory", "0"],
        "0 is not in 1..=4294967296 megabytes (MiB)",
    );
    check(&["--prot", "1"], "--port");
    check(&["token"], "<NAME>");
    check(&["token", "two words"], "is no name");
    check(&["token", "shopper", "--port", "1"], "unexpected argument");
}

#[test]
fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["--host", "127.0.0.1", "--port", &port]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(said.contains(&format!("127.0.0.1:{port} is in use")), "{said}");
}

#[test]
fn a_place_where_it_cannot_listen_is_named() {
    let output = run(&["--unix-sock-path", "/proc/daffi"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("/proc/daffi"), "{said}");
}

#[test]
fn an_address_that_other_machines_reach_needs_a_word() {
    let output = run(&["--host", "0.0.0.0", "--port", "0"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for way_out in [
        "the host localhost, or a Unix socket",
        "prove who they are",
        "--insecure",
    ] {
        assert!(said.contains(way_out), "{way_out} is missing in: {said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (program, _) = Running::start(&folder, &["--host", "0.0.0.0", "--port", "0", "--insecure"]);
    program.signal(Signal::TERM);
    assert!(program.end().0.success());
}

#[test]
fn a_token_is_printed_once_and_its_line_lets_whoever_has_it_in() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["token", "shopper"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let [secret, line] = said.lines().collect::<Vec<_>>()[..] else {
        panic!("{said}");
    };
    assert!(
        secret.starts_with("daffi_token_") && line.starts_with("shopper token "),
        "{said}"
    );
    assert_ne!(text(&run(&["token", "shopper"]).stdout), said, "each is another");
    let file = folder.path().join("identities");
    std::fs::write(&file, format!("# who may join\n{line}\n")).unwrap();
    let arguments = ["--port", "0", "--known", file.to_str().unwrap()];
    let (program, said) = Running::start(&folder, &arguments);
    assert!(!said.contains(&secret[20..]), "{said}");
    program.signal(Signal::TERM);
    assert!(program.end().0.success());
    // Where others reach it, that is enough of a word.
    let (program, _) = Running::start(&folder, &[&["--host", "0.0.0.0"], &arguments[..]].concat());
    program.signal(Signal::TERM);
    assert!(program.end().0.success());
}

#[test]
fn a_key_is_written_to_a_file_that_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("worker.key");
    let make = || run(&["key", "worker", file.to_str().unwrap()]);
    let output = make();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let line = text(&output.stdout);
    assert!(
        line.starts_with("worker key ") && line.lines().count() == 1,
        "{line}"
    );
    let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    // One that is there is somebody's.
    let output = make();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("worker.key") && said.contains("exists"), "{said}");
}

#[test]
fn identities_that_are_none_are_named_by_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("identities");
    for (content, expected) in [("shopper token 12", "line 1"), ("# a\n\nb", "line 3")] {
        std::fs::write(&file, content).unwrap();
        let output = run(&["--port", "0", "--known", file.to_str().unwrap()]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains(file.to_str().unwrap()) && said.contains(expected),
            "{said}"
        );
    }
    let output = run(&["--port", "0", "--known", "/nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/nowhere cannot be read"));
}

#[test]
fn a_folder_of_the_default_socket_that_is_open_to_others_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    DirBuilder::new()
        .mode(0o755)
        .create(socket(&folder).parent().unwrap())
        .unwrap();
    let output = command(&folder, &[]).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in [
        socket(&folder).parent().unwrap().to_str().unwrap(),
        "mode 755",
        "TMPDIR",
    ] {
        assert!(said.contains(part), "{part} is missing in: {said}");
    }
}

#[test]
fn it_runs_until_it_is_told_to_end() {
    for signal in [Signal::INT, Signal::TERM] {
        let folder = tempfile::tempdir().unwrap();
        let (program, said) = Running::start(&folder, &["--process-name", "hub"]);
        let socket = socket(&folder);
        assert!(socket.exists());
        for part in ["controller started", "hub", socket.to_str().unwrap()] {
            assert!(said.contains(part), "{part} is missing in: {said}");
        }
        program.signal(signal);
        let (status, said) = program.end();
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(said.contains("controller stopped"), "{said}");
        assert!(!socket.exists());
    }
}

#[test]
fn a_socket_that_a_killed_controller_left_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (program, _) = Running::start(&folder, &[]);
    program.signal(Signal::KILL);
    assert_eq!(program.end().0.code(), None);
    assert!(socket(&folder).exists(), "it could not clean up");
    let (program, _) = Running::start(&folder, &[]);
    program.signal(Signal::TERM);
    assert!(program.end().0.success());
}

#[test]
fn a_socket_that_somebody_listens_on_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    DirBuilder::new()
        .mode(0o700)
        .create(socket(&folder).parent().unwrap())
        .unwrap();
    let _listener = UnixListener::bind(socket(&folder)).unwrap();
    let output = command(&folder, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
}

#[test]
fn whoever_looks_whether_it_is_there_is_no_reason_to_warn() {
    let folder = tempfile::tempdir().unwrap();
    let (program, _) = Running::start(&folder, &[]);
    let output = command(&folder, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    program.signal(Signal::TERM);
    let (status, said) = program.end();
    assert!(status.success(), "{said}");
    assert!(!said.contains("WARN"), "{said}");
}

#[test]
fn it_can_be_silent() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = command(&folder, &["--log", "off", "--host", "127.0.0.1", "--port", &port])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn it_logs_what_rust_log_says_unless_it_is_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = |arguments: &[&str], variable: &str| {
        let mut command = command(&folder, &["--host", "127.0.0.1", "--port", &port]);
        let output = command
            .args(arguments)
            .env("RUST_LOG", variable)
            .output()
            .unwrap();
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(said(&[], "off"), (Some(3), String::new()));
    let (status, loud) = said(&["--log", "error"], "off");
    assert!(status == Some(3) && loud.contains("ERROR"), "{loud}");
    let file = configuration(&folder, "log = \"error\"\n");
    let (status, loud) = said(&["--config", &file], "off");
    assert!(status == Some(3) && loud.contains("ERROR"), "{loud}");
    let (status, fault) = said(&[], "a=b=c");
    assert!(status == Some(2) && fault.contains("RUST_LOG"), "{fault}");
}

/// Writes a configuration file; gives its path.
fn configuration(folder: &TempDir, said: &str) -> String {
    let file = folder.path().join("daffi.toml");
    std::fs::write(&file, said).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_configuration_says_what_the_options_do_and_the_command_line_comes_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(
        &folder,
        "port = 0\nprocess-name = \"from the file\"\nheartbeat = 500",
    );
    let (running, said) = Running::start(&folder, &["--config", &file]);
    assert!(
        said.contains("from the file") && said.contains("tcp://localhost:"),
        "{said}"
    );
    drop(running);
    let (running, said) = Running::start(&folder, &["--config", &file, "--process-name", "from the line"]);
    assert!(
        said.contains("from the line") && said.contains("tcp://localhost:"),
        "{said}"
    );
    drop(running);
}

#[test]
fn a_configuration_at_fault_is_told_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let said = "prot = 1\nheartbeat = 5\n[roles.a]\ncall = [\"x\"]\nprovid = []\n";
    let file = configuration(&folder, said);
    for arguments in [&["check", &file][..], &["--config", &file]] {
        let output = run(arguments);
        let said = text_of(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        let expected = format!(
            "error: `prot` is no key here; is `port` meant?\n --> {file}:1:1\n  |\n1 | prot = 1\n  | ^\n\
             error: `provid` is no key here; is `provide` meant?\n --> {file}:5:1\n  |\n5 | provid = []\n  | ^\n"
        );
        assert_eq!(said, expected);
    }
    let file = configuration(
        &folder,
        "heartbeat = 5\n\nqueue-memory = \"x\"\nhost = \"localhost\"",
    );
    let said = text_of(&run(&["check", &file]));
    for expected in [
        "5 is not in 10..=3600000 milliseconds\n --> ",
        "daffi.toml:1:1\n",
        "invalid value 'x' for '--queue-memory <MEGABYTES>'",
        "daffi.toml:3:1\n",
        "--port <PORT>\n",
        "daffi.toml:4:1\n",
    ] {
        assert!(said.contains(expected), "{expected} is missing in:\n{said}");
    }
    let said = text_of(&run(&["check", "/nowhere/daffi.toml"]));
    assert!(
        said.contains("the configuration file /nowhere/daffi.toml cannot be read"),
        "{said}"
    );
    let file = configuration(&folder, "port = 8888\n[roles.a]\ncall = [\"x\"]");
    let output = run(&["check", &file]);
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), format!("{file}: nothing is at fault\n"));
}

#[test]
fn check_looks_into_the_files_that_a_configuration_names() {
    let folder = tempfile::tempdir().unwrap();
    let known = folder.path().join("known");
    let written = format!(
        "port = 8888\nknown = {known:?}\nssl-key = \"/nowhere/key\"\nssl-certificate = \"/nowhere/cert\"\n"
    );
    let file = configuration(&folder, &written);
    let output = run(&["check", &file]);
    let said = text_of(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for expected in [
        &*format!("error: --known: {}", known.display()),
        "daffi.toml:2:1\n",
        "/nowhere/cert",
        "daffi.toml:4:1\n",
    ] {
        assert!(said.contains(expected), "{expected} is missing in:\n{said}");
    }
    let file = configuration(&folder, &format!("port = 8888\nknown = {known:?}"));
    std::fs::write(
        &known,
        text(&run(&["token", "shopper"]).stdout).lines().nth(1).unwrap(),
    )
    .unwrap();
    std::fs::set_permissions(&known, Permissions::from_mode(0o640)).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o664)).unwrap();
    let output = run(&["check", &file]);
    assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
    assert_eq!(text(&output.stdout), format!("{file}: nothing is at fault\n"));
    assert_eq!(
        text(&output.stderr),
        format!(
            "warning: others than its owner may write {file} (mode 664), and so say who is let in: run `chmod go-w {file}`\n"
        )
    );
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(text(&run(&["check", &file]).stderr), "");
}

#[test]
fn a_configuration_is_read_again_on_sighup_and_one_at_fault_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(&folder, "[roles.a]\ncall = [\"x\"]");
    let (mut running, _) = Running::start(&folder, &["--config", &file]);
    running.signal(Signal::HUP);
    running.says("who may do what is as the configuration says now");
    configuration(&folder, "[role.a]");
    running.signal(Signal::HUP);
    running.says("the configuration is at fault, so nothing changes");
    running.says("`role` is no key here; is `roles` meant?");
    // One that is being written just now.
    configuration(&folder, "");
    running.signal(Signal::HUP);
    running.says("the configuration says no longer who may do what, so nothing changes");
    running.signal(Signal::TERM);
    let (status, said) = running.end();
    assert!(status.success(), "{said}");
}

#[test]
fn what_a_running_controller_does_not_follow_is_named_on_sighup() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(
        &folder,
        "max-frame = \"16MiB\"\nheartbeat = 500\nqueue-memory = 64",
    );
    let (mut running, _) = Running::start(&folder, &["--config", &file, "--heartbeat", "700"]);
    configuration(
        &folder,
        "max-frame = \"32MiB\"\nheartbeat = 600\nqueue-memory = 64\ninsecure = true",
    );
    running.signal(Signal::HUP);
    let told = running.until("`max-frame` has changed");
    assert!(
        told.contains("`insecure` has changed, which a controller that runs does not follow"),
        "{told}"
    );
    running.signal(Signal::TERM);
    let (status, said) = running.end();
    assert!(status.success(), "{said}");
    // What the command line says counts, and what is as it was needs no word.
    let said = told + &said;
    assert_eq!(said.matches("has changed").count(), 2, "{said}");
}

#[test]
fn the_largest_frame_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(&folder, "max-frame = 100");
    let said = text_of(&run(&["check", &file]));
    assert!(said.contains("100 is not in 65536..=1073741824"), "{said}");
}

#[test]
fn sizes_and_times_may_have_units_and_others_are_told_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(
        &folder,
        "max-frame = \"16MiB\"\nheartbeat = \"2s\"\nqueue-memory = \"1GiB\"",
    );
    let output = run(&["check", &file]);
    assert!(output.status.success(), "{}", text_of(&output));
    let file = configuration(&folder, "max-frame = \"16M\"\nheartbeat = \"soon\"");
    let said = text_of(&run(&["check", &file]));
    for expected in [
        "or one with a unit, as \"16MiB\" or \"16MB\"\n --> ",
        "daffi.toml:1:1\n",
        "or one with a unit, as \"500ms\" or \"2s\"\n --> ",
        "daffi.toml:2:1\n",
    ] {
        assert!(said.contains(expected), "{expected} is missing in:\n{said}");
    }
}

#[test]
fn quotas_are_read_again_on_sighup_unless_they_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let file = configuration(&folder, "quotas.connection.calls = 5");
    let (mut running, _) = Running::start(&folder, &["--config", &file]);
    configuration(&folder, "quotas.connection.calls = 7");
    running.signal(Signal::HUP);
    running.says("how much each may have is as the configuration says now");
    configuration(&folder, "heartbeat = 1000");
    running.signal(Signal::HUP);
    running.says("the configuration says no longer how much each may have, so that does not change");
    configuration(&folder, "quotas.connection.call = 7");
    running.signal(Signal::HUP);
    running.says("`call` is no key here; is `calls` meant?");
    running.signal(Signal::TERM);
    let (status, said) = running.end();
    assert!(status.success(), "{said}");
}
