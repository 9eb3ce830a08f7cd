//! Calls: to one, to many, and how they end.

use super::*;

impl World {
    pub(super) fn call(&mut self, node: usize, asked: Asked) {
        let asked = Asked {
            within: self.within(node, asked.within),
            ..asked
        };
        let is_broadcast = asked.mode.asks_many()
            && (asked.among.is_some() || self.others_offer(node, &asked))
            && !self.nodes[node].full;
        let asking = if is_broadcast {
            Asking::Broadcast(self.history.broadcasts.len())
        } else {
            Asking::Call(self.history.lives.len())
        };
        let Some(number) = self.number(node, asking) else {
            return;
        };
        let signature = match asked.types {
            Types::Any => 0,
            Types::Plain => OFFERED.number,
            Types::Typed => self.typed.number,
            Types::Wrong => 12345,
            Types::Version { .. } | Types::Versions => 0,
        };
        let (plain, typed) = (OFFERED.version(), self.typed.version());
        let mut versions = match asked.types {
            Types::Version { typed: false } => vec![plain],
            Types::Version { typed: true } => vec![typed],
            Types::Versions => vec![plain, typed],
            _ => Vec::new(),
        };
        versions.sort_unstable();
        let trace = self.history.lives.len();
        let header = CallHeader {
            trace: Some(lines::trace_of(trace)),
            signature,
            versions,
            to: asked.to.map(|to| PROCESSES[to]),
            having: having::wanted(asked.having).to_vec(),
            key: asked.key,
            mode: asked.mode,
            within: asked.run().map(id),
            ..super::call(number, NAMES[asked.name])
        };
        let payload = payload(self.history.lives.len(), asked.size);
        let header = match asked.among {
            None => Header::Call(header),
            Some(among) => Header::CallTo {
                call: header,
                processes: (0..PROCESSES.len())
                    .rev()
                    .filter(|process| among[*process])
                    .map(|process| PROCESSES[process])
                    .collect(),
            },
        };
        self.receive(node, header, &payload);
        if is_broadcast {
            self.broadcast(node, number, asked, &payload);
        } else {
            self.call_one(node, number, asked, &payload);
        }
    }

    /// Whether others than a caller offer what it calls, and are what it wants.
    fn others_offer(&self, node: usize, asked: &Asked) -> bool {
        let mut shown = self.shown(asked.name);
        shown.any(|(other, _)| other != node && self.has(other, asked.having))
    }

    /// A call begins, or a part of a broadcast; its place in the history.
    fn born(&mut self, mode: Mode) -> usize {
        self.history.lives.push(Life {
            called_at: self.step,
            handed_over: mode.hands_over(),
            ..Life::default()
        });
        self.history.lives.len() - 1
    }

    /// A call that goes to one.
    fn call_one(&mut self, node: usize, number: u32, asked: Asked, payload: &Bytes) {
        let call = self.born(asked.mode);
        let caller = Hearer::Caller(node, number);
        let answer = match asked.mode {
            // The roster may be long.
            mode if mode.asks_many() && (asked.among.is_some() || self.others_offer(node, &asked)) => {
                Err(full())
            }
            mode if mode.asks_many() && self.shown(asked.name).any(|(other, _)| other != node) => {
                Err(self.lacking(node, &Asked { to: None, ..asked }))
            }
            // Nobody but the caller offers it.
            mode if mode.asks_many() && self.shown(asked.name).next().is_some() => {
                Err(Failed::NoProvider(Absence::OnlyCaller))
            }
            mode if mode.asks_many() => Err(Failed::NoProvider(Absence::nobody())),
            _ => self.candidates(node, &asked),
        };
        let runs = self.runs();
        match (runs.first(), answer) {
            (Some((run, provider, callback)), Ok(candidates)) => {
                assert!(
                    candidates.contains(&(*provider, *callback)),
                    "{provider} runs {callback}"
                );
                assert!(
                    !self.has_waiting(node, asked.name, *provider),
                    "{call} overtakes another one"
                );
                self.check_choice(&asked, &candidates, (*provider, *callback));
                let hearer = if asked.mode == Mode::HandedOver {
                    self.tell(caller, call, Ok(Bytes::new()));
                    Hearer::Nobody
                } else {
                    caller
                };
                let own = *provider == node && asked.to.is_none();
                self.given(
                    *run,
                    (*provider, *callback),
                    (node, payload),
                    (call, hearer),
                    &asked,
                );
                self.history.lives[call].runs[0].own = own;
            }
            (_, Ok(candidates))
                if !self.is_told_too_large(node, number)
                    && candidates
                        .iter()
                        .any(|(provider, _)| self.has_waiting(node, asked.name, *provider)) =>
            {
                self.park(call, call, node, caller, asked, payload);
            }
            (_, Err(refusal))
                if refusal == full() && !asked.mode.asks_many() && self.is_busy(node, &asked) =>
            {
                self.park(call, call, node, caller, asked, payload);
            }
            // Nobody else is tried: any other candidate would be as far from its caller's wish.
            (_, Ok(candidates)) => {
                let narrow = |(node, _): &(usize, u32)| self.nodes[*node].narrow;
                assert!(
                    matches!(asked.size, Size::Large) && candidates.iter().any(narrow),
                    "{candidates:?} were not asked"
                );
                self.tell(caller, call, failed(too_large(false)));
            }
            (_, Err(refusal)) => self.tell(caller, call, failed(refusal)),
        }
    }

