//! A session between a simulated user and a simulated controller, beside a model that says what must happen.
//!
//! After every operation the frames and the events are compared with those that the model expects. What happened is
//! also written down, so that each promise can be checked by itself on the whole history.

mod pieces;

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::wire::{Sent, Wire, with_reply, without_size};
use super::{ITEM_BYTES, MS, PATIENCE, at, failed};
use super::{id, number, run_header};
use crate::proto::{
    Absence, CallId, CallbackId, Failed, Failure, Header, Large, Limits, Mode, Outcome, RemoteError,
    RunHeader, RunId, Status, TimeLimit, encode,
};
use crate::session::{Event, Fault, Item, Message, Next, Request, Session, Terms};

/// How many calls, and how many runs, there may be at a time.
const LIMIT: u32 = 6;

/// The frame limit: a call with [`Size::Large`] is over it.
const FRAME_BYTES: usize = 200;

/// Whose calls run here.
const CALLERS: [&str; 2] = ["caller", "another"];

/// Whom a broadcast asks.
pub(super) const ROSTER: [&str; 2] = ["p", "q"];

/// Something that the user, the controller or time does. Numbers pick among what is there.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Call {
        within_ms: Option<u32>,
        size: Size,
        mode: Mode,
    },
    /// The controller does not read, or does again.
    Fill(bool),
    /// There is room for what waits for it.
    SendParked,
    Look(usize),
    GiveUp(usize),
    /// The controller answers a call; a broadcast in several steps.
    Reply(usize, Ending),
    /// The same, in pieces, the first of which are yet to come.
    BeginReply(usize, Ending),
    MoreReply(usize, usize),
    StrayReply(u32),
    Run {
        callback: usize,
        number: u32,
        within_ms: Option<u32>,
        caller: usize,
        /// The arguments come in pieces.
        in_pieces: bool,
    },
    MoreArguments(usize, usize),
    /// More of something than there is.
    StrayPiece(u32),
    Finish(usize, Ending),
    FinishAgain(usize),
    CancelRun(usize),
    StrayCancel(u32),
    Offer(Terms),
    Retract(usize),
    Wait(u32),
    Break,
    Disconnect,
    Connect,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Size {
    Small,
    Large,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    Value(Size),
    App,
    Failed,
}

/// What happened, told without the session's own words. Tokens name calls and runs for good; numbers are those on
/// the wire, which mean something within one connection only.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// The user made a call; it was sent, or is parked, or has failed.
    Made {
        token: u32,
    },
    Sent {
        token: u32,
        number: u32,
    },
    GivenUp {
        token: u32,
    },
    DeadlinePassed {
        token: u32,
    },
    /// The user was given one of many answers.
    Given {
        token: u32,
        item: Item,
    },
    Ended {
        token: u32,
        outcome: Outcome,
    },
    Cancelled {
        number: u32,
    },
    Replied {
        number: u32,
    },
    RunArrived {
        token: u32,
        number: u32,
    },
    RunStarted {
        token: u32,
        caller: usize,
    },
    RunAnswered {
        number: u32,
        outcome: Outcome,
    },
    Disconnected,
}

/// An event, in an order of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happened {
    Woken(u32),
    Started(u32),
    Aborted(RunId),
    Dismissed(CallbackId),
}

/// A call that the user holds.
#[derive(Debug)]
struct Held {
    token: u32,
    call: CallId,
    /// What is yet to be sent; `None` if it was.
    parked: Option<Parked>,
    deadline: Option<u32>,
    waiter: Option<u32>,
    /// Answers that have come before the end and were not looked at.
    items: VecDeque<Item>,
    ended: Option<Outcome>,
}

/// A call that waits to be sent.
#[derive(Clone, Debug)]
struct Parked {
    size: Size,
    mode: Mode,
    /// How it ends if it is never sent.
    otherwise: Failed,
    /// When it ends if it is.
    deadline: Option<u32>,
}

