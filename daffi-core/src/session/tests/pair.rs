//! Two sessions, a caller's and a provider's, with a plain controller between them: whatever users, time and connections
//! do, streams keep their promises.
//!
//! Whoever waits is polled again only when it was woken, at least at the end, so that a lost wake is a stream that never
//! ends.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;

use super::wire::Wire;
use super::*;
use crate::proto::{Frame, OTHERWISE_BYTES};

const CALLER: usize = 0;
const PROVIDER: usize = 1;

/// Something that somebody does, or that happens. Numbers pick among what is there.
#[derive(Clone, Debug)]
enum Op {
    Call {
        streams: u32,
        returns: bool,
        within_ms: Option<u32>,
    },
    /// A frame of that side's arrives.
    Deliver(usize),
    /// A task is polled, woken or not; a sender sends at most so many items.
    Poll(usize, u32),
    /// The reader of a stream grants so much, or as much again as it has read.
    Grant(usize, Window),
    /// The reader of an argument stream reads no more.
    Stop(usize),
    /// An argument stream ends.
    Close(usize, bool),
    Open(usize),
    Finish(usize, bool),
    GiveUp(usize),
    Wait(u32),
    Lose(usize),
}

/// What waits, of which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    /// The caller, for its answers: items of the result and the outcome.
    Answers(usize),
    /// What sends an argument.
    Feed(usize, u32),
    /// The callback, which sends its result.
    Send(usize),
    /// The callback, which reads an argument.
    Read(usize, u32),
}

/// A stream, as both of its ends see it.
#[derive(Debug, Default)]
struct Flowing {
    granted: (u64, u64),
    sent: u32,
    bytes: u64,
    /// The bytes of all but the last item.
    before_last: u64,
    read: u32,
    /// What was read and not granted again.
    taken: (u32, u32),
    /// How its sender ended it.
    closed: Option<Result<(), Failed>>,
    /// Its reader has asked for it.
    accepted: bool,
    /// How its reader found that it ended, or that it reads no more.
    ended: Option<Result<(), Failed>>,
    stopped: bool,
}

/// The items of a stream: each names itself, and they have several sizes.
fn item(number: u32) -> Vec<u8> {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.resize(4 + number as usize % 5, 0);
    bytes
}

/// Some that follow each other say themselves what they are.
const fn is_explained(number: u32) -> bool {
    number / 3 % 2 == 1
}

/// What it costs that the items from that one on are written otherwise than those before it, if they are.
const fn otherwise(number: u32) -> u32 {
    let before = number > 0 && is_explained(number - 1);
    if is_explained(number) == before {
        0
    } else {
        OTHERWISE_BYTES
    }
}

impl Flowing {
    fn granted(&mut self, window: Window) {
        self.granted.0 += u64::from(window.items);
        self.granted.1 += u64::from(window.bytes);
    }

    /// The next items that are written alike, no more than `most`, as far as there is credit.
    fn fill(&mut self, credit: Credit, most: u32) -> Batch {
        let (mut items, mut bytes) = (0, Vec::new());
        let (explained, otherwise) = (is_explained(self.sent), otherwise(self.sent));
        while items < most
            && u64::from(items) < credit.items
            && (bytes.len() as i64) < credit.bytes
            && is_explained(self.sent) == explained
        {
            let item = item(self.sent);
            self.before_last = self.bytes;
            self.bytes += item.len() as u64;
            self.sent += 1;
            items += 1;
            bytes.extend(item);
        }
        if items > 0 {
            self.bytes += u64::from(otherwise);
        }
        Batch {
            items,
            explained,
            bytes: bytes.into(),
        }
    }

    /// The next items have come (P5).
    fn read(&mut self, batch: &Batch) {
        let expected: Vec<u8> = (self.read..self.read + batch.items).flat_map(item).collect();
        assert_eq!(batch.bytes, expected, "after {} items", self.read);
        let mut alike = self.read..self.read + batch.items;
        assert!(alike.all(|number| is_explained(number) == batch.explained));
        self.taken.0 += batch.items;
        self.taken.1 += u32::try_from(batch.bytes.len()).unwrap() + otherwise(self.read);
        self.read += batch.items;
        assert!(self.read <= self.sent);
    }

