//! What several processes ask for at the same time, each a little at a time, in any order: with whoever leaves in the middle of it.

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 3] = ["add", "mul", "sub"];
const PROCESSES: [&str; 4] = ["ann", "bob", "cid", "dee"];

/// What a process does next, if it is not in the middle of something.
#[derive(Clone, Debug)]
enum Op {
    Offer(Vec<usize>, bool),
    Withdraw(Vec<usize>),
    Call(usize, Mode),
    /// To processes that are named, of which some may not be there.
    CallTo(Vec<usize>, Mode),
    Cancel(usize),
    Ask(usize),
    Goodbye,
    Reply,
    /// It reads what is queued for it, or does not.
    Full(bool),
    Leave,
}

fn op() -> impl Strategy<Value = Op> {
    let names = || prop::collection::vec(0..NAMES.len(), 0..4);
    let mode = prop::sample::select(
        &[
            Mode::Answered,
            Mode::HandedOver,
            Mode::Broadcast,
            Mode::HandedToAll,
        ][..],
    );
    let many = prop::sample::select(&[Mode::Broadcast, Mode::HandedToAll][..]);
    prop_oneof![
        4 => (names(), any::<bool>()).prop_map(|(names, ready)| Op::Offer(names, ready)),
        2 => names().prop_map(Op::Withdraw),
        6 => (0..NAMES.len(), mode).prop_map(|(name, mode)| Op::Call(name, mode)),
        3 => (prop::collection::vec(0..PROCESSES.len(), 1..6), many).prop_map(|(names, mode)| Op::CallTo(names, mode)),
        3 => (0..8usize).prop_map(Op::Cancel),
        3 => (0..5usize).prop_map(Op::Ask),
        1 => Just(Op::Goodbye),
        6 => Just(Op::Reply),
        1 => any::<bool>().prop_map(Op::Full),
        2 => Just(Op::Leave),
    ]
}

/// What all of them call a callback.
fn callback(name: usize) -> u32 {
    u32::try_from(name).unwrap()
}

/// A process, as it sees itself.
#[derive(Debug)]
struct Node {
    peer: PeerId,
    /// What is left of what it asked for.
    work: Option<Work>,
    /// The numbers that it waits for an answer to.
    open: Vec<u32>,
    next: u32,
    /// What it was given to run.
    runs: Vec<u32>,
}

impl Node {
    const fn new(peer: PeerId) -> Self {
        Self {
            peer,
            work: None,
            open: Vec::new(),
            next: 0,
            runs: Vec::new(),
        }
    }

    /// A number that it has not used.
    fn number(&mut self) -> u32 {
        self.next += 1;
        self.open.push(self.next);
        self.next
    }

    /// The frame that it sends, if it has anything to send.
    fn frame(&mut self, op: Op) -> Option<(Header<'static>, Bytes)> {
        let empty = Bytes::new();
        Some(match op {
            Op::Offer(names, ready) => {
                let offered = names.iter().map(|name| offered(callback(*name), NAMES[*name]));
                let call = id(self.number());
                (
                    Header::Offer { call, ready },
                    offers(&offered.collect::<Vec<_>>()),
                )
            }
            Op::Withdraw(names) => {
                let callbacks: Vec<_> = names.iter().map(|name| CallbackId(callback(*name))).collect();
                let call = id(self.number());
                (Header::Withdraw { call }, proto::encode(&callbacks).unwrap())
            }
            Op::Call(name, mode) => {
                let call = CallHeader {
                    mode,
                    ..call(self.number(), NAMES[name])
                };
                (Header::Call(call), bytes("arguments"))
            }
            Op::CallTo(names, mode) => {
                let call = CallHeader {
                    mode,
                    ..call(self.number(), NAMES[0])
                };
                let processes = names.iter().map(|name| PROCESSES[*name]).collect();
                (Header::CallTo { call, processes }, bytes("arguments"))
            }
            Op::Cancel(index) => {
                let call = id(*self.open.get(index)?);
                (Header::Cancel { call }, empty)
            }
            Op::Ask(index) => {
                let query = [
                    Query::WaitProcess("ann"),
                    function("mul"),
                    Query::Processes,
                    Query::Callbacks,
                    Query::Presence,
                ][index]
                    .clone();
                let call = id(self.number());
                (Header::Query { call, query }, empty)
            }
            Op::Goodbye => (Header::Goodbye, empty),
            Op::Reply => {
                let call = id(self.runs.pop()?);
                let status = Status::Value;
                (Header::Reply { call, status }, bytes("value"))
            }
            Op::Full(_) | Op::Leave => return None,
        })
    }

