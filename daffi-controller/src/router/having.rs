//! Attributes that a call wants of the process which runs it, kept.

/// Keys with values, in ascending order, each once.
pub(super) type Pairs<'a> = [(&'a str, &'a str)];

/// The same, kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Having(Box<[(Box<str>, Box<str>)]>);

impl Having {
    pub(super) fn new(pairs: &Pairs<'_>) -> Self {
        let owned = |(key, value): &(&str, &str)| ((*key).into(), (*value).into());
        Self(pairs.iter().map(owned).collect())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value)).collect()
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|(key, value)| key.len() + value.len()).sum()
    }

    pub(super) fn is(&self, pairs: &Pairs<'_>) -> bool {
        let own = self.0.iter().map(|(key, value)| (&**key, &**value));
        own.eq(pairs.iter().copied())
    }
}

/// How many bytes they have.
pub(super) fn bytes(pairs: &Pairs<'_>) -> usize {
    pairs.iter().map(|(key, value)| key.len() + value.len()).sum()
}
