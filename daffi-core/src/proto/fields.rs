//! The parts of a header whose length the sender decides: refused over their limit, before memory is taken for them.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::{Described, Limits, Time, Who};

/// The name of a process or a callback.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'de str, D::Error> {
    let name = <&str>::deserialize(deserializer)?;
    within("a name", name.len(), Limits::NAME_BYTES)?;
    Ok(name)
}

/// A name, to be kept.
pub(super) fn kept_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    name(deserializer).map(str::to_owned)
}

/// A name, to be kept, if there is one.
pub(super) fn kept_optional_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(optional_name(deserializer)?.map(str::to_owned))
}

/// The times of a schedule.
pub(super) fn instants<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Time>, D::Error> {
    // One too many can be told apart.
    let instants = Bounded::new("a list of instants", Limits::INSTANTS + 1, |_: &Time| 1);
    deserializer.deserialize_seq(instants)
}

/// Who a process is.
pub(super) fn who<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Who<&'de str>, D::Error> {
    let who = <Who<&str>>::deserialize(deserializer)?;
    within("a name", who.name().map_or(0, str::len), Limits::NAME_BYTES)?;
    Ok(who)
}

/// The name of a process, if there is one.
pub(super) fn optional_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de str>, D::Error> {
    let name = <Option<&str>>::deserialize(deserializer)?;
    within("a name", name.map_or(0, str::len), Limits::NAME_BYTES)?;
    Ok(name)
}

/// The keys and values of a call.
pub(super) fn metadata<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(&'de str, &'de str)>, D::Error> {
    let size = |(key, value): &(&str, &str)| key.len() + value.len();
    deserializer.deserialize_seq(Bounded::new("metadata", Limits::METADATA_BYTES, size))
}

/// The versions of a callback that may run a call.
pub(super) fn versions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    let versions = Bounded::new("a list of versions", Limits::COMPATIBLE, |_: &u64| 1);
    let versions = deserializer.deserialize_seq(versions)?;
    if versions.is_sorted_by(|one, next| one < next) {
        Ok(versions)
    } else {
        Err(D::Error::custom("versions that are not in order"))
    }
}

/// What others offer than the one that is told first.
pub(super) fn others<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Described>, D::Error> {
    deserializer.deserialize_seq(Bounded::new(
        "a list of signatures",
        Limits::OTHERS,
        |_: &Described| 1,
    ))
}

/// What a process says of itself.
pub(super) fn attributes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, String)>, D::Error> {
    // One too many can be told apart.
    let attributes = Bounded::new(
        "a list of attributes",
        Limits::ATTRIBUTES + 1,
        |_: &(String, String)| 1,
    );
    deserializer.deserialize_seq(attributes)
}

/// The attributes that a process shall have.
pub(super) fn having<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(&'de str, &'de str)>, D::Error> {
    let size = |(key, value): &(&str, &str)| key.len() + value.len();
    let having = deserializer.deserialize_seq(Bounded::new("attributes", Limits::ATTRIBUTE_BYTES, size))?;
    within("a list of attributes", having.len(), Limits::ATTRIBUTES)?;
    if having.is_sorted_by(|one, next| one < next) && having.iter().all(|(key, _)| !key.is_empty()) {
        Ok(having)
    } else {
        Err(D::Error::custom(
            "attributes that are not in order, or without a key",
        ))
    }
}

/// The same, to be kept.
pub(super) fn kept_having<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, String)>, D::Error> {
    let having = having(deserializer)?.into_iter();
    Ok(having
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect())
}

/// The values that there are of some keys.
pub(super) fn values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    let size = |(key, value): &(String, String)| key.len() + value.len();
    let most = 2 * Limits::ATTRIBUTE_BYTES;
    deserializer.deserialize_seq(Bounded::new("values of attributes", most, size))
}

/// The names of the processes that a call asks.
pub(super) fn receivers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<&'de str>, D::Error> {
    let names = Bounded::new("a list of processes", Limits::RECEIVERS, |_: &&str| 1);
    let names = deserializer.deserialize_seq(names)?;
    names
        .iter()
        .try_for_each(|name| within("a name", name.len(), Limits::NAME_BYTES))?;
    Ok(names)
}

/// The calls that wait for a call.
pub(super) fn ancestors<'de, D: Deserializer<'de>, A: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<A>, D::Error> {
    let one = |_: &A| 1;
    deserializer.deserialize_seq(Bounded::new("a list of calls that wait", Limits::ANCESTORS, one))
}

/// The words of what caused an error.
pub(super) fn causes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<&'de str>, D::Error> {
    let causes =
        deserializer.deserialize_seq(Bounded::new("a list of causes", Limits::CAUSES, |_: &&str| 1))?;
    let size = causes.iter().map(|cause| cause.len()).sum();
    within("the words of all causes", size, Limits::WORDS_BYTES)?;
    Ok(causes)
}

/// The words of an error.
pub(super) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'de str, D::Error> {
    let words = <&str>::deserialize(deserializer)?;
    within("the words of an error", words.len(), Limits::WORDS_BYTES)?;
    Ok(words)
}

/// The words of an error, to be kept.
pub(super) fn kept_words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    words(deserializer).map(str::to_owned)
}

/// What a greeting says beyond its fields.
pub(super) fn extensions<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(u16, Vec<u8>)>, D::Error> {
    deserializer.deserialize_seq(Bounded::new(
        "extensions",
        Limits::EXTENSIONS,
        |_: &(u16, Vec<u8>)| 1,
    ))
}

fn within<E: Error>(what: &str, size: usize, limit: usize) -> Result<(), E> {
    if size <= limit {
        Ok(())
    } else {
        Err(E::custom(Over { what, limit }))
    }
}

struct Over<'a> {
    what: &'a str,
    limit: usize,
}

impl fmt::Display for Over<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is over the limit of {}", self.what, self.limit)
    }
}

/// Reads a list until its elements' sizes exceed a limit.
struct Bounded<T, F> {
    what: &'static str,
    limit: usize,
    size: F,
    element: PhantomData<fn() -> T>,
}

impl<T, F> Bounded<T, F> {
    const fn new(what: &'static str, limit: usize, size: F) -> Self {
        Self {
            what,
            limit,
            size,
            element: PhantomData,
        }
    }
}

impl<'de, T: Deserialize<'de>, F: Fn(&T) -> usize> Visitor<'de> for Bounded<T, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut elements = Vec::new();
        let mut size = 0;
        while let Some(element) = list.next_element::<T>()? {
            size += (self.size)(&element);
            elements.push(element);
            // Elements of no size take memory, too.
            within(self.what, size.max(elements.len()), self.limit)?;
        }
        Ok(elements)
    }
}
