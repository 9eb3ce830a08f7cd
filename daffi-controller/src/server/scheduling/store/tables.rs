//! What the file holds: a table of what each schedule is, one of how it stands, and what both add up to.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::TaskId;
use redb::{Database, ReadableTable as _, TableDefinition};

use crate::schedule::{Change, Kept};

/// What the file is called.
pub(super) const FILE: &str = "schedules.redb";

/// In what form things are kept in it.
pub(super) const FORM: u64 = 2;

/// What is said of the file.
pub(super) const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");

/// What of it says the form, and what the [sum](Sum) of all that is kept.
pub(super) const IS_IN: &str = "form";
pub(super) const ADDS_UP_TO: &str = "sum";

/// What each schedule is, and how it stands.
pub(super) const ASKED: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("asked");
pub(super) const PROGRESS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("progress");

/// What of the file is held in memory, in bytes. It is read once, when the controller begins, and then only written: a page or two of each
/// schedule that has changed.
pub(super) const CACHE: usize = 8 * 1024 * 1024;

/// What was kept: the number of each schedule, what it is, and how it stands.
pub(crate) type Found = Vec<(TaskId, Bytes, Bytes)>;

/// Why something is not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It was tried in vain.
    #[error("{0}")]
    InVain(String),
    /// It is not known whether it was, or will be.
    #[error(
        "the disk has not answered for {0:?}; should the controller end before it does, what was asked may turn out to be kept after all"
    )]
    Late(Duration),
}

impl Fault {
    /// Whether nothing else can be tried meanwhile.
    pub(crate) const fn is_lasting(&self) -> bool {
        matches!(self, Self::Late(_))
    }
}

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::InVain(match error.into() {
            redb::Error::Io(error) if is_damage(&error) => damaged(&error.to_string()),
            redb::Error::Io(error) => error.to_string(),
            damage @ (redb::Error::Corrupted(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableDoesNotExist(_)) => damaged(&damage.to_string()),
            other => other.to_string(),
        })
    }
}

/// Writes changes, all or none of them.
pub(super) fn commit(database: &Database, changes: &[Change]) -> Result<(), Fault> {
    let mut writing = database.begin_write()?;
    // What was written last may then be trusted, and is not left out for what was before it, should it be damaged.
    writing.set_two_phase_commit(true);
    {
        let mut about = writing.open_table(ABOUT)?;
        let sum = about.get(ADDS_UP_TO)?.map(|sum| sum.value());
        let mut sum = Sum(sum.unwrap_or_default());
        let (mut asked, mut progress) = (writing.open_table(ASKED)?, writing.open_table(PROGRESS)?);
        for Change { task, kept } in changes {
            let (is, stands) = match kept {
                Kept::Nothing => (asked.remove(task.0)?, progress.remove(task.0)?),
                Kept::Progress(now) => (None, progress.insert(task.0, &**now)?),
                Kept::Whole(is, now) => (asked.insert(task.0, &**is)?, progress.insert(task.0, &**now)?),
            };
            is.iter().for_each(|was| sum.take((*task, IS), was.value()));
            stands
                .iter()
                .for_each(|was| sum.take((*task, STANDS), was.value()));
            match kept {
                Kept::Nothing => {}
                Kept::Progress(now) => sum.add((*task, STANDS), now),
                Kept::Whole(is, now) => {
                    sum.add((*task, IS), is);
                    sum.add((*task, STANDS), now);
                }
            }
        }
        about.insert(ADDS_UP_TO, sum.0)?;
        about.insert(IS_IN, FORM)?;
    }
    writing.commit()?;
    Ok(())
}

/// The sum of all that is kept, of which nothing can be missing or be another without its being another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum(pub(super) u64);

/// What is added to it: what a schedule is, or how it stands.
pub(super) const IS: u8 = 0;
pub(super) const STANDS: u8 = 1;

impl Sum {
    pub(super) fn add(&mut self, of: (TaskId, u8), bytes: &[u8]) {
        self.0 = self.0.wrapping_add(Self::one(of, bytes));
    }

    fn take(&mut self, of: (TaskId, u8), bytes: &[u8]) {
        self.0 = self.0.wrapping_sub(Self::one(of, bytes));
    }

    /// FNV-1a.
    fn one((task, what): (TaskId, u8), bytes: &[u8]) -> u64 {
        let all = task
            .0
            .to_le_bytes()
            .into_iter()
            .chain([what])
            .chain(bytes.iter().copied());
        all.fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

/// The words of a file that is not what it must be.
pub(super) fn damaged(how: &str) -> String {
    format!(
        "its file {FILE} is damaged ({how}), and was left as it is: put a copy of it back, or move it away to begin without schedules"
    )
}

/// Whether an error of reading a file is one of what is in it.
pub(super) fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
