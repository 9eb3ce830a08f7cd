//! Programs as processes: started in a place of their own, read while they run, ended as `kill` ends them.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long a program may take for anything: far longer than it ever does.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder for temporary files, which programs take for the system's, so that they meet nobody else's.
pub struct Scene {
    folder: TempDir,
}

impl Scene {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The path of a folder in it.
    pub fn folder(&self, name: &str) -> String {
        self.folder
            .path()
            .join(name)
            .into_os_string()
            .into_string()
            .unwrap()
    }

    pub fn start(&self, program: &str, arguments: &[&str]) -> Program {
        self.start_logging(program, arguments, "info")
    }

    /// Starts it with another `RUST_LOG`.
    pub fn start_logging(&self, program: &str, arguments: &[&str], filter: &str) -> Program {
        let mut child = Command::new(program)
            .args(arguments)
            .env("TMPDIR", self.folder.path())
            .env("RUST_LOG", filter)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let (printed, log) = (Lines::default(), Lines::default());
        printed.read(child.stdout.take().unwrap());
        log.read(child.stderr.take().unwrap());
        Program {
            path: program.into(),
            child,
            printed,
            log,
        }
    }
}

/// What a program has written so far.
#[derive(Clone, Default)]
struct Lines {
    shared: Arc<(Mutex<Written>, Condvar)>,
}

#[derive(Default)]
struct Written {
    text: String,
    ended: bool,
}

impl Lines {
    fn read(&self, from: impl Read + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        std::thread::spawn(move || {
            let (written, changed) = &*shared;
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                written.lock().unwrap().text.push_str(&(line + "\n"));
                changed.notify_all();
            }
            written.lock().unwrap().ended = true;
            changed.notify_all();
        });
    }

    /// What there is once it is enough, or when it takes too long.
    fn wait_until(&self, enough: impl Fn(&Written) -> bool) -> MutexGuard<'_, Written> {
        let (written, changed) = &*self.shared;
        changed
            .wait_timeout_while(written.lock().unwrap(), PATIENCE, |written| !enough(written))
            .unwrap()
            .0
    }

    fn wait_for(&self, wanted: &str) -> String {
        let text = self
            .wait_until(|written| written.ended || written.text.contains(wanted))
            .text
            .clone();
        assert!(
            text.contains(wanted),
            "{wanted:?} does not come; there is only:\n{text}"
        );
        text
    }
}

/// A program that runs. It is killed when it is dropped.
pub struct Program {
    path: PathBuf,
    child: Child,
    printed: Lines,
    log: Lines,
}

impl Program {
    pub fn name(&self) -> &str {
        self.path.file_name().unwrap().to_str().unwrap()
    }

    /// Waits until it has printed `line`.
    pub fn wait_for(&self, line: &str) {
        let wanted = format!("{line}\n");
        self.wait_for_printed(&format!("{line:?}"), |text| text.contains(&wanted));
    }

    /// Waits until what it has printed `is_enough`, and gives it; `what` says what is missing otherwise.
    pub fn wait_for_printed(&self, what: &str, is_enough: impl Fn(&str) -> bool) -> String {
        let text = self
            .printed
            .wait_until(|written| written.ended || is_enough(&written.text))
            .text
            .clone();
        if !is_enough(&text) {
            let log = self.log.wait_until(|_| true).text.clone();
            panic!("{what} is not printed, only:\n{text}and logged:\n{log}");
        }
        text
    }

    /// Sends it a signal, as `kill` does.
    pub fn signal(&self, signal: Signal) {
        // Its process identifier is kept until it is waited for.
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits until `before` is in its log, and gives the word after that.
    pub fn logged(&self, before: &str) -> String {
        let log = self.log.wait_for(before);
        let after = &log[log.find(before).unwrap() + before.len()..];
        after.chars().take_while(char::is_ascii_digit).collect()
    }

    /// Waits for its own end, which must be a success: what it printed, and its log.
    pub fn finish(mut self) -> (String, String) {
        let ended = self.printed.wait_until(|written| written.ended).ended;
        if !ended {
            let _ = self.child.kill();
        }
        let status = self.child.wait().unwrap();
        let printed = self.printed.wait_until(|written| written.ended).text.clone();
        let log = self.log.wait_until(|written| written.ended).text.clone();
        assert!(ended, "{} does not end; its log is:\n{log}", self.name());
        assert!(
            status.success(),
            "{} ended with {status}; its log is:\n{log}",
            self.name()
        );
        (printed, log)
    }

    /// Waits until it runs and waits for nothing but its end.
    pub fn wait_until_running(&self) {
        self.log.wait_for("running until stopped");
    }

    /// Tells it to end, which it must do as a success: what it printed.
    pub fn stop(self) -> String {
        // Before that the signal would end it as it ends any program.
        self.wait_until_running();
        self.signal(Signal::TERM);
        self.finish().0
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program `daffi-controller`, which is another package's: it is built beside a program of this one, if it is not there
/// or older than its source.
pub fn controller(beside: &str) -> String {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    let path = PATH.get_or_init(|| {
        let folder = Path::new(beside).parent().unwrap();
        let profile = match folder.file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            other => other,
        };
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "daffi-controller"])
            .args(["--bin", "daffi-controller", "--profile", profile])
            .arg("--target-dir")
            .arg(folder.parent().unwrap())
            .status()
            .unwrap();
        assert!(built.success());
        folder.join("daffi-controller")
    });
    path.to_str().unwrap().to_owned()
}