    /// What its reader asks for: so much at first, and then as much as it has read.
    fn asks(&mut self, window: Window) -> (bool, Window) {
        let first = !std::mem::replace(&mut self.accepted, true);
        let (items, bytes) = std::mem::take(&mut self.taken);
        let again = Window { items, bytes };
        (first, if first { window } else { again })
    }

    fn is_starved(&self) -> bool {
        self.granted.0 <= u64::from(self.sent) || self.granted.1 <= self.bytes
    }

    /// No more is on its way or held than was granted and the rest of one item, and what it costs to be written otherwise (P6).
    fn check(&self) {
        assert!(u64::from(self.sent) <= self.granted.0, "{self:?}");
        assert!(self.sent == 0 || self.before_last < self.granted.1, "{self:?}");
    }
}

#[derive(Debug)]
struct Held {
    call: CallId,
    returns: bool,
    /// The caller waits.
    waits: bool,
    outcomes: Vec<Outcome>,
    /// The caller has seen that the result is a stream.
    seen: bool,
    arguments: Vec<Flowing>,
    result: Flowing,
    run: Option<RunId>,
    opened: bool,
    aborted: bool,
    finished: bool,
}

struct Side {
    session: Session<Task, ()>,
    wire: Wire,
    /// What it has sent and has not arrived.
    queue: VecDeque<Frame>,
    events: Vec<Event<Task, ()>>,
}

struct World {
    sides: [Side; 2],
    now: u32,
    calls: Vec<Held>,
    /// The numbers of runs, by those of their calls.
    runs: BTreeMap<u32, u32>,
    /// The numbers of calls that somebody waits for, by those of their runs.
    callers: BTreeMap<u32, Option<u32>>,
    ready: BTreeSet<Task>,
}

fn pick<T: Copy>(index: usize, among: &[T]) -> Option<T> {
    (!among.is_empty()).then(|| among[index % among.len()])
}

