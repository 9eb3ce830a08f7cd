//! Bytes as what a controller that means harm sends to a node that calls, and is called.

use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{
    Batch, CallId, Failed, Frame, FrameError, Framing, Header, Limits, Mode, Moment, Query, RunId, Window,
};
use daffi_core::session::{End, Event, KeptWait, Message, Next, Request, Session, Terms, Transmit, Unsent};

use crate::Target;
use crate::frame::samples;
use crate::input::{Input, body, write_block};

pub(crate) const TARGET: Target = Target {
    name: "session",
    run,
    seeds,
};

/// The largest frame, in bytes.
const FRAME: usize = 4096;

/// What may be done: the numbers in front of each part of an input.
mod op {
    pub(super) const CALL: u8 = 3;
    pub(super) const ASK: u8 = 4;
    pub(super) const CALLER: u8 = 5;
    pub(super) const CALLBACK: u8 = 6;
    pub(super) const TIME: u8 = 7;
}

/// The way to the controller.
#[derive(Debug, Default)]
struct Wire {
    closed: bool,
    full: bool,
}

impl Transmit for Wire {
    fn send(&mut self, header: &Header<'_>, payload: &Bytes) -> Result<(), Unsent> {
        if self.closed {
            return Err(Unsent::Closed);
        }
        match Frame::split(header, payload.clone(), Framing::newest(FRAME)) {
            Ok(_) => Ok(()),
            Err(FrameError::TooLarge { size, limit }) => Err(Unsent::TooLarge { size, limit }),
            Err(error) => panic!("a node sends what can be sent: {error}"),
        }
    }

    fn room(&self) -> usize {
        if self.full { 0 } else { FRAME }
    }

    fn frame_limit(&self) -> usize {
        FRAME
    }

    fn part_bytes(&self) -> usize {
        64
    }
}

#[derive(Debug)]
struct World {
    session: Session<(), ()>,
    wire: Wire,
    now: Moment,
    events: Vec<Event<(), ()>>,
    calls: Vec<CallId>,
    runs: Vec<RunId>,
}

/// Whatever a controller sends, every call ends, and nothing is left of it or of a run.
fn run(bytes: &[u8]) {
    let mut world = World::new(bytes.len() as u64);
    let mut input = Input::new(bytes);
    while let Some(op) = input.byte() {
        match op & 7 {
            op::CALL => world.call(op >> 3, input.byte().unwrap_or_default()),
            op::ASK => world.ask(op >> 3),
            op::CALLER => world.act_as_caller(op >> 3, input.byte().unwrap_or_default()),
            op::CALLBACK => world.act_as_callback(op >> 3, input.byte().unwrap_or_default()),
            op::TIME => world.pass_time(op >> 3, input.byte().unwrap_or_default()),
            _ => match input.block() {
                Some(body) => world.receive(body),
                None => break,
            },
        }
        world.look();
    }
    world.end();
}

impl World {
    fn new(seed: u64) -> Self {
        let limits = Limits {
            frame_bytes: FRAME,
            queue_bytes: FRAME,
            calls: 8,
        };
        let mut session = Session::new(&limits, Duration::from_secs(3), seed).bounding_streams(1000);
        for blocking in [false, true] {
            session.offer(
                (),
                Terms {
                    concurrency: blocking.then_some(2),
                    timeout: Some(Duration::from_secs(5)),
                    blocking,
                    is_new: !blocking,
                },
            );
        }
        let mut world = Self {
            session,
            wire: Wire::default(),
            now: Moment::new(Duration::ZERO),
            events: Vec::new(),
            calls: Vec::new(),
            runs: Vec::new(),
        };
        world.connect();
        world
    }

    fn connect(&mut self) {
        self.wire = Wire::default();
        self.session.connected(FRAME);
        self.session.announced(self.now, &mut self.wire, &mut self.events);
    }

    fn disconnect(&mut self) {
        self.wire.closed = true;
        self.session.disconnected(&mut self.events);
    }

    fn receive(&mut self, body: &[u8]) {
        if self.wire.closed {
            self.connect();
        }
        let frame = Frame::joined(Bytes::copy_from_slice(body));
        let Ok((header, payload)) = frame.decode() else {
            return self.disconnect();
        };
        let received = self
            .session
            .receive(self.now, header, payload, &mut self.wire, &mut self.events);
        if received.is_err() {
            self.disconnect();
        }
    }

