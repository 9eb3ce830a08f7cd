//! What the macros require of a user's types, in words that help when a type falls short.
//!
//! Each requirement is a trait that every fitting type has; the generated code names it at the user's type. These
//! traits decide nothing: a choice by type is made in [`by_type`](super::by_type).

// The blanket impls are kept out of the compiler's explanations, which would otherwise end with what serde needs and
// never say what daffi needed it for.

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};

use crate::error::CallError;
use crate::proto::CronLine;

/// A parameter of a callback.
#[diagnostic::on_unimplemented(
    message = "a callback cannot take a parameter of type `{Self}`",
    label = "this type, or one in it, is not `serde::Deserialize`",
    note = "arguments are decoded when a call arrives: derive `serde::Serialize` and `serde::Deserialize` for every \
            type in them; inside of a type only `&str` and `&[u8]` can be borrowed"
)]
pub trait Parameter {}

#[diagnostic::do_not_recommend]
impl<T: Deserialize<'static>> Parameter for T {}

/// A parameter of a callback that older callers do not send.
#[diagnostic::on_unimplemented(
    message = "an argument of type `{Self}` has no default",
    label = "this type is not `Default`",
    note = "`#[callback(default)]` gives the argument its `Default` where a caller does not send it: derive that, or make it \
            an `Option`, which needs no attribute"
)]
pub trait HasDefault: Sized {
    /// Its default.
    fn default_of() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> HasDefault for T {
    fn default_of() -> Self {
        Self::default()
    }
}

/// What a callback returns, or the value in the `Result` that it returns.
#[diagnostic::on_unimplemented(
    message = "a callback cannot return `{Self}`",
    label = "this type, or one in it, is not `serde::Serialize`",
    note = "results are encoded for the caller: derive `serde::Serialize` and `serde::Deserialize` for every type in \
            them"
)]
pub trait Returnable {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Returnable for T {}

/// What is sent without a value at hand that could show what it is: what a callback gives, and the items of a stream.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is only `serde::Serialize`, so the other side cannot be compared with it",
    label = "this type, or one in it, is not `serde::Deserialize`",
    note = "derive `serde::Deserialize` as well for every type in it: how it is read is what it is compared by",
    note = "or write `untraced` in the attribute: then nothing is checked, and where the other side has another type, values \
            arrive as others"
)]
pub trait Compared {}

#[diagnostic::do_not_recommend]
impl<T: Deserialize<'static>> Compared for T {}

/// An argument of a fetcher.
#[diagnostic::on_unimplemented(
    message = "a fetcher cannot send an argument of type `{Self}`",
    label = "this type, or one in it, is not `serde::Serialize`",
    note = "arguments are encoded for the callback: derive `serde::Serialize` and `serde::Deserialize` for every type \
            in them"
)]
pub trait Argument {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Argument for T {}

/// What a fetcher returns.
#[diagnostic::on_unimplemented(
    message = "a fetcher cannot return `{Self}`",
    label = "this type, or one in it, is not `serde::Deserialize` for every lifetime",
    note = "results are decoded from the answer and owned: derive `serde::Serialize` and `serde::Deserialize` for \
            every type in them"
)]
pub trait Received {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Received for T {}

/// What a fetcher returns, when it is a `Result` that the macro could not see.
#[diagnostic::on_unimplemented(
    message = "a fetcher cannot return `{Self}` under another name",
    label = "this is a `Result`, which `#[fetcher]` cannot see",
    note = "write `Result<Value, Error>` here: the attribute sees names, not what they stand for"
)]
pub trait NotHidden {}

/// The error type of a fetcher that returns `Result<Value, Error>`.
#[diagnostic::on_unimplemented(
    message = "a fetcher cannot return an error of type `{Self}`",
    label = "this type, or one in it, is not `serde::Deserialize` for every lifetime",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it, or return `Result<Value, daffi::RemoteError>`, \
            or the plain value: then the callback's error arrives as words, in a `daffi::RemoteError`"
)]
pub trait ReceivedError {}

#[diagnostic::do_not_recommend]
impl<E: DeserializeOwned> ReceivedError for E {}

