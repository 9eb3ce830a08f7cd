//! Generated operations of nodes whose calls and results come in pieces: whatever they do, each call ends once, for both sides,
//! and nothing is left of it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const CALLERS: usize = 2;
const PROVIDERS: usize = 2;

#[derive(Clone, Copy, Debug)]
enum Op {
    Call {
        caller: usize,
        mode: Mode,
        /// How many bytes its arguments have, if they come in pieces.
        bytes: Option<usize>,
        to: Option<usize>,
    },
    /// So many bytes of the arguments of one of a caller's calls, also of one that has ended.
    Piece(usize, usize, usize),
    Cancel(usize, usize),
    /// A provider answers one of its calls, in pieces or not.
    Answer(usize, usize, Option<usize>),
    /// So many bytes of one of its results.
    ResultPiece(usize, usize, usize),
    Leave(usize),
    Full(usize, bool),
}

/// A call, as its caller knows it.
#[derive(Clone, Debug)]
struct Made {
    token: u8,
    /// How many bytes of its arguments are to be sent.
    left: usize,
    is_gathered: bool,
    cancelled: bool,
    /// What has begun of its answers, by the place on the roster, and how many bytes are to come.
    coming: BTreeMap<u32, usize>,
    /// How many parts are to end, if it is a broadcast whose roster is known.
    parts: Option<usize>,
}

/// A call, as its provider knows it.
#[derive(Clone, Debug)]
struct Given {
    /// How many bytes of its arguments are to come, and what they are.
    left: usize,
    token: Option<u8>,
}

#[derive(Debug, Default)]
struct Node {
    link: Option<PeerId>,
    made: BTreeMap<u32, Made>,
    /// Calls that have ended before all of them was sent.
    late: BTreeMap<u32, Made>,
    given: BTreeMap<u32, Given>,
    /// Results that are being sent: how many bytes are left.
    sending: BTreeMap<u32, usize>,
    generation: u32,
}

struct World {
    f: Fixture,
    nodes: Vec<Node>,
    tokens: u8,
}

fn name(node: usize) -> &'static str {
    ["ann", "bob", "cid", "dan"][node]
}

