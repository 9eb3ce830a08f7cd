//! A router between simulated nodes, beside a model that says what must happen.
//!
//! Nodes behave as sessions do, and see what was sent to them only when an operation delivers it, so that frames cross
//! each other on the way. After every operation the frames that the router sent are compared with those that the
//! model expects. The life of every call is written down, so that each promise can be checked by itself.

mod calls;
mod chains;
pub(super) mod having;
pub(super) mod lines;
mod roster;

use std::collections::BTreeMap;

use super::*;

/// The processes that may be there, and the names that they may offer.
const PROCESSES: [&str; 4] = ["ann", "bob", "cid", "dan"];
const NAMES: [&str; 3] = ["add", "sub", "mul"];

/// A frame limit that a large payload is over, and a small one is not, nor what tells of one signature.
const NARROW: usize = 96;

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
    Call(usize, Asked),
    Wait {
        node: usize,
        process: bool,
        index: usize,
        having: Option<usize>,
    },
    /// The node asks what happens.
    Watch(usize),
    Cancel(usize, usize),
    Deliver(usize),
    Finish(usize, usize, Ending),
    Goodbye(usize),
    Disconnect(usize),
    /// The node stops or starts reading.
    Full(usize, bool),
    /// The node takes small frames only, or any.
    Narrow(usize, bool),
    /// The node, or its identity, has quotas from now on, which are never reached, or none any more.
    Quotas(usize, Quoted),
    /// Time passes.
    Tick,
}

/// Whose quotas there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoted {
    Nobody,
    Connection,
    Identity,
    Both,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) typed: bool,
    pub(super) concurrency: Option<u32>,
    /// How many of them may be one connection's.
    pub(super) per_caller: Option<u32>,
    pub(super) queue: u32,
    pub(super) balance: Balance,
}

/// What a call asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) name: usize,
    pub(super) to: Option<usize>,
    /// Which attributes it wants, of all that are wanted, if it wants any.
    pub(super) having: Option<usize>,
    /// Whom a call to many names, if it names any.
    pub(super) among: Option<[bool; PROCESSES.len()]>,
    pub(super) types: Types,
    pub(super) size: Size,
    pub(super) key: Option<u64>,
    pub(super) mode: Mode,
    pub(super) within: Option<Within>,
}

/// Within which call another one is made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Within {
    /// One of those that the caller runs.
    Own(usize),
    /// One of all that run: the caller may lie.
    Any(usize),
    /// That one.
    Run(u32),
}

/// The signature of a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Types {
    Any,
    Plain,
    Typed,
    Wrong,
    /// It names a version.
    Version {
        typed: bool,
    },
    /// It names all that there are.
    Versions,
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

/// What became of one call, or of one part of a broadcast. Steps are numbers of operations.
#[derive(Clone, Debug, Default)]
pub(super) struct Life {
    pub(super) called_at: usize,
    pub(super) handed_over: bool,
    /// It had to wait for a provider.
    pub(super) waited: bool,
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

/// What became of one broadcast beside its parts.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// Who is on the roster, as the model knows.
    pub(super) roster: Vec<&'static str>,
    /// What its caller has read, in order.
    pub(super) heard: Vec<Said>,
    /// Its caller took it back.
    taken_back: bool,
    /// Its caller left before it had read everything.
    pub(super) left: bool,
}

/// What happened: the lives of all calls, and who was handed which, in order.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) lives: Vec<Life>,
    pub(super) broadcasts: Vec<Told>,
    /// Caller, provider with its callback, and call; the provider counts its connections.
    pub(super) delivered: Vec<(usize, (usize, usize, u32), usize)>,
}

#[derive(Debug, Default)]
struct Node {
    link: Option<PeerId>,
    connections: usize,
    ready: bool,
    /// It has said goodbye.
    leaving: bool,
    /// What it offers, as the router knows it.
    offers: Vec<Offer>,
    next_callback: u32,
    inbox: VecDeque<Frame>,
    /// What it sent and has not seen answered.
    sent: BTreeMap<u32, Asking>,
    /// What it was given to run and has not answered: the number, and the call.
    running: Vec<(u32, usize)>,
    full: bool,
    narrow: bool,
}

/// Something that a node sent: calls by their place in the history, and anything else.
#[derive(Clone, Copy, Debug)]
enum Asking {
    Call(usize),
    Broadcast(usize),
    Other,
}

#[derive(Debug)]
struct Offer {
    callback: u32,
    name: usize,
    terms: Terms,
    shown: bool,
    running: u32,
    /// When it was last given a call, as the count of all that were given.
    last: u32,
}

/// Who is told how a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearer {
    /// A node, under its number.
    Caller(usize, u32),
    /// A broadcast, under its place in the history, and the place on its roster.
    Part(usize, u32),
    Nobody,
}