impl World {
    /// Where streams may hold so many bytes on each side.
    fn new(terms: Terms, bytes: u64, seed: u64) -> Self {
        let side = || {
            let limits = Limits {
                calls: 6,
                ..Limits::default()
            };
            let mut session = Session::new(&limits, PATIENCE, seed).bounding_streams(bytes);
            let mut wire = Wire::new(1 << 16);
            session.connected(ITEM_BYTES);
            session.announced(at(0), &mut wire, &mut Vec::new());
            Side {
                session,
                wire,
                queue: VecDeque::new(),
                events: Vec::new(),
            }
        };
        let mut sides = [side(), side()];
        sides[PROVIDER].session.offer((), terms);
        Self {
            sides,
            now: 0,
            calls: Vec::new(),
            runs: BTreeMap::new(),
            callers: BTreeMap::new(),
            ready: BTreeSet::new(),
        }
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::Call {
                streams,
                returns,
                within_ms,
            } => self.call(streams, returns, within_ms),
            Op::Deliver(side) => {
                self.deliver(side);
            }
            Op::Poll(index, most) => {
                if let Some(task) = pick(index, &self.tasks()) {
                    self.poll(task, most);
                }
            }
            Op::Grant(index, window) => {
                let reads = |task: &Task| matches!(task, Task::Answers(_) | Task::Read(..));
                self.pick_task(index, reads, |world, task| world.grant(task, window));
            }
            Op::Stop(index) => {
                let reads = |task: &Task| matches!(task, Task::Read(..));
                self.pick_task(index, reads, Self::stop);
            }
            Op::Close(index, well) => {
                let feeds = |task: &Task| matches!(task, Task::Feed(..));
                let end = if well {
                    Ok(())
                } else {
                    Err(Failed::Encode {
                        message: String::new(),
                    })
                };
                self.pick_task(index, feeds, |world, task| world.close(task, end));
            }
            Op::Open(index) => self.pick_run(index, Self::open),
            Op::Finish(index, well) => self.pick_run(index, |world, call| world.finish(call, well)),
            Op::GiveUp(index) => {
                let answers = |task: &Task| matches!(task, Task::Answers(_));
                self.pick_task(index, answers, Self::give_up);
            }
            Op::Wait(ms) => {
                self.now += ms;
                for Side {
                    session,
                    wire,
                    events,
                    ..
                } in &mut self.sides
                {
                    session.on_timeout(at(self.now), wire, events);
                }
            }
            Op::Lose(side) => self.lose(side),
        }
        self.collect();
    }

    fn pick_task(&mut self, index: usize, which: impl Fn(&Task) -> bool, act: impl FnOnce(&mut Self, Task)) {
        let tasks: Vec<_> = self.tasks().into_iter().filter(which).collect();
        if let Some(task) = pick(index, &tasks) {
            act(self, task);
        }
    }

    fn pick_run(&mut self, index: usize, act: impl FnOnce(&mut Self, usize)) {
        let runs: Vec<_> = (0..self.calls.len())
            .filter(|call| self.is_running(*call))
            .collect();
        if let Some(call) = pick(index, &runs) {
            act(self, call);
        }
    }

    fn is_running(&self, call: usize) -> bool {
        self.calls[call].run.is_some() && !self.calls[call].finished
    }

    /// All that may be polled.
    fn tasks(&self) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (call, held) in self.calls.iter().enumerate() {
            let arguments = || (0..).zip(&held.arguments);
            if held.waits {
                tasks.push(Task::Answers(call));
                let open = arguments().filter(|(_, stream)| stream.closed.is_none());
                tasks.extend(open.map(|(index, _)| Task::Feed(call, index)));
            }
            if self.is_running(call) {
                let unread = arguments().filter(|(_, stream)| stream.ended.is_none());
                tasks.extend(unread.map(|(index, _)| Task::Read(call, index)));
                if held.opened {
                    tasks.push(Task::Send(call));
                }
            }
        }
        tasks
    }

    // ------------------------------------------------------------------ users

    fn call(&mut self, streams: u32, returns: bool, within_ms: Option<u32>) {
        let request = Request {
            streams,
            ..Fixture::request(within_ms.map(|ms| self.now + ms))
        };
        let Side { session, wire, .. } = &mut self.sides[CALLER];
        let token = u32::try_from(self.calls.len()).unwrap();
        let payload = Bytes::from(token.to_be_bytes().to_vec());
        let token = self.calls.len();
        let mut waiter = Some(Task::Answers(token));
        let message = Message::Call(request, &payload);
        let Ok(call) = session.submit(at(self.now), &message, &mut waiter, wire) else {
            return;
        };
        self.ready.insert(Task::Answers(token));
        self.ready
            .extend((0..streams).map(|index| Task::Feed(token, index)));
        self.calls.push(Held {
            call,
            returns,
            waits: true,
            outcomes: Vec::new(),
            seen: false,
            arguments: (0..streams).map(|_| Flowing::default()).collect(),
            result: Flowing::default(),
            run: None,
            opened: false,
            aborted: false,
            finished: false,
        });
    }

    fn poll(&mut self, task: Task, most: u32) {
        let [
            Side {
                session: caller,
                wire: up,
                ..
            },
            Side {
                session: provider,
                wire: down,
                ..
            },
        ] = &mut self.sides;
        let pending = match task {
            Task::Answers(call) => {
                let held = &mut self.calls[call];
                match caller.poll_next(held.call, &mut Some(task)) {
                    None => true,
                    Some(Next::Item(Item::Opened(0, _))) => {
                        assert!(!std::mem::replace(&mut held.seen, true));
                        false
                    }
                    Some(Next::Item(Item::Batch(0, batch))) => {
                        assert!(held.seen, "items before the stream");
                        held.result.read(&batch);
                        false
                    }
                    Some(Next::Item(other)) => panic!("{other:?}"),
                    Some(Next::End(outcome)) => {
                        held.waits = false;
                        held.outcomes.push(outcome);
                        false
                    }
                }
            }
            Task::Feed(call, index) => {
                let held = &mut self.calls[call];
                let stream = &mut held.arguments[index as usize];
                match caller.credit(End::Call(held.call), index, &mut Some(task)) {
                    None => true,
                    Some(None) => {
                        stream.closed = Some(Err(Failed::Cancelled { may_have_run: true }));
                        false
                    }
                    Some(Some(credit)) => {
                        let batch = stream.fill(credit, most);
                        caller.send(End::Call(held.call), index, &batch, up).unwrap();
                        false
                    }
                }
            }
            Task::Send(call) => {
                let held = &mut self.calls[call];
                let end = End::Run(held.run.unwrap());
                match provider.credit(end, 0, &mut Some(task)) {
                    None => true,
                    Some(None) => {
                        assert!(held.aborted, "its call goes on");
                        self.ready.remove(&task)
                    }
                    Some(Some(credit)) => {
                        let batch = held.result.fill(credit, most);
                        provider.send(end, 0, &batch, down).unwrap();
                        false
                    }
                }
            }
            Task::Read(call, index) => {
                let held = &mut self.calls[call];
                let stream = &mut held.arguments[index as usize];
                if !stream.accepted {
                    // It is accepted first.
                    return;
                }
                match provider.take(held.run.unwrap(), index, &mut Some(task)) {
                    None => true,
                    Some(Taken::Batch(batch)) => {
                        stream.read(&batch);
                        false
                    }
                    Some(Taken::End(end)) => {
                        if end.is_ok() {
                            assert_eq!((stream.read, &stream.closed), (stream.sent, &Some(Ok(()))));
                        }
                        stream.ended = Some(end);
                        false
                    }
                }
            }
        };
        if pending {
            self.ready.remove(&task);
        }
    }

    fn grant(&mut self, task: Task, window: Window) {
        match task {
            Task::Answers(call) => {
                let held = &mut self.calls[call];
                let Side { session, wire, .. } = &mut self.sides[CALLER];
                let (_, window) = held.result.asks(window);
                let granted = session.grant(held.call, 0, window, wire);
                match granted {
                    Ok(granted) => held.result.granted(granted),
                    // There is nothing left for what it would be answered.
                    Err(_) => self.give_up(task),
                }
            }
            Task::Read(call, index) => {
                let held = &mut self.calls[call];
                self.ready.insert(task);
                let Side { session, wire, .. } = &mut self.sides[PROVIDER];
                let stream = &mut held.arguments[index as usize];
                let (first, window) = stream.asks(window);
                let granted = session.accept(held.run.unwrap(), index, window, wire);
                // There was nothing left for it.
                stream.stopped |= first && granted == Window::NONE;
                stream.granted(granted);
            }
            Task::Feed(..) | Task::Send(_) => panic!("{task:?} does not read"),
        }
    }

    fn stop(&mut self, task: Task) {
        let Task::Read(call, index) = task else { return };
        let held = &mut self.calls[call];
        let stream = &mut held.arguments[index as usize];
        stream.ended = Some(Err(Failed::Cancelled { may_have_run: true }));
        stream.stopped = true;
        let Side {
            session,
            wire,
            events,
            ..
        } = &mut self.sides[PROVIDER];
        session.stop(held.run.unwrap(), index, wire, events);
    }

    fn close(&mut self, task: Task, end: Result<(), Failed>) {
        let Task::Feed(call, index) = task else { return };
        let held = &mut self.calls[call];
        let stream = &mut held.arguments[index as usize];
        if stream.granted == (0, 0) {
            // Nobody reads it yet; a sender finds its end when it may send.
            return;
        }
        stream.closed = Some(end.clone());
        let Side {
            session,
            wire,
            events,
            ..
        } = &mut self.sides[CALLER];
        session.close_argument(End::Call(held.call), index, end, wire, events);
    }

    fn open(&mut self, call: usize) {
        let held = &mut self.calls[call];
        if held.returns && !std::mem::replace(&mut held.opened, true) {
            self.ready.insert(Task::Send(call));
            let Side { session, wire, .. } = &mut self.sides[PROVIDER];
            session.open(held.run.unwrap(), &Bytes::new(), wire);
        }
    }

    fn finish(&mut self, call: usize, well: bool) {
        let held = &mut self.calls[call];
        held.finished = true;
        let outcome = if well {
            Ok(Bytes::new())
        } else {
            failed(Failed::Cancelled { may_have_run: true })
        };
        let Side {
            session,
            wire,
            events,
            ..
        } = &mut self.sides[PROVIDER];
        session.finish(held.run.unwrap(), &outcome, wire, events);
    }

    fn give_up(&mut self, task: Task) {
        let Task::Answers(call) = task else { return };
        let held = &mut self.calls[call];
        held.waits = false;
        let Side {
            session,
            wire,
            events,
            ..
        } = &mut self.sides[CALLER];
        session.abandon(held.call, wire, events);
    }

    // ------------------------------------------------------------------ the controller

    /// What the sessions sent and said since the last look.
    fn collect(&mut self) {
        for side in &mut self.sides {
            side.queue.extend(side.wire.frames());
            for event in side.events.drain(..) {
                match event {
                    Event::Drop(_) => {}
                    Event::Wake(task) => {
                        self.ready.insert(task);
                    }
                    Event::Start(start) => {
                        let token = u32::from_be_bytes(*start.payload.first_chunk().unwrap()) as usize;
                        assert_eq!(self.calls[token].run.replace(start.run), None);
                        let reads = (0..).zip(&self.calls[token].arguments);
                        self.ready
                            .extend(reads.map(|(index, _)| Task::Read(token, index)));
                    }
                    Event::Abort(run) => {
                        let held = self.calls.iter_mut().find(|held| held.run == Some(run)).unwrap();
                        // Again, if it does not stop and the connection is lost.
                        held.aborted = true;
                    }
                    Event::GoOn(caller) => panic!("no callback is new, and {caller} waits for none"),
                    Event::Dismiss(()) => panic!("arguments come in one piece"),
                    Event::ControllerStopping | Event::Versions(..) => panic!("nothing is said of that"),
                }
            }
        }
        for Side { session, .. } in &self.sides {
            let (lent, limit) = (session.lent(), session.stream_bytes);
            let held = session.streams.held() + session.calls.held();
            assert!(lent <= limit, "{lent} of {limit}");
            assert!(held as u64 <= lent, "{held} of {lent}");
        }
        let streams = |held: &Held| held.arguments.iter().for_each(Flowing::check);
        self.calls.iter().for_each(streams);
        self.calls.iter().for_each(|held| held.result.check());
    }

    fn hand(&mut self, to: usize, header: Header<'_>, payload: Bytes) {
        let Side {
            session,
            wire,
            events,
            ..
        } = &mut self.sides[to];
        session
            .receive(at(self.now), header, payload, wire, events)
            .unwrap();
        self.collect();
    }

    /// A frame comes to the controller, and from there to the other side. `false` if there is none.
    fn deliver(&mut self, side: usize) -> bool {
        let Some(frame) = self.sides[side].queue.pop_front() else {
            return false;
        };
        let (header, payload) = frame.decode().unwrap();
        let (to, header) = if side == CALLER {
            (PROVIDER, self.for_provider(header))
        } else {
            (CALLER, self.for_caller(header))
        };
        if let Some(header) = header {
            self.hand(to, header, payload);
        }
        true
    }

    fn for_provider<'a>(&mut self, header: Header<'a>) -> Option<Header<'a>> {
        if let Header::Call(header) = header {
            // Not that of the caller, as a rule.
            let run = (0..)
                .map(|number| number ^ 1)
                .find(|number| !self.callers.contains_key(number))?;
            self.callers.insert(run, Some(number(header.call)));
            self.runs.insert(number(header.call), run);
            return Some(Header::Run(RunHeader {
                deadline: header.deadline,
                ..run_header(run, CallbackId(0), "caller")
            }));
        }
        let (Header::Items { call, .. }
        | Header::Close { call, .. }
        | Header::Credit { call, .. }
        | Header::Cancel { call }) = header
        else {
            panic!("{header:?} from a caller")
        };
        let call = id(*self.runs.get(&number(call))?);
        Some(match header {
            Header::Cancel { .. } => Header::Cancel { call },
            other => other.of_call(call, |stream| stream),
        })
    }

    fn for_caller<'a>(&mut self, header: Header<'a>) -> Option<Header<'a>> {
        let (Header::Reply { call, .. }
        | Header::Opened { call, .. }
        | Header::Items { call, .. }
        | Header::Credit { call, .. }
        | Header::Stop { call, .. }) = header
        else {
            panic!("{header:?} from a provider")
        };
        let run = number(call);
        let call = id(self.callers[&run]?);
        if let Header::Reply { status, .. } = header {
            self.callers.remove(&run);
            self.runs.remove(&number(call));
            return Some(Header::Reply { call, status });
        }
        if let Header::Stop { stream, .. } = header {
            let StreamId::Argument(index) = stream else {
                panic!("{stream:?}")
            };
            let is_stopped = |held: &Held| {
                held.arguments
                    .get(index as usize)
                    .is_some_and(|stream| stream.stopped)
            };
            let stopped = |held: &Held| held.call == call && is_stopped(held);
            // Or its items did not fit beside those of others.
            let is_bounded = self.sides[PROVIDER].session.stream_bytes < u64::MAX;
            assert!(
                is_bounded || self.calls.iter().any(stopped),
                "nobody has stopped it"
            );
        }
        Some(header.of_call(call, |stream| stream))
    }

    /// The connection of one side is lost, and made again.
    fn lose(&mut self, side: usize) {
        let Side {
            session,
            queue,
            events,
            wire,
        } = &mut self.sides[side];
        session.disconnected(events);
        assert!(wire.frames().is_empty());
        queue.clear();
        session.connected(ITEM_BYTES);
        session.announced(at(self.now), wire, events);
        self.collect();
        if side == CALLER {
            for run in std::mem::take(&mut self.runs).into_values() {
                self.callers.insert(run, None);
                self.hand(PROVIDER, Header::Cancel { call: id(run) }, Bytes::new());
            }
        } else {
            self.runs.clear();
            for call in std::mem::take(&mut self.callers).into_values().flatten() {
                let process = "provider".to_owned();
                let status = Status::Failed(Failed::ProviderLost { process });
                let call = id(call);
                self.hand(CALLER, Header::Reply { call, status }, Bytes::new());
            }
        }
    }

    // ------------------------------------------------------------------ the end

    /// Everybody goes on for a while, and ends. Only those are polled that were woken.
    fn end(mut self) {
        const MORE: Window = Window { items: 3, bytes: 9 };
        let goal = |stream: &Flowing| stream.sent + 6;
        let goals: Vec<(Vec<u32>, u32)> = self
            .calls
            .iter()
            .map(|held| (held.arguments.iter().map(goal).collect(), goal(&held.result)))
            .collect();
        loop {
            let mut busy = self.deliver(CALLER) | self.deliver(PROVIDER);
            for task in self.tasks() {
                let held = match task {
                    Task::Answers(call) | Task::Feed(call, _) | Task::Send(call) | Task::Read(call, _) => {
                        &self.calls[call]
                    }
                };
                match task {
                    Task::Answers(call) if held.result.is_starved() && held.seen => {
                        let before = held.result.granted;
                        self.grant(task, MORE);
                        let held = &self.calls[call];
                        busy |= !held.waits || held.result.granted != before;
                    }
                    Task::Read(_, index) if held.arguments[index as usize].is_starved() => {
                        self.grant(task, MORE);
                    }
                    _ => {}
                }
                // What has sent enough waits for its callback to end.
                let idle = matches!(task, Task::Send(call) if self.calls[call].result.sent >= goals[call].1);
                if !idle && self.ready.contains(&task) && self.tasks().contains(&task) {
                    self.poll(task, 2);
                    busy = true;
                }
                self.collect();
            }
            for (call, (arguments, result)) in goals.iter().enumerate() {
                for (index, goal) in (0..).zip(arguments) {
                    let task = Task::Feed(call, index);
                    if self.tasks().contains(&task)
                        && self.calls[call].arguments[index as usize].sent >= *goal
                    {
                        self.close(task, Ok(()));
                        busy = true;
                    }
                }
                if self.is_running(call) {
                    let held = &self.calls[call];
                    let read = held.arguments.iter().all(|stream| stream.ended.is_some());
                    if held.aborted || read && (!held.returns || held.result.sent >= *result) {
                        self.finish(call, true);
                        busy = true;
                    } else if held.returns && !held.opened {
                        self.open(call);
                        busy = true;
                    }
                }
                self.collect();
            }
            if !busy {
                break;
            }
        }
        for held in &self.calls {
            assert!(!held.waits, "it waits for ever: {held:?}");
            assert!(held.run.is_none() || held.finished, "it runs for ever: {held:?}");
        }
        let is_bounded = self.sides[CALLER].session.stream_bytes < u64::MAX;
        self.calls.iter().for_each(|held| check_outcome(held, is_bounded));
        for Side { session, .. } in &self.sides {
            assert_eq!((session.calls_outstanding(), session.running()), (0, 0));
            assert_eq!(session.streams.len(), 0, "{:?}", session.streams);
            assert_eq!(session.lent(), 0, "it is given back");
        }
        assert!(self.runs.is_empty());
    }
}