fn bytes_of(token: u8, count: usize) -> Bytes {
    vec![token; count].into()
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            f: Fixture::new(),
            nodes: (0..CALLERS + PROVIDERS).map(|_| Node::default()).collect(),
            tokens: 0,
        };
        (0..world.nodes.len()).for_each(|node| world.enter(node));
        world
    }

    fn enter(&mut self, node: usize) {
        let link = self.f.connect(name(node));
        let one = Offered {
            concurrency: Some(2),
            queue: 3,
            ..offered(0, "add")
        };
        let offers: &[Offered] = if node < CALLERS {
            &[]
        } else {
            std::slice::from_ref(&one)
        };
        self.f.send_offer(link, offers, true);
        self.nodes[node].link = Some(link);
        self.take();
    }

    fn send(&mut self, node: usize, header: Header<'_>, payload: &Bytes) {
        let link = self.nodes[node].link.unwrap();
        self.f.receive(link, header, payload).unwrap();
        self.take();
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Call {
                caller,
                mode,
                bytes,
                to,
            } => self.call(caller, mode, bytes, to),
            Op::Piece(caller, index, bytes) => {
                let node = &self.nodes[caller];
                let unsent = node
                    .made
                    .iter()
                    .chain(&node.late)
                    .filter(|(_, made)| made.left > 0);
                let unsent: Vec<_> = unsent.map(|(number, _)| *number).collect();
                if !unsent.is_empty() {
                    self.piece(caller, unsent[index % unsent.len()], bytes);
                }
            }
            Op::Cancel(caller, index) => {
                let made = &mut self.nodes[caller].made;
                let index = index % made.len().max(1);
                if let Some((number, made)) = made.iter_mut().nth(index)
                    && !std::mem::replace(&mut made.cancelled, true)
                {
                    let call = id(*number);
                    self.send(caller, Header::Cancel { call }, &Bytes::new());
                }
            }
            Op::Answer(provider, index, bytes) => {
                let whole = self.nodes[provider]
                    .given
                    .iter()
                    .filter(|(_, given)| given.left == 0);
                let whole: Vec<_> = whole.map(|(number, _)| *number).collect();
                if !whole.is_empty() {
                    self.answer(provider, whole[index % whole.len()], bytes);
                }
            }
            Op::ResultPiece(provider, index, bytes) => {
                let sending = &self.nodes[provider].sending;
                if let Some(number) = sending.keys().nth(index % sending.len().max(1)).copied() {
                    self.result_piece(provider, number, bytes);
                }
            }
            Op::Leave(node) => {
                if let Some(link) = self.nodes[node].link.take() {
                    self.nodes[node] = Node::default();
                    self.f.queues.full.remove(&link);
                    self.f.disconnect(link);
                    self.take();
                    self.enter(node);
                }
            }
            Op::Full(node, full) => {
                let link = self.nodes[node].link.unwrap();
                if full {
                    self.f.queues.full.insert(link);
                } else {
                    self.f.queues.full.remove(&link);
                }
            }
        }
        self.check();
    }

    fn call(&mut self, caller: usize, mode: Mode, bytes: Option<usize>, to: Option<usize>) {
        let node = &mut self.nodes[caller];
        let gathers = node.made.values().any(|made| made.is_gathered && made.left > 0);
        let is_used = |slot: u32| node.made.keys().any(|number| number & 0xffff == slot);
        let Some(slot) = (0..LIMITS.calls).find(|slot| !is_used(*slot)) else {
            return;
        };
        if gathers || self.tokens == u8::MAX {
            return;
        }
        self.tokens += 1;
        node.generation += 1;
        let number = slot | node.generation << 16;
        let made = Made {
            token: self.tokens,
            left: bytes.unwrap_or(0),
            is_gathered: mode.asks_many() && bytes.is_some(),
            cancelled: false,
            coming: BTreeMap::new(),
            parts: None,
        };
        node.made.insert(number, made);
        let header = CallHeader {
            mode,
            to: to.map(|to| name(CALLERS + to)).filter(|_| !mode.asks_many()),
            ..call(number, "add")
        };
        match bytes {
            Some(bytes) => {
                let (bytes, frame) = (bytes as u64, Large::Call(header));
                self.send(caller, Header::Large { bytes, frame }, &Bytes::new());
            }
            None => self.send(caller, Header::Call(header), &bytes_of(self.tokens, 1)),
        }
    }

    fn piece(&mut self, caller: usize, number: u32, bytes: usize) {
        let node = &mut self.nodes[caller];
        let made = match node.made.get_mut(&number) {
            Some(made) => made,
            None => node.late.get_mut(&number).unwrap(),
        };
        let bytes = bytes.clamp(1, made.left);
        made.left -= bytes;
        let payload = bytes_of(made.token, bytes);
        let (call, of) = (id(number), PieceOf::Arguments);
        self.send(caller, Header::Piece { call, of }, &payload);
    }

    fn answer(&mut self, provider: usize, number: u32, bytes: Option<usize>) {
        self.nodes[provider].given.remove(&number);
        let (call, status) = (id(number), Status::Value);
        match bytes {
            None => self.send(provider, Header::Reply { call, status }, &bytes_of(0, 1)),
            Some(bytes) => {
                self.nodes[provider].sending.insert(number, bytes);
                let (bytes, frame) = (bytes as u64, Large::Reply { call, status });
                self.send(provider, Header::Large { bytes, frame }, &Bytes::new());
            }
        }
    }

    fn result_piece(&mut self, provider: usize, number: u32, bytes: usize) {
        let left = self.nodes[provider].sending.get_mut(&number).unwrap();
        let bytes = bytes.clamp(1, *left);
        *left -= bytes;
        if *left == 0 {
            self.nodes[provider].sending.remove(&number);
        }
        let (call, of) = (id(number), PieceOf::Result(0));
        self.send(provider, Header::Piece { call, of }, &bytes_of(0, bytes));
    }

    /// Each node takes what was sent to it.
    fn take(&mut self) {
        loop {
            let said = self.f.said();
            if said.is_empty() {
                return;
            }
            for (to, said) in said {
                let node = self.nodes.iter().position(|node| node.link == Some(to));
                if let Some(node) = node {
                    self.hear(node, said);
                }
            }
        }
    }

    fn hear(&mut self, at: usize, said: Said) {
        let node = &mut self.nodes[at];
        match said {
            Said::Run { number, .. } => self.given(at, number, 0),
            Said::Large { bytes, frame } => {
                let bytes = usize::try_from(bytes).unwrap();
                match *frame {
                    Said::Run { number, .. } => self.given(at, number, bytes),
                    Said::Reply { number, .. } => self.begins(at, number, 0, bytes),
                    Said::Part { number, index, .. } => self.begins(at, number, index, bytes),
                    other => panic!("{other:?}"),
                }
            }
            Said::Piece {
                number,
                of: PieceOf::Arguments,
                payload,
            } => {
                // One that is not there was answered.
                let Some(given) = node.given.get_mut(&number) else {
                    return;
                };
                given.left = given
                    .left
                    .checked_sub(payload.len())
                    .expect("no more than declared");
                let token = *given.token.get_or_insert(payload[0]);
                assert!(payload.iter().all(|byte| *byte == token));
            }
            Said::Piece {
                number,
                of: PieceOf::Result(index),
                payload,
            } => {
                let made = node
                    .made
                    .get_mut(&number)
                    .expect("only what was asked is answered");
                let left = made.coming.get_mut(&index).expect("it has begun");
                *left = left.checked_sub(payload.len()).expect("no more than declared");
                if *left == 0 {
                    made.coming.remove(&index);
                    self.part_ended(at, number);
                }
            }
            Said::Cancel { number } => {
                if let Some(given) = node.given.remove(&number) {
                    let may_have_run = given.left == 0;
                    let status = Status::Failed(Failed::Cancelled { may_have_run });
                    let call = id(number);
                    self.f
                        .receive(
                            self.nodes[at].link.unwrap(),
                            Header::Reply { call, status },
                            &Bytes::new(),
                        )
                        .unwrap();
                }
            }
            Said::Roster { number, names } => {
                let made = node.made.get_mut(&number).unwrap();
                assert_eq!(made.left, 0);
                assert_eq!(made.parts.replace(names.len()), None);
            }
            Said::Part { number, index, .. } => {
                node.made.get_mut(&number).unwrap().coming.remove(&index);
                self.part_ended(at, number);
            }
            // To its offer.
            Said::Reply { number: 15, .. } => {}
            // It may come instead of what has begun.
            Said::Reply { number, .. } => {
                let made = &node.made[&number];
                assert_eq!(made.parts.unwrap_or(0), 0, "all parts have ended");
                self.ended(at, number);
            }
            other => panic!("{other:?}"),
        }
    }

    fn given(&mut self, at: usize, number: u32, left: usize) {
        let given = Given { left, token: None };
        assert!(self.nodes[at].given.insert(number, given).is_none());
    }

    fn begins(&mut self, at: usize, number: u32, index: u32, bytes: usize) {
        let made = self.nodes[at]
            .made
            .get_mut(&number)
            .expect("only what was asked is answered");
        assert_eq!(made.coming.insert(index, bytes), None);
    }

    /// The only result, or one of many, is complete.
    fn part_ended(&mut self, at: usize, number: u32) {
        match &mut self.nodes[at].made.get_mut(&number).unwrap().parts {
            Some(parts) => *parts = parts.checked_sub(1).expect("one for each on the roster"),
            None => self.ended(at, number),
        }
    }

    fn ended(&mut self, at: usize, number: u32) {
        let node = &mut self.nodes[at];
        let made = node.made.remove(&number).expect("it ends once");
        if made.left > 0 {
            node.late.insert(number, made);
        }
    }

    /// What is kept of a queue's room is what has begun towards it, at most.
    fn check(&self) {
        for node in &self.nodes {
            let assured = self.f.router.peers.get(node.link.unwrap()).unwrap().assured;
            assert!(assured <= LIMITS.queue_bytes / 2);
            let is_idle = node.given.is_empty() && node.made.is_empty();
            assert!(!is_idle || assured == 0, "{node:?} keeps {assured}");
        }
    }

    /// All goes on to its end.
    fn end(mut self) {
        self.f.queues.full.clear();
        for caller in 0..CALLERS {
            loop {
                let node = &self.nodes[caller];
                let unsent = node.made.iter().chain(&node.late).find(|(_, made)| made.left > 0);
                let Some((number, _)) = unsent else { break };
                let number = *number;
                self.piece(caller, number, 2);
            }
        }
        for turn in 0.. {
            assert!(turn < 1000, "{:?}", self.nodes);
            let mut idle = true;
            for provider in CALLERS..CALLERS + PROVIDERS {
                while let Some(number) = self.nodes[provider].sending.keys().next().copied() {
                    self.result_piece(provider, number, 3);
                    idle = false;
                }
                while let Some(number) = self.nodes[provider].given.keys().next().copied() {
                    assert_eq!(self.nodes[provider].given[&number].left, 0, "all was sent");
                    self.answer(provider, number, Some(2));
                    idle = false;
                }
            }
            // Calls that waited while a queue was full are looked at again.
            self.f.queues.now = self.f.queues.now + Duration::from_secs(1);
            let work = self
                .f
                .router
                .on_timeout(&mut Turn::of(self.f.queues.now, 2), &mut self.f.queues);
            finish(&mut self.f.router, work, &mut self.f.queues);
            let before: usize = self.nodes.iter().map(|node| node.made.len()).sum();
            self.take();
            if idle && before == 0 {
                break;
            }
        }
        assert!(
            self.nodes
                .iter()
                .all(|node| node.made.is_empty() && node.given.is_empty())
        );
        assert_eq!(
            (self.f.router.calls_outstanding(), self.f.router.calls_waiting()),
            (0, 0)
        );
        self.check();
        for node in &self.nodes {
            self.f.disconnect(node.link.unwrap());
        }
        assert_empty(&self.f.router);
    }
}