/// A call on its way.
#[derive(Debug)]
struct OnItsWay {
    /// The one that waits.
    waiting: Option<u32>,
    /// How many answers a broadcast has had.
    answers: Option<u32>,
    /// What it ends with, and how many bytes of that are to come.
    coming: Option<(Outcome, usize)>,
}

/// A run that has its place and has not stopped.
#[derive(Debug)]
struct Running {
    /// Once it has begun.
    run: Option<RunId>,
    token: u32,
    number: u32,
    caller: usize,
    callback: CallbackId,
    /// How many bytes of its arguments are to come.
    left: usize,
    /// How long its callback may take.
    own: Option<u32>,
    deadline: Option<u32>,
    /// Whose it is.
    limit: TimeLimit,
    /// Nobody wants it any more: how it is answered when it has stopped.
    answered: Option<Outcome>,
    /// It is yet to be answered.
    open: bool,
}

pub(super) struct World {
    session: Session<u32, CallbackId>,
    wire: Wire,
    now: u32,
    connected: bool,
    events: Vec<Event<u32, CallbackId>>,
    held: Vec<Held>,
    /// Calls on their way, by number.
    sent: BTreeMap<u32, OnItsWay>,
    running: Vec<Running>,
    stopped: Vec<RunId>,
    /// Numbers of runs that the controller takes to be unanswered, with their tokens.
    given: BTreeMap<u32, u32>,
    offered: Vec<(CallbackId, Terms)>,
    callbacks: Vec<CallbackId>,
    last: u32,
    expected_frames: Vec<Sent>,
    expected_events: Vec<Happened>,
    history: Vec<Entry>,
}

/// Carries out `ops`, then ends everything. Panics when the session does anything that the model does not expect.
pub(super) fn history_of(ops: &[Op]) -> Vec<Entry> {
    let mut world = World::new(ops.len() as u64);
    for op in ops {
        world.step(op);
        world.check();
    }
    world.end();
    world.history
}

fn pick(index: usize, len: usize) -> Option<usize> {
    (len > 0).then(|| index % len)
}

/// A payload that names a call.
fn payload(token: u32, size: Size) -> Bytes {
    let mut bytes = token.to_be_bytes().to_vec();
    if let Size::Large = size {
        bytes.resize(FRAME_BYTES + 1, 0);
    }
    bytes.into()
}

fn token_of(payload: &Bytes) -> u32 {
    u32::from_be_bytes(*payload.first_chunk().unwrap())
}

fn too_large(may_have_run: bool) -> Failed {
    Failed::TooLarge {
        size: 0,
        limit: FRAME_BYTES as u64,
        may_have_run,
    }
}

impl Ending {
    fn outcome(self, token: u32) -> Outcome {
        match self {
            Self::Value(size) => Ok(payload(token, size)),
            Self::App => {
                let remote = RemoteError::new("no", vec!["never".to_owned()]);
                Err(Failure::app(remote, Some(payload(token, Size::Small))))
            }
            Self::Failed => failed(Failed::panicked(token.to_string())),
        }
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let limits = Limits {
            calls: LIMIT,
            ..Limits::default()
        };
        let mut wire = Wire::new(FRAME_BYTES);
        wire.closed = true;
        Self {
            session: Session::new(&limits, PATIENCE, seed),
            wire,
            now: 0,
            connected: false,
            events: Vec::new(),
            held: Vec::new(),
            sent: BTreeMap::new(),
            running: Vec::new(),
            stopped: Vec::new(),
            given: BTreeMap::new(),
            offered: Vec::new(),
            callbacks: Vec::new(),
            last: 0,
            expected_frames: Vec::new(),
            expected_events: Vec::new(),
            history: Vec::new(),
        }
    }

