//! What the macros register. Plain data with function pointers, so that it can stand in statics.

use std::sync::Arc;
use std::time::Duration;

use super::callback::{BoundCallback, Handler};
use super::description::Description;
use super::invocation::{Invocation, OutcomeFuture};
use crate::proto::{Balance, Outcome};
use crate::signature::Contract;

/// What is declared about a callback that stands in the source.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// The remote name, prefix and alias applied.
    pub name: &'static str,
    /// The doc comment.
    pub docs: &'static str,
    /// The package that it stands in, where Cargo builds it.
    pub package: Option<&'static str>,
    /// The path of the function.
    pub item: &'static str,
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
}

impl From<&Declaration> for Description {
    fn from(declared: &Declaration) -> Self {
        Self {
            name: declared.name.into(),
            docs: declared.docs.into(),
            package: declared.package,
            item: declared.item.into(),
            file: declared.file,
            line: declared.line,
            concurrency: declared.concurrency,
            concurrency_per_caller: declared.concurrency_per_caller,
            queue: declared.queue,
            timeout: declared.timeout,
            balance: declared.balance,
            signature: declared.signature,
            // Then it is this that looks into nothing.
            untraced: false,
        }
    }
}

/// How a function is run.
#[derive(Clone, Copy, Debug)]
pub enum Function {
    /// Where the call arrived.
    Inline(fn(&Invocation) -> Outcome),
    /// On the blocking pool.
    Blocking(fn(&Invocation) -> Outcome),
    /// As a future.
    Async(fn(Invocation) -> OutcomeFuture<'static>),
}

/// A function that is a callback.
#[derive(Clone, Debug)]
pub struct FunctionEntry {
    /// What is known about it.
    pub description: Declaration,
    /// How it runs.
    pub function: Function,
}

impl BoundCallback {
    /// A function.
    #[must_use]
    pub fn function(entry: &FunctionEntry) -> Self {
        let handler = match entry.function {
            Function::Inline(run) => Handler::Inline(Arc::new(run)),
            Function::Blocking(run) => Handler::Blocking(Arc::new(run)),
            Function::Async(run) => Handler::Async(Arc::new(run)),
        };
        Self {
            description: (&entry.description).into(),
            handler,
        }
    }
}

inventory::collect!(FunctionEntry);

/// How a method of a `T` is run.
#[derive(Debug)]
pub enum Method<T> {
    /// `&self`, where the call arrived.
    InlineRef(fn(&T, &Invocation) -> Outcome),
    /// `&mut self`, where the call arrived.
    InlineMut(fn(&mut T, &Invocation) -> Outcome),
    /// `&self`, on the blocking pool.
    BlockingRef(fn(&T, &Invocation) -> Outcome),
    /// `&mut self`, on the blocking pool.
    BlockingMut(fn(&mut T, &Invocation) -> Outcome),
    /// `&self`, as a future.
    AsyncRef(for<'a> fn(&'a T, Invocation) -> OutcomeFuture<'a>),
    /// `&mut self`, as a future.
    AsyncMut(for<'a> fn(&'a mut T, Invocation) -> OutcomeFuture<'a>),
}

/// A method that is a callback.
#[derive(Debug)]
pub struct MethodEntry<T> {
    /// What is known about it.
    pub description: Declaration,
    /// How it runs.
    pub method: Method<T>,
}
