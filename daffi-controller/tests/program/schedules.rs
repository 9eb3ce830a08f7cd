//! Schedules at the program: whose rights are taken away, and files that are not what they must be.

use std::fs;
use std::io::{BufRead as _, BufReader, read_to_string};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use daffi_core::{Global, Period, ScheduledTask, TaskState, TickCounts, TickOutcome};
use redb::{Database, TableDefinition};
use rustix::process::{Signal, geteuid};
use tempfile::TempDir;
use tokio::time::sleep;

use super::tls::port;
use super::{Running, command, configuration, run, socket, text, text_of};

const OFTEN: Duration = Duration::from_millis(20);
const SOON: Duration = Duration::from_millis(5);

fn data(folder: &TempDir) -> String {
    folder.path().join("data").to_str().unwrap().to_owned()
}

/// The controller with a data directory, at the socket of its user.
fn start(folder: &TempDir) -> Running {
    Running::start(folder, &["--data-dir", &data(folder)]).0
}

/// What it says when it does not start.
fn refused(folder: &TempDir) -> String {
    let mut child = command(folder, &["--data-dir", &data(folder)])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = child.wait().unwrap();
    let said = read_to_string(child.stderr.take().unwrap()).unwrap();
    assert!(!status.success() && !said.contains("panicked"), "{said}");
    said
}

/// Its log until it runs, or has ended.
fn begins(running: &mut Running) -> String {
    let mut said = String::new();
    while !said.contains("running until stopped") && running.log.read_line(&mut said).unwrap() > 0 {}
    said
}

async fn join(folder: &TempDir, name: &str) -> Global {
    let socket = socket(folder);
    let builder = Global::builder().unix_sock_path(socket.parent().unwrap());
    builder.process_name(name).start().await.unwrap()
}

async fn counts(task: &ScheduledTask) -> TickCounts {
    task.describe().await.unwrap().info.counts
}

/// Waits until there is more of what is counted.
async fn more(task: &ScheduledTask, of: impl Fn(TickCounts) -> u64) {
    let enough = of(counts(task).await) + 3;
    while of(counts(task).await) < enough {
        sleep(SOON).await;
    }
}

/// Of the last ticks, the error of one.
async fn error(task: &ScheduledTask) -> String {
    let described = task.describe().await.unwrap();
    let mut outcomes = described.last.into_iter().map(|tick| tick.outcome);
    // On a busy machine some come too early after others.
    let failed = outcomes.rfind(|outcome| matches!(outcome, TickOutcome::Failed { .. }));
    failed.unwrap().to_string()
}

