//! Where the names of the standard library and of daffi mean something else.

#![allow(
    dead_code,
    unused_macros,
    non_camel_case_types,
    clippy::wrong_self_convention,
    clippy::new_ret_no_self,
    reason = "nothing uses these names, which is the point"
)]

// The modules that paths could begin with.
mod core {}
mod std {}
mod alloc {}
mod serde {}
mod inventory {}
mod __private {}
#[allow(
    clippy::module_inception,
    reason = "there is a module of the crate's own name in many crates"
)]
mod daffi {}

// The names of the prelude, and others that generated code is about.
struct Option;
struct Result;
struct Vec;
struct Box;
struct String;
struct Default;
struct Clone;
struct Send;
struct Sync;
struct Some;
struct None;
struct Ok;
struct Err;
struct Into;
struct From;
struct Iterator;
struct Drop;
struct Fn;
struct FnOnce;
struct ToOwned;
struct PhantomData;
struct Duration;
struct Global;
struct Call;
struct AsyncResult;
struct Broadcast;
struct Balance;
struct RemoteError;
struct Stub;
struct Description;
struct Invocation;
struct u128;
struct usize;

// The macros.
macro_rules! shadow {
    ($($name:ident)*) => {$(
        macro_rules! $name { () => {}; }
    )*};
}
shadow!(concat module_path file line cfg stringify compile_error unreachable panic vec format assert);

/// A trait for every type, whose methods are called like those that generated code could call.
trait Everything: Sized {
    fn new(self) {}
    fn clone(self) {}
    fn arguments(self) {}
    fn context(self) {}
    fn on(self) {}
    fn to(self) {}
    fn timeout(self) {}
    fn retry(self) {}
    fn idempotent(self) {}
    fn bg(self) {}
    fn broadcast(self) {}
    fn background(self) {}
    fn into(self) {}
    fn as_ref(self) {}
    fn await_ready(self) {}
}

impl<T> Everything for T {}

#[::daffi::callback(alias = "shadows.sum", balance = "round_robin")]
async fn offered_sum(a: i64, _ctx: &::daffi::CallContext, b: i64, _own: ::daffi::CallContext) -> i64 {
    ::std::future::ready(a + b).await
}

#[::daffi::callback(alias = "shadows.divide", timeout = "5s", concurrency = 3)]
fn offered_divide(a: i64, by: i64) -> ::std::result::Result<i64, ::std::string::String> {
    match by {
        0 => ::std::result::Result::Err(::std::convert::From::from("by zero")),
        by => ::std::result::Result::Ok(a / by),
    }
}

/// Adds.
#[::daffi::fetcher(alias = "shadows.sum", timeout = "10s", to = "service")]
pub async fn sum(a: i64, b: i64) -> i64;

/// Adds in the background.
#[::daffi::fetcher(alias = "shadows.sum", bg, retry = 2, idempotent, to = "service")]
pub async fn begin_sum(a: i64, b: i64) -> i64;

/// Divides in the background, with a body.
#[::daffi::fetcher(alias = "shadows.divide", bg, to = "service")]
pub fn begin_half(a: i64) -> ::std::result::Result<i64, ::std::string::String> {
    (a, 2i64)
}

/// Divides everywhere.
#[::daffi::fetcher(alias = "shadows.divide", broadcast)]
pub async fn divide_everywhere(a: i64, by: i64) -> ::std::result::Result<i64, ::std::string::String>;

/// Adds with a body.
#[::daffi::fetcher(alias = "shadows.sum")]
pub fn negated(a: i64, b: i64) -> i64 {
    (-a, -b)
}

/// Divides.
#[::daffi::fetcher(alias = "shadows.divide")]
pub async fn divide(a: i64, by: i64) -> ::std::result::Result<i64, ::std::string::String>;

/// Counts.
#[::daffi::fetcher(prefix = "shadows.", client = "Counting")]
pub trait Count {
    /// Counts on.
    fn count(&mut self, by: u32) -> u32;

    /// Where it is.
    async fn counted(&self) -> u32;

    /// Counts on in the background.
    #[::daffi::fetcher(alias = "count", bg)]
    fn begin_count(&mut self, by: u32) -> u32 {
        by
    }

    /// Where it is, everywhere.
    #[::daffi::fetcher(alias = "counted", broadcast)]
    fn counted_everywhere(&self) -> u32 {
        0
    }
}

/// A counter.
#[derive(Debug, Default)]
pub struct Counter {
    counted: u32,
}

#[::daffi::callback(prefix = "shadows.", auto_init)]
impl Count for Counter {
    fn count(&mut self, by: u32) -> u32 {
        self.counted += by;
        self.counted
    }

    async fn counted(&self) -> u32 {
        ::std::future::ready(self.counted).await
    }
}
