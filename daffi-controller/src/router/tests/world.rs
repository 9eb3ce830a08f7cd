//! A router between simulated nodes, beside a model that says what must happen.
//!
//! Nodes behave as sessions do, and see what was sent to them only when an operation delivers it, so that frames cross
//! each other on the way. After every operation the frames that the router sent are compared with those that the
//! model expects. The life of every call is written down, so that each promise can be checked by itself.

use std::collections::{BTreeMap, VecDeque};

use super::*;

/// The processes that may be there, and the names that they may offer.
const PROCESSES: [&str; 4] = ["ann", "bob", "cid", "dan"];
const NAMES: [&str; 3] = ["add", "sub", "mul"];

/// A frame limit that a large payload is over, and a small one is not.
const NARROW: usize = 64;

/// Something that a node does, or that happens to it. Numbers pick among what is there.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Connect(usize),
    Offer {
        node: usize,
        name: usize,
        terms: Terms,
        ready: bool,
    },
    Withdraw(usize, usize),
    Call {
        node: usize,
        name: usize,
        to: Option<usize>,
        types: Types,
        size: Size,
    },
    Wait {
        node: usize,
        process: bool,
        index: usize,
    },
    Cancel(usize, usize),
    Deliver(usize),
    Finish(usize, usize, Ending),
    Goodbye(usize),
    Disconnect(usize),
    /// The node stops or starts reading.
    Full(usize, bool),
    /// The node takes small frames only, or any.
    Narrow(usize, bool),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) typed: bool,
    pub(super) concurrency: Option<u32>,
}

/// The signature of a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Types {
    Any,
    Plain,
    Typed,
    Wrong,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Size {
    Empty,
    Small,
    Large,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    Value(Size),
    App,
    Failed,
}

/// What became of one call. Steps are numbers of operations.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) called_at: usize,
    pub(super) runs: Vec<Ran>,
    pub(super) replies: Vec<(usize, Outcome)>,
    pub(super) cancels: usize,
    /// Its caller took it back.
    pub(super) taken_back: bool,
    /// Its caller left before it was answered.
    pub(super) left: bool,
    /// Its provider, by name, was lost before it answered.
    pub(super) lost: Option<(usize, &'static str)>,
}

/// How a call was given to a provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ran {
    /// The provider's queue was full.
    pub(super) full: bool,
    /// The caller itself was picked, though it was not named.
    pub(super) own: bool,
}

/// What happened: the lives of all calls, and who was handed which, in order.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) lives: Vec<Life>,
    /// Caller, provider and call, as nodes; the provider counts its connections.
    pub(super) delivered: Vec<(usize, (usize, usize), usize)>,
}

#[derive(Debug, Default)]
struct Node {
    link: Option<LinkId>,
    connections: usize,
    ready: bool,
    /// What it offers, as the router knows it.
    offers: Vec<Offer>,
    next_callback: u32,
    inbox: VecDeque<Frame>,
    /// What it sent and has not seen answered: calls by their place in the history, and anything else.
    sent: BTreeMap<u32, Option<usize>>,
    /// What it was given to run and has not answered: the number, and the call.
    running: Vec<(u32, usize)>,
    full: bool,
    narrow: bool,
}

#[derive(Debug)]
struct Offer {
    callback: u32,
    name: usize,
    terms: Terms,
    shown: bool,
    running: u32,
}

/// A call that the router has given to a provider.
#[derive(Debug)]
struct Routed {
    call: usize,
    caller: Option<(usize, u32)>,
    provider: usize,
    callback: u32,
    cancelled: bool,
}

/// Somebody who waits for something to appear.
#[derive(Debug)]
struct Waiter {
    node: usize,
    number: u32,
    process: bool,
    index: usize,
}

pub(super) struct World {
    router: Router,
    queues: Queues,
    nodes: Vec<Node>,
    routed: BTreeMap<u32, Routed>,
    waiting: Vec<Waiter>,
    typed: Signature,
    step: usize,
    expected: Vec<(usize, Said)>,
    history: History,
}