#[tokio::test]
async fn p11_a_maker_whose_rights_are_taken_away_has_ticks_that_are_denied_and_nobody_else_has() {
    let folder = tempfile::tempdir().unwrap();
    let made = ["ann", "bob", "bell"].map(|name| text(&run(&["token", name]).stdout));
    let tokens = made.each_ref().map(|made| made.split_once('\n').unwrap());
    let known = folder.path().join("known");
    let lines = |names: &[usize]| -> String { names.iter().map(|name| tokens[*name].1).collect() };
    fs::write(&known, lines(&[0, 1, 2])).unwrap();
    let said = |ann: &str| {
        format!(
            "port = 0\nknown = {known:?}\ndata-dir = {:?}\n[roles.rings]\ncall = [\"bell\"]\nschedule = [\"bell\"]\n[roles.calls]\ncall = [\"bell\"]\n\
             [roles.is]\nprovide = [\"bell\"]\n[grants.ann]\nroles = [{ann:?}]\n[grants.bob]\nroles = [\"rings\"]\n[grants.bell]\nroles = [\"is\"]\n",
            data(&folder)
        )
    };
    let file = configuration(&folder, &said("rings"));
    let (mut running, log) = Running::start(&folder, &["--config", &file]);
    let join = |who: usize, name: &str| {
        let builder = Global::builder().port(port(&log)).token(tokens[who].0);
        builder.process_name(name)
    };
    let bell = join(2, "bell").start().await.unwrap();
    let rung = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
    let seen = rung.clone();
    let ring = move |who: usize| {
        seen[who].fetch_add(1, Ordering::SeqCst);
        async {}
    };
    bell.register_fn("bell", ring).await.unwrap();
    let ann = join(0, "ann").start().await.unwrap();
    let bob = join(1, "bob").start().await.unwrap();
    let often = |g: &Global, who: usize| {
        let call = g.call::<()>("bell", (who,));
        call.period(Period::every(OFTEN))
    };
    let (hers, his) = (often(&ann, 0).await.unwrap(), often(&bob, 1).await.unwrap());
    more(&hers, |counts| counts.ok).await;
    more(&his, |counts| counts.ok).await;

    configuration(&folder, &said("calls"));
    running.signal(Signal::HUP);
    running.says("who may do what is as the configuration says now");
    more(&hers, |counts| counts.failed).await;
    let (before, told) = (rung[0].load(Ordering::SeqCst), error(&hers).await);
    assert!(told.contains("`schedule`") || told.contains("schedule"), "{told}");
    assert!(told.contains("bell"), "{told}");
    more(&hers, |counts| counts.failed).await;
    more(&his, |counts| counts.ok).await;
    assert_eq!(
        rung[0].load(Ordering::SeqCst),
        before,
        "nothing is called in her name"
    );
    assert_eq!(counts(&his).await.failed, 0);
    // She is there, and may do what she may.
    ann.call::<()>("bell", (0_usize,)).await.unwrap();
    let info = hers.describe().await.unwrap().info;
    assert_eq!(info.state, TaskState::Active);
    assert_eq!((info.counts.missed, info.counts.unknown), (0, 0));

    configuration(&folder, &said("rings"));
    running.signal(Signal::HUP);
    running.says("who may do what is as the configuration says now");
    more(&hers, |counts| counts.ok).await;

    // Who is not known any more is cut off, and calls nobody either.
    fs::write(&known, lines(&[1, 2])).unwrap();
    running.signal(Signal::HUP);
    running.says("who is known is as the file says now");
    drop(ann);
    more(&his, |counts| counts.ok).await;
    let before = rung[0].load(Ordering::SeqCst);
    more(&his, |counts| counts.ok).await;
    assert_eq!(rung[0].load(Ordering::SeqCst), before);
    // What is not hers to see he sees, as he may schedule the same.
    let described = bob.scheduled_tasks().made_by("ann").await.unwrap();
    assert_eq!(described.len(), 1);
    let hers = bob.scheduled_task(&described[0]).unwrap();
    more(&hers, |counts| counts.failed).await;
    let told = error(&hers).await;
    assert!(told.contains("not among those who are known any more"), "{told}");
    assert_eq!(counts(&his).await.failed, 0);
}

/// A file with schedules, of a program that was killed, and their names.
async fn filled(folder: &TempDir) -> Vec<String> {
    let running = start(folder);
    let g = join(folder, "maker").await;
    let mut names = Vec::new();
    for number in 0..40 {
        let name = format!("number {number}");
        let call = g.call::<()>("nobody's", ("x".repeat(number * 10),));
        let period = Period::every(Duration::from_secs(3600)).named(&name);
        let task = call.period(period).await.unwrap();
        if number % 4 == 0 {
            task.cancel().await.unwrap();
        }
        names.push(name);
    }
    running.signal(Signal::KILL);
    running.end();
    names.sort();
    names
}

