//! Whose offers a call goes together with.

use daffi_core::proto::CallHeader;

use super::provider::{Accepting, Function, Provider};

/// Whose offers a call goes together with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit<'a> {
    /// Those that accept a signature of that number; 0 matches any.
    Signature(u64),
    /// Those of these versions, of which each is there once.
    Versions(&'a [u64]),
}

impl<'a> Fit<'a> {
    pub(super) const fn new(signature: u64, versions: &'a [u64]) -> Self {
        if versions.is_empty() {
            Self::Signature(signature)
        } else {
            Self::Versions(versions)
        }
    }

    pub(super) fn of(header: &'a CallHeader<'_>) -> Self {
        Self::new(header.signature, &header.versions)
    }

    /// Whether a provider is one of them.
    pub(super) fn accepts(self, provider: &Provider) -> bool {
        match self {
            Self::Signature(number) => provider.accepts(number),
            // One that is taken back has none.
            Self::Versions(versions) => provider.signature.is_some() && versions.contains(&provider.version),
        }
    }

    /// How many of a callback's providers are.
    pub(super) fn among(self, function: &Function) -> usize {
        match self {
            Self::Signature(number) => function.accepting(number),
            Self::Versions(versions) => {
                let providers = versions
                    .iter()
                    .filter_map(|version| function.of_version(*version));
                providers.map(Accepting::count).sum()
            }
        }
    }
}
