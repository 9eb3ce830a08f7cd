//! Bytes as what three processes that mean harm send to the controller, beside two that call each other.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_controller::access::{Allowed, Policy, Rights};
use daffi_controller::router::{Outlet, PeerId, Request, Router, Turn, Work};
use daffi_core::proto::{
    Balance, CallHeader, CallId, Frame, FrameError, Framing, Header, Hello, Large, Limits, Mode, Moment,
    Status, Who,
};
use daffi_core::{Access, Quota, Quotas, Right, Role};

use crate::Target;
use crate::frame::{call, offers, samples};
use crate::input::{Input, body, write_block};

pub(crate) const TARGET: Target = Target {
    name: "router",
    run,
    seeds,
};

/// The largest frame, in bytes.
const FRAME: usize = 4096;

/// What a queue of a process takes that reads, in bytes.
const ROOM: usize = 4096;

/// However much is left to do, it is done in so many turns.
const TURNS: usize = 10_000;

const STRANGERS: usize = 3;

/// What may be done: the numbers in front of each part of an input.
mod op {
    pub(super) const RIGHTS: u8 = 4;
    pub(super) const DISCONNECT: u8 = 5;
    pub(super) const TIME: u8 = 6;
    pub(super) const FULL: u8 = 7;
}

/// The queues to all.
#[derive(Debug, Default)]
struct Queues {
    to_honest: HashMap<PeerId, VecDeque<Frame>>,
    full: HashMap<PeerId, bool>,
}

impl Outlet for Queues {
    fn send(&mut self, to: PeerId, header: &Header<'_>, payload: &Bytes) -> Result<(), FrameError> {
        let frame = Frame::split(header, payload.clone(), Framing::newest(FRAME))?;
        if let Some(queue) = self.to_honest.get_mut(&to) {
            queue.push_back(frame);
        }
        Ok(())
    }

    fn room(&self, to: PeerId) -> usize {
        if self.full.get(&to).is_some_and(|full| *full) {
            0
        } else {
            ROOM
        }
    }
}

/// A process that means harm.
#[derive(Debug)]
struct Stranger {
    peer: PeerId,
    /// What is left of what it has asked for: until that is done, nothing else is for it.
    left: Option<Work>,
    /// It may do less than others.
    restricted: bool,
}

#[derive(Debug)]
struct World {
    router: Router,
    queues: Queues,
    now: Moment,
    caller: PeerId,
    provider: PeerId,
    strangers: [Option<Stranger>; STRANGERS],
    /// What is left to do for those who are gone, and for nobody.
    left: Vec<Work>,
}

/// Whatever strangers send, those who mean no harm go on, and nothing is left of the others when they are gone.
fn run(bytes: &[u8]) {
    let mut world = World::new();
    let mut input = Input::new(bytes);
    while let Some(op) = input.byte() {
        let which = usize::from(op >> 3) % STRANGERS;
        world.call();
        match op & 7 {
            op::RIGHTS => world.toggle_rights(which),
            op::DISCONNECT => world.disconnect(which),
            op::TIME => world.pass_time(Duration::from_millis(100) * u32::from(input.byte().unwrap_or(1))),
            op::FULL => world.toggle_room(which),
            _ => world.receive(which, input.block().unwrap_or_default()),
        }
        world.check_answer();
    }
    world.end();
}

impl World {
    fn new() -> Self {
        let limits = Limits {
            frame_bytes: FRAME,
            queue_bytes: ROOM,
            calls: 16,
        };
        let mut router = Router::new(limits, 1024, 1 << 16, 7);
        let [provider, caller] =
            ["honest", "caller"].map(|name| connect(&mut router, name).expect("it is the first"));
        let mut queues = Queues::default();
        for peer in [provider, caller] {
            queues.to_honest.insert(peer, VecDeque::new());
        }
        let mut world = Self {
            router,
            queues,
            now: Moment::new(Duration::ZERO),
            caller,
            provider,
            strangers: [const { None }; STRANGERS],
            left: Vec::new(),
        };
        let offer = Header::Offer {
            call: CallId::first(0),
            ready: true,
        };
        let left = world.ask(provider, offer, &offers("add", None, Balance::LessLoaded));
        assert!(left.is_none());
        world.queues.to_honest.values_mut().for_each(VecDeque::clear);
        world
    }

    /// Somebody who means no harm sends a frame.
    fn ask(&mut self, from: PeerId, header: Header<'_>, payload: &Bytes) -> Option<Work> {
        let request = Request::parse(header, payload).expect("it is a frame");
        let mut turn = Turn::new(self.now);
        let routed = self
            .router
            .receive(from, request, payload, &mut turn, &mut self.queues);
        routed.expect("there is nothing wrong with it")
    }

