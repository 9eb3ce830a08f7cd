//! Calls that wait for other versions of a callback when one more of them is offered.

use std::sync::Arc;

use super::ids::{FunctionKey, ProviderKey, WaitId};
use super::line::InVersion;
use super::state::Router;
use super::work::Turn;

/// Calls that wait for other versions of a callback come to wait for a new one, too.
#[derive(Debug)]
pub(super) struct Joining {
    /// The callback and its groups, as far as they were not looked through.
    functions: Vec<FunctionKey>,
    version: u64,
    /// Those that come later wait for it from the beginning.
    until: u64,
    at: Option<InVersion>,
}

impl Router {
    /// A provider is shown. Calls that wait for other versions may go to it, too; of these, those are to be found which do not wait
    /// for its version yet.
    pub(super) fn joining(&self, key: ProviderKey) -> Joining {
        let provider = self.directory.provider(key);
        let groups = provider.iter().flat_map(|provider| &provider.groups);
        let all = provider.iter().map(|provider| provider.function);
        Joining {
            functions: all.chain(groups.map(|place| place.group)).collect(),
            version: provider.map_or(0, |provider| provider.version),
            until: self.lines.newest(),
            at: None,
        }
    }

    /// Whether all are found.
    pub(super) fn join_some(&mut self, joining: &mut Joining, turn: &mut Turn) -> bool {
        let version = joining.version;
        while let Some(function) = joining.functions.last().copied() {
            let is_open = self.directory.version_mut(function, version);
            // Whoever came since somebody was here first waits for it already.
            let is_open = is_open.is_none_or(|version| version.is_open);
            while !is_open
                && let Some(at) = self
                    .lines
                    .next_of_versions((function, version), joining.at, joining.until)
            {
                joining.at = Some(at);
                self.join_lines(at.call);
                if !turn.spend() {
                    return false;
                }
            }
            joining.functions.pop();
            joining.at = None;
            if let Some(version) = self.directory.version_mut(function, version) {
                version.is_open = true;
            }
        }
        true
    }

    /// A call that waits does so for all versions that are offered now.
    pub(super) fn join_lines(&mut self, id: WaitId) {
        let Some(parked) = self.lines.get(id) else { return };
        let made = Arc::clone(&parked.made);
        if let Some((lines, _)) = self.lines_for(parked.by, parked.named, &made) {
            self.lines.join(id, &lines);
        }
    }
}
