//! Calls that are used as their outcomes: nothing of this can be called, and the compiler says why.
//!
//! Of traits, as `Display`, it says in its own words that a call has none of them.

use super::future::Call;

/// What a call is not before it is awaited.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a call has no outcome before it is awaited",
    label = "write `.await` after the call, or `.wait()` in code without async"
)]
pub trait Awaited {
    /// The outcome that there is not.
    fn outcome<T>(&self) -> T;
}

/// Names that the outcome has. Not those that a future has by the traits of other crates, such as `map_err`.
impl<T, E> Call<T, E> {
    #[doc(hidden)]
    pub fn unwrap(self) -> T
    where
        Self: Awaited,
    {
        self.outcome()
    }

    #[doc(hidden)]
    pub fn expect(self, _message: &str) -> T
    where
        Self: Awaited,
    {
        self.outcome()
    }

    #[doc(hidden)]
    pub fn unwrap_or(self, _default: T) -> T
    where
        Self: Awaited,
    {
        self.outcome()
    }

    #[doc(hidden)]
    pub fn unwrap_or_default(self) -> T
    where
        Self: Awaited,
    {
        self.outcome()
    }

    #[doc(hidden)]
    pub fn ok(self) -> Option<T>
    where
        Self: Awaited,
    {
        self.outcome()
    }

    #[doc(hidden)]
    pub fn is_ok(&self) -> bool
    where
        Self: Awaited,
    {
        self.outcome()
    }

    #[doc(hidden)]
    pub fn is_err(&self) -> bool
    where
        Self: Awaited,
    {
        self.outcome()
    }
}
