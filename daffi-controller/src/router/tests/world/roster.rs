//! Who is there, who offers what, and who is told of it.

use super::*;

impl World {
    pub(super) fn connect(&mut self, node: usize) {
        // Another process of the name, if the name is taken.
        let mut hello = Hello::new(PROCESSES[node], 1, 77);
        // How much of a process one caller may have is tested by itself.
        hello.extensions = Extensions::default()
            .with(Extensions::RUNS, &Limits::RUNS)
            .and_then(|extensions| {
                extensions.with(Extensions::ATTRIBUTES, &self.nodes[node].next_attributes(node))
            })
            .unwrap();
        match (
            self.router.connect(&hello, Who::Nobody, None),
            self.nodes[node].link,
        ) {
            (Ok(link), None) => {
                self.nodes[node].link = Some(link);
                self.nodes[node].connections += 1;
            }
            (Err(Refusal::NameTaken { name, pid: 77, .. }), Some(_)) => assert_eq!(name, PROCESSES[node]),
            (connected, held) => panic!("{connected:?} while {held:?}"),
        }
    }

    /// Two nodes each are one identity.
    pub(super) fn quotas(&mut self, node: usize, quoted: Quoted) {
        let Some(link) = self.nodes[node].link else { return };
        let most = Quota::new().calls(1000).streams(1000).callbacks(1000);
        let most = most.calls_per_second(1_000_000).bytes_per_second(1_000_000_000);
        let quotas = match quoted {
            Quoted::Nobody => Quotas::new(),
            Quoted::Connection => Quotas::new().connection(most),
            Quoted::Identity => Quotas::new().identity(most),
            Quoted::Both => Quotas::new().connection(most).identity(most),
        };
        let identity = ["even", "odd"][node % 2];
        let allowed = Policy::allowed(None, Some(identity), &quotas);
        self.router.allow(link, allowed.as_ref(), self.queues.now);
    }

    pub(super) fn offer(&mut self, node: usize, name: usize, terms: Terms, ready: bool) {
        let Some(number) = self.number(node, Asking::Other) else {
            return;
        };
        let callback = self.nodes[node].next_callback;
        self.nodes[node].next_callback += 1;
        let signature = if terms.typed { &self.typed } else { &*OFFERED };
        let offer = Offered {
            signature: signature.clone(),
            concurrency: terms.concurrency,
            concurrency_per_caller: terms.per_caller,
            queue: terms.queue,
            balance: terms.balance,
            ..offered(callback, NAMES[name])
        };
        self.receive(
            node,
            Header::Offer {
                call: id(number),
                ready,
            },
            &offers(&[offer]),
        );
        let offering = &self.nodes[node];
        let twice = offering.offers.iter().any(|offer| offer.name == name);
        let refused_shortly = offering.leaving || twice;
        if refused_shortly || self.conflicts(node, name, terms.balance, ready) {
            // The other reason is a long sentence.
            let narrow = self.nodes[node].narrow && !refused_shortly;
            // Reasons are words.
            let outcome = failed(match (self.nodes[node].full, narrow) {
                (true, _) => full(),
                (_, true) => too_large(false),
                (false, false) => denied(),
            });
            return self.expected.push((node, Said::Reply { number, outcome }));
        }
        self.expect_value(node, number);

        let offering = &mut self.nodes[node];
        offering.offers.push(Offer {
            callback,
            name,
            terms,
            shown: false,
            running: 0,
            last: 0,
        });
        let joins = ready && !offering.ready;
        offering.ready |= ready;
        if !offering.ready {
            return;
        }
        offering.offers.iter_mut().for_each(|offer| offer.shown = true);
        let appeared: Vec<_> = offering
            .offers
            .iter()
            .filter(|offer| joins || offer.callback == callback)
            .map(|offer| offer.name)
            .collect();
        let waiting = std::mem::take(&mut self.waiting);
        let (told, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|waiter| {
            if waiter.process {
                joins && waiter.index == node
            } else {
                waiter.of.map_or(waiter.node != node, |of| of == node)
                    && appeared.contains(&waiter.index)
                    && self.has(node, waiter.having)
            }
        });
        self.waiting = waiting;
        for waiter in told {
            self.expect_value(waiter.node, waiter.number);
        }
        let joined = joins.then(|| joined(node, &self.nodes[node]));
        let offered = appeared.into_iter().map(|name| offers_it(node, name));
        self.happened(&joined.into_iter().chain(offered).collect::<Vec<_>>());
    }

