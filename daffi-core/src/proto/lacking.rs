//! What no process has that a call is for.

use serde::{Deserialize, Serialize};

use super::fields;

/// Attributes that nobody has who offers a callback, or that one process has not, though a call is for whoever has them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// shop.register_fn("price", |item: String| async move { item.len() }).await?;
///
/// let call = g.call::<usize>("price", ("lamp",)).to_where("zone", "b");
/// let daffi::CallError::NoProvider { absence: daffi::Absence::Lacking(lacking), .. } = call.await.unwrap_err() else {
///     unreachable!("whoever offers it has said nothing of a zone");
/// };
/// assert_eq!(lacking.wanted, [("zone".to_owned(), "b".to_owned())]);
/// assert!(lacking.there.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lacking {
    /// Keys, and the values that the caller wants: all of them at one process.
    #[serde(deserialize_with = "fields::kept_having")]
    pub wanted: Vec<(String, String)>,
    /// The values of these keys that there are: of those who offer the callback, or of the process that was named. In ascending
    /// order, each once.
    #[serde(deserialize_with = "fields::values")]
    pub there: Vec<(String, String)>,
    /// How much of what there is that is.
    pub told: Told,
}

/// How much of something is told.
///
/// ```
/// use daffi::{Lacking, Told};
///
/// fn shown(lacking: &Lacking) -> String {
///     let there: Vec<_> = lacking.there.iter().map(|(key, value)| format!("{key}={value}")).collect();
///     match lacking.told {
///         Told::All => format!("there are {}", there.join(", ")),
///         Told::Some => format!("there are {}, and more", there.join(", ")),
///         Told::Nothing => "it is not told what there is".to_owned(),
///         _ => String::new(),
///     }
/// }
/// let there = vec![("zone".to_owned(), "a".to_owned())];
/// assert_eq!(shown(&Lacking::new(vec![], there, Told::Some)), "there are zone=a, and more");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Told {
    /// All.
    All,
    /// Some of it: more had no room, or was not looked at.
    Some,
    /// Nothing: it may not be known to whoever asks.
    Nothing,
}

impl Lacking {
    /// What a caller wants, and what there is.
    ///
    /// ```
    /// use daffi::{Lacking, Told};
    ///
    /// let zone = |value: &str| vec![("zone".to_owned(), value.to_owned())];
    /// let lacking = Lacking::new(zone("b"), zone("a"), Told::All);
    /// assert_eq!((lacking.wanted, lacking.there), (zone("b"), zone("a")));
    /// ```
    #[must_use]
    pub const fn new(wanted: Vec<(String, String)>, there: Vec<(String, String)>, told: Told) -> Self {
        Self { wanted, there, told }
    }

    /// How many bytes its words have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let pairs = self.wanted.iter().chain(&self.there);
        pairs.map(|(key, value)| key.len() + value.len()).sum()
    }
}
