//! A disk that does not answer, and files that are not what they were.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io};

use bytes::Bytes;
use daffi_core::proto::TaskId;
use redb::backends::InMemoryBackend;
use redb::{Database, ReadableDatabase as _, StorageBackend};
use tempfile::TempDir;

use super::Store;
use super::opening::read;
use super::tables::{ABOUT, FILE, FORM, Fault, Found, commit};
use crate::schedule::{Change, Kept};
use daffi_core::mixing::mixed;

/// A disk that answers once it is not stuck.
#[derive(Clone, Debug, Default)]
struct Disk {
    holds: Arc<InMemoryBackend>,
    is_stuck: Arc<(Mutex<bool>, Condvar)>,
}

impl Disk {
    fn stick(&self, is_stuck: bool) {
        *self.is_stuck.0.lock().unwrap_or_else(PoisonError::into_inner) = is_stuck;
        self.is_stuck.1.notify_all();
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.holds.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.holds.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.holds.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        let stuck = self.is_stuck.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.is_stuck.1.wait_while(stuck, |is_stuck| *is_stuck);
        drop(wait.unwrap_or_else(PoisonError::into_inner));
        self.holds.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.holds.write(offset, data)
    }
}

/// A store on such a disk, for which nobody waits for longer than a moment.
fn store(disk: &Disk) -> Arc<Store> {
    let database = Database::builder()
        .create_with_backend(disk.clone())
        .expect("it answers");
    commit(&database, &[]).expect("it answers");
    let store = Store::of("schedules".into(), database, Duration::from_millis(50));
    Arc::new(store.expect("there is a thread"))
}

fn change(task: u64) -> Arc<[Change]> {
    let kept = Kept::Whole(Bytes::from_static(b"is"), Bytes::from_static(b"stands"));
    let task = TaskId(task);
    [Change { task, kept }].into()
}

#[tokio::test]
async fn a_disk_that_does_not_answer_is_waited_for_once_and_given_up() {
    let disk = Disk::default();
    let store = store(&disk);
    // It answers, if not at once.
    while store.keep(change(1)).await.is_err() {
        tokio::task::yield_now().await;
    }
    disk.stick(true);
    let fault = store.keep(change(2)).await.expect_err("it is stuck");
    assert!(matches!(fault, Fault::Late(_)), "{fault}");
    assert!(
        fault.to_string().contains("the disk has not answered for 50ms"),
        "{fault}"
    );
    // Nobody waits for it again.
    let fault = store.keep(change(3)).await.expect_err("it is stuck");
    assert!(fault.is_lasting());
    disk.stick(false);
    while store.keep(change(4)).await.is_err() {
        tokio::task::yield_now().await;
    }
    store.close();
    let fault = store.keep(change(5)).await.expect_err("it is closed");
    assert!(fault.to_string().contains("has ended"), "{fault}");
    let database = Database::builder()
        .create_with_backend(disk)
        .expect("nobody else has it");
    let found = read(&database).expect("it answers");
    let found: Vec<_> = found.iter().map(|(task, ..)| task.0).collect();
    assert_eq!(found, [1, 2, 4], "what was given up may be there all the same");
}

#[tokio::test]
async fn a_controller_ends_though_its_disk_does_not_answer() {
    for was_late in [false, true] {
        let disk = Disk::default();
        let store = store(&disk);
        disk.stick(true);
        if was_late {
            store.keep(change(1)).await.expect_err("it is stuck");
        }
        let began = Instant::now();
        let closing = Arc::clone(&store);
        // It lets go of the file, which is written to once more.
        tokio::task::spawn_blocking(move || closing.close())
            .await
            .expect("it ends");
        assert!(began.elapsed() < Duration::from_secs(30));
        disk.stick(false);
    }
}

#[test]
fn a_file_of_a_later_version_is_left_as_it_is() {
    let database = Database::builder()
        .create_with_backend(InMemoryBackend::new())
        .expect("it answers");
    let form = |database: &Database| {
        let reading = database.begin_read().expect("it is read");
        let about = reading.open_table(ABOUT).expect("it is there");
        let form = about.get("form").expect("it is read");
        form.expect("it is there").value()
    };
    commit(&database, &[]).expect("it is new");
    assert_eq!(form(&database), FORM);
    let writing = database.begin_write().expect("it is written");
    {
        let mut about = writing.open_table(ABOUT).expect("it is there");
        about.insert("form", FORM + 1).expect("it is written");
    }
    writing.commit().expect("it is written");
    let fault = read(&database).expect_err("it is not known").to_string();
    assert!(
        fault.contains("written by another version of daffi") && fault.contains("move the file away"),
        "{fault}"
    );
    assert_eq!(form(&database), FORM + 1);
}

fn a_folder(file: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    fs::write(folder.path().join(FILE), file).expect("it is written");
    folder
}

/// How often that file is opened, and is not.
type Opened = (usize, usize);