    fn resume(&mut self, mut work: Work) -> Option<Work> {
        work.prepare();
        self.router
            .resume(work, &mut Turn::new(self.now), &mut self.queues)
    }

    fn finish(&mut self, work: Option<Work>) {
        let mut left = work;
        for _ in 0..TURNS {
            let Some(work) = left else { return };
            left = self.resume(work);
        }
        panic!("there is no end to it: {left:?}");
    }

    /// Each piece of work that was left has a turn.
    fn go_on(&mut self) {
        for work in std::mem::take(&mut self.left) {
            let left = self.resume(work);
            self.left.extend(left);
        }
    }

    fn receive(&mut self, which: usize, body: &[u8]) {
        if self.strangers[which].is_none() && !self.join(which) {
            return;
        }
        let Some(stranger) = &mut self.strangers[which] else {
            return;
        };
        let peer = stranger.peer;
        if let Some(work) = stranger.left.take() {
            self.finish(Some(work));
        }
        let frame = Frame::joined(Bytes::copy_from_slice(body));
        let Ok((header, payload)) = frame.decode() else {
            return self.disconnect(which);
        };
        let Ok(request) = Request::parse(header, &payload) else {
            return self.disconnect(which);
        };
        let mut turn = Turn::new(self.now);
        match self
            .router
            .receive(peer, request, &payload, &mut turn, &mut self.queues)
        {
            Ok(left) => {
                if let Some(stranger) = &mut self.strangers[which] {
                    stranger.left = left;
                }
            }
            Err(_) => self.disconnect(which),
        }
        self.go_on();
    }

    /// A stranger comes, if its name is free.
    fn join(&mut self, which: usize) -> bool {
        let name = ["stranger", "other", "third"][which];
        if self.router.is_clearing(name) {
            for work in std::mem::take(&mut self.left) {
                self.finish(Some(work));
            }
        }
        let peer = connect(&mut self.router, name);
        self.strangers[which] = peer.map(|peer| Stranger {
            peer,
            left: None,
            restricted: false,
        });
        self.strangers[which].is_some()
    }

    fn disconnect(&mut self, which: usize) {
        let Some(stranger) = self.strangers[which].take() else {
            return;
        };
        self.finish(stranger.left);
        let mut turn = Turn::new(self.now);
        let left = self.router.disconnect(stranger.peer, &mut turn, &mut self.queues);
        self.left.extend(left);
        self.queues.full.remove(&stranger.peer);
    }

    fn toggle_room(&mut self, which: usize) {
        if let Some(stranger) = &self.strangers[which] {
            let full = self.queues.full.entry(stranger.peer).or_default();
            *full = !*full;
        }
    }

    /// What one may do is all, or less from now on; what is no longer allowed ends.
    fn toggle_rights(&mut self, which: usize) {
        let Some(stranger) = &mut self.strangers[which] else {
            return;
        };
        stranger.restricted = !stranger.restricted;
        let restricted = stranger.restricted;
        let rights = restricted.then(few_rights);
        let (peer, left) = (stranger.peer, stranger.left.take());
        self.finish(left);
        self.router.permit(peer, rights);
        let little = Quota::new()
            .calls(2)
            .calls_per_second(3)
            .bytes_per_second(5000)
            .streams(1)
            .callbacks(1);
        let allowed = stranger_allowed(restricted, little);
        self.router.allow(peer, allowed.as_ref(), self.now);
        let mut turn = Turn::new(self.now);
        let left = self.router.review(peer, &mut turn, &mut self.queues);
        self.left.extend(left);
        let _ = self.router.take_denials();
    }

    fn pass_time(&mut self, time: Duration) {
        self.now = self.now + time;
        let left = self.router.on_timeout(&mut Turn::new(self.now), &mut self.queues);
        self.left.extend(left);
        self.go_on();
    }

    /// The honest provider answers what it was asked.
    fn answer(&mut self) {
        let asked = self.queues.to_honest.get_mut(&self.provider).map(std::mem::take);
        for frame in asked.into_iter().flatten() {
            let (header, _) = frame.decode().expect("the controller sends frames");
            let call = match header {
                Header::Run(run)
                | Header::RunEach(run)
                | Header::Large {
                    frame: Large::Run(run),
                    ..
                } => run.call,
                _ => continue,
            };
            let reply = Header::Reply {
                call,
                status: Status::Value,
            };
            let left = self.ask(self.provider, reply, &Bytes::from_static(b"\x03"));
            self.finish(left);
        }
    }

