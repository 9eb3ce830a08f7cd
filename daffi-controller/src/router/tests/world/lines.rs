//! Calls that wait for a provider: who may, who is given one, and what ends the others.

use super::*;

/// Which calls are bounded together: those for any provider of a name, or for any that has some attributes, or for one offer of a node's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Name(usize, Option<usize>),
    Offer(usize, u32),
}

/// A call that waits.
#[derive(Debug)]
pub(super) struct Parked {
    call: usize,
    /// What tells it apart in the router's frames.
    trace: usize,
    caller: usize,
    hearer: Hearer,
    asked: Asked,
    payload: Bytes,
    scope: Scope,
}

impl World {
    /// A call is to wait, or is refused because as many do as may.
    pub(super) fn park(
        &mut self,
        call: usize,
        trace: usize,
        caller: usize,
        hearer: Hearer,
        asked: Asked,
        payload: &Bytes,
    ) {
        if self.is_recursive(caller, &asked) {
            return self.tell(hearer, call, failed(Failed::Recursive));
        }
        let (scope, queue) = match asked.to {
            None => {
                let has = |(node, _): &(usize, &Offer)| self.has(*node, asked.having);
                let queues = self.shown(asked.name).filter(has);
                let queues = queues.map(|(_, offer)| offer.terms.queue);
                (Scope::Name(asked.name, asked.having), queues.max().unwrap())
            }
            Some(to) => {
                let (_, offer) = self.shown(asked.name).find(|(node, _)| *node == to).unwrap();
                (Scope::Offer(to, offer.callback), offer.terms.queue)
            }
        };
        let beside: Vec<_> = self
            .parked
            .iter()
            .filter(|parked| parked.scope == scope)
            .collect();
        let count = |node: usize| beside.iter().filter(|parked| parked.caller == node).count();
        if beside.len() >= queue as usize {
            let longest = beside
                .iter()
                .map(|parked| {
                    (
                        count(parked.caller),
                        self.nodes[parked.caller].link,
                        parked.caller,
                    )
                })
                .max();
            let evicted = longest
                .filter(|(calls, ..)| queue > 0 && *calls > count(caller) + 1)
                .and_then(|(.., node)| {
                    self.parked
                        .iter()
                        .rposition(|parked| parked.scope == scope && parked.caller == node)
                });
            let Some(evicted) = evicted else {
                return self.tell(hearer, call, failed(full()));
            };
            let evicted = self.parked.remove(evicted);
            self.tell(evicted.hearer, evicted.call, failed(full()));
        }
        self.history.lives[call].waited = true;
        self.parked.push(Parked {
            call,
            trace,
            caller,
            hearer,
            asked,
            payload: payload.clone(),
            scope,
        });
    }

    /// Whether a call of the caller's waits for what a provider of `name` could run.
    pub(super) fn has_waiting(&self, caller: usize, name: usize, provider: usize) -> bool {
        self.parked.iter().any(|parked| {
            self.could_run(parked, provider) && parked.caller == caller && parked.asked.name == name
        })
    }

    /// Whether a provider would run a call that waits if it had a place.
    fn could_run(&self, parked: &Parked, provider: usize) -> bool {
        let offer = self.shown(parked.asked.name).find(|(node, _)| *node == provider);
        let is_asked = parked
            .asked
            .to
            .map_or(provider != parked.caller, |to| to == provider);
        let is_asked = is_asked && self.has(provider, parked.asked.having);
        is_asked && offer.is_some_and(|(_, offer)| agrees(&parked.asked, offer))
    }

    /// What the router gave to providers, or gave up, of what waits.
    pub(super) fn serve(&mut self) {
        self.end_too_large();
        for (run, provider, callback, trace) in self.unexpected_runs() {
            let place = self
                .parked
                .iter()
                .position(|parked| parked.trace == trace && parked.asked.to.is_none_or(|to| to == provider));
            let place = place.unwrap_or_else(|| panic!("{run} was not waiting"));
            let candidates = self
                .candidates(self.parked[place].caller, &self.parked[place].asked)
                .unwrap();
            assert!(
                candidates.contains(&(provider, callback)),
                "{provider} runs {callback}"
            );
            let caller = self.parked[place].caller;
            let name = self.parked[place].asked.name;
            let is_older = |parked: &&Parked| parked.caller == caller && parked.asked.name == name;
            let older = self.parked[..place]
                .iter()
                .filter(is_older)
                .find(|parked| self.could_run(parked, provider));
            assert!(older.is_none(), "{older:?} has waited longer");
            let parked = self.parked.remove(place);
            let hearer = match (parked.asked.mode, parked.hearer) {
                (mode, hearer) if mode.hands_over() => {
                    self.tell(hearer, parked.call, Ok(Bytes::new()));
                    Hearer::Nobody
                }
                (_, hearer) => hearer,
            };
            let own = provider == caller && parked.asked.to.is_none();
            // It was copied when it began to wait.
            let payload = self.payload_of(run);
            assert_eq!(payload, parked.payload);
            let called = (parked.call, hearer);
            self.given(
                run,
                (provider, callback),
                (caller, &payload),
                called,
                &parked.asked,
            );
            self.history.lives[parked.call].runs[0].own = own;
        }
        self.end_unserved();
        self.check_places();
    }