/// A file that is not what it was is refused and left as it is; or nothing is lost, also later.
fn check(file: &[u8], kept: &Found, what: &str) -> Opened {
    let folder = a_folder(file);
    let open = || Store::open(folder.path());
    match open() {
        Err(refused) => {
            let refused = refused.to_string();
            let says = |words: &str| refused.contains(words);
            assert!(
                says("is damaged") || says("of another version") || says("of an older form"),
                "{what}: {refused}"
            );
            assert!(
                says("move it away") || says("move the file away"),
                "{what}: {refused}"
            );
            let left = fs::read(folder.path().join(FILE)).expect("it is there");
            assert!(left == file, "{what}: it is another one");
            (0, 1)
        }
        Ok((store, found)) => {
            assert!(found == *kept, "{what}: something is lost");
            for number in 0..3 {
                store.write(change(1_000_000 + number)).expect("it is written");
            }
            store.close();
            let (store, found) = open().unwrap_or_else(|refused| panic!("{what}: {refused}"));
            store.close();
            assert_eq!(found.len(), kept.len() + 3, "{what}");
            assert!(found.starts_with(kept), "{what}: something is lost later");
            (1, 0)
        }
    }
}

/// A file with some schedules: of a controller that has ended, and of one that was killed; and what is in it.
fn files() -> ([Vec<u8>; 2], Found) {
    let folder = tempfile::tempdir().expect("there is room");
    let (store, found) = Store::open(folder.path()).expect("it is new");
    assert_eq!(found, []);
    for turn in 0..40_u64 {
        let changes = (0..10).map(|number| {
            let bytes = |of: u64| {
                Bytes::from(vec![
                    u8::try_from(of % 251).unwrap_or_default();
                    usize::try_from(of % 700).unwrap_or_default()
                ])
            };
            let (task, of) = (TaskId((turn / 4) * 10 + number), mixed(turn * 10 + number));
            let kept = match turn % 4 {
                0 => Kept::Whole(bytes(of), bytes(of >> 20)),
                3 if number % 3 == 0 => Kept::Nothing,
                _ => Kept::Progress(bytes(of)),
            };
            Change { task, kept }
        });
        store.write(changes.collect()).expect("it is written");
    }
    let read = || fs::read(folder.path().join(FILE)).expect("it is there");
    let killed = read();
    store.close();
    let ended = read();
    let (store, found) = Store::open(folder.path()).expect("it is whole");
    store.close();
    assert_eq!(found.len(), 60);
    ([ended, killed], found)
}

#[test]
fn a_file_with_a_bit_that_is_another_is_left_as_it_is_or_nothing_of_it_is_lost() {
    const FLIPS: u64 = 60;
    /// Where the head says which of the last two commits counts, in its first bit: of a controller that was killed, either may be the last.
    const WHICH: usize = 9 * 8;

    let (files, kept) = files();
    for (file, whose) in files.iter().zip(["ended", "killed"]) {
        assert_eq!(check(file, &kept, whose), (1, 0));
        let used: Vec<_> = (0..file.len()).filter(|at| file[*at] != 0).collect();
        let (mut opened, mut refused) = (0, 0);
        for flip in 0..FLIPS {
            let dice = mixed(flip + 1);
            let byte = match flip % 4 {
                // The head, and what is in use.
                0 => usize::try_from(dice % 320).unwrap_or_default(),
                _ => used[usize::try_from(dice).unwrap_or_default() % used.len()],
            };
            let bit = byte * 8 + usize::try_from(dice >> 60 & 7).unwrap_or_default();
            if bit == WHICH && whose == "killed" {
                continue;
            }
            let mut other = file.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            let (one, two) = check(&other, &kept, &format!("bit {bit} of one that was {whose}"));
            (opened, refused) = (opened + one, refused + two);
        }
        assert!(
            opened > 0 && refused > 10,
            "{opened} are opened, {refused} refused"
        );
    }
}

#[test]
fn a_file_that_is_cut_or_has_more_is_left_as_it_is_or_nothing_of_it_is_lost() {
    let (files, kept) = files();
    for file in files {
        for len in [
            1,
            9,
            320,
            4095,
            4096,
            file.len() / 2,
            file.len() - 4096,
            file.len() - 1,
        ] {
            check(&file[..len], &kept, &format!("the first {len} bytes"));
        }
        for more in [1, 4096, 1 << 20] {
            let longer = [&file[..], &vec![0; more]].concat();
            check(&longer, &kept, &format!("{more} bytes more"));
        }
        let empty = vec![0; file.len()];
        assert_eq!(check(&empty, &kept, "nothing but zeros"), (0, 1));
    }
}

/// Whoever is killed while it makes the file has none.
#[test]
fn a_file_that_was_about_to_be_made_is_made() {
    let folder = tempfile::tempdir().expect("there is room");
    let begun = folder.path().join(format!("{FILE}.new"));
    fs::write(&begun, [0; 5000]).expect("it is written");
    let (store, found) = Store::open(folder.path()).expect("it is new");
    assert_eq!(found, []);
    store.close();
    assert!(!begun.exists());
}