async fn listed(folder: &TempDir) -> Vec<String> {
    let g = join(folder, "who lists").await;
    let tasks = g.scheduled_tasks().await.unwrap();
    g.stop().await;
    let mut names: Vec<_> = tasks.into_iter().filter_map(|task| task.name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn p10_a_damaged_file_is_refused_and_left_or_nothing_of_it_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let names = filled(&folder).await;
    let file = Path::new(&data(&folder)).join("schedules.redb");
    let whole = fs::read(&file).unwrap();
    let used: Vec<_> = (512..whole.len()).filter(|at| whole[*at] != 0).collect();
    let (mut opened, mut left) = (0, 0);
    for flip in 0..8 {
        let mut damaged = whole.clone();
        if flip == 0 {
            damaged.truncate(whole.len() / 2);
        } else {
            damaged[used[used.len() / 8 * flip]] ^= 1 << (flip % 8);
        }
        fs::write(&file, &damaged).unwrap();
        let mut child = command(&folder, &["--data-dir", &data(&folder)]);
        let mut child = child.stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut running = Running { child, log };
        let said = begins(&mut running);
        assert!(!said.contains("panicked"), "{said}");
        if said.contains("running until stopped") {
            opened += 1;
            assert_eq!(listed(&folder).await, names, "{flip}");
            running.signal(Signal::TERM);
            assert!(running.end().0.success());
        } else {
            left += 1;
            assert!(
                said.contains("schedules.redb is damaged")
                    && said.contains("put a copy of it back, or move it away"),
                "{said}"
            );
            assert!(fs::read(&file).unwrap() == damaged, "it is left as it is");
        }
    }
    assert!(left > 0, "{opened} are opened");
    // What it says to do is done.
    fs::rename(&file, file.with_extension("away")).unwrap();
    let running = start(&folder);
    assert!(listed(&folder).await.is_empty());
    running.signal(Signal::TERM);
    running.end();
    fs::write(&file, &whole).unwrap();
    let running = start(&folder);
    assert_eq!(listed(&folder).await, names);
    running.signal(Signal::TERM);
    running.end();
}

#[tokio::test]
async fn a_file_of_a_future_version_is_refused_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let names = filled(&folder).await;
    let file = Path::new(&data(&folder)).join("schedules.redb");
    let set = |form: u64| {
        let database = Database::create(&file).unwrap();
        let writing = database.begin_write().unwrap();
        let about: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
        let was = writing
            .open_table(about)
            .unwrap()
            .insert("form", form)
            .unwrap()
            .unwrap()
            .value();
        writing.commit().unwrap();
        was
    };
    let was = set(99);
    let future = fs::read(&file).unwrap();
    let said = refused(&folder);
    assert!(
        said.contains("was written by another version of daffi, in form 99")
            && said.contains("start that version, or move the file away"),
        "{said}"
    );
    assert!(fs::read(&file).unwrap() == future);
    set(was);
    let running = start(&folder);
    assert_eq!(listed(&folder).await, names);
    running.signal(Signal::TERM);
    running.end();
}

#[tokio::test]
async fn a_folder_or_a_file_that_may_not_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    filled(&folder).await;
    let place = data(&folder);
    let file = Path::new(&place).join("schedules.redb");
    // Root may write everywhere, unless it is kept from that.
    let said = || {
        let program = env!("CARGO_BIN_EXE_daffi-controller");
        let mut command = if geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--bounding-set=-all", "--inh-caps=-all", program]);
            command
        } else {
            Command::new(program)
        };
        let output = command
            .args(["--data-dir", &place])
            .env("TMPDIR", folder.path())
            .output()
            .unwrap();
        assert!(!output.status.success());
        text_of(&output)
    };
    let mode = |of: &Path, mode| fs::set_permissions(of, fs::Permissions::from_mode(mode)).unwrap();
    let whole = fs::read(&file).unwrap();
    mode(&file, 0o400);
    mode(Path::new(&place), 0o500);
    let told = said();
    assert!(
        told.contains("schedules.redb cannot be written: Permission denied")
            && told.contains("look whose it is"),
        "{told}"
    );
    assert!(fs::read(&file).unwrap() == whole);
    mode(Path::new(&place), 0o700);
    fs::remove_file(&file).unwrap();
    mode(Path::new(&place), 0o500);
    let told = said();
    assert!(
        told.contains("schedules.redb cannot be written: Permission denied"),
        "{told}"
    );
    mode(Path::new(&place), 0o700);
}