fn op() -> impl Strategy<Value = Op> {
    let (caller, provider, which) = (0..CALLERS, CALLERS..CALLERS + PROVIDERS, 0..16usize);
    let mode = prop_oneof![
        4 => Just(Mode::Answered),
        2 => Just(Mode::HandedOver),
        1 => Just(Mode::Broadcast),
        1 => Just(Mode::HandedToAll)
    ];
    let bytes = || prop::option::weighted(0.7, 1..6usize);
    prop_oneof![
        10 => (caller.clone(), mode, bytes(), prop::option::weighted(0.5, 0..PROVIDERS))
            .prop_map(|(caller, mode, bytes, to)| Op::Call { caller, mode, bytes, to }),
        14 => (caller.clone(), which.clone(), 1..4usize).prop_map(|(caller, which, bytes)| Op::Piece(caller, which, bytes)),
        2 => (caller, which.clone()).prop_map(|(caller, which)| Op::Cancel(caller, which)),
        8 => (provider.clone(), which.clone(), bytes()).prop_map(|(provider, which, bytes)| Op::Answer(provider, which, bytes)),
        8 => (provider, which, 1..4usize).prop_map(|(provider, which, bytes)| Op::ResultPiece(provider, which, bytes)),
        1 => (0..CALLERS + PROVIDERS).prop_map(Op::Leave),
        2 => (0..CALLERS + PROVIDERS, prop::bool::weighted(0.3)).prop_map(|(node, full)| Op::Full(node, full)),
    ]
}

proptest! {
    #[test]
    fn p1_calls_in_pieces_end_once_whatever_happens_between_them(ops in prop::collection::vec(op(), 1..120)) {
        let mut world = World::new();
        for op in ops {
            world.step(op);
        }
        world.end();
    }
}
