//! Without schedules on a disk.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use daffi_core::StartError;
use daffi_core::proto::TaskId;

use crate::schedule::Change;

/// What was kept.
pub(crate) type Found = Vec<(TaskId, Bytes, Bytes)>;

/// There is none.
#[derive(Debug)]
pub(crate) enum Store {}

/// Why something is not kept.
#[derive(Debug, thiserror::Error)]
#[error("nothing is kept")]
pub(crate) struct Fault;

impl Fault {
    #[expect(clippy::unused_self, reason = "the one that is there says it")]
    pub(crate) const fn is_lasting(&self) -> bool {
        false
    }
}

impl Store {
    pub(crate) fn open(folder: &Path) -> Result<(Self, Found), StartError> {
        let reason =
            "this program was built without schedules on a disk: add `durable` to the features of `daffi`";
        Err(StartError::data_dir(folder.to_owned(), reason.to_owned()))
    }

    #[expect(clippy::unused_async, reason = "the one that writes is asynchronous")]
    pub(crate) async fn keep(self: &Arc<Self>, _changes: Arc<[Change]>) -> Result<(), Fault> {
        match **self {}
    }

    pub(crate) const fn close(&self) {
        match *self {}
    }
}