    fn submit(&mut self, message: &Message<'_>) {
        let call = self
            .session
            .submit(self.now, message, &mut Some(()), &mut self.wire);
        self.calls.extend(call);
    }

    fn call(&mut self, kind: u8, how: u8) {
        let modes = [
            Mode::Answered,
            Mode::HandedOver,
            Mode::Broadcast,
            Mode::HandedToAll,
            Mode::Each,
        ];
        let names = [String::from("honest"), String::from("other")];
        let mode = modes[usize::from(kind) % modes.len()];
        let request = Request {
            versions: &[],
            name: "add",
            signature: 0,
            to: (how & 1 != 0).then_some("honest"),
            processes: if how & 2 != 0 && mode.asks_many() {
                &names
            } else {
                &[]
            },
            deadline: (how & 4 != 0).then(|| self.now + Duration::from_secs(2)),
            trace: None,
            metadata: &[],
            key: (how & 8 != 0).then_some(7),
            mode,
            within: self.runs.first().copied().filter(|_| how & 16 != 0),
            streams: u32::from(how >> 5 & 1) + u32::from(mode == Mode::Each),
            // Those that nobody is there to answer wait, every other one.
            lasting: how & 1 == 0,
            window: (how & 64 != 0).then_some(Window { items: 2, bytes: 100 }),
            having: &[],
        };
        let payload = Bytes::from(vec![1; if how & 128 != 0 { 3000 } else { 3 }]);
        self.submit(&Message::Call(request, &payload));
    }

    fn ask(&mut self, what: u8) {
        let query = match what % 5 {
            0 => Query::WaitProcess("later"),
            1 => Query::Processes,
            2 => Query::Callbacks,
            3 => Query::Describe("add"),
            _ => Query::Presence,
        };
        self.submit(&Message::Ask(query, None));
    }

    fn act_as_caller(&mut self, which: u8, what: u8) {
        if self.calls.is_empty() {
            return;
        }
        let index = usize::from(which) % self.calls.len();
        let (call, part) = (self.calls[index], u32::from(what >> 4 & 1));
        let end = if what & 32 == 0 {
            End::Call(call)
        } else {
            End::Part(call, part)
        };
        match what & 7 {
            0 => {
                self.session.abandon(call, &mut self.wire, &mut self.events);
                self.calls.swap_remove(index);
            }
            1 => {
                if let Some(Next::End(_)) = self.session.poll_next(call, &mut Some(())) {
                    self.calls.swap_remove(index);
                }
            }
            2 => {
                let window = Window { items: 3, bytes: 200 };
                // There may be nothing left.
                let _ = self.session.grant(call, part, window, &mut self.wire);
            }
            3 => self.send(end),
            4 => {
                let outcome = if what & 64 == 0 {
                    Ok(())
                } else {
                    Err(Failed::timeout(false))
                };
                self.session
                    .close_argument(end, 0, outcome, &mut self.wire, &mut self.events);
            }
            5 => self
                .session
                .abandon_part(call, part, &mut self.wire, &mut self.events),
            6 => drop(self.session.has_ended(end, 0, &mut Some(()))),
            _ if what & 8 != 0 => {
                let somebody = KeptWait::new("add", None, &[]);
                let most = usize::from(what >> 6);
                self.session
                    .send_again(self.now, &somebody, most, &mut self.wire, &mut self.events);
            }
            _ => drop(self.session.done(call)),
        }
    }

    fn send(&mut self, end: End) {
        if let Some(Some(credit)) = self.session.credit(end, 0, &mut Some(()))
            && credit.allows()
        {
            let batch = Batch {
                items: 1,
                explained: matches!(end, End::Run(_)),
                bytes: Bytes::from(vec![2; 150]),
            };
            // Whether it is gone is not for this to say.
            let _ = self.session.send(end, 0, &batch, &mut self.wire);
        }
    }

