//! Which calls wait for which, as the model knows it.

use daffi_core::proto::Ancestor;

use super::*;

impl Asked {
    /// The call that its caller says it makes it within.
    pub(super) const fn run(&self) -> Option<u32> {
        match self.within {
            Some(Within::Run(run)) => Some(run),
            _ => None,
        }
    }
}

impl World {
    /// Which call is meant.
    pub(super) fn within(&self, node: usize, within: Option<Within>) -> Option<Within> {
        let run = match within? {
            Within::Own(index) => {
                let running = &self.nodes[node].running;
                running[pick(index, running.len())?].0
            }
            Within::Any(index) => *self.routed.keys().nth(pick(index, self.routed.len())?)?,
            Within::Run(run) => run,
        };
        Some(Within::Run(run))
    }

    /// The call that a caller makes another one within, if it runs that.
    fn believed(&self, caller: usize, asked: &Asked) -> Option<u32> {
        let run = asked.run()?;
        (self.routed.get(&run)?.provider == caller).then_some(run)
    }

    /// The call that waits for the answer of another one.
    pub(super) fn awaited(&self, caller: usize, asked: &Asked) -> Option<u32> {
        let is_awaited = !asked.mode.hands_over();
        self.believed(caller, asked).filter(|_| is_awaited)
    }

    /// Those that wait for what is made within a call, the nearest first.
    fn chain(&self, within: Option<u32>) -> Vec<u32> {
        let mut chain = Vec::new();
        let mut next = within;
        while let Some(run) = next
            && let Some(routed) = self.routed.get(&run)
            && !routed.cancelled
        {
            chain.push(run);
            next = routed.within.filter(|_| routed.hearer != Hearer::Nobody);
        }
        assert!(chain.len() <= Limits::ANCESTORS, "the model knows no end");
        chain
    }

    /// Whether a call would wait for a place that one of those holds that wait for it.
    pub(super) fn is_recursive(&self, caller: usize, asked: &Asked) -> bool {
        let chain = self.chain(self.believed(caller, asked));
        chain.iter().any(|run| {
            let Routed {
                provider,
                callback,
                by,
                ..
            } = self.routed[run];
            let mut offers = self.nodes[provider].offers.iter();
            let offer = offers.find(|offer| offer.callback == callback);
            offer.is_some_and(|offer| {
                offer.name == asked.name
                    && (offer.terms.concurrency.is_some()
                        || offer.terms.per_caller.is_some() && by == self.nodes[caller].link)
                    && lines::agrees(asked, offer)
                    && asked.to.is_none_or(|to| to == provider)
                    && self.has(provider, asked.having)
            })
        })
    }

    /// A provider is told of what it runs itself of a chain, and of others up to the farthest of these.
    pub(super) fn check_ancestors(&self, run: u32, provider: usize, within: Option<u32>) {
        let chain: Vec<_> = self
            .chain(within)
            .into_iter()
            .map(|run| (run, self.routed[&run].provider))
            .collect();
        let known = chain
            .iter()
            .rposition(|(_, of)| *of == provider)
            .map_or(0, |last| last + 1);
        let mut names = 0;
        let expected = chain[..known].iter().filter_map(|(run, of)| {
            if *of == provider {
                return Some(Ancestor::Here(id(*run)));
            }
            names += 1;
            (names <= 8).then_some(Ancestor::At(PROCESSES[*of]))
        });
        let expected: Vec<_> = expected.collect();
        let sent = self
            .queues
            .sent
            .iter()
            .find_map(|(_, frame)| match frame.decode().unwrap().0 {
                Header::Run(header) if number(header.call) == run => Some(header.ancestors == expected),
                _ => None,
            });
        assert_eq!(sent, Some(true), "{run} at {provider}: {expected:?}");
    }
}
