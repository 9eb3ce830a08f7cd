//! How the ticks of a schedule ended.

use std::collections::VecDeque;

use daffi_core::proto::{Tick, TickCounts, TickOutcome};

/// So many are remembered, one after the other that ended alike being one.
const REMEMBERED: usize = 20;

/// So many bytes of an error's words are remembered.
const WORDS: usize = 512;

/// How the ticks of a schedule ended: how many how, and the last ones each.
#[derive(Debug, Default)]
pub(super) struct History {
    last: VecDeque<Tick>,
    pub(super) counts: TickCounts,
}

impl History {
    /// What was remembered.
    pub(super) fn of(counts: TickCounts, last: &[Tick]) -> Self {
        let last = last.iter().rev().take(REMEMBERED).rev().cloned().collect();
        Self { last, counts }
    }

    /// A tick has ended, or several. It comes back as it is to be told.
    pub(super) fn add(&mut self, mut tick: Tick) -> Tick {
        let counts = &mut self.counts;
        let count = match &mut tick.outcome {
            TickOutcome::Ok { .. } => &mut counts.ok,
            TickOutcome::Failed { error, .. } => {
                error.words_mut().into_iter().for_each(shorten);
                &mut counts.failed
            }
            TickOutcome::Skipped(_) => &mut counts.skipped,
            TickOutcome::Missed(_) => &mut counts.missed,
            _ => &mut counts.unknown,
        };
        *count += tick.count;
        match self.last.back_mut() {
            Some(last) if is_alike(last, &tick) => last.count += tick.count,
            _ => {
                if self.last.len() == REMEMBERED {
                    self.last.pop_front();
                }
                self.last.push_back(tick.clone());
            }
        }
        tick
    }

    pub(super) fn last(&self) -> impl Iterator<Item = &Tick> {
        self.last.iter()
    }
}

/// Whether two ticks, of none of which a call was made, are told as one.
fn is_alike(one: &Tick, next: &Tick) -> bool {
    let without_call = matches!(next.outcome, TickOutcome::Skipped(_) | TickOutcome::Missed(_));
    without_call && one.outcome == next.outcome && !one.triggered && !next.triggered
}

/// Cuts words that are more than are remembered.
pub(crate) fn shorten(words: &mut String) {
    if words.len() > WORDS {
        let end = (0..=WORDS).rev().find(|end| words.is_char_boundary(*end));
        words.truncate(end.unwrap_or(0));
        words.push('…');
    }
}
