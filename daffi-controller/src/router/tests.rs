//! What the router promises: each behaviour by itself, and all of them under generated operations of simulated nodes.

mod attributes;
mod away;
mod bounds;
mod broadcast;
mod calls;
mod chains;
mod describing;
mod effort;
mod errands;
mod garbage;
mod generated;
mod handover;
mod having;
mod interleaved;
mod listing;
mod load;
mod meanwhile;
mod passing;
mod per_caller;
mod permission;
mod picking;
mod pieces;
mod presence;
mod queueing;
mod quotas;
mod receivers;
mod roster;
mod similar;
mod spread;
mod streams;
mod traffic;
mod versions;
mod world;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::LazyLock;
use std::time::Duration;

use daffi_core::proto::Who;
use daffi_core::proto::{
    self, Absence, Attributes, Balance, CallHeader, CallId, CallbackEntry, CallbackId, Change, Described,
    Extensions, Failed, Failure, Frame, FrameError, Framing, Large, Limits, Mode, Moment, Offered, Outcome,
    Own, Parting, PieceOf, ProcessEntry, Query, RemoteError, RunHeader, Status, StreamId, TraceContext,
    Typed,
};
use daffi_core::signature::{ErrorType, Returns, Signature, trace};
use daffi_core::{Quota, Quotas};

use super::*;
use crate::access::Policy;

/// `(n: u32) -> u32`, which everybody here offers.
pub(crate) static OFFERED: LazyLock<Described> = LazyLock::new(|| signature(ErrorType::None));

fn signature(error: ErrorType) -> Described {
    Described::new(&Signature::new(
        [("n", trace::<u32>())],
        Returns {
            ok: trace::<u32>(),
            error,
        },
    ))
}

fn process(name: &str, callbacks: u32) -> ProcessEntry {
    ProcessEntry {
        name: name.to_owned(),
        pid: 77,
        callbacks,
        identity: Who::Nobody,
        attributes: Attributes::default(),
    }
}

const LIMITS: Limits = Limits {
    frame_bytes: 4096,
    queue_bytes: 4096,
    calls: 16,
};

const NOW: Moment = Moment::new(Duration::ZERO);

/// A call by its number, in which the place has the lower half.
const fn id(number: u32) -> CallId {
    CallId {
        slot: number & 0xffff,
        generation: number >> 16,
    }
}

/// The number of a call.
const fn number(call: CallId) -> u32 {
    assert!(call.slot < 1 << 16, "tests have few calls");
    call.slot | call.generation << 16
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn failed(failed: Failed) -> Outcome {
    Err(failed.into())
}

const fn full() -> Failed {
    Failed::Overloaded { may_have_run: false }
}

/// What the router sent.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Run {
        number: u32,
        callback: u32,
        caller: String,
        payload: Bytes,
    },
    Reply {
        number: u32,
        outcome: Outcome,
    },
    Cancel {
        number: u32,
    },
    Goodbye,
    Roster {
        number: u32,
        names: Vec<String>,
    },
    Part {
        number: u32,
        index: u32,
        outcome: Outcome,
    },
    Happened {
        number: u32,
        events: Vec<Change>,
    },
    Opened {
        number: u32,
        index: u32,
    },
    Items {
        number: u32,
        stream: StreamId,
        items: u32,
        explained: bool,
        payload: Bytes,
    },
    Close {
        number: u32,
        stream: StreamId,
        end: Outcome,
    },
    Credit {
        number: u32,
        stream: StreamId,
        items: u32,
        bytes: u32,
    },
    Done {
        number: u32,
        items: u64,
    },
    Stop {
        number: u32,
        stream: StreamId,
    },
    Large {
        bytes: u64,
        frame: Box<Self>,
    },
    Piece {
        number: u32,
        of: PieceOf,
        payload: Bytes,
    },
}