    fn step(&mut self, op: &Op) {
        match op {
            Op::Call {
                within_ms,
                size,
                mode,
            } => self.call(*within_ms, *size, *mode),
            Op::Fill(full) => self.wire.full = *full,
            Op::SendParked => {
                self.session
                    .send_parked(at(self.now), &mut self.wire, &mut self.events);
                self.send_parked();
            }
            Op::Look(index) => {
                if let Some(index) = pick(*index, self.held.len()) {
                    self.look(index);
                }
            }
            Op::GiveUp(index) => {
                if let Some(index) = pick(*index, self.held.len()) {
                    self.give_up(index);
                }
            }
            Op::Reply(index, ending) => {
                if let Some(number) = self.sent_at(*index) {
                    self.reply(number, *ending);
                }
            }
            Op::BeginReply(index, ending) => {
                if let Some(number) = self.sent_at(*index) {
                    self.begin_reply(number, *ending);
                }
            }
            Op::MoreReply(index, bytes) => {
                if let Some(number) = self.sent_at(*index) {
                    self.more_of_reply(number, *bytes);
                }
            }
            Op::StrayReply(number) => {
                if !self.sent.contains_key(number) {
                    let (call, status, index) = (id(*number), Status::Value, 0);
                    let part = Header::Part {
                        call,
                        index,
                        status: status.clone(),
                    };
                    for header in [Header::Reply { call, status }, part] {
                        assert!(
                            self.receive(header, Bytes::new()).is_err(),
                            "nobody asked for {number}"
                        );
                    }
                }
            }
            Op::Run {
                callback,
                number,
                within_ms,
                caller,
                in_pieces,
            } => {
                if let Some(index) = pick(*callback, self.callbacks.len()) {
                    let whose = (*caller, *in_pieces);
                    self.run(self.callbacks[index], *number, *within_ms, whose);
                }
            }
            Op::MoreArguments(index, bytes) => self.more_of_arguments(*index, *bytes),
            Op::StrayPiece(number) => self.stray_piece(*number),
            Op::Finish(index, ending) => {
                let begun = (0..self.running.len()).filter(|index| self.running[*index].run.is_some());
                let begun: Vec<_> = begun.collect();
                if let Some(index) = pick(*index, begun.len()) {
                    self.finish(begun[index], *ending);
                }
            }
            Op::FinishAgain(index) => {
                if let Some(index) = pick(*index, self.stopped.len()) {
                    self.session.finish(
                        self.stopped[index],
                        &Ok(Bytes::new()),
                        &mut self.wire,
                        &mut self.events,
                    );
                }
            }
            Op::CancelRun(index) => {
                let number =
                    pick(*index, self.given.len()).and_then(|index| self.given.keys().nth(index).copied());
                if let Some(number) = number {
                    self.cancel_run(number);
                }
            }
            Op::StrayCancel(number) => {
                // It crossed the answer, so that its number is free.
                if !self.given.contains_key(number) {
                    self.receive(Header::Cancel { call: id(*number) }, Bytes::new())
                        .unwrap();
                }
            }
            Op::Offer(terms) => {
                let callback = CallbackId(u32::try_from(self.callbacks.len()).unwrap());
                assert_eq!(self.session.offer(callback, *terms), callback);
                self.callbacks.push(callback);
                self.offered.push((callback, *terms));
            }
            Op::Retract(index) => {
                if let Some(index) = pick(*index, self.offered.len()) {
                    let (callback, _) = self.offered.remove(index);
                    self.session.retract(callback);
                }
            }
            Op::Wait(ms) => self.wait(*ms),
            Op::Break => self.wire.closed = true,
            Op::Disconnect => self.disconnect(),
            Op::Connect => self.connect(),
        }
    }

    // ------------------------------------------------------------------ the user

    fn sent_at(&self, index: usize) -> Option<u32> {
        pick(index, self.sent.len()).and_then(|index| self.sent.keys().nth(index).copied())
    }