    fn act_as_callback(&mut self, which: u8, what: u8) {
        if self.runs.is_empty() {
            return;
        }
        let index = usize::from(which) % self.runs.len();
        let run = self.runs[index];
        let outcome = match what >> 4 & 3 {
            0 => Ok(Bytes::from_static(b"\x01")),
            1 => Err(Failed::Overloaded { may_have_run: true }.into()),
            2 => Ok(Bytes::from(vec![3; FRAME])),
            _ => Ok(Bytes::from(vec![3; 100])),
        };
        match what & 7 {
            0 => {
                self.session
                    .finish(run, &outcome, &mut self.wire, &mut self.events);
                self.runs.swap_remove(index);
            }
            1 => {
                assert!(!self.session.is_wanted(run) || self.session.is_running(run));
                self.session.tell_early(run, &outcome, &mut self.wire);
                assert!(!self.session.is_wanted(run));
            }
            2 => self.session.let_pass(run, &mut self.events),
            3 => {
                let window = Window { items: 2, bytes: 50 };
                self.session.accept(run, 0, window, &mut self.wire);
            }
            4 => drop(self.session.take(run, 0, &mut Some(()))),
            5 => self.session.stop(run, 0, &mut self.wire, &mut self.events),
            6 => {
                self.session.open(run, &Bytes::new(), &mut self.wire);
                self.send(End::Run(run));
            }
            _ => self.session.tell_done(run, u64::from(what), &mut self.wire),
        }
    }

    fn pass_time(&mut self, what: u8, how_much: u8) {
        match what & 3 {
            0 => self.disconnect(),
            1 => self.wire.full = !self.wire.full,
            _ => {
                self.now = self.now + Duration::from_millis(50) * u32::from(how_much);
                self.session
                    .on_timeout(self.now, &mut self.wire, &mut self.events);
            }
        }
        if !self.wire.closed && !self.wire.full {
            self.session
                .send_parked(self.now, &mut self.wire, &mut self.events);
        }
    }

    fn look(&mut self) {
        while !self.events.is_empty() {
            for event in std::mem::take(&mut self.events) {
                match event {
                    Event::Start(start) => self.runs.push(start.run),
                    Event::GoOn(caller) => {
                        let next =
                            self.session
                                .begin_held(self.now, &caller, &mut self.wire, &mut self.events);
                        if let Some(run) = next {
                            self.session.let_pass(run, &mut self.events);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn end(mut self) {
        self.session.close(&mut self.wire, &mut self.events);
        self.look();
        for run in self.runs.drain(..) {
            self.session
                .finish(run, &Ok(Bytes::new()), &mut self.wire, &mut self.events);
        }
        self.disconnect();
        for call in self.calls.drain(..) {
            while let Some(Next::Item(_)) = self.session.poll_next(call, &mut Some(())) {}
        }
        assert_eq!(self.session.calls_outstanding(), 0, "{:?}", self.session);
        assert_eq!(self.session.running(), 0, "{:?}", self.session);
        assert_eq!((self.session.single_calls(), self.session.single_runs()), (0, 0));
    }
}

/// Each frame when there are calls and runs of each kind, and when there are none.
fn seeds() -> Vec<Vec<u8>> {
    let frames: Vec<_> = samples()
        .iter()
        .map(|(header, payload)| body(header, payload))
        .collect();
    let begin = |kind: u8, how| [op::CALL | kind << 3, how];
    let mut seeds = Vec::new();
    for frame in &frames {
        for opening in [None, Some(begin(0, 64)), Some(begin(2, 32)), Some(begin(4, 0))] {
            let mut seed: Vec<u8> = opening.into_iter().flatten().collect();
            seed.push(0);
            write_block(&mut seed, frame);
            for what in [1, 2, 3, 4, 5, 35] {
                seed.extend([op::CALLER, what]);
            }
            for what in [1, 3, 4, 6, 0] {
                seed.extend([op::CALLBACK, what]);
            }
            seeds.push(seed);
        }
    }
    let mut all: Vec<u8> = (0..5).flat_map(|kind| begin(kind, 96)).collect();
    all.extend([op::ASK, op::ASK | 24]);
    for frame in &frames {
        all.push(0);
        write_block(&mut all, frame);
    }
    all.extend([op::TIME | 16, 255, op::TIME, 0]);
    seeds.push(all);
    seeds
}