    /// A call that goes to every node but its caller that offers the callback, or to those that are named.
    fn broadcast(&mut self, node: usize, number: u32, asked: Asked, payload: &Bytes) {
        // They are in the order of their names.
        let roster: Vec<_> = if let Some(among) = asked.among {
            (0..PROCESSES.len()).filter(|process| among[*process]).collect()
        } else {
            let mut roster: Vec<_> = self.shown(asked.name).map(|(other, _)| other).collect();
            roster.retain(|other| *other != node && self.has(*other, asked.having));
            roster.dedup();
            roster
        };
        let broadcast = self.history.broadcasts.len();
        let names: Vec<_> = roster.iter().map(|other| PROCESSES[*other]).collect();
        self.expected.push((
            node,
            Said::Roster {
                number,
                names: names.iter().map(|name| (*name).to_owned()).collect(),
            },
        ));
        self.history.broadcasts.push(Told {
            roster: names,
            heard: Vec::new(),
            taken_back: false,
            left: false,
        });
        self.broadcasts.insert(
            broadcast,
            Open {
                node,
                number,
                missing: roster.len(),
            },
        );
        let runs = self.runs();
        let trace = self.history.lives.len();
        for (index, provider) in (0..).zip(roster) {
            let (call, hearer) = (self.born(asked.mode), Hearer::Part(broadcast, index));
            let run = runs.iter().find(|(_, to, _)| *to == provider);
            let to = Asked {
                to: Some(provider),
                ..asked
            };
            match (self.candidates(node, &to), run) {
                (Ok(candidates), Some((run, _, callback))) => {
                    assert_eq!(candidates[0], (provider, *callback));
                    let hearer = if asked.mode.hands_over() {
                        self.tell(hearer, call, Ok(Bytes::new()));
                        Hearer::Nobody
                    } else {
                        hearer
                    };
                    self.given(*run, (provider, *callback), (node, payload), (call, hearer), &to);
                    self.history.lives[call].runs[0].own = provider == node && asked.among.is_none();
                }
                (Ok(_), None) if self.has_waiting(node, asked.name, provider) => {
                    self.park(call, trace, node, hearer, to, payload);
                }
                (Err(refusal), _) if refusal == full() && self.is_busy(node, &to) => {
                    self.park(call, trace, node, hearer, to, payload);
                }
                (Ok(_), None) => {
                    assert!(
                        matches!(asked.size, Size::Large) && self.nodes[provider].narrow,
                        "{provider} was not asked"
                    );
                    self.tell(hearer, call, failed(too_large(false)));
                }
                (Err(refusal), _) => self.tell(hearer, call, failed(refusal)),
            }
        }
    }

    /// The calls that the router has just given away: their numbers, to whom, and which callback.
    fn runs(&self) -> Vec<(u32, usize, u32)> {
        let run = |(link, frame): &(PeerId, Frame)| match said(frame) {
            Said::Run { number, callback, .. } => {
                let provider = self.nodes.iter().position(|node| node.link == Some(*link));
                Some((number, provider.unwrap(), callback))
            }
            _ => None,
        };
        self.queues.sent.iter().filter_map(run).collect()
    }