    /// Whether others share the calls of what a node would now offer in another way.
    fn conflicts(&self, node: usize, name: usize, balance: Balance, ready: bool) -> bool {
        let hidden = self.nodes[node].offers.iter().filter(|offer| !offer.shown);
        let shown_with_it = hidden.filter(|_| ready);
        let mut appearing = shown_with_it
            .map(|offer| (offer.name, offer.terms.balance))
            .chain([(name, balance)]);
        appearing.any(|(name, balance)| {
            self.shown(name)
                .any(|(other, offer)| other != node && offer.terms.balance != balance)
        })
    }

    /// Who offers `name`, in the order of the nodes.
    pub(super) fn shown(&self, name: usize) -> impl Iterator<Item = (usize, &Offer)> {
        (0..)
            .zip(&self.nodes)
            .flat_map(|(node, offering)| offering.offers.iter().map(move |offer| (node, offer)))
            .filter(move |(_, offer)| offer.shown && offer.name == name)
    }

    pub(super) fn withdraw(&mut self, node: usize, index: usize) {
        let Some(index) = pick(index, self.nodes[node].offers.len()) else {
            return;
        };
        let Some(number) = self.number(node, Asking::Other) else {
            return;
        };
        let offer = self.nodes[node].offers.remove(index);
        let callbacks = proto::encode(&vec![CallbackId(offer.callback)]).unwrap();
        self.receive(node, Header::Withdraw { call: id(number) }, &callbacks);
        self.expect_value(node, number);
        if offer.shown {
            self.happened(&[Change::Withdrawn {
                process: PROCESSES[node].to_owned(),
                callback: NAMES[offer.name].to_owned(),
            }]);
        }
    }

    pub(super) fn wait(&mut self, node: usize, process: bool, index: usize, having: Option<usize>) {
        // Anybody's, or that of a process.
        let of = (index / NAMES.len() % (PROCESSES.len() + 1)).checked_sub(1);
        let of = of.filter(|_| !process);
        let having = having.filter(|_| !process);
        let index = if process {
            index % PROCESSES.len()
        } else {
            index % NAMES.len()
        };
        let Some(number) = self.number(node, Asking::Other) else {
            return;
        };
        let query = if process {
            Query::WaitProcess(PROCESSES[index])
        } else {
            Query::WaitFunction {
                name: NAMES[index],
                process: of.map(|of| PROCESSES[of]),
                having: super::having::wanted(having).to_vec(),
            }
        };
        self.receive(
            node,
            Header::Query {
                call: id(number),
                query,
            },
            &Bytes::new(),
        );
        let is_there = if process {
            self.nodes[index].ready
        } else {
            let mut shown = self.shown(index);
            shown.any(|(other, _)| of.map_or(other != node, |of| other == of) && self.has(other, having))
        };
        if is_there {
            self.expect_value(node, number);
        } else {
            self.waiting.push(Waiter {
                node,
                number,
                process,
                index,
                of,
                having,
            });
        }
    }

    pub(super) fn watch(&mut self, node: usize) {
        let Some(number) = self.number(node, Asking::Other) else {
            return;
        };
        let query = Query::Presence;
        self.receive(
            node,
            Header::Query {
                call: id(number),
                query,
            },
            &Bytes::new(),
        );
        let mut there = Vec::new();
        for (other, offering) in self.nodes.iter().enumerate().filter(|(_, other)| other.ready) {
            let mut names: Vec<_> = offering.offers.iter().map(|offer| offer.name).collect();
            names.sort_by_key(|name| NAMES[*name]);
            there.push(joined(other, offering));
            there.extend(names.into_iter().map(|name| offers_it(other, name)));
        }
        self.watching.push((node, number));
        if there.is_empty() {
            self.tell_watcher((node, number), &[]);
        }
        for events in there.chunks(64) {
            self.tell_watcher((node, number), events);
        }
    }

