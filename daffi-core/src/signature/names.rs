//! What a field or a variant goes by, as it stands in a structure: one name, or several of which a reader takes any.
//!
//! serde's derive lists the names of a field in alphabetical order, `#[serde(alias)]` included, so which one is written may not be
//! known; where a type does not tell whose names they are, not even that.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Stands between names, and in front of them where it is not known which one is written; twice where it is not known either
/// whether all of them are meant.
const OR: char = '\u{1f}';

/// What a field or a variant goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Called<'a> {
    /// The names, one after the other.
    names: &'a str,
    /// How much of it is known.
    pub(crate) known: Known,
}

/// How much is known of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// The first is written, and the others are read as well.
    First,
    /// One of them is written, and all are read.
    All,
    /// Some of them are those.
    Some,
}

impl<'a> Called<'a> {
    /// What stands in a structure.
    pub(crate) fn new(text: &'a str) -> Self {
        let (names, known) = match text.strip_prefix(OR).map(|rest| (rest, rest.strip_prefix(OR))) {
            None => (text, Known::First),
            Some((names, None)) => (names, Known::All),
            Some((_, Some(names))) => (names, Known::Some),
        };
        Self { names, known }
    }

    /// The names; the first is written, if that is known.
    pub(crate) fn names(self) -> impl Iterator<Item = &'a str> + Clone {
        self.names.split(OR)
    }

    /// Whether no name is longer than others take, nor are there more of them.
    pub(super) fn is_short(self) -> bool {
        let mut names = self.names();
        let first = names
            .by_ref()
            .take(NAMES)
            .all(|name| name.len() <= LENGTH_OF_NAMES);
        first && names.next().is_none()
    }
}

/// The name of a field or variant that others are told of has no more bytes.
pub(super) const LENGTH_OF_NAMES: usize = 255;

/// A field or variant goes by no more names than that. Of more, others are told of the first.
pub(crate) const NAMES: usize = 16;

/// What stands in a structure for something that goes by `names`.
pub(super) fn joined<'n>(names: impl IntoIterator<Item = &'n str>, known: Known) -> String {
    let mut text = String::new();
    match known {
        Known::First => {}
        Known::All => text.push(OR),
        Known::Some => text.extend([OR, OR]),
    }
    for (number, name) in names.into_iter().take(NAMES).enumerate() {
        if number > 0 {
            text.push(OR);
        }
        text.push_str(name);
    }
    text
}

/// The names for people.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    if text.contains(OR) {
        Called::new(text).names().collect::<Vec<_>>().join("|").into()
    } else {
        text.into()
    }
}

/// Whether each of `mine` is the one of `theirs` at the same place, so that nothing goes from one place to another: they have a name
/// in common there, and none with another place.
pub(super) fn agree<'a, 'b>(
    mut mine: impl Iterator<Item = (usize, &'a str)> + Clone,
    theirs: impl Iterator<Item = (usize, &'b str)> + Clone,
) -> bool {
    let is_one = |(_, text): (usize, &str)| !text.contains(OR);
    if mine.clone().all(is_one) && theirs.clone().all(is_one) {
        // With one name each, all are alike or they are not.
        let theirs: BTreeMap<usize, &str> = theirs.collect();
        return mine.all(|(place, name)| theirs.get(&place).is_none_or(|there| *there == name));
    }
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut texts: BTreeMap<usize, &str> = BTreeMap::new();
    for (place, text) in theirs {
        texts.insert(place, text);
        for name in Called::new(text).names() {
            if places.insert(name, place).is_some_and(|before| before != place) {
                places.insert(name, usize::MAX);
            }
        }
    }
    mine.all(|(place, text)| {
        let Some(there) = texts.get(&place) else {
            return true;
        };
        let called = Called::new(text);
        if *there == text && called.known == Known::Some {
            return true;
        }
        let mut met = called.names().filter_map(|name| places.get(name)).peekable();
        let is_sure = called.known != Known::Some && Called::new(there).known != Known::Some;
        is_sure && met.peek().is_some() && met.all(|met| *met == place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mine: &[&str], theirs: &[&str], expected: bool) {
        let list = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| name.replace('|', "\u{1f}")).collect()
        };
        let (mine, theirs) = (list(mine), list(theirs));
        let one = mine.iter().map(String::as_str).enumerate();
        let other = theirs.iter().map(String::as_str).enumerate();
        assert_eq!(agree(one.clone(), other.clone()), expected, "{mine:?} {theirs:?}");
        assert_eq!(agree(other, one), expected, "{theirs:?} {mine:?}");
    }

    #[test]
    fn places_agree_if_each_has_a_name_in_common_and_none_with_another() {
        check(&["a", "b"], &["a", "b"], true);
        check(&["a", "b"], &["b", "a"], false);
        check(&["a", "b"], &["a|x", "b"], true);
        check(&["a", "b"], &["|a|x", "|b|y"], true);
        check(&["a", "c"], &["c", "b|a"], false);
        check(&["a|b", "c"], &["a", "b"], false);
        check(&["|A|B", "D"], &["B", "A"], false);
        check(&["|A|B", "D"], &["B", "D"], true);
        check(&["width", "height"], &["price|x", "count"], false);
        check(&["||a|b", "||b|c"], &["||a|b", "||b|c"], true);
        check(&["||a|b", "||b|c"], &["a", "c"], false);
    }

    #[test]
    fn what_is_not_known_of_names_stands_in_front_of_them() {
        for known in [Known::First, Known::All, Known::Some] {
            let text = joined(["b", "a"], known);
            assert_eq!(Called::new(&text).known, known);
            assert_eq!(Called::new(&text).names().collect::<Vec<_>>(), ["b", "a"]);
            assert_eq!(shown(&text), "b|a");
        }
        let many: Vec<String> = (0..NAMES + 1).map(|number| number.to_string()).collect();
        let text = joined(many.iter().map(String::as_str), Known::First);
        assert!(Called::new(&text).is_short());
        assert!(!Called::new(&format!("{text}\u{1f}more")).is_short());
        assert!(!Called::new(&"x".repeat(256)).is_short());
    }
}