    fn token(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// How many slots of calls are taken: by those that the user holds, and by numbers that are not answered.
    fn slots(&self) -> usize {
        let abandoned = self.sent.values().filter(|sent| sent.waiting.is_none());
        self.held.len() + abandoned.count()
    }

    fn call(&mut self, within_ms: Option<u32>, size: Size, mode: Mode) {
        let (token, waiter) = (self.token(), self.token());
        self.history.push(Entry::Made { token });
        let deadline = within_ms.map(|ms| self.now + ms);
        let request = Request {
            versions: &[],
            name: "callback",
            signature: 1,
            to: None,
            processes: &[],
            deadline: deadline.map(at),
            trace: None,
            metadata: &[],
            streams: 0,
            key: None,
            mode,
            within: None,
            window: None,
            lasting: false,
            having: &[],
        };
        let payload = payload(token, size);
        let message = Message::Call(request, &payload);
        let mut kept = Some(waiter);
        let submitted = self
            .session
            .submit(at(self.now), &message, &mut kept, &mut self.wire);
        let waiting = self
            .held
            .iter()
            .any(|held| held.parked.is_some() && held.ended.is_none());
        let at_once = self.connected && !self.wire.full && !waiting;
        let refusal = if within_ms == Some(0) {
            Some(Failed::timeout(false))
        } else if self.slots() >= LIMIT as usize {
            Some(Failed::Overloaded { may_have_run: false })
        } else if at_once && !self.wire.closed && matches!(size, Size::Large) {
            Some(too_large(false))
        } else {
            None
        };
        match (submitted, refusal) {
            (Ok(call), None) => {
                assert_eq!(kept, None);
                self.held.push(Held {
                    token,
                    call,
                    parked: None,
                    deadline,
                    waiter: Some(waiter),
                    items: VecDeque::new(),
                    ended: None,
                });
                let index = self.held.len() - 1;
                if at_once && !self.wire.closed {
                    self.sent(index, size, mode);
                } else {
                    self.parked(index, size, mode);
                }
            }
            (Err(found), Some(refusal)) => {
                assert_eq!(kept, Some(waiter), "it is given back");
                let outcome = without_size(failed(found));
                assert_eq!(outcome, failed(refusal));
                self.history.push(Entry::Ended { token, outcome });
            }
            (submitted, refusal) => panic!("{submitted:?} instead of {refusal:?}"),
        }
    }

    /// A call is on its way.
    fn sent(&mut self, index: usize, size: Size, mode: Mode) {
        let Held { token, call, .. } = self.held[index];
        let number = number(call);
        assert!(!self.sent.contains_key(&number), "number {number} is in use");
        let on_its_way = OnItsWay {
            waiting: Some(token),
            answers: (mode == Mode::Broadcast).then_some(0),
            coming: None,
        };
        self.sent.insert(number, on_its_way);
        let payload = payload(token, size);
        self.expected_frames.push(Sent::Call { number, payload });
        self.history.push(Entry::Sent { token, number });
    }

    /// A call waits, for as long as it may.
    fn parked(&mut self, index: usize, size: Size, mode: Mode) {
        let give_up = self.now + u32::try_from(PATIENCE.as_millis()).unwrap();
        let held = &mut self.held[index];
        let deadline = held.deadline;
        let otherwise = if deadline.is_some_and(|deadline| deadline <= give_up) {
            Failed::timeout(false)
        } else if self.connected {
            Failed::Overloaded { may_have_run: false }
        } else {
            Failed::Disconnected { may_have_run: false }
        };
        held.deadline = Some(deadline.map_or(give_up, |deadline| deadline.min(give_up)));
        held.parked = Some(Parked {
            size,
            mode,
            otherwise,
            deadline,
        });
    }

    /// What waits is sent, in its order.
    fn send_parked(&mut self) {
        if !self.connected || self.wire.full || self.wire.closed {
            return;
        }
        for index in 0..self.held.len() {
            let held = &mut self.held[index];
            if held.ended.is_some() {
                continue;
            }
            let Some(parked) = held.parked.clone() else {
                continue;
            };
            if let Size::Large = parked.size {
                let token = held.token;
                self.ended(token, failed(too_large(false)));
                continue;
            }
            held.parked = None;
            held.deadline = parked.deadline;
            self.sent(index, parked.size, parked.mode);
        }
    }

    fn look(&mut self, index: usize) {
        let waiter = self.token();
        let held = &mut self.held[index];
        let found = self.session.poll_next(held.call, &mut Some(waiter));
        let expected = match held.items.pop_front() {
            Some(item) => Some(Next::Item(item)),
            None => held.ended.clone().map(Next::End),
        };
        let found = found.map(|next| match next {
            Next::End(outcome) => Next::End(without_size(outcome)),
            item => item,
        });
        assert_eq!(found, expected, "looked at {held:?}");
        match found {
            None => held.waiter = Some(waiter),
            Some(Next::Item(item)) => self.history.push(Entry::Given {
                token: held.token,
                item,
            }),
            Some(Next::End(outcome)) => {
                self.history.push(Entry::Ended {
                    token: held.token,
                    outcome,
                });
                self.let_go(index);
            }
        }
    }

    fn give_up(&mut self, index: usize) {
        let held = &self.held[index];
        self.session.abandon(held.call, &mut self.wire, &mut self.events);
        self.history.push(Entry::GivenUp { token: held.token });
        if held.parked.is_none() && held.ended.is_none() {
            self.expect(Sent::Cancel {
                number: number(self.held[index].call),
            });
        }
        self.let_go(index);
    }

    /// The user holds a call no longer. If it was not answered, its number stays in use.
    fn let_go(&mut self, index: usize) {
        let held = self.held.remove(index);
        for sent in self
            .sent
            .values_mut()
            .filter(|sent| sent.waiting == Some(held.token))
        {
            sent.waiting = None;
        }
    }

    /// A call has ended; whoever waits is to be woken.
    fn ended(&mut self, token: u32, outcome: Outcome) {
        let held = self.held.iter_mut().find(|held| held.token == token).unwrap();
        if held.ended.is_none() {
            held.ended = Some(outcome);
            self.expected_events
                .extend(held.waiter.take().map(Happened::Woken));
        }
    }

    // ------------------------------------------------------------------ the controller

    fn receive(&mut self, header: Header<'_>, payload: Bytes) -> Result<(), Fault> {
        self.session
            .receive(at(self.now), header, payload, &mut self.wire, &mut self.events)
    }

    /// The next answer to a call: its reply, or the roster and the parts of a broadcast before that.
    fn reply(&mut self, number: u32, ending: Ending) {
        let sent = self.sent.get_mut(&number).unwrap();
        let waiting = sent.waiting;
        let outcome = ending.outcome(waiting.unwrap_or_default());
        // It comes instead of what had begun.
        sent.coming = None;
        match &mut sent.answers {
            // Nobody can be asked.
            Some(0) if matches!(ending, Ending::Failed) => self.end_call(number, outcome),
            Some(answers) if *answers as usize <= ROSTER.len() => {
                *answers += 1;
                let item = match answers.checked_sub(2) {
                    None => Item::Roster(ROSTER.map(str::to_owned).to_vec()),
                    Some(index) => Item::Part(index, outcome),
                };
                self.answer(number, waiting, item);
            }
            Some(_) => self.end_call(number, Ok(Bytes::new())),
            None => self.end_call(number, outcome),
        }
    }

    /// One of many answers comes. Whoever waits is to be woken.
    fn answer(&mut self, number: u32, waiting: Option<u32>, item: Item) {
        let call = id(number);
        match &item {
            Item::Part(index, outcome) => with_reply(outcome, |status, payload| {
                let index = *index;
                self.receive(Header::Part { call, index, status }, payload)
            }),
            Item::Roster(names) => self.receive(Header::Roster { call }, encode(names).unwrap()),
            Item::Happened(_)
            | Item::Ticked(_)
            | Item::Opened(..)
            | Item::Batch(..)
            | Item::Done(_)
            | Item::Absent(_) => {
                panic!("nobody has asked")
            }
        }
        .unwrap();
        self.given(waiting, item);
    }

    /// Whoever waits has one of many answers.
    fn given(&mut self, waiting: Option<u32>, item: Item) {
        let held = self.held.iter_mut().find(|held| Some(held.token) == waiting);
        if let Some(held) = held.filter(|held| held.ended.is_none()) {
            held.items.push_back(item);
            self.expected_events
                .extend(held.waiter.take().map(Happened::Woken));
        }
    }

    fn end_call(&mut self, number: u32, outcome: Outcome) {
        with_reply(&outcome, |status, payload| {
            self.receive(
                Header::Reply {
                    call: id(number),
                    status,
                },
                payload,
            )
            .unwrap();
        });
        self.replied(number, outcome);
    }

    fn replied(&mut self, number: u32, outcome: Outcome) {
        let waiting = self.sent.remove(&number).unwrap().waiting;
        self.history.push(Entry::Replied { number });
        if let Some(token) = waiting {
            self.ended(token, outcome);
        }
    }

    fn run(
        &mut self,
        callback: CallbackId,
        number: u32,
        within_ms: Option<u32>,
        (caller, in_pieces): (usize, bool),
    ) {
        if !self.connected || self.given.contains_key(&number) {
            return;
        }
        let token = self.token();
        let header = RunHeader {
            deadline: within_ms.map(|ms| at(ms).since_origin()),
            ..run_header(number, callback, CALLERS[caller])
        };
        self.given.insert(number, token);
        self.history.push(Entry::RunArrived { token, number });
        let payload = payload(token, Size::Small);
        let left = if in_pieces { payload.len() } else { 0 };
        if in_pieces {
            let (bytes, frame) = (left as u64, Large::Run(header));
            self.receive(Header::Large { bytes, frame }, Bytes::new())
        } else {
            self.receive(Header::Run(header), payload)
        }
        .unwrap();
        let found = self
            .offered
            .iter()
            .find(|(offered, _)| *offered == callback)
            .map(|(_, terms)| *terms);
        let Some(terms) = found else {
            return self.answered(number, failed(Failed::NoProvider(Absence::nobody())));
        };
        let alike = self
            .running
            .iter()
            .filter(|running| running.callback == callback)
            .count();
        if terms.concurrency.is_some_and(|limit| alike >= limit as usize)
            || self.running.len() >= LIMIT as usize
        {
            return self.answered(number, failed(Failed::Overloaded { may_have_run: false }));
        }
        let own = terms
            .timeout
            .map(|timeout| u32::try_from(timeout.as_millis()).unwrap());
        let running = Running {
            run: None,
            token,
            number,
            caller,
            callback,
            left,
            own,
            deadline: within_ms.map(|ms| self.now + ms),
            limit: TimeLimit::Call,
            answered: None,
            open: true,
        };
        self.running.push(running);
        self.begin_runs(caller);
    }

    fn finish(&mut self, index: usize, ending: Ending) {
        let running = self.running.remove(index);
        let run = running.run.expect("only what has begun ends");
        assert_eq!(self.session.is_wanted(run), running.answered.is_none());
        let outcome = ending.outcome(running.token);
        self.session
            .finish(run, &outcome, &mut self.wire, &mut self.events);
        self.stopped.push(run);
        if let Some(told) = running.answered {
            // Its place is free now.
            if running.open {
                self.answered(running.number, told);
            }
        } else {
            let long = !matches!(ending, Ending::Failed);
            let outcome = match ending {
                _ if long && self.wire.full => failed(Failed::Overloaded { may_have_run: true }),
                Ending::Value(Size::Large) => failed(too_large(true)),
                _ => outcome,
            };
            self.answered(running.number, outcome);
        }
    }

    fn cancel_run(&mut self, number: u32) {
        self.receive(Header::Cancel { call: id(number) }, Bytes::new())
            .unwrap();
        if let Some(index) = self
            .running
            .iter()
            .position(|run| run.number == number && run.answered.is_none())
        {
            let may_have_run = self.running[index].run.is_some();
            self.stop(index, failed(Failed::Cancelled { may_have_run }));
        }
    }

    /// A run is to stop, and is answered when it has, whoever is told before; or it has not begun, and does not begin.
    fn stop(&mut self, index: usize, outcome: Outcome) {
        let running = &mut self.running[index];
        let (number, caller) = (running.number, running.caller);
        running.answered = Some(outcome.clone());
        if let Some(run) = running.run {
            self.expected_events.push(Happened::Aborted(run));
            if let Err(Failure::Failed(Failed::Timeout {
                limit: TimeLimit::Callback(_),
                ..
            })) = &outcome
            {
                self.expect(Sent::EarlyReply { number, outcome });
            }
        } else {
            let dismissed = self.running.remove(index);
            self.expected_events.push(Happened::Dismissed(dismissed.callback));
            self.answered(number, outcome);
            self.begin_runs(caller);
        }
    }

    fn answered(&mut self, number: u32, outcome: Outcome) {
        if self.expect(Sent::Reply {
            number,
            outcome: outcome.clone(),
        }) {
            self.given.remove(&number);
            self.history.push(Entry::RunAnswered { number, outcome });
        }
    }

    // ------------------------------------------------------------------ time and the connection

    fn wait(&mut self, ms: u32) {
        self.now += ms;
        self.session
            .on_timeout(at(self.now), &mut self.wire, &mut self.events);
        self.go_on();
        let now = self.now;
        let due = |deadline: Option<u32>| deadline.is_some_and(|deadline| deadline <= now);
        for index in 0..self.held.len() {
            let held = &self.held[index];
            if held.ended.is_some() || !due(held.deadline) {
                continue;
            }
            let (token, number, parked) = (held.token, number(held.call), held.parked.clone());
            if parked.is_none() {
                self.history.push(Entry::DeadlinePassed { token });
                self.expect(Sent::Cancel { number });
            }
            self.ended(
                token,
                failed(parked.map_or(Failed::timeout(true), |parked| parked.otherwise)),
            );
        }
        let next = |running: &[Running]| {
            let open = running
                .iter()
                .enumerate()
                .filter(|(_, run)| run.answered.is_none() && due(run.deadline));
            open.min_by_key(|(_, run)| (run.deadline, run.token))
                .map(|(index, _)| index)
        };
        while let Some(index) = next(&self.running) {
            let (limit, may_have_run) = (self.running[index].limit, self.running[index].run.is_some());
            self.stop(index, failed(Failed::Timeout { limit, may_have_run }));
        }
    }

    fn disconnect(&mut self) {
        if !self.connected {
            return;
        }
        self.wire.closed = true;
        self.session.disconnected(&mut self.events);
        self.connected = false;
        self.history.push(Entry::Disconnected);
        self.lose(&Failed::Disconnected { may_have_run: true });
        self.sent.clear();
        self.given.clear();
    }

    /// Calls that were sent end with `failed`; what runs is to stop.
    fn lose(&mut self, lost: &Failed) {
        let waiting: Vec<_> = self.sent.values().filter_map(|sent| sent.waiting).collect();
        for token in waiting {
            self.ended(token, failed(lost.clone()));
        }
        self.dismiss_all();
        for running in self
            .running
            .iter_mut()
            .filter(|running| running.answered.is_none())
        {
            running.answered = Some(failed(lost.clone()));
            self.expected_events.extend(running.run.map(Happened::Aborted));
        }
        for running in &mut self.running {
            running.open = false;
        }
    }

    fn connect(&mut self) {
        if self.connected {
            return;
        }
        (self.wire.closed, self.wire.full) = (false, false);
        self.session.connected(ITEM_BYTES);
        self.session
            .announced(at(self.now), &mut self.wire, &mut self.events);
        self.connected = true;
        self.send_parked();
    }

    /// The node stops. Everything ends, and nothing is left.
    fn end(&mut self) {
        self.session.close(&mut self.wire, &mut self.events);
        if self.connected {
            let running = self.running.iter().filter(|running| running.open);
            let running = running.map(|running| (running.number, running.run.is_some()));
            for (number, may_have_run) in running.collect::<Vec<_>>() {
                self.answered(number, failed(Failed::Cancelled { may_have_run }));
            }
        }
        self.lose(&Failed::Cancelled { may_have_run: true });
        let parked: Vec<_> = self
            .held
            .iter()
            .filter(|held| held.parked.is_some())
            .map(|held| held.token)
            .collect();
        for token in parked {
            self.ended(token, failed(Failed::Disconnected { may_have_run: false }));
        }
        self.check();
        while !self.held.is_empty() {
            self.look(0);
        }
        while !self.running.is_empty() {
            self.finish(0, Ending::Failed);
        }
        // Late replies are still welcome; the first half of them comes, then the connection is gone.
        for number in self.sent.keys().copied().collect::<Vec<_>>() {
            if number % 2 == 0 {
                self.reply(number, Ending::App);
            }
        }
        self.check();
        self.disconnect();
        self.check();
        assert_eq!((self.session.calls_outstanding(), self.session.running()), (0, 0));
        self.wait(u32::MAX / 2);
        self.check();
        assert_eq!(self.session.next_timeout(), None);
    }

    // ------------------------------------------------------------------ what must have happened

    /// Expects a frame, unless the connection takes none; `true` if it does.
    fn expect(&mut self, sent: Sent) -> bool {
        let open = self.connected && !self.wire.closed;
        if open {
            if let Sent::Cancel { number } = sent {
                self.history.push(Entry::Cancelled { number });
            }
            self.expected_frames.push(sent);
        }
        open
    }

    /// What is to go on does.
    fn go_on(&mut self) {
        while let Some(place) = self
            .events
            .iter()
            .position(|event| matches!(event, Event::GoOn(_)))
        {
            let Event::GoOn(caller) = self.events.remove(place) else {
                continue;
            };
            let now = at(self.now);
            if let Some(run) = self
                .session
                .begin_held(now, &caller, &mut self.wire, &mut self.events)
            {
                self.session.was_started(run, &mut self.events);
            }
        }
    }

    /// Compares what happened since the last look with what was expected. The order within one operation is free.
    fn check(&mut self) {
        let mut frames: Vec<_> = self.wire.sent().into_iter().map(normal).collect();
        let calls = frames.iter().filter_map(|frame| match frame {
            Sent::Call { payload, .. } => Some(token_of(payload)),
            _ => None,
        });
        assert!(calls.is_sorted(), "calls in another order than they were made");
        let mut expected = std::mem::take(&mut self.expected_frames);
        frames.sort_by_cached_key(|frame| format!("{frame:?}"));
        expected.sort_by_cached_key(|frame| format!("{frame:?}"));
        assert_eq!(frames, expected, "at {} ms", self.now);

        self.check_order();
        let happened = |event| match event {
            Event::Wake(waiter) => Some(Happened::Woken(waiter)),
            Event::Drop(_) => None,
            Event::Start(start) => Some(Happened::Started(token_of(&start.payload))),
            Event::Abort(run) => Some(Happened::Aborted(run)),
            Event::Dismiss(callback) => Some(Happened::Dismissed(callback)),
            Event::GoOn(caller) => panic!("{caller} went on"),
            Event::ControllerStopping | Event::Versions(..) => panic!("nothing is said of that"),
        };
        let mut events: Vec<_> = self.events.drain(..).filter_map(happened).collect();
        let mut expected = std::mem::take(&mut self.expected_events);
        events.sort();
        expected.sort();
        assert_eq!(events, expected, "at {} ms", self.now);

        assert_eq!(self.session.calls_outstanding(), self.slots());
        self.check_results();
        assert_eq!(self.session.running(), self.running.len());
        let waiting = self
            .held
            .iter()
            .filter(|held| held.ended.is_none())
            .filter_map(|held| held.deadline);
        let running = self
            .running
            .iter()
            .filter(|run| run.answered.is_none())
            .filter_map(|run| run.deadline);
        if let Some(next) = waiting.chain(running).min() {
            assert!(
                self.session
                    .next_timeout()
                    .is_some_and(|timeout| timeout <= at(next)),
                "{next} ms is missed"
            );
        }
    }
}

fn normal(sent: Sent) -> Sent {
    match sent {
        Sent::Reply { number, outcome } => Sent::Reply {
            number,
            outcome: without_size(outcome),
        },
        other => other,
    }
}