    /// A provider is given a call, or a part of one, by a caller.
    pub(super) fn given(
        &mut self,
        run: u32,
        (provider, callback): (usize, u32),
        (caller, payload): (usize, &Bytes),
        (call, hearer): (usize, Hearer),
        asked: &Asked,
    ) {
        self.given += 1;
        let giving = &mut self.nodes[provider];
        let offer = giving
            .offers
            .iter_mut()
            .find(|offer| offer.callback == callback)
            .unwrap();
        offer.running += 1;
        offer.last = self.given;
        self.history.lives[call].runs.push(Ran {
            full: giving.full,
            own: provider == caller,
        });
        let within = self.awaited(caller, asked);
        let by = self.nodes[caller].link;
        self.check_ancestors(run, provider, within);
        let caller = PROCESSES[caller].to_owned();
        let payload = payload.clone();
        self.expected.push((
            provider,
            Said::Run {
                number: run,
                callback,
                caller,
                payload,
            },
        ));
        let routed = Routed {
            call,
            hearer,
            by,
            provider,
            callback,
            cancelled: false,
            within,
        };
        assert!(
            self.routed.insert(run, routed).is_none(),
            "number {run} is in use"
        );
    }

    /// Whether the right one of those that could be asked was.
    fn check_choice(&mut self, asked: &Asked, candidates: &[(usize, u32)], chosen: (usize, u32)) {
        if let Some(key) = asked.key {
            for (other, _) in candidates.iter().filter(|(other, _)| *other != chosen.0) {
                self.preferred.insert((key, chosen.0, *other));
                assert!(
                    !self.preferred.contains(&(key, *other, chosen.0)),
                    "{key} has moved from {other}, which could be asked"
                );
            }
            return;
        }
        let mut offers: Vec<_> = self.shown(asked.name).collect();
        if offers
            .iter()
            .all(|(_, offer)| offer.terms.balance == Balance::RoundRobin)
        {
            offers.retain(|(node, offer)| candidates.contains(&(*node, offer.callback)));
            let longest = offers.iter().min_by_key(|(_, offer)| offer.last).unwrap().1.last;
            let (_, chosen) = offers
                .iter()
                .find(|(node, offer)| (*node, offer.callback) == chosen)
                .unwrap();
            assert_eq!(chosen.last, longest, "another one has waited longer");
        }
    }

    /// Whether the router has told a node that its call is too large for a provider.
    fn is_told_too_large(&self, node: usize, number: u32) -> bool {
        let outcome = failed(too_large(false));
        let told = (self.nodes[node].link.unwrap(), Said::Reply { number, outcome });
        let mut sent = self.queues.sent.iter();
        sent.any(|(to, frame)| (*to, comparable(said(frame))) == told)
    }

    /// Whether some of those that would run a call run as many as they may.
    fn is_busy(&self, caller: usize, asked: &Asked) -> bool {
        self.shown(asked.name).any(|(node, offer)| {
            let is_asked = asked.to.map_or(node != caller, |to| node == to);
            let is_full = offer
                .terms
                .concurrency
                .is_some_and(|limit| offer.running >= limit);
            let is_asked = is_asked && self.has(node, asked.having);
            is_asked && (is_full || self.is_bounded(caller, node, offer)) && lines::agrees(asked, offer)
        })
    }

    /// Whether a provider runs as many calls of a caller as it may of one.
    fn is_bounded(&self, caller: usize, node: usize, offer: &Offer) -> bool {
        offer.terms.per_caller.is_some_and(|limit| {
            let runs = self.routed.values().filter(|routed| {
                (routed.provider, routed.callback) == (node, offer.callback)
                    && routed.by == self.nodes[caller].link
            });
            runs.count() >= limit as usize
        })
    }

    /// Who may be given a call, by node and callback; or what must be answered.
    pub(super) fn candidates(&self, caller: usize, asked: &Asked) -> Result<Vec<(usize, u32)>, Failed> {
        let to = asked.to;
        if to.is_some_and(|to| !self.nodes[to].ready) {
            return Err(Failed::NoProvider(Absence::ProcessUnknown));
        }
        let mut offers = self.shown(asked.name).peekable();
        let nobody = offers.peek().is_none();
        let is_asked = |node: usize| to.map_or(node != caller, |to| node == to);
        let asked_of: Vec<_> = offers.filter(|(node, _)| is_asked(*node)).collect();
        if asked_of.is_empty() {
            return Err(Failed::NoProvider(match to {
                Some(_) => Absence::NotOffered,
                None if nobody => Absence::nobody(),
                None => Absence::OnlyCaller,
            }));
        }
        let has = |(node, _): &&(usize, &Offer)| self.has(*node, asked.having);
        if asked_of.iter().find(has).is_none() {
            return Err(self.lacking(caller, asked));
        }
        let agreeing: Vec<_> = asked_of
            .iter()
            .filter(has)
            .filter(|(_, offer)| lines::agrees(asked, offer))
            .collect();
        if agreeing.is_empty() {
            return Err(mismatch());
        }
        let free = |node: usize, offer: &Offer| {
            !self.nodes[node].full
                && offer.terms.concurrency.is_none_or(|limit| offer.running < limit)
                && !self.is_bounded(caller, node, offer)
        };
        let free: Vec<_> = agreeing
            .iter()
            .filter(|(node, offer)| free(*node, offer))
            .map(|(node, offer)| (*node, offer.callback))
            .collect();
        if free.is_empty() { Err(full()) } else { Ok(free) }
    }