/// A broadcast that has not ended: who called, under what number, and how many have not answered.
#[derive(Clone, Copy, Debug)]
struct Open {
    node: usize,
    number: u32,
    missing: usize,
}

/// A call that the router has given to a provider.
#[derive(Debug)]
struct Routed {
    call: usize,
    hearer: Hearer,
    /// The connection that made it.
    by: Option<PeerId>,
    provider: usize,
    callback: u32,
    cancelled: bool,
    /// The call that waits for it.
    within: Option<u32>,
}

/// Somebody who waits for something to appear.
#[derive(Debug)]
struct Waiter {
    node: usize,
    number: u32,
    process: bool,
    index: usize,
    /// Whose callback it is to be, if it has to be that one's.
    of: Option<usize>,
    having: Option<usize>,
}

pub(super) struct World {
    router: Router,
    queues: Queues,
    nodes: Vec<Node>,
    routed: BTreeMap<u32, Routed>,
    broadcasts: BTreeMap<usize, Open>,
    /// The calls that wait for a provider, in their order.
    parked: Vec<lines::Parked>,
    /// A node has not read since the router last looked at all that waits.
    clogged: bool,
    waiting: Vec<Waiter>,
    /// Who watches what happens, under what number.
    watching: Vec<(usize, u32)>,
    /// How many calls were given to providers.
    given: u32,
    /// Keys, and of two nodes the one that is preferred for them.
    preferred: HashSet<(u64, usize, usize)>,
    typed: Described,
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
            Self::Failed => failed(Failed::timeout(true)),
        }
    }
}

impl World {
    fn new() -> Self {
        Self {
            router: Router::new(LIMITS, 1 << 20, 1 << 30, 5),
            queues: Queues::new(&LIMITS),
            nodes: PROCESSES.iter().map(|_| Node::default()).collect(),
            routed: BTreeMap::new(),
            broadcasts: BTreeMap::new(),
            parked: Vec::new(),
            clogged: false,
            waiting: Vec::new(),
            watching: Vec::new(),
            given: 0,
            preferred: HashSet::new(),
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
            Op::Call(node, asked) => self.call(node, asked),
            Op::Wait {
                node,
                process,
                index,
                having,
            } => self.wait(node, process, index, having),
            Op::Watch(node) => self.watch(node),
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
            Op::Quotas(node, quoted) => self.quotas(node, quoted),
            Op::Tick => self.tick(),
        }
        self.serve();
    }

    fn receive(&mut self, node: usize, header: Header<'_>, payload: &Bytes) {
        let link = self.nodes[node].link.unwrap();
        super::receive(&mut self.router, link, header, payload, &mut self.queues).unwrap();
    }

    /// Takes a number that the node may use; `None` if it has no connection, or no number left.
    fn number(&mut self, node: usize, asking: Asking) -> Option<u32> {
        let node = &mut self.nodes[node];
        node.link?;
        let number = (0..LIMITS.calls).find(|number| !node.sent.contains_key(number))?;
        node.sent.insert(number, asking);
        Some(number)
    }

    fn cancel(&mut self, node: usize, index: usize) {
        let Some(index) = pick(index, self.nodes[node].sent.len()) else {
            return;
        };
        let (number, asking) = self.nodes[node]
            .sent
            .iter()
            .nth(index)
            .map(|(number, asking)| (*number, *asking))
            .unwrap();
        let history = &mut self.history;
        // A session cancels a call once.
        let again = match asking {
            Asking::Call(call) => std::mem::replace(&mut history.lives[call].taken_back, true),
            Asking::Broadcast(broadcast) => {
                std::mem::replace(&mut history.broadcasts[broadcast].taken_back, true)
            }
            Asking::Other => false,
        };
        if again {
            return;
        }
        self.receive(node, Header::Cancel { call: id(number) }, &Bytes::new());
        let is_meant = |hearer: Hearer| match (hearer, asking) {
            (Hearer::Caller(caller, asked), Asking::Call(_)) => (caller, asked) == (node, number),
            (Hearer::Part(broadcast, _), Asking::Broadcast(cancelled)) => broadcast == cancelled,
            _ => false,
        };
        let meant: Vec<_> = self
            .routed
            .iter()
            .filter(|(_, routed)| is_meant(routed.hearer))
            .map(|(run, routed)| (*run, routed.call))
            .collect();
        for (run, call) in meant {
            self.history.lives[call].taken_back = true;
            self.cancel_run(run);
        }
        for (call, hearer) in self.unpark(is_meant) {
            self.history.lives[call].taken_back = true;
            self.tell(hearer, call, failed(Failed::Cancelled { may_have_run: false }));
        }
        let waits = self.waiting.len() + self.watching.len();
        self.waiting
            .retain(|waiter| (waiter.node, waiter.number) != (node, number));
        self.watching.retain(|watcher| *watcher != (node, number));
        if self.waiting.len() + self.watching.len() < waits {
            let outcome = failed(Failed::Cancelled { may_have_run: false });
            self.expected.push((node, Said::Reply { number, outcome }));
        }
    }