    pub(super) fn goodbye(&mut self, node: usize) {
        if self.nodes[node].link.is_some() {
            self.receive(node, Header::Goodbye, &Bytes::new());
            self.nodes[node].leaving = true;
            self.leaves(node, Parting::Stopped);
        }
    }

    /// A node is on the roster no more.
    fn leaves(&mut self, node: usize, reason: Parting) {
        self.nodes[node].offers.clear();
        if std::mem::replace(&mut self.nodes[node].ready, false) {
            let process = PROCESSES[node].to_owned();
            self.happened(&[Change::Left { process, reason }]);
        }
    }

    pub(super) fn disconnect(&mut self, node: usize) {
        let Some(link) = self.nodes[node].link else { return };
        super::super::disconnect(&mut self.router, link, &mut self.queues);
        self.waiting.retain(|waiter| waiter.node != node);
        self.watching.retain(|(watcher, _)| *watcher != node);
        for asking in self.nodes[node].sent.values() {
            if let Asking::Broadcast(broadcast) = asking {
                self.history.broadcasts[*broadcast].left = true;
            }
        }
        let left: Vec<_> = self
            .broadcasts
            .extract_if(.., |_, open| open.node == node)
            .collect();
        let is_left = |hearer| match hearer {
            Hearer::Caller(caller, _) => caller == node,
            Hearer::Part(broadcast, _) => left.iter().any(|(id, _)| *id == broadcast),
            Hearer::Nobody => false,
        };
        for (call, _) in self.unpark(is_left) {
            self.history.lives[call].left = true;
        }
        for run in self.routed.keys().copied().collect::<Vec<_>>() {
            let routed = self.routed.get_mut(&run).unwrap();
            let (call, provider) = (routed.call, routed.provider);
            let abandoned = is_left(routed.hearer);
            if abandoned {
                routed.hearer = Hearer::Nobody;
                self.history.lives[call].left = true;
            }
            if provider == node {
                let routed = self.routed.remove(&run).unwrap();
                let process = PROCESSES[node];
                self.history.lives[call].lost = Some((self.step, process));
                let lost = Failed::ProviderLost {
                    process: process.to_owned(),
                };
                self.tell(routed.hearer, call, failed(lost));
            } else if abandoned {
                self.cancel_run(run);
            }
        }
        self.leaves(node, Parting::Lost);
        self.queues.full.remove(&link);
        self.queues.limits.remove(&link);
        let connections = self.nodes[node].connections;
        self.nodes[node] = Node {
            connections,
            ..Node::default()
        };
    }

    /// Those who watch are told.
    fn happened(&mut self, events: &[Change]) {
        for watcher in self.watching.clone() {
            self.tell_watcher(watcher, events);
        }
    }

    /// One who watches is told, or, if it does not take that, told no more.
    fn tell_watcher(&mut self, (node, number): (usize, u32), events: &[Change]) {
        if !self.watching.contains(&(node, number)) {
            return;
        }
        let header = Header::Happened { call: id(number) };
        let frame = Frame::split(
            &header,
            proto::encode(events).unwrap(),
            Framing::newest(usize::MAX),
        )
        .unwrap();
        let takes = &self.nodes[node];
        if takes.full || takes.narrow && frame.len() > NARROW {
            self.watching.retain(|watcher| *watcher != (node, number));
            let outcome = failed(full());
            self.expected.push((node, Said::Reply { number, outcome }));
        } else {
            self.expected.push((node, said(&frame)));
        }
    }
}

fn joined(node: usize, joining: &Node) -> Change {
    Change::Joined {
        process: PROCESSES[node].to_owned(),
        identity: Who::Nobody,
        attributes: joining.attributes(node),
    }
}

fn offers_it(node: usize, name: usize) -> Change {
    Change::Offered {
        process: PROCESSES[node].to_owned(),
        callback: NAMES[name].to_owned(),
    }
}