fn said(frame: &Frame) -> Said {
    let (header, payload) = frame.decode().unwrap();
    match header {
        Header::Run(run) | Header::RunEach(run) => Said::Run {
            number: number(run.call),
            callback: run.callback.0,
            caller: run.caller.to_owned(),
            payload,
        },
        Header::Reply { call, status } => Said::Reply {
            number: number(call),
            outcome: outcome(status, payload),
        },
        Header::Cancel { call } => Said::Cancel { number: number(call) },
        Header::Goodbye => Said::Goodbye,
        Header::Roster { call } => Said::Roster {
            number: number(call),
            names: proto::decode_guarded(&payload).unwrap(),
        },
        Header::Part { call, index, status } => Said::Part {
            number: number(call),
            index,
            outcome: outcome(status, payload),
        },
        Header::Happened { call } => Said::Happened {
            number: number(call),
            events: proto::decode_guarded(&payload).unwrap(),
        },
        Header::Opened { call, index } => Said::Opened {
            number: number(call),
            index,
        },
        Header::Items {
            call,
            stream,
            items,
            explained,
        } => Said::Items {
            number: number(call),
            stream,
            items,
            explained,
            payload,
        },
        Header::Close { call, stream, status } => Said::Close {
            number: number(call),
            stream,
            end: outcome(status, payload),
        },
        Header::Credit {
            call,
            stream,
            items,
            bytes,
        } => Said::Credit {
            number: number(call),
            stream,
            items,
            bytes,
        },
        Header::Done { call, items } => Said::Done {
            number: number(call),
            items,
        },
        Header::Stop { call, stream } => Said::Stop {
            number: number(call),
            stream,
        },
        Header::Large { bytes, frame } => Said::Large {
            bytes,
            frame: Box::new(said(&without_payload(frame))),
        },
        Header::Piece { call, of } => Said::Piece {
            number: number(call),
            of,
            payload,
        },
        other => panic!("no node expects {other:?}"),
    }
}

/// A frame whose payload comes in pieces, as if it had none.
fn without_payload(frame: Large<'_>) -> Frame {
    let header = match frame {
        Large::Run(run) => Header::Run(run),
        Large::Reply { call, status } => Header::Reply { call, status },
        Large::Part { call, index, status } => Header::Part { call, index, status },
        other => panic!("no node expects {other:?}"),
    };
    Frame::split(&header, Bytes::new(), Framing::newest(usize::MAX)).unwrap()
}

fn outcome(status: Status<'_>, payload: Bytes) -> Outcome {
    match status {
        Status::Value => Ok(payload),
        status => Err(Failure::from_status(status, payload).unwrap()),
    }
}

/// The queues of all processes. Everything is kept until somebody looks.
#[derive(Debug)]
struct Queues {
    frame_bytes: usize,
    queue_bytes: usize,
    sent: Vec<(PeerId, Frame)>,
    /// Whose calls were said to wait, which is not among what was sent: whether a call waits is looked at.
    waits: Vec<(PeerId, u32)>,
    /// Who was told of which versions, which is not among what was sent either.
    versions: Vec<(PeerId, Vec<u64>)>,
    /// What time it is for the router.
    now: Moment,
    /// Links whose peers do not read: there is no room towards them.
    full: HashSet<PeerId>,
    /// Frame limits below the usual.
    limits: HashMap<PeerId, usize>,
}

impl Queues {
    fn new(limits: &Limits) -> Self {
        Self {
            frame_bytes: limits.frame_bytes,
            queue_bytes: limits.queue_bytes,
            sent: Vec::new(),
            waits: Vec::new(),
            versions: Vec::new(),
            now: NOW,
            full: HashSet::new(),
            limits: HashMap::new(),
        }
    }

    fn said(&mut self) -> Vec<(PeerId, Said)> {
        self.sent
            .drain(..)
            .map(|(to, frame)| (to, said(&frame)))
            .collect()
    }
}

impl Outlet for Queues {
    fn send(&mut self, to: PeerId, header: &Header<'_>, payload: &Bytes) -> Result<(), FrameError> {
        if let Header::Waits { call } = header {
            assert!(self.room(to) > 0, "it does not read");
            self.waits.push((to, number(*call)));
            return Ok(());
        }
        if let Header::Versions { .. } = header {
            assert!(self.room(to) > 0, "it does not read");
            let versions: Vec<Described> = proto::decode_guarded(payload).unwrap();
            let versions = versions.iter().map(Described::version).collect();
            self.versions.push((to, versions));
            return Ok(());
        }
        let frame = Frame::split(header, payload.clone(), Framing::newest(usize::MAX))?;
        let (size, limit) = (
            frame.len(),
            self.limits.get(&to).copied().unwrap_or(self.frame_bytes),
        );
        if size > limit {
            return Err(FrameError::TooLarge { size, limit });
        }
        self.sent.push((to, frame));
        Ok(())
    }

    fn room(&self, to: PeerId) -> usize {
        if self.full.contains(&to) {
            0
        } else {
            self.queue_bytes
        }
    }
}

/// A callback as its provider announces it.
fn offered(callback: u32, name: &str) -> Offered {
    Offered {
        callback: CallbackId(callback),
        name: name.to_owned(),
        docs: String::new(),
        signature: OFFERED.clone(),
        concurrency: None,
        concurrency_per_caller: None,
        queue: 0,
        balance: Balance::LessLoaded,
    }
}

/// The payload of an offer.
fn offers(offers: &[Offered]) -> Bytes {
    proto::encode(offers).unwrap()
}

