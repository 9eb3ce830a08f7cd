//! What arguments say.

use super::key::distance;
use super::*;

#[test]
fn distance_counts_letters() {
    for (from, to, expected) in [
        ("alias", "alias", 0),
        ("alais", "alias", 2),
        ("", "to", 2),
        ("aliass", "alias", 1),
        ("tiemout", "timeout", 2),
    ] {
        assert_eq!(distance(from, to), expected, "{from} {to}");
    }
}

#[test]
fn each_place_has_a_word_for_every_argument() {
    use crate::callback::places as callback;
    use crate::fetcher::places as fetcher;

    for place in [
        callback::FUNCTION,
        callback::BLOCK,
        callback::METHOD,
        fetcher::FUNCTION,
        fetcher::BLOCK,
        fetcher::TRAIT,
        fetcher::METHOD,
    ] {
        for key in Key::ALL {
            let here = place.takes.contains(&key);
            let elsewhere = place.elsewhere.iter().any(|(other, _)| *other == key);
            assert!(here != elsewhere, "{} and `{}`", place.name, key.name());
        }
    }
}

#[test]
fn only_what_is_close_is_suggested() {
    let takes = [Key::Alias, Key::Concurrency, Key::Timeout, Key::Inline];
    assert_eq!(similar("concurency", &takes), Some(Key::Concurrency));
    assert_eq!(similar("alais", &takes), Some(Key::Alias));
    assert_eq!(similar("name", &takes), None);
    // Half of a short name is not close.
    assert_eq!(similar("fast", &[Key::Wait]), None);
    assert_eq!(similar("broadcast", &takes), None);
}
