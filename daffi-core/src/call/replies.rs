//! What a broadcast is answered: one outcome for every process that was asked.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Index;

use crate::error::{CallError, RemoteError};

/// The outcome of a broadcast at one process.
///
/// ```
/// use daffi::{CallError, Reply};
///
/// fn shown(reply: &Reply<u64>) -> String {
///     match reply {
///         Ok(price) => format!("{price} cents"),
///         Err(CallError::App(error)) => format!("it says: {error}"),
///         Err(error) => format!("no answer: {error}"),
///     }
/// }
/// assert_eq!(shown(&Ok(120)), "120 cents");
/// ```
pub type Reply<T, E = RemoteError> = Result<T, CallError<E>>;

/// The outcomes of a broadcast, by process name.
///
/// There is one for every process that offered the callback when the call reached the controller, or for every one that
/// was named: its value, the callback's own error, or why there is neither.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("get_menu", || async { vec!["pasta".to_owned()] }).await?;
/// # #[daffi::fetcher]
/// # fn get_menu() -> Vec<String>;
/// # let get_menu = || get_menu().on(&g);
/// let menus = get_menu().broadcast().await?;
/// for (process_name, outcome) in &menus {
///     match outcome {
///         Ok(menu) => println!("{process_name}: {menu:?}"),
///         Err(error) => println!("{process_name}: {error}"),
///     }
/// }
/// assert_eq!(menus["shop"], Ok(vec!["pasta".to_owned()]));
/// assert!(menus.get("bakery").is_none(), "it was not asked");
/// assert_eq!((menus.len(), menus.values().count()), (1, 1));
/// assert!(menus.iter().all(|(_, outcome)| outcome.is_ok()) && !menus.is_empty());
/// let names: Vec<_> = menus.into_map().into_keys().collect();
/// assert_eq!(names, ["shop"]);
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Replies<T, E = RemoteError> {
    /// Sorted by name; a name is there once.
    replies: Vec<(String, Reply<T, E>)>,
}

impl<T, E> Replies<T, E> {
    pub(super) fn new(mut replies: Vec<(String, Reply<T, E>)>) -> Self {
        replies.sort_by(|(left, _), (right, _)| left.cmp(right));
        Self { replies }
    }

    /// How many processes were asked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.replies.len()
    }

    /// Whether none was asked, which does not happen: that is [`CallError::NoProvider`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.replies.is_empty()
    }

    /// The outcome at a process, if it was asked.
    #[must_use]
    pub fn get(&self, process_name: &str) -> Option<&Reply<T, E>> {
        let index = self
            .replies
            .binary_search_by(|(name, _)| name.as_str().cmp(process_name))
            .ok()?;
        Some(&self.replies[index].1)
    }

    /// The outcomes with their process names, in the order of these.
    pub fn iter(&self) -> RepliesIter<'_, T, E> {
        RepliesIter {
            replies: self.replies.iter(),
        }
    }

    /// The values of those who gave one, in the order of their process names.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.replies.iter().filter_map(|(_, reply)| reply.as_ref().ok())
    }

    /// The outcomes by process name.
    #[must_use]
    pub fn into_map(self) -> BTreeMap<String, Reply<T, E>> {
        self.replies.into_iter().collect()
    }
}

impl<T: fmt::Debug, E: fmt::Debug> fmt::Debug for Replies<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.replies.iter().map(|(name, reply)| (name, reply)))
            .finish()
    }
}

impl<T, E> Index<&str> for Replies<T, E> {
    type Output = Reply<T, E>;

    /// The outcome at a process.
    ///
    /// # Panics
    ///
    /// When that process was not asked; [`get`](Self::get) does not.
    fn index(&self, process_name: &str) -> &Reply<T, E> {
        self.get(process_name)
            .unwrap_or_else(|| panic!("process {process_name:?} was not asked"))
    }
}

impl<T, E> From<Replies<T, E>> for BTreeMap<String, Reply<T, E>> {
    fn from(replies: Replies<T, E>) -> Self {
        replies.into_map()
    }
}

impl<T, E> From<Replies<T, E>> for HashMap<String, Reply<T, E>> {
    fn from(replies: Replies<T, E>) -> Self {
        replies.into_iter().collect()
    }
}

impl<T, E> IntoIterator for Replies<T, E> {
    type Item = (String, Reply<T, E>);
    type IntoIter = std::vec::IntoIter<(String, Reply<T, E>)>;

    fn into_iter(self) -> Self::IntoIter {
        self.replies.into_iter()
    }
}

impl<'a, T, E> IntoIterator for &'a Replies<T, E> {
    type Item = (&'a str, &'a Reply<T, E>);
    type IntoIter = RepliesIter<'a, T, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Goes through [`Replies`].
#[derive(Debug)]
pub struct RepliesIter<'a, T, E> {
    replies: std::slice::Iter<'a, (String, Reply<T, E>)>,
}

impl<'a, T, E> Iterator for RepliesIter<'a, T, E> {
    type Item = (&'a str, &'a Reply<T, E>);

    fn next(&mut self) -> Option<Self::Item> {
        self.replies.next().map(|(name, reply)| (name.as_str(), reply))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.replies.size_hint()
    }
}

impl<T, E> ExactSizeIterator for RepliesIter<'_, T, E> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn replies() -> Replies<u8> {
        let lost = CallError::provider_lost("f", "b");
        Replies::new(vec![
            ("c".to_owned(), Ok(3)),
            ("a".to_owned(), Ok(1)),
            ("b".to_owned(), Err(lost)),
        ])
    }

    #[test]
    fn replies_are_ordered_by_name() {
        let names: Vec<_> = replies().iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(replies().into_map().into_keys().collect::<Vec<_>>(), names);
        assert_eq!(replies().values().copied().collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn a_reply_is_found_by_name() {
        let replies = replies();
        assert_eq!(replies["c"], Ok(3));
        assert!(matches!(replies["b"], Err(CallError::ProviderLost { .. })));
        assert_eq!(replies.get("d"), None);
        assert_eq!(replies.len(), 3);
    }

    #[test]
    #[should_panic(expected = "process \"d\" was not asked")]
    fn asking_for_a_process_that_was_not_asked_panics() {
        let _ = &replies()["d"];
    }
}