/// The question whether another process offers `name`.
const fn function(name: &str) -> Query<'_> {
    Query::WaitFunction {
        name,
        process: None,
        having: Vec::new(),
    }
}

/// A call of `name`, as its caller sends it under `number`.
const fn call(number: u32, name: &str) -> CallHeader<'_> {
    CallHeader::new(id(number), name)
}

/// Lets the router do all that a frame asks for, a little at a time.
fn receive(
    router: &mut Router,
    from: PeerId,
    header: Header<'_>,
    payload: &Bytes,
    queues: &mut Queues,
) -> Result<(), Fault> {
    let request = Request::parse(header, payload)?;
    let work = router.receive(from, request, payload, &mut Turn::of(queues.now, 2), queues)?;
    finish(router, work, queues);
    check_tallies(router);
    Ok(())
}

/// What is counted is what there is, unless that is so much that counting it takes long.
fn check_tallies(router: &Router) {
    if router.calls_outstanding() + router.calls_waiting() < 256 {
        router.check_tallies();
    }
}

fn disconnect(router: &mut Router, peer: PeerId, queues: &mut Queues) {
    let work = router.disconnect(peer, &mut Turn::of(queues.now, 2), queues);
    finish(router, work, queues);
    check_tallies(router);
}

/// Does what is left.
fn finish(router: &mut Router, mut work: Option<Work>, queues: &mut Queues) {
    while let Some(mut rest) = work {
        rest.prepare();
        work = router.resume(rest, &mut Turn::of(queues.now, 2), queues);
    }
}

/// A router, and nodes that are told what to send.
struct Fixture {
    router: Router,
    queues: Queues,
}

impl Fixture {
    fn new() -> Self {
        Self {
            router: Router::new(LIMITS, 1 << 20, 1 << 30, 1),
            queues: Queues::new(&LIMITS),
        }
    }

    fn try_connect(&mut self, name: &str, instance: u128) -> Result<PeerId, Refusal> {
        self.router
            .connect(&Hello::new(name, instance, 77), Who::Nobody, None)
    }

    /// A process that runs so many calls, with so many bytes of arguments, and offers `add`.
    fn join_running(&mut self, name: &str, runs: u32, bytes: u64) -> PeerId {
        let mut hello = Hello::new(name, 1, 77);
        hello.extensions = Extensions::default()
            .with(Extensions::RUNS, &runs)
            .unwrap()
            .with(Extensions::RUN_BYTES, &bytes)
            .unwrap();
        let provider = self.router.connect(&hello, Who::Nobody, None).unwrap();
        self.offer(provider, &[offered(0, "add")], true);
        provider
    }

    fn connect(&mut self, name: &str) -> PeerId {
        self.try_connect(name, 1).unwrap()
    }

    /// Connects a process that offers callbacks of these names, numbered from 0.
    fn join(&mut self, name: &str, callbacks: &[&str]) -> PeerId {
        let link = self.connect(name);
        let offers: Vec<_> = (0..)
            .zip(callbacks)
            .map(|(number, name)| offered(number, name))
            .collect();
        self.offer(link, &offers, true);
        link
    }

    fn receive(&mut self, from: PeerId, header: Header<'_>, payload: &Bytes) -> Result<(), Fault> {
        receive(&mut self.router, from, header, payload, &mut self.queues)
    }

    /// Offers callbacks, and expects nothing but the answer.
    fn offer(&mut self, link: PeerId, callbacks: &[Offered], ready: bool) {
        self.send_offer(link, callbacks, ready);
        assert_eq!(self.queues.said(), [(link, empty(15))]);
    }

    fn send_offer(&mut self, link: PeerId, callbacks: &[Offered], ready: bool) {
        let offer = Header::Offer { call: id(15), ready };
        self.receive(link, offer, &offers(callbacks)).unwrap();
    }

    /// Withdraws callbacks, and expects nothing but the answer.
    /// Offers callbacks, and expects that they are denied; gives the reason.
    fn denied(&mut self, link: PeerId, callbacks: &[Offered]) -> String {
        let offer = Header::Offer {
            call: id(15),
            ready: true,
        };
        self.receive(link, offer, &offers(callbacks)).unwrap();
        match &*self.queues.said() {
            [
                (
                    _,
                    Said::Reply {
                        outcome: Err(Failure::Failed(Failed::Invalid { reason })),
                        ..
                    },
                ),
            ] => reason.clone(),
            other => panic!("not one refusal: {other:?}"),
        }
    }

    fn withdraw(&mut self, link: PeerId, callbacks: &[u32]) {
        self.send_withdrawal(link, callbacks);
        assert_eq!(self.queues.said(), [(link, empty(15))]);
    }

