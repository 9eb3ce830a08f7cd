//! How calls are shared.

use serde::{Deserialize, Serialize};

/// How calls are shared among the providers of a callback.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use daffi::{Balance, Global, callback};
///
/// struct Shop;
///
/// #[callback]
/// impl Shop {
///     #[callback(balance = "round_robin")]   // or "less_loaded", which it is otherwise, or "random"
///     pub fn open(&self) -> bool {
///         true
///     }
/// }
///
/// let g = Global::builder().init_controller(true).in_memory().auto_callbacks(false).service(Shop).start().await?;
/// assert_eq!(g.callbacks().await?[0].balance, Balance::RoundRobin);
/// assert_eq!(Balance::default(), Balance::LessLoaded);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Balance {
    /// The less loaded of two random ones.
    #[default]
    LessLoaded,
    /// One after the other.
    RoundRobin,
    /// Any.
    Random,
}

impl core::fmt::Display for Balance {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::LessLoaded => "less_loaded",
            Self::RoundRobin => "round_robin",
            Self::Random => "random",
        })
    }
}