    /// A node answers a call that it was given.
    pub(super) fn reply(&mut self, node: usize, number: u32, outcome: &Outcome) {
        let (status, payload) = Status::of(outcome);
        self.receive(
            node,
            Header::Reply {
                call: id(number),
                status,
            },
            payload,
        );
        let routed = self.routed.remove(&number).unwrap();
        if let Some(offer) = self.nodes[node]
            .offers
            .iter_mut()
            .find(|offer| offer.callback == routed.callback)
        {
            offer.running -= 1;
        }
        let hears = match routed.hearer {
            Hearer::Caller(node, _) => node,
            Hearer::Part(broadcast, _) => self.broadcasts[&broadcast].node,
            Hearer::Nobody => return,
        };
        let waiting = &self.nodes[hears];
        let outcome = if waiting.full && !payload.is_empty() {
            failed(Failed::Overloaded { may_have_run: true })
        } else if waiting.narrow && payload.len() > NARROW {
            failed(too_large(true))
        } else {
            outcome.clone()
        };
        self.tell(routed.hearer, routed.call, outcome);
    }

    /// Somebody is told how a call ended.
    pub(super) fn tell(&mut self, hearer: Hearer, call: usize, outcome: Outcome) {
        let hears = match hearer {
            Hearer::Nobody => return,
            Hearer::Caller(node, _) => node,
            Hearer::Part(broadcast, _) => self.broadcasts[&broadcast].node,
        };
        // A signature may be long, and so may what there is instead of what was wanted.
        let is_lacking = matches!(
            outcome,
            Err(Failure::Failed(Failed::NoProvider(Absence::Lacking(_))))
        );
        let is_long = is_lacking || outcome == failed(mismatch());
        let outcome = if self.nodes[hears].full && is_long {
            failed(full())
        } else if is_lacking && self.nodes[hears].narrow && self.is_too_large(hearer, &outcome) {
            failed(too_large(false))
        } else {
            outcome
        };
        let (node, said) = match hearer {
            Hearer::Nobody => return,
            Hearer::Caller(node, number) => {
                let outcome = outcome.clone();
                (node, Said::Reply { number, outcome })
            }
            Hearer::Part(broadcast, index) => {
                let Open { node, number, .. } = self.broadcasts[&broadcast];
                let outcome = outcome.clone();
                (
                    node,
                    Said::Part {
                        number,
                        index,
                        outcome,
                    },
                )
            }
        };
        self.expected.push((node, said));
        self.history.lives[call].replies.push((self.step, outcome));
        if let Hearer::Part(broadcast, _) = hearer {
            let open = self.broadcasts.get_mut(&broadcast).unwrap();
            open.missing -= 1;
            let Open {
                node,
                number,
                missing,
            } = *open;
            if missing == 0 {
                self.broadcasts.remove(&broadcast);
                self.expect_value(node, number);
            }
        }
    }

    /// Whether it is too large for a node that takes small frames that it is told so.
    fn is_too_large(&self, hearer: Hearer, outcome: &Outcome) -> bool {
        let (status, payload) = Status::of(outcome);
        let header = match hearer {
            Hearer::Caller(_, number) => Header::Reply {
                call: id(number),
                status,
            },
            Hearer::Part(broadcast, index) => Header::Part {
                call: id(self.broadcasts[&broadcast].number),
                index,
                status,
            },
            Hearer::Nobody => return false,
        };
        let frame = Frame::split(&header, payload.clone(), Framing::newest(usize::MAX)).unwrap();
        frame.len() > NARROW
    }

    /// A call is cancelled at its provider, unless it is already.
    pub(super) fn cancel_run(&mut self, number: u32) {
        let routed = self.routed.get_mut(&number).unwrap();
        if !std::mem::replace(&mut routed.cancelled, true) {
            self.history.lives[routed.call].cancels += 1;
            self.expected.push((routed.provider, Said::Cancel { number }));
        }
    }
}