    /// Handles the oldest frame of a node's.
    fn deliver(&mut self, node: usize) {
        let Some(frame) = self.nodes[node].inbox.pop_front() else {
            return;
        };
        let said = said(&frame);
        if let Said::Reply { number, .. } | Said::Part { number, .. } | Said::Roster { number, .. } = said
            && let Asking::Broadcast(broadcast) = self.nodes[node].sent[&number]
        {
            self.history.broadcasts[broadcast].heard.push(said.clone());
        }
        match said {
            Said::Run { number, caller, .. } => {
                let (call, callback) = (self.routed[&number].call, self.routed[&number].callback);
                self.nodes[node].running.push((number, call));
                let caller = PROCESSES.iter().position(|name| **name == caller).unwrap();
                self.history
                    .delivered
                    .push((caller, (node, self.nodes[node].connections, callback), call));
            }
            Said::Reply { number, .. } => assert!(self.nodes[node].sent.remove(&number).is_some()),
            Said::Cancel { number } => {
                let running = &mut self.nodes[node].running;
                if let Some(index) = running.iter().position(|(run, _)| *run == number) {
                    running.remove(index);
                    self.reply(node, number, &failed(Failed::Cancelled { may_have_run: true }));
                }
            }
            Said::Roster { .. } | Said::Part { .. } | Said::Happened { .. } => {}
            Said::Goodbye => panic!("the controller does not stop"),
            other => panic!("nobody sends a stream: {other:?}"),
        }
    }

    /// Changes what a node takes.
    fn bound(&mut self, node: usize, change: impl FnOnce(&mut Node)) {
        let node = &mut self.nodes[node];
        let Some(link) = node.link else { return };
        change(node);
        self.clogged |= node.full;
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
        while !self.parked.is_empty()
            || self
                .nodes
                .iter()
                .any(|node| !node.inbox.is_empty() || !node.running.is_empty())
        {
            self.step(&Op::Tick);
            self.check();
            for node in 0..self.nodes.len() {
                self.step(&Op::Deliver(node));
                self.check();
                self.step(&Op::Finish(node, 0, Ending::App));
                self.check();
            }
        }
        let waiting = self.waiting.iter().map(|waiter| waiter.node);
        let waiting: Vec<_> = waiting
            .chain(self.watching.iter().map(|(node, _)| *node))
            .collect();
        let waits = |node| waiting.iter().filter(|waiting| **waiting == node).count();
        for (index, node) in self.nodes.iter().enumerate() {
            assert_eq!(
                node.sent.len(),
                waits(index),
                "{} waits for ever",
                PROCESSES[index]
            );
        }
        for node in 0..self.nodes.len() {
            self.step(&Op::Disconnect(node));
            self.check();
        }
        assert_empty(&self.router);
    }

    fn expect_value(&mut self, node: usize, number: u32) {
        self.expected.push((
            node,
            Said::Reply {
                number,
                outcome: Ok(Bytes::new()),
            },
        ));
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
        assert_eq!(self.router.calls_waiting(), self.parked.len());
        self.router.lines.check();
        self.router.directory.check_groups();
        self.router.check_tallies();
    }
}

/// Where the payload is in memory.
fn address(said: &Said) -> Option<*const u8> {
    let payload = match said {
        Said::Run { payload, .. }
        | Said::Reply {
            outcome: Ok(payload), ..
        }
        | Said::Part {
            outcome: Ok(payload), ..
        } => Some(payload),
        Said::Reply {
            outcome:
                Err(Failure::App {
                    typed: Typed::Encoded(typed),
                    ..
                }),
            ..
        }
        | Said::Part {
            outcome:
                Err(Failure::App {
                    typed: Typed::Encoded(typed),
                    ..
                }),
            ..
        } => Some(typed),
        _ => None,
    };
    payload
        .filter(|payload| !payload.is_empty())
        .map(|payload| payload.as_ptr())
}

fn mismatch() -> Failed {
    Failed::SignatureMismatch {
        offered: Box::new(OFFERED.clone()),
        others: Vec::new(),
    }
}

const fn denied() -> Failed {
    Failed::Invalid {
        reason: String::new(),
    }
}

/// What was said, but for what the model does not compute: the size of what was too large, which of several signatures
/// is shown, and why an offer was denied.
fn comparable(mut said: Said) -> Said {
    if let Said::Reply {
        outcome: Err(Failure::Failed(failed)),
        ..
    }
    | Said::Part {
        outcome: Err(Failure::Failed(failed)),
        ..
    } = &mut said
    {
        match failed {
            Failed::TooLarge { may_have_run, .. } => *failed = too_large(*may_have_run),
            Failed::SignatureMismatch { .. } => *failed = mismatch(),
            Failed::Invalid { .. } => *failed = denied(),
            _ => {}
        }
    }
    said
}
