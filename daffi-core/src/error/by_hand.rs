//! The own error of a callback that was called by hand.

use std::error::Error;
use std::fmt;

use super::RemoteError;
use crate::described::Json;

/// The own error of a callback that [`Global::call_json`](crate::Global::call_json) has called: its words, and its value where it has
/// a type that is sent.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use daffi::CallError;
///
/// #[derive(Debug, serde::Serialize, serde::Deserialize)]
/// enum NotSold {
///     SoldOut { until: String },
/// }
///
/// shop.register_fn("shop.buy", |_item: String| async move {
///     Err::<u32, _>(NotSold::SoldOut { until: "Monday".to_owned() })
/// })
/// .await?;
///
/// let Err(CallError::App(error)) = g.call_json("shop.buy", ["lamp"]).await else { panic!("it was sold") };
/// assert_eq!(error.words().message(), r#"SoldOut { until: "Monday" }"#);   // what its `Debug` says
/// assert_eq!(error.value().expect("it is sent").to_string(), r#"{"SoldOut":{"until":"Monday"}}"#);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct JsonError {
    words: RemoteError,
    value: Option<Json>,
}

impl JsonError {
    pub(crate) const fn new(words: RemoteError, value: Option<Json>) -> Self {
        Self { words, value }
    }

    /// What it says, and what caused it.
    #[must_use]
    pub const fn words(&self) -> &RemoteError {
        &self.words
    }

    /// The error itself; `None` if its provider has sent nothing but words.
    #[must_use]
    pub const fn value(&self) -> Option<&Json> {
        self.value.as_ref()
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.words, f)
    }
}

impl fmt::Debug for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{:?} {value}", self.words),
            None => fmt::Debug::fmt(&self.words, f),
        }
    }
}

impl Error for JsonError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.words.source()
    }
}