    /// What it hears belongs to something that it waits for, and each of these ends once.
    fn hear(&mut self, said: Said) {
        let is_open = |open: &[u32], number| assert!(open.contains(&number), "{number} is not in {open:?}");
        match said {
            Said::Run { number, .. } => self.runs.push(number),
            Said::Reply { number, .. } => {
                is_open(&self.open, number);
                self.open.retain(|open| *open != number);
            }
            Said::Roster { number, .. } | Said::Part { number, .. } | Said::Happened { number, .. } => {
                is_open(&self.open, number);
            }
            Said::Cancel { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[derive(Debug)]
struct Crowd {
    router: Router,
    queues: Queues,
    nodes: [Option<Node>; PROCESSES.len()],
    /// What is left of what those had asked for that have gone, and of their going.
    rest: Vec<Work>,
}

impl Crowd {
    fn new() -> Self {
        let limits = Limits {
            calls: 1 << 10,
            ..LIMITS
        };
        Self {
            router: Router::new(limits, 1 << 10, 1 << 30, 1),
            queues: Queues::new(&limits),
            nodes: [const { None }; PROCESSES.len()],
            rest: Vec::new(),
        }
    }

    /// A process goes on with what it is in the middle of, or does something else; so many things at most.
    fn step(&mut self, index: usize, op: Op, things: u32) {
        let turn = &mut Turn::of(NOW, things);
        match (self.nodes[index].take(), op) {
            // Its name is free when nothing is left of the one that had it.
            (None, _) if self.router.is_clearing(PROCESSES[index]) => {}
            (None, _) => {
                let peer = self
                    .router
                    .connect(&Hello::new(PROCESSES[index], 1, 77), Who::Nobody, None);
                self.nodes[index] = Some(Node::new(peer.unwrap()));
            }
            (Some(node), Op::Full(full)) => {
                if full {
                    self.queues.full.insert(node.peer);
                } else {
                    self.queues.full.remove(&node.peer);
                }
                self.nodes[index] = Some(node);
            }
            (Some(node), Op::Leave) => {
                self.rest.extend(node.work);
                let left = self.router.disconnect(node.peer, turn, &mut self.queues);
                self.rest.extend(left);
            }
            (Some(mut node), op) => {
                if let Some(mut work) = node.work.take() {
                    work.prepare();
                    node.work = self.router.resume(work, turn, &mut self.queues);
                } else if let Some((header, payload)) = node.frame(op) {
                    let request = Request::parse(header, &payload).unwrap();
                    let received = self
                        .router
                        .receive(node.peer, request, &payload, turn, &mut self.queues);
                    node.work = received.expect("it is honest");
                }
                self.nodes[index] = Some(node);
            }
        }
        self.hear();
    }

    /// Some of what is left of those that have gone is done.
    fn clear(&mut self, index: usize, things: u32) {
        if self.rest.is_empty() {
            return;
        }
        let mut work = self.rest.swap_remove(index % self.rest.len());
        work.prepare();
        let left = self
            .router
            .resume(work, &mut Turn::of(NOW, things), &mut self.queues);
        self.rest.extend(left);
        self.hear();
    }

    fn hear(&mut self) {
        for (to, said) in self.queues.said() {
            // Those that have gone are sent things on their way, which nobody hears.
            if let Some(node) = self.nodes.iter_mut().flatten().find(|node| node.peer == to) {
                node.hear(said);
            }
        }
    }

    /// All that is begun comes to its end.
    fn end(&mut self) {
        let is_busy = |crowd: &Self| {
            let mut nodes = crowd.nodes.iter().flatten();
            !crowd.rest.is_empty() || nodes.any(|node| node.work.is_some() || !node.runs.is_empty())
        };
        while is_busy(self) {
            self.clear(0, 1);
            for index in 0..PROCESSES.len() {
                if self.nodes[index].is_some() {
                    self.step(index, Op::Reply, 1);
                }
            }
        }
        // What is left are questions that wait for ever.
        for index in 0..PROCESSES.len() {
            while self.nodes[index]
                .as_ref()
                .is_some_and(|node| !node.open.is_empty())
            {
                let before = self.nodes[index].as_ref().map(|node| node.open.len());
                self.step(index, Op::Cancel(0), 1);
                let after = self.nodes[index].as_ref().map(|node| node.open.len());
                assert!(after < before, "{index} waits for what never comes: {self:?}");
            }
        }
        for index in 0..PROCESSES.len() {
            if self.nodes[index].is_some() {
                self.step(index, Op::Leave, 1);
            }
        }
        while !self.rest.is_empty() {
            self.clear(0, 1);
        }
        assert_empty(&self.router);
    }
}

/// Its connection is lost, and nobody has gone on with its goodbye.
#[test]
fn p3_calls_to_one_that_is_lost_in_the_middle_of_its_goodbye_are_told() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &NAMES), f.join("caller", &[]));
    for number in 0..3 {
        f.routed(caller, call(number, "add"));
    }
    let goodbye = Request::Frame(Header::Goodbye);
    let turn = &mut Turn::of(NOW, 2);
    let left = f
        .router
        .receive(provider, goodbye, &Bytes::new(), turn, &mut f.queues);
    let goodbye = left.unwrap().expect("it is long");
    let lost = f
        .router
        .disconnect(provider, &mut Turn::of(NOW, 1), &mut f.queues);
    finish(&mut f.router, Some(goodbye), &mut f.queues);
    finish(&mut f.router, lost, &mut f.queues);
    let told: Vec<_> = f.said().into_iter().filter(|(to, _)| *to == caller).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    f.disconnect(caller);
    assert_empty(&f.router);
}

proptest! {
    #[test]
    fn p1_all_is_answered_once_in_whatever_order_turns_are_taken(
        steps in prop::collection::vec((0..PROCESSES.len(), op(), 1..4u32, 0..8usize), 0..120),
    ) {
        let mut crowd = Crowd::new();
        for (index, op, things, rest) in steps {
            crowd.step(index, op, things);
            crowd.clear(rest, things);
        }
        crowd.end();
    }
}
