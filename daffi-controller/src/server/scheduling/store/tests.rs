//! A disk that does not answer.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use daffi_core::proto::TaskId;
use redb::backends::InMemoryBackend;
use redb::{Database, ReadableDatabase as _, StorageBackend};

use super::{ABOUT, FORM, Fault, Store, read};
use crate::schedule::{Change, Kept};

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
    assert_eq!(read(&database).expect("it answers"), []);
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
    read(&database).expect("it is new");
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
