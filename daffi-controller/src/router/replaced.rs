//! The earlier starts of a process that a newer one has replaced. They may have been too busy to hear of it, and are told when they come again.

/// So many of a name are known; of those before, the name is taken.
const KNOWN: usize = 8;

/// The numbers of starts that were replaced, the last one last.
#[derive(Clone, Debug, Default)]
pub struct Replaced(Vec<u128>);

impl Replaced {
    pub(super) fn has(&self, start: u128) -> bool {
        self.0.contains(&start)
    }

    pub(super) fn and(mut self, start: u128) -> Self {
        if self.0.len() == KNOWN {
            self.0.remove(0);
        }
        self.0.push(start);
        self
    }
}