    /// The honest caller calls the honest provider.
    fn call(&mut self) {
        let header = CallHeader {
            call: CallId::first(7),
            to: Some("honest"),
            ..call(Mode::Answered)
        };
        let left = self.ask(self.caller, Header::Call(header), &Bytes::from_static(b"\x02"));
        self.finish(left);
    }

    /// Whatever came in between, the call has one answer, which is that of the provider.
    fn check_answer(&mut self) {
        self.answer();
        let heard = self.queues.to_honest.get_mut(&self.caller).map(std::mem::take);
        // Whatever others offer under the name, it is told of it.
        let is_answer = |frame: &Frame| !matches!(frame.decode(), Ok((Header::Versions { .. }, _)));
        let heard: Vec<_> = heard.into_iter().flatten().filter(is_answer).collect();
        let [reply] = &heard[..] else {
            panic!("one answer to one call, not {heard:?}");
        };
        let (header, payload) = reply.decode().expect("the controller sends frames");
        let expected = Header::Reply {
            call: CallId::first(7),
            status: Status::Value,
        };
        assert_eq!((header, &payload[..]), (expected, &b"\x03"[..]));
    }

    fn end(mut self) {
        for which in (0..STRANGERS).rev() {
            self.disconnect(which);
            for work in std::mem::take(&mut self.left) {
                self.finish(Some(work));
            }
            // What one who is alone with the honest asks for is run or refused at once.
            let alone = self.strangers.iter().flatten().count() <= 1;
            assert!(!alone || self.router.calls_waiting() == 0, "{:?}", self.router);
        }
        self.call();
        self.check_answer();
        assert_eq!(self.router.calls_outstanding(), 0, "{:?}", self.router);
        assert_eq!(self.router.calls_waiting(), 0, "{:?}", self.router);
    }
}

/// Little of each, for all strangers together, or for each whatever it likes.
fn stranger_allowed(restricted: bool, little: Quota) -> Option<Allowed> {
    let quotas = Quotas::new().connection(little).identity(little);
    restricted.then(|| Allowed {
        identity: Some("strangers".into()),
        quotas,
    })
}

/// Calls of one name, and offers of another.
fn few_rights() -> Arc<Rights> {
    let role = Role::new()
        .allow(Right::Call, ["add"])
        .allow(Right::Provide, ["later"]);
    let access = Access::new().role("few", role).everyone(["few"]);
    Policy::new(&access).expect("it is in order").rights(None)
}

fn connect(router: &mut Router, name: &str) -> Option<PeerId> {
    router.connect(&Hello::new(name, 1, 77), Who::Nobody, None).ok()
}

/// What each frame does alone, and all of them one after the other, from one stranger and in turns.
fn seeds() -> Vec<Vec<u8>> {
    let frames: Vec<_> = samples()
        .iter()
        .map(|(header, payload)| body(header, payload))
        .collect();
    let mut seeds: Vec<Vec<u8>> = frames
        .iter()
        .map(|frame| {
            let mut seed = vec![0];
            write_block(&mut seed, frame);
            seed
        })
        .collect();
    for step in [0, 8] {
        let mut all = Vec::new();
        for (number, frame) in (0u8..).zip(&frames) {
            all.push(number.wrapping_mul(step) & 0x18);
            write_block(&mut all, frame);
        }
        all.extend([op::TIME, 200, op::FULL, op::DISCONNECT]);
        seeds.push(all);
    }
    // One offers what another calls, and does not answer.
    let mut talk = vec![0];
    write_block(
        &mut talk,
        &body(
            &Header::Offer {
                call: CallId::first(0),
                ready: true,
            },
            &offers("later", Some(1), Balance::Random),
        ),
    );
    for slot in 0..4 {
        talk.push(8);
        let header = CallHeader {
            call: CallId::first(slot),
            name: "later",
            ..call(Mode::Answered)
        };
        write_block(
            &mut talk,
            &body(&Header::Call(header), &Bytes::from_static(b"\x01")),
        );
    }
    // What it may not do any more ends.
    let mut restricted = talk.clone();
    restricted.extend([op::RIGHTS, op::RIGHTS | 8, op::RIGHTS | 8]);
    seeds.push(restricted);
    // Either may go first.
    for first in [op::DISCONNECT, op::DISCONNECT | 8] {
        seeds.push([&talk[..], &[first, op::TIME, 255]].concat());
    }
    seeds
}