/// A call has ended once at most (P1), and with a value only if all of its result was read (P5). Nobody was taken to be
/// over its credit.
fn check_outcome(held: &Held, is_bounded: bool) {
    assert!(held.outcomes.len() <= 1, "{held:?}");
    let overloaded = Failed::Overloaded { may_have_run: true };
    if !is_bounded {
        assert!(!held.outcomes.contains(&failed(overloaded.clone())), "{held:?}");
        for stream in &held.arguments {
            assert_ne!(stream.ended, Some(Err(overloaded.clone())), "{held:?}");
        }
    }
    if let [Ok(_)] = &*held.outcomes {
        assert_eq!(
            (held.seen, held.result.read),
            (held.opened, held.result.sent),
            "{held:?}"
        );
    }
}

fn window() -> impl Strategy<Value = Window> {
    (1..6u32, 1..30u32).prop_map(|(items, bytes)| Window { items, bytes })
}

fn op() -> impl Strategy<Value = Op> {
    let which = || 0..64usize;
    let well = || prop::bool::weighted(0.8);
    prop_oneof![
        6 => (0..3u32, any::<bool>(), prop::option::weighted(0.2, 1..40u32))
            .prop_map(|(streams, returns, within_ms)| Op::Call { streams, returns, within_ms }),
        30 => (0..2usize).prop_map(Op::Deliver),
        25 => (which(), 1..5u32).prop_map(|(index, most)| Op::Poll(index, most)),
        12 => (which(), window()).prop_map(|(index, window)| Op::Grant(index, window)),
        1 => which().prop_map(Op::Stop),
        2 => (which(), well()).prop_map(|(index, well)| Op::Close(index, well)),
        4 => which().prop_map(Op::Open),
        2 => (which(), well()).prop_map(|(index, well)| Op::Finish(index, well)),
        1 => which().prop_map(Op::GiveUp),
        2 => (1..10u32).prop_map(Op::Wait),
        1 => prop_oneof![4 => Just(None), 1 => (0..2usize).prop_map(Some)]
            .prop_map(|side| side.map_or(Op::Wait(1), Op::Lose)),
    ]
}

proptest! {
    /// P6, P15: with all that the above says, streams hold no more in all than they may, nor is more spoken for; and in the end nothing
    /// is. Those for which nothing is left end.
    #[test]
    fn p6_streams_hold_no_more_in_all_than_they_may(
        bytes in prop_oneof![Just(0u64), 1..100u64],
        ops in prop::collection::vec(op(), 1..200),
    ) {
        let mut world = World::new(Terms::default(), bytes, ops.len() as u64);
        for op in &ops {
            world.step(op);
        }
        world.end();
    }

    /// P1, P4, P5, P6: each call has one outcome, no item is lost, doubled or out of order before the end of its stream,
    /// no more is on its way than was granted, and in the end nothing is left.
    #[test]
    fn p5_streams_between_two_sessions_keep_their_promises(
        blocking in any::<bool>(),
        ops in prop::collection::vec(op(), 1..200),
    ) {
        let terms = Terms { blocking, ..Terms::default() };
        let mut world = World::new(terms, u64::MAX, ops.len() as u64);
        for op in &ops {
            world.step(op);
        }
        world.end();
    }
}