/// What a method of a trait returns, if the client that is made for the trait can be one of its implementations. A call of it gives `T` or the callback's own error `E`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say that a call has failed, so the client is no implementation of its trait",
    label = "the trait has a method that returns `{Self}`",
    note = "have each method return `Result<Value, Error>`, where `Error` has `From<daffi::CallError>`: then the client \
            implements the trait; or implement it for a type of your own that holds the client"
)]
pub trait CanFail<T, E> {
    /// What came of a call of it.
    fn of(outcome: Result<T, CallError<E>>) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<CallError>> CanFail<T, E> for Result<T, E> {
    fn of(outcome: Result<T, CallError<E>>) -> Self {
        outcome.map_err(|error| error.into_app().unwrap_or_else(E::from))
    }
}

/// What a method of a trait returns whose client asks many, if it were what comes of that: it never is, and this is there for what the compiler says of it.
#[diagnostic::on_unimplemented(
    message = "a method of the trait that returns `{Self}` is a `broadcast`, so the client is no implementation of its trait",
    label = "the trait has a method that asks many processes, each of which returns `{Self}` or an error of its own",
    note = "move the methods that are a `broadcast` to a trait of their own; or implement the trait for a type of your own that \
            holds the client, and says what of all outcomes the method returns"
)]
pub trait OutcomeOfMany {
    /// What comes of it.
    fn of_many() -> Self;
}

/// What a fetcher in the background returns, as a value or an error.
#[diagnostic::on_unimplemented(
    message = "a fetcher in the background cannot return `{Self}`",
    label = "this type is not `Send + 'static`",
    note = "the answer is decoded on another thread and comes from there: use `Arc` in the type, not `Rc`, or leave `bg` \
            out"
)]
pub trait Background: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Background for T {}

/// That a fetcher in the background can return this.
pub const fn background<T: Background>() {}

/// That this is a line of cron.
///
/// # Panics
///
/// While the program is compiled, if it is none.
pub const fn cron(line: &str) {
    if let Err(fault) = CronLine::parse(line) {
        panic!("{}", fault.words());
    }
}

/// A `Result` under a name with one parameter, such as `type Result<T> = core::result::Result<T, MyError>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called `Result` and is none",
    label = "this is not a `core::result::Result`",
    note = "`#[fetcher]` takes a type called `Result` with one parameter for an alias of `core::result::Result`; give \
            the type another name here"
)]
pub trait AnyResult {
    /// The value.
    type Value;
    /// The error.
    type Error;
}

impl<T, E> AnyResult for Result<T, E> {
    type Value = T;
    type Error = E;
}

/// The state of a service.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a service",
    label = "this type is not `Send + Sync + 'static`",
    note = "calls reach a service from many threads at once: use `Arc` and `Mutex` or atomics in it, not `Rc`, `Cell` \
            and `RefCell`"
)]
pub trait Service: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Service for T {}

/// The state of a service that is built by itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be built by `auto_init`",
    label = "this type is not `Default`",
    note = "implement `Default` for it, or leave out `auto_init` and pass a value to `Global::builder().service(…)`"
)]
pub trait AutoInit: Default {}

#[diagnostic::do_not_recommend]
impl<T: Default> AutoInit for T {}

/// What the body of a fetcher computes.
#[diagnostic::on_unimplemented(
    message = "the body of a fetcher computes the arguments as a tuple of at most 16, and `{Self}` is none",
    label = "a fetcher's body computes the arguments as a tuple: write `(value,)`",
    note = "leave the body out to send the parameters as they are: `async fn add(a: i64, b: i64) -> i64;`"
)]
pub trait Arguments {}

#[diagnostic::do_not_recommend]
impl Arguments for () {}

macro_rules! impl_arguments {
    ($($element:ident)+) => {
        #[diagnostic::do_not_recommend]
        impl<$($element),+> Arguments for ($($element,)+) {}
        impl_arguments!(@rest $($element)+);
    };
    (@rest $first:ident $($element:ident)+) => { impl_arguments!($($element)+); };
    (@rest $first:ident) => {};
}

impl_arguments!(A B C D E F G H I J K L M N O P);

/// The arguments that the body of a fetcher computes.
pub fn arguments<A: Arguments>(body: impl FnOnce() -> A) -> A {
    body()
}