    /// Large calls that waited for somebody who takes small ones only.
    fn end_too_large(&mut self) {
        let told: Vec<_> = self
            .queues
            .sent
            .iter()
            .map(|(to, frame)| (*to, comparable(said(frame))))
            .collect();
        let waiting = std::mem::take(&mut self.parked);
        for parked in waiting {
            let outcome = failed(too_large(false));
            let (node, said) = match parked.hearer {
                Hearer::Caller(node, number) => (node, Said::Reply { number, outcome }),
                Hearer::Part(broadcast, index) => {
                    let Open { node, number, .. } = self.broadcasts[&broadcast];
                    (
                        node,
                        Said::Part {
                            number,
                            index,
                            outcome,
                        },
                    )
                }
                Hearer::Nobody => unreachable!("somebody waits"),
            };
            let is_told = told
                .iter()
                .any(|(to, other)| self.nodes[node].link == Some(*to) && *other == said);
            let narrow = |provider: usize| self.nodes[provider].narrow && self.could_run(&parked, provider);
            if is_told && matches!(parked.asked.size, Size::Large) && (0..PROCESSES.len()).any(narrow) {
                self.tell(parked.hearer, parked.call, failed(too_large(false)));
            } else {
                self.parked.push(parked);
            }
        }
    }

    /// What nobody is left for who could run it.
    fn end_unserved(&mut self) {
        for parked in std::mem::take(&mut self.parked) {
            if (0..PROCESSES.len()).any(|provider| self.could_run(&parked, provider)) {
                self.parked.push(parked);
            } else {
                let failure = self.candidates(parked.caller, &parked.asked).unwrap_err();
                self.tell(parked.hearer, parked.call, failed(failure));
            }
        }
    }

    /// No place is left free for which somebody waits, unless its node did not read meanwhile.
    fn check_places(&self) {
        if self.clogged {
            return;
        }
        for parked in &self.parked {
            let free = self.candidates(parked.caller, &parked.asked);
            assert!(free.is_err(), "{parked:?} waits, though {free:?} could run it");
        }
    }

    /// Time passes: the router looks again at what waits.
    pub(super) fn tick(&mut self) {
        self.queues.now = self.queues.now + std::time::Duration::from_millis(20);
        self.clogged = self.nodes.iter().any(|node| node.full);
        let work = self
            .router
            .on_timeout(&mut Turn::of(self.queues.now, 2), &mut self.queues);
        finish(&mut self.router, work, &mut self.queues);
    }

    /// Those that wait and are meant, in their order, wait no longer.
    pub(super) fn unpark(&mut self, is_meant: impl Fn(Hearer) -> bool) -> Vec<(usize, Hearer)> {
        let meant = self.parked.extract_if(.., |parked| is_meant(parked.hearer));
        meant.map(|parked| (parked.call, parked.hearer)).collect()
    }

    /// The runs that the router has sent and that are not known yet: number, provider, callback and trace.
    fn unexpected_runs(&self) -> Vec<(u32, usize, u32, usize)> {
        let runs = self.queues.sent.iter().filter_map(|(link, frame)| {
            let (Header::Run(run), _) = frame.decode().unwrap() else {
                return None;
            };
            let number = number(run.call);
            if self.routed.contains_key(&number) {
                return None;
            }
            let provider = self.nodes.iter().position(|node| node.link == Some(*link));
            let trace = u128::from_be_bytes(run.trace.unwrap().trace_id);
            Some((
                number,
                provider.unwrap(),
                run.callback.0,
                usize::try_from(trace).unwrap(),
            ))
        });
        runs.collect()
    }

    fn payload_of(&self, run: u32) -> Bytes {
        let sent = self.queues.sent.iter().find_map(|(_, frame)| match said(frame) {
            Said::Run { number, payload, .. } if number == run => Some(payload),
            _ => None,
        });
        sent.unwrap()
    }
}

/// Whether an offer accepts the signature of a call.
pub(super) fn agrees(asked: &Asked, offer: &Offer) -> bool {
    match asked.types {
        // A caller that does not care about the error's type is fine with any.
        Types::Any | Types::Plain | Types::Versions => true,
        Types::Typed => offer.terms.typed,
        Types::Version { typed } => offer.terms.typed == typed,
        Types::Wrong => false,
    }
}

/// A trace that tells a call apart.
pub(in super::super) fn trace_of(call: usize) -> TraceContext {
    TraceContext {
        trace_id: (call as u128).to_be_bytes(),
        span_id: [0; 8],
        flags: 0,
    }
}
