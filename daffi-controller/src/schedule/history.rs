//! How the ticks of a schedule ended.

use std::collections::VecDeque;

use daffi_core::proto::{Tick, TickCounts, TickOutcome};

/// So many are remembered, one after the other that ended alike being one.
const REMEMBERED: usize = 20;

/// So many bytes of an error's words are remembered.
const WORDS: usize = 512;

/// So many where there is no room for more.
const FEW_WORDS: usize = 64;

/// How the ticks of a schedule ended: how many how, and the last ones each.
#[derive(Debug, Default)]
pub(super) struct History {
    last: VecDeque<Tick>,
    /// How many bytes the words of their errors have.
    words: usize,
    pub(super) counts: TickCounts,
}

impl History {
    /// What was remembered.
    pub(super) fn of(counts: TickCounts, last: &[Tick]) -> Self {
        let last: VecDeque<Tick> = last.iter().rev().take(REMEMBERED).rev().cloned().collect();
        let words = last.iter().map(Tick::words_bytes).sum();
        Self { last, words, counts }
    }

    /// A tick has ended, or several. It comes back as it is to be told.
    pub(super) fn add(&mut self, mut tick: Tick, has_room: bool) -> Tick {
        let counts = &mut self.counts;
        let count = match &mut tick.outcome {
            TickOutcome::Ok { .. } => &mut counts.ok,
            TickOutcome::Failed { error, .. } => {
                let most = if has_room { WORDS } else { FEW_WORDS };
                error.words_mut().into_iter().for_each(|words| cut(words, most));
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
                if self.last.len() == REMEMBERED
                    && let Some(forgotten) = self.last.pop_front()
                {
                    self.words -= forgotten.words_bytes().min(self.words);
                }
                self.words += tick.words_bytes();
                self.last.push_back(tick.clone());
            }
        }
        tick
    }

    pub(super) const fn words(&self) -> usize {
        self.words
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
    cut(words, WORDS);
}

fn cut(words: &mut String, most: usize) {
    if words.len() > most {
        let end = (0..=most).rev().find(|end| words.is_char_boundary(*end));
        words.truncate(end.unwrap_or(0));
        words.push('…');
        words.shrink_to_fit();
    }
}