/// Carries out `ops`, then lets everything end. Panics when the router does anything that the model does not expect.
pub(super) fn history_of(ops: &[Op]) -> History {
    let mut world = World::new();
    for op in ops {
        world.step(op);
        world.check();
        world.step += 1;
    }
    world.end();
    world.history
}

fn pick(index: usize, len: usize) -> Option<usize> {
    (len > 0).then(|| index % len)
}

fn payload(call: usize, size: Size) -> Bytes {
    let mut bytes = call.to_be_bytes().to_vec();
    match size {
        Size::Empty => return Bytes::new(),
        Size::Small => {}
        Size::Large => bytes.resize(NARROW * 2, 0),
    }
    bytes.into()
}

const fn too_large(may_have_run: bool) -> Failed {
    Failed::TooLarge {
        size: 0,
        limit: NARROW as u64,
        may_have_run,
    }
}

impl Ending {
    fn outcome(self, call: usize) -> Outcome {
        match self {
            Self::Value(size) => Ok(payload(call, size)),
            Self::App => Err(Failure::app(
                RemoteError::new("no", vec![]),
                Some(payload(call, Size::Small)),
            )),
            Self::Failed => failed(Failed::Timeout { may_have_run: true }),
        }
    }
}

impl World {
    fn new() -> Self {
        Self {
            router: Router::new(LIMITS, 5),
            queues: Queues::default(),
            nodes: PROCESSES.iter().map(|_| Node::default()).collect(),
            routed: BTreeMap::new(),
            waiting: Vec::new(),
            typed: signature(ErrorType::Typed(trace::<String>())),
            step: 0,
            expected: Vec::new(),
            history: History::default(),
        }
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::Connect(node) => self.connect(node),
            Op::Offer {
                node,
                name,
                terms,
                ready,
            } => self.offer(node, name, terms, ready),
            Op::Withdraw(node, index) => self.withdraw(node, index),
            Op::Call {
                node,
                name,
                to,
                types,
                size,
            } => self.call(node, name, to, types, size),
            Op::Wait { node, process, index } => self.wait(node, process, index),
            Op::Cancel(node, index) => self.cancel(node, index),
            Op::Deliver(node) => self.deliver(node),
            Op::Finish(node, index, ending) => {
                if let Some(index) = pick(index, self.nodes[node].running.len()) {
                    let (number, call) = self.nodes[node].running.remove(index);
                    self.reply(node, number, &ending.outcome(call));
                }
            }
            Op::Goodbye(node) => self.goodbye(node),
            Op::Disconnect(node) => self.disconnect(node),
            Op::Full(node, full) => self.bound(node, |node| node.full = full),
            Op::Narrow(node, narrow) => self.bound(node, |node| node.narrow = narrow),
        }
    }

    // ------------------------------------------------------------------ what nodes do

    fn receive(&mut self, node: usize, header: Header<'_>, payload: &Bytes) {
        let link = self.nodes[node].link.unwrap();
        self.router
            .receive(link, header, payload, &mut self.queues)
            .unwrap();
    }

    /// Takes a number that the node may use; `None` if it has no connection, or no number left.
    fn number(&mut self, node: usize, call: Option<usize>) -> Option<u32> {
        let node = &mut self.nodes[node];
        node.link?;
        let number = (0..LIMITS.calls).find(|number| !node.sent.contains_key(number))?;
        node.sent.insert(number, call);
        Some(number)
    }

    fn connect(&mut self, node: usize) {
        // Another process of the name, if the name is taken.
        let hello = Hello::new(PROCESSES[node], 1, 77);
        match (self.router.connect(&hello), self.nodes[node].link) {
            (Ok(link), None) => {
                self.nodes[node].link = Some(link);
                self.nodes[node].connections += 1;
            }
            (Err(Refusal::NameTaken { name, pid: 77 }), Some(_)) => assert_eq!(name, PROCESSES[node]),
            (connected, held) => panic!("{connected:?} while {held:?}"),
        }
    }

    fn offer(&mut self, node: usize, name: usize, terms: Terms, ready: bool) {
        let Some(number) = self.number(node, None) else {
            return;
        };
        let callback = self.nodes[node].next_callback;
        self.nodes[node].next_callback += 1;
        let signature = if terms.typed { &self.typed } else { &*OFFERED };
        let offer = Offered {
            signature: signature.clone(),
            concurrency: terms.concurrency,
            ..offered(callback, NAMES[name])
        };
        self.receive(
            node,
            Header::Offer {
                call: CallId(number),
                ready,
            },
            &offers(&[offer]),
        );
        self.expect_value(node, number);

        let offering = &mut self.nodes[node];
        offering.offers.push(Offer {
            callback,
            name,
            terms,
            shown: false,
            running: 0,
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
            .map(|offer| offer.name)
            .filter(|n| joins || *n == name)
            .collect();
        let waiting = std::mem::take(&mut self.waiting);
        let (told, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|waiter| {
            if waiter.process {
                joins && waiter.index == node
            } else {
                waiter.node != node && appeared.contains(&waiter.index)
            }
        });
        self.waiting = waiting;
        for waiter in told {
            self.expect_value(waiter.node, waiter.number);
        }
    }

    fn withdraw(&mut self, node: usize, index: usize) {
        let Some(index) = pick(index, self.nodes[node].offers.len()) else {
            return;
        };
        let Some(number) = self.number(node, None) else {
            return;
        };
        let offer = self.nodes[node].offers.remove(index);
        let callbacks = proto::encode(&vec![CallbackId(offer.callback)]).unwrap();
        self.receive(node, Header::Withdraw { call: CallId(number) }, &callbacks);
        self.expect_value(node, number);
    }

    fn call(&mut self, node: usize, name: usize, to: Option<usize>, types: Types, size: Size) {
        let call = self.history.lives.len();
        let Some(number) = self.number(node, Some(call)) else {
            return;
        };
        self.history.lives.push(Life {
            called_at: self.step,
            runs: Vec::new(),
            replies: Vec::new(),
            cancels: 0,
            taken_back: false,
            left: false,
            lost: None,
        });
        let signature = match types {
            Types::Any => 0,
            Types::Plain => OFFERED.number(),
            Types::Typed => self.typed.number(),
            Types::Wrong => 12345,
        };
        let header = CallHeader {
            signature,
            to: to.map(|to| PROCESSES[to]),
            ..super::call(number, NAMES[name])
        };
        let payload = payload(call, size);
        self.receive(node, Header::Call(header), &payload);

        let answer = self.candidates(node, name, to, types);
        let said = self.queues.sent.last().map(|(to, frame)| (*to, said(frame)));
        match (said, answer) {
            (
                Some((
                    link,
                    Said::Run {
                        number: run,
                        callback,
                        ..
                    },
                )),
                Ok(candidates),
            ) => {
                let provider = self
                    .nodes
                    .iter()
                    .position(|node| node.link == Some(link))
                    .unwrap();
                assert!(
                    candidates.contains(&(provider, callback)),
                    "{provider} runs {callback}"
                );
                let giving = &mut self.nodes[provider];
                giving
                    .offers
                    .iter_mut()
                    .find(|offer| offer.callback == callback)
                    .unwrap()
                    .running += 1;
                let (full, own) = (giving.full, provider == node && to.is_none());
                self.history.lives[call].runs.push(Ran { full, own });
                let caller = PROCESSES[node].to_owned();
                self.expected.push((
                    provider,
                    Said::Run {
                        number: run,
                        callback,
                        caller,
                        payload,
                    },
                ));
                let caller = Some((node, number));
                let routed = Routed {
                    call,
                    caller,
                    provider,
                    callback,
                    cancelled: false,
                };
                assert!(
                    self.routed.insert(run, routed).is_none(),
                    "number {run} is in use"
                );
            }
            // Nobody else is tried: any other candidate would be as far from its caller's wish.
            (_, Ok(candidates)) => {
                let narrow = |(node, _): &(usize, u32)| self.nodes[*node].narrow;
                assert!(
                    matches!(size, Size::Large) && candidates.iter().any(narrow),
                    "{candidates:?} were not asked"
                );
                self.answer(node, number, call, failed(too_large(false)));
            }
            (_, Err(refusal)) => self.answer(node, number, call, failed(refusal)),
        }
    }

    /// Who may be given a call, by node and callback; or what must be answered.
    fn candidates(
        &self,
        caller: usize,
        name: usize,
        to: Option<usize>,
        types: Types,
    ) -> Result<Vec<(usize, u32)>, Failed> {
        if to.is_some_and(|to| !self.nodes[to].ready) {
            return Err(Failed::NoProvider(Absence::ProcessUnknown));
        }
        let offers: Vec<_> = (0..)
            .zip(&self.nodes)
            .flat_map(|(node, offering)| offering.offers.iter().map(move |offer| (node, offering, offer)))
            .filter(|(_, _, offer)| offer.shown && offer.name == name)
            .collect();
        let asked = |node: usize| to.map_or(node != caller, |to| node == to);
        let asked: Vec<_> = offers.iter().filter(|(node, _, _)| asked(*node)).collect();
        if asked.is_empty() {
            return Err(Failed::NoProvider(match to {
                Some(_) => Absence::NotOffered,
                None if offers.is_empty() => Absence::Nobody,
                None => Absence::OnlyCaller,
            }));
        }
        let agrees = |offer: &Offer| match types {
            Types::Any => true,
            // A caller that does not care about the error's type is fine with any.
            Types::Plain => true,
            Types::Typed => offer.terms.typed,
            Types::Wrong => false,
        };
        let agreeing: Vec<_> = asked.iter().filter(|(_, _, offer)| agrees(offer)).collect();
        if agreeing.is_empty() {
            return Err(mismatch());
        }
        let free = |node: &Node, offer: &Offer| {
            !node.full && offer.terms.concurrency.is_none_or(|limit| offer.running < limit)
        };
        let free: Vec<_> = agreeing
            .iter()
            .filter(|(_, node, offer)| free(node, offer))
            .map(|(node, _, offer)| (*node, offer.callback))
            .collect();
        if free.is_empty() { Err(full()) } else { Ok(free) }
    }

    fn wait(&mut self, node: usize, process: bool, index: usize) {
        let index = if process {
            index % PROCESSES.len()
        } else {
            index % NAMES.len()
        };
        let Some(number) = self.number(node, None) else {
            return;
        };
        let query = if process {
            Query::WaitProcess(PROCESSES[index])
        } else {
            Query::WaitFunction(NAMES[index])
        };
        self.receive(
            node,
            Header::Query {
                call: CallId(number),
                query,
            },
            &Bytes::new(),
        );
        let is_there = if process {
            self.nodes[index].ready
        } else {
            let others = self.nodes.iter().enumerate().filter(|(other, _)| *other != node);
            others
                .flat_map(|(_, other)| &other.offers)
                .any(|offer| offer.shown && offer.name == index)
        };
        if is_there {
            self.expect_value(node, number);
        } else {
            self.waiting.push(Waiter {
                node,
                number,
                process,
                index,
            });
        }
    }

    fn cancel(&mut self, node: usize, index: usize) {
        let Some(index) = pick(index, self.nodes[node].sent.len()) else {
            return;
        };
        let (number, call) = self.nodes[node]
            .sent
            .iter()
            .nth(index)
            .map(|(n, c)| (*n, *c))
            .unwrap();
        // A session cancels a call once.
        if call.is_some_and(|call| std::mem::replace(&mut self.history.lives[call].taken_back, true)) {
            return;
        }
        self.receive(node, Header::Cancel { call: CallId(number) }, &Bytes::new());
        let routed = self
            .routed
            .iter()
            .find(|(_, routed)| routed.caller == Some((node, number)));
        if let Some(run) = routed.map(|(run, _)| *run) {
            self.cancel_run(run);
        } else if let Some(index) = self
            .waiting
            .iter()
            .position(|w| (w.node, w.number) == (node, number))
        {
            self.waiting.remove(index);
            let outcome = failed(Failed::Cancelled { may_have_run: false });
            self.expected.push((node, Said::Reply { number, outcome }));
        }
    }

    /// Handles the oldest frame of a node's.
    fn deliver(&mut self, node: usize) {
        let Some(frame) = self.nodes[node].inbox.pop_front() else {
            return;
        };
        match said(&frame) {
            Said::Run { number, caller, .. } => {
                let call = self.routed[&number].call;
                self.nodes[node].running.push((number, call));
                let caller = PROCESSES.iter().position(|name| **name == caller).unwrap();
                self.history
                    .delivered
                    .push((caller, (node, self.nodes[node].connections), call));
            }
            Said::Reply { number, .. } => assert!(self.nodes[node].sent.remove(&number).is_some()),
            Said::Cancel { number } => {
                let running = &mut self.nodes[node].running;
                if let Some(index) = running.iter().position(|(run, _)| *run == number) {
                    running.remove(index);
                    self.reply(node, number, &failed(Failed::Cancelled { may_have_run: true }));
                }
            }
            Said::Goodbye => panic!("the controller does not stop"),
        }
    }

    /// A node answers a call that it was given.
    fn reply(&mut self, node: usize, number: u32, outcome: &Outcome) {
        let (status, payload) = match outcome {
            Ok(value) => (Status::Value, value.clone()),
            Err(Failure::App { remote, typed }) => {
                let status = Status::App {
                    message: remote.message(),
                    causes: vec![],
                    typed: typed.is_some(),
                };
                (status, typed.clone().unwrap_or_default())
            }
            Err(Failure::Failed(failed)) => (Status::Failed(failed.clone()), Bytes::new()),
        };
        self.receive(
            node,
            Header::Reply {
                call: CallId(number),
                status,
            },
            &payload,
        );
        let routed = self.routed.remove(&number).unwrap();
        if let Some(offer) = self.nodes[node]
            .offers
            .iter_mut()
            .find(|offer| offer.callback == routed.callback)
        {
            offer.running -= 1;
        }
        if let Some((caller, number)) = routed.caller {
            let waiting = &self.nodes[caller];
            let outcome = if waiting.full && !payload.is_empty() {
                failed(Failed::Overloaded { may_have_run: true })
            } else if waiting.narrow && payload.len() > NARROW {
                failed(too_large(true))
            } else {
                outcome.clone()
            };
            self.answer(caller, number, routed.call, outcome);
        }
    }

    fn goodbye(&mut self, node: usize) {
        if self.nodes[node].link.is_some() {
            self.receive(node, Header::Goodbye, &Bytes::new());
            self.nodes[node].ready = false;
            self.nodes[node].offers.clear();
        }
    }

    fn disconnect(&mut self, node: usize) {
        let Some(link) = self.nodes[node].link else { return };
        self.router.disconnect(link, &mut self.queues);
        self.waiting.retain(|waiter| waiter.node != node);
        let runs: Vec<_> = self
            .routed
            .iter()
            .map(|(run, routed)| (*run, routed.provider, routed.caller))
            .collect();
        for (run, provider, caller) in runs {
            let calls_itself = caller.is_some_and(|(caller, _)| caller == node);
            if calls_itself {
                let routed = self.routed.get_mut(&run).unwrap();
                routed.caller = None;
                self.history.lives[routed.call].left = true;
            }
            if provider == node {
                let routed = self.routed.remove(&run).unwrap();
                let process = PROCESSES[node];
                self.history.lives[routed.call].lost = Some((self.step, process));
                if let Some((caller, number)) = routed.caller {
                    let lost = Failed::ProviderLost {
                        process: process.to_owned(),
                    };
                    self.answer(caller, number, routed.call, failed(lost));
                }
            } else if calls_itself {
                self.cancel_run(run);
            }
        }
        self.queues.full.remove(&link);
        self.queues.limits.remove(&link);
        let connections = self.nodes[node].connections;
        self.nodes[node] = Node {
            connections,
            ..Node::default()
        };
    }

    /// Changes what a node takes.
    fn bound(&mut self, node: usize, change: impl FnOnce(&mut Node)) {
        let node = &mut self.nodes[node];
        let Some(link) = node.link else { return };
        change(node);
        if node.full {
            self.queues.full.insert(link);
        } else {
            self.queues.full.remove(&link);
        }
        self.queues
            .limits
            .insert(link, if node.narrow { NARROW } else { LIMITS.frame_bytes });
    }

    /// Everybody reads and answers everything, then leaves. Nothing is left.
    fn end(&mut self) {
        for node in 0..self.nodes.len() {
            self.bound(node, |node| (node.full, node.narrow) = (false, false));
        }
        while self
            .nodes
            .iter()
            .any(|node| !node.inbox.is_empty() || !node.running.is_empty())
        {
            for node in 0..self.nodes.len() {
                self.step(&Op::Deliver(node));
                self.check();
                self.step(&Op::Finish(node, 0, Ending::App));
                self.check();
            }
        }
        let waits = |node| self.waiting.iter().filter(|waiter| waiter.node == node).count();
        for (index, node) in self.nodes.iter().enumerate() {
            assert_eq!(
                node.sent.len(),
                waits(index),
                "{} waits for ever",
                PROCESSES[index]
            );
        }
        for node in 0..self.nodes.len() {
            self.disconnect(node);
            self.check();
        }
        assert_empty(&self.router);
    }

    // ------------------------------------------------------------------ what must have happened

    fn expect_value(&mut self, node: usize, number: u32) {
        self.expected.push((
            node,
            Said::Reply {
                number,
                outcome: Ok(Bytes::new()),
            },
        ));
    }

    /// A call is answered to its caller.
    fn answer(&mut self, node: usize, number: u32, call: usize, outcome: Outcome) {
        self.history.lives[call]
            .replies
            .push((self.step, outcome.clone()));
        self.expected.push((node, Said::Reply { number, outcome }));
    }

    /// A call is cancelled at its provider, unless it is already.
    fn cancel_run(&mut self, number: u32) {
        let routed = self.routed.get_mut(&number).unwrap();
        if !std::mem::replace(&mut routed.cancelled, true) {
            self.history.lives[routed.call].cancels += 1;
            self.expected.push((routed.provider, Said::Cancel { number }));
        }
    }

    /// Compares what was sent with what was expected, and puts it on its way. The order within one operation is free.
    fn check(&mut self) {
        let mut sent = Vec::new();
        for (link, frame) in std::mem::take(&mut self.queues.sent) {
            // A link that is gone takes everything.
            let Some(node) = self.nodes.iter().position(|node| node.link == Some(link)) else {
                continue;
            };
            sent.push((node, comparable(said(&frame))));
            self.nodes[node].inbox.push_back(frame);
        }
        let mut expected = std::mem::take(&mut self.expected);
        if expected.len() > 1 {
            sent.sort_by_cached_key(|said| format!("{said:?}"));
            expected.sort_by_cached_key(|said| format!("{said:?}"));
        }
        assert_eq!(sent, expected, "in step {}", self.step);
        for ((_, sent), (_, expected)) in sent.iter().zip(&expected) {
            assert_eq!(address(sent), address(expected), "the payload was copied");
        }
        assert_eq!(self.router.calls_outstanding(), self.routed.len());
    }
}

/// Where the payload is in memory.
fn address(said: &Said) -> Option<*const u8> {
    let payload = match said {
        Said::Run { payload, .. }
        | Said::Reply {
            outcome: Ok(payload), ..
        } => Some(payload),
        Said::Reply {
            outcome: Err(Failure::App { typed, .. }),
            ..
        } => typed.as_ref(),
        _ => None,
    };
    payload
        .filter(|payload| !payload.is_empty())
        .map(|payload| payload.as_ptr())
}

fn mismatch() -> Failed {
    Failed::SignatureMismatch {
        offered: Box::new(OFFERED.clone()),
    }
}

/// What the model does not compute: the size of what was too large, and which of several signatures is shown.
fn comparable(said: Said) -> Said {
    match said {
        Said::Reply {
            number,
            outcome: Err(Failure::Failed(Failed::TooLarge { may_have_run, .. })),
        } => Said::Reply {
            number,
            outcome: failed(too_large(may_have_run)),
        },
        Said::Reply {
            number,
            outcome: Err(Failure::Failed(Failed::SignatureMismatch { .. })),
        } => Said::Reply {
            number,
            outcome: failed(mismatch()),
        },
        other => other,
    }
}
