//! What a caller has heard of the versions of what it calls.

use std::collections::BTreeMap;

use super::ids::FunctionKey;

/// Of so many callbacks it is known what a caller was told. Who calls more of them hears some things again.
const KNOWN: usize = 256;

/// After that many times it is told no more often than with every call of so many, whatever comes and goes.
const MOST: u32 = 64;

/// What a caller was told of versions, by callback.
#[derive(Debug, Default)]
pub(super) struct Heard(BTreeMap<FunctionKey, Told>);

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// What it was, as `Function::changed` has it.
    changed: u64,
    times: u32,
    /// How many calls it has made since.
    calls: u32,
}

impl Heard {
    /// A call is made of a callback whose versions have `changed` last then: whether its caller is to be told of them. The more often
    /// it was told the more calls are between, so that whoever offers ever other ones costs callers little.
    pub(super) fn is_news(&mut self, function: FunctionKey, changed: u64) -> bool {
        let told = self.0.get(&function).copied().unwrap_or_default();
        let calls = told.calls.saturating_add(1);
        let is_news = told.changed != changed && calls >= told.times.min(MOST);
        if !is_news && let Some(told) = self.0.get_mut(&function) {
            told.calls = calls;
        }
        is_news
    }

    pub(super) fn told(&mut self, function: FunctionKey, changed: u64) {
        if self.0.len() >= KNOWN && !self.0.contains_key(&function) {
            self.0.clear();
        }
        let told = self.0.entry(function).or_default();
        *told = Told {
            changed,
            times: told.times.saturating_add(1),
            calls: 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_often_a_caller_was_told_the_more_calls_are_between() {
        let (mut heard, one) = (Heard::default(), FunctionKey(1));
        let mut told = 0;
        for change in 1..=10_000 {
            if heard.is_news(one, change) {
                heard.told(one, change);
                told += 1;
            }
        }
        // Each of the first comes one call later than the one before it, and then it is one of 64.
        let slowly = MOST * (MOST - 1) / 2;
        let expected = MOST + 1 + (10_000 - slowly) / MOST;
        assert!(
            (expected - 2..=expected + 2).contains(&told),
            "{told} of {expected}"
        );
    }

    #[test]
    fn what_is_told_of_one_is_known_beside_others() {
        let mut heard = Heard::default();
        for callback in 0..256 {
            heard.told(FunctionKey(callback), 7);
        }
        // Nothing of it is new.
        heard.told(FunctionKey(3), 7);
        assert!((0..256).all(|callback| !heard.is_news(FunctionKey(callback), 7)));
    }

    #[test]
    fn what_a_caller_knows_is_not_told_again_and_no_more_is_kept_than_is_of_use() {
        let mut heard = Heard::default();
        for callback in 0..1000 {
            let callback = FunctionKey(callback);
            assert!(heard.is_news(callback, 7));
            // It was not sent.
            assert!(heard.is_news(callback, 7));
            heard.told(callback, 7);
            assert!(!heard.is_news(callback, 7));
            assert!(heard.0.len() <= KNOWN);
        }
    }
}
