//! What fields and variants are called.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::signature::{Called, Known};

/// What a field or a variant goes by, at least by one name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Names {
    names: Vec<String>,
    known: Known,
}

/// Which of several names is meant for the first reader who looked that up, kept with the structure: there may be very many values of
/// few bytes. It is a number in an atomic, so all of it is of that reader or nothing.
#[derive(Debug, Default)]
pub(super) struct Meant(AtomicU64);

/// The names that a reader knows.
type Reader = &'static [&'static str];

impl Meant {
    /// Which one it is, if that reader has looked it up.
    #[inline]
    pub(super) fn of(&self, reader: Reader) -> Option<usize> {
        let kept = self.0.load(Ordering::Relaxed);
        let number = kept & NUMBERS;
        let is_its = Self::key(reader) == Some(kept - number);
        usize::try_from(number).ok()?.checked_sub(1).filter(|_| is_its)
    }

    /// It is that one for this reader.
    #[cold]
    pub(super) fn keep(&self, reader: Reader, number: usize) {
        let number = number as u64 + 1;
        if let Some(key) = Self::key(reader)
            && number <= NUMBERS
        {
            // Others look it up again.
            let _ = self
                .0
                .compare_exchange(0, key | number, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Where its names stand and how many they are, if that has room beside a number.
    fn key(reader: Reader) -> Option<u64> {
        let (place, count) = (reader.as_ptr().addr() as u64, reader.len() as u64);
        (place < 1 << 48 && count < 1 << 11).then_some(place << 16 | count << 5)
    }
}

/// The bits of a number, one more than it is.
const NUMBERS: u64 = (1 << 5) - 1;

impl Clone for Meant {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// It is found out, and is nothing by which structures differ.
impl PartialEq for Meant {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Names {
    /// What stands in a structure.
    pub(super) fn new(text: &str) -> Self {
        let called = Called::new(text);
        Self {
            names: called.names().map(str::to_owned).collect(),
            known: called.known,
        }
    }

    /// It has none.
    pub(super) const fn none() -> Self {
        Self {
            names: Vec::new(),
            known: Known::Some,
        }
    }

    /// Whether it goes by that name; where it is not known which are its names, by the one for people.
    pub(super) fn is(&self, name: &str) -> bool {
        let sure = if self.is_known() { self.names.len() } else { 1 };
        self.all().take(sure).any(|other| other == name)
    }

    /// Whether it is known that these are the names.
    pub(super) fn is_known(&self) -> bool {
        self.known != Known::Some
    }

    /// The one that is written, if that is known.
    pub(super) fn written(&self) -> Option<&str> {
        match self.known {
            Known::First => self.all().next(),
            Known::All | Known::Some => None,
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The only one.
    #[inline]
    pub(super) fn only(&self) -> Option<&str> {
        match &*self.names {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Which of them somebody understands who knows these: the one that is written, or else the first.
    pub(super) fn among(&self, known: &[&str]) -> usize {
        self.all().position(|name| known.contains(&name)).unwrap_or(0)
    }

    pub(super) fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("_", String::as_str)
    }

    /// The one for people.
    pub(super) fn shown(&self) -> &str {
        self.name(0)
    }
}
