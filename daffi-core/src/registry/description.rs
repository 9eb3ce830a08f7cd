//! What is known about a callback before anything runs, wherever it comes from.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::context::Place;
use crate::proto::Balance;
use crate::signature::Contract;

/// What is known about a callback before anything runs.
#[derive(Clone, Debug)]
pub struct Description {
    /// The remote name, prefix and alias applied.
    pub name: Arc<str>,
    /// What it is for, in words.
    pub docs: Cow<'static, str>,
    /// The package that it stands in, where Cargo builds it; none of what is made at run time.
    pub package: Option<&'static str>,
    /// What it is in the program: the path of a function, or that it was made at run time.
    pub item: Cow<'static, str>,
    /// The file that it stands in.
    pub file: &'static str,
    /// The line that it stands in.
    pub line: u32,
    /// How many calls run at the same time.
    pub concurrency: Option<u32>,
    /// How many of these may be of one calling process.
    pub concurrency_per_caller: Option<u32>,
    /// How many more may wait at the controller.
    pub queue: Option<u32>,
    /// How long one call may run.
    pub timeout: Option<Duration>,
    /// How its calls are shared with other providers.
    pub balance: Balance,
    /// What it takes and gives.
    pub signature: fn() -> Contract,
    /// Its types are not looked into, whatever they are.
    pub untraced: bool,
}

impl Description {
    /// Where the callback stands in the source.
    #[must_use]
    pub(crate) const fn line(&self) -> Place {
        let (file, line) = (self.file, self.line);
        Place { file, line }
    }

    /// Where the callback stands, for people.
    #[must_use]
    pub fn place(&self) -> String {
        let Self { item, file, line, .. } = self;
        format!("{item} ({file}:{line})")
    }
}
