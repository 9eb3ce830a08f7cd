//! What has come of a large call to many.

use daffi_core::proto::{CallHeader, ToCome};

use super::made::Made;
use super::payload::SoFar;

/// A call to many that is not complete.
#[derive(Debug)]
pub(super) struct Gathering {
    pub(super) made: Made,
    /// Those whom it names, if it names any.
    pub(super) processes: Option<Vec<Box<str>>>,
    pub(super) come: SoFar,
}

impl Gathering {
    pub(super) fn new(call: &CallHeader<'_>, processes: Option<&[&str]>, to_come: ToCome) -> Self {
        Self {
            made: Made::new(call),
            processes: processes.map(|names| names.iter().map(|name| (*name).into()).collect()),
            come: SoFar::nothing_of(to_come),
        }
    }
}