    fn send_withdrawal(&mut self, link: PeerId, callbacks: &[u32]) {
        let callbacks: Vec<_> = callbacks.iter().copied().map(CallbackId).collect();
        let payload = proto::encode(&callbacks).unwrap();
        self.receive(link, Header::Withdraw { call: id(15) }, &payload)
            .unwrap();
    }

    fn call(&mut self, from: PeerId, header: CallHeader<'_>) {
        self.receive(from, Header::Call(header), &bytes("arguments"))
            .unwrap();
    }

    /// Calls, and expects that it is run; gives where, and under what number.
    fn routed(&mut self, from: PeerId, header: CallHeader<'_>) -> (PeerId, u32) {
        self.call(from, header);
        match &*self.queues.said() {
            [(to, Said::Run { number, .. })] => (*to, *number),
            other => panic!("not one run: {other:?}"),
        }
    }

    /// Calls, and expects that the router answers.
    fn refused(&mut self, from: PeerId, header: CallHeader<'_>) -> Failed {
        let asked = number(header.call);
        self.call(from, header);
        match &*self.queues.said() {
            [
                (
                    to,
                    Said::Reply {
                        number,
                        outcome: Err(Failure::Failed(failed)),
                    },
                ),
            ] if (*to, *number) == (from, asked) => failed.clone(),
            other => panic!("not one refusal: {other:?}"),
        }
    }

    fn try_reply(
        &mut self,
        from: PeerId,
        number: u32,
        status: Status<'_>,
        payload: &Bytes,
    ) -> Result<(), Fault> {
        self.receive(
            from,
            Header::Reply {
                call: id(number),
                status,
            },
            payload,
        )
    }

    /// The provider answers with a value.
    fn reply(&mut self, from: PeerId, number: u32) {
        self.try_reply(from, number, Status::Value, &bytes("value"))
            .unwrap();
    }

    fn cancel(&mut self, from: PeerId, number: u32) {
        self.receive(from, Header::Cancel { call: id(number) }, &Bytes::new())
            .unwrap();
    }

    fn ask(&mut self, from: PeerId, number: u32, query: Query<'_>) {
        self.receive(
            from,
            Header::Query {
                call: id(number),
                query,
            },
            &Bytes::new(),
        )
        .unwrap();
    }

    fn goodbye(&mut self, from: PeerId) {
        self.receive(from, Header::Goodbye, &Bytes::new()).unwrap();
    }

    fn disconnect(&mut self, link: PeerId) {
        disconnect(&mut self.router, link, &mut self.queues);
    }

    fn said(&mut self) -> Vec<(PeerId, Said)> {
        self.queues.said()
    }

    /// What somebody is told who asks; what else was sent stays.
    fn answer_to(&mut self, query: Query<'_>) -> Bytes {
        let asker = self.connect("somebody who asks");
        self.ask(asker, 0, query);
        let answers: Vec<_> = self.queues.sent.extract_if(.., |(to, _)| *to == asker).collect();
        self.disconnect(asker);
        match &*answers {
            [(_, frame)] => frame.decode().unwrap().1,
            other => panic!("not one answer: {other:?}"),
        }
    }

    /// The processes on the roster.
    fn processes(&mut self) -> Vec<ProcessEntry> {
        proto::decode_guarded(&self.answer_to(Query::Processes)).unwrap()
    }

    /// The callbacks that can be called.
    fn callbacks(&mut self) -> Vec<CallbackEntry> {
        proto::decode_guarded(&self.answer_to(Query::Callbacks)).unwrap()
    }
}

fn value(number: u32) -> Said {
    Said::Reply {
        number,
        outcome: Ok(bytes("value")),
    }
}

/// An answer without a value.
const fn empty(number: u32) -> Said {
    Said::Reply {
        number,
        outcome: Ok(Bytes::new()),
    }
}

fn failure(number: u32, failure: Failed) -> Said {
    Said::Reply {
        number,
        outcome: failed(failure),
    }
}

/// Nothing is left once everybody has gone.
pub(crate) fn assert_empty(router: &Router) {
    assert!(router.peers.is_empty(), "{:?}", router.peers);
    assert_eq!((router.calls_outstanding(), router.calls_waiting()), (0, 0));
    assert!(router.lines.is_empty(), "{:?}", router.lines);
    router.lines.check();
    assert!(router.watchers.is_empty(), "{:?}", router.watchers);
    assert!(router.broadcasts.is_empty(), "{:?}", router.broadcasts);
    assert!(router.directory.is_empty(), "{:?}", router.directory);
    router.check_tallies();
}
