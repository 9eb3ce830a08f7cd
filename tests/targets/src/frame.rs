//! Bytes as a frame.

use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{
    Balance, CallHeader, CallId, CallbackId, Challenge, Described, Failed, Frame, Framing, Header, Hello,
    LENGTH_BYTES, Large, Mode, Offered, Own, PieceOf, Proof, Query, Refusal, Resuming, RunHeader, Status,
    StreamId, TaskChange, TaskId, TraceContext, Who, append, encode,
};
use daffi_core::signature::{ErrorType, Returns, Signature, trace};

use crate::Target;
use crate::input::body;

pub(crate) const TARGET: Target = Target {
    name: "frame",
    run,
    seeds,
};

/// What is understood is the same when it is sent on.
fn run(bytes: &[u8]) {
    let frame = Frame::joined(Bytes::copy_from_slice(bytes));
    let Ok((header, payload)) = frame.decode() else {
        return;
    };
    let mut bytes = Vec::new();
    append(&mut bytes, &header, payload.len(), Framing::newest(usize::MAX))
        .expect("what was received can be sent");
    bytes.extend_from_slice(&payload);
    let again = Frame::joined(Bytes::from(bytes).slice(LENGTH_BYTES..));
    assert_eq!(
        again.decode().expect("what was sent can be received"),
        (header, payload)
    );
}

fn seeds() -> Vec<Vec<u8>> {
    let frames = samples().into_iter();
    frames.map(|(header, payload)| body(&header, &payload)).collect()
}

const CALL: CallId = CallId::first(0);

/// A call of the callback that all offer.
pub(crate) fn call(mode: Mode) -> CallHeader<'static> {
    CallHeader {
        mode,
        ..CallHeader::new(CALL, "add")
    }
}

/// A call as the provider of the first callback is given it.
pub(crate) const fn run_header() -> RunHeader<'static> {
    RunHeader {
        described: false,
        call: CALL,
        callback: CallbackId(0),
        caller: "honest",
        identity: Who::Nobody,
        deadline: None,
        trace: None,
        metadata: Vec::new(),
        ancestors: Vec::new(),
    }
}

/// A list of one callback, as it is offered. So many calls of it run at the same time.
pub(crate) fn offers(name: &str, concurrency: Option<u32>, balance: Balance) -> Bytes {
    let signature = Signature::new(
        [("n", trace::<u32>())],
        Returns {
            ok: trace::<u32>(),
            error: ErrorType::None,
        },
    );
    let offered = Offered {
        callback: CallbackId(0),
        name: name.to_owned(),
        docs: "Adds.".to_owned(),
        signature: Described::new(&signature),
        concurrency,
        concurrency_per_caller: Some(2),
        queue: 2,
        balance,
    };
    encode(&[offered].as_slice()).expect("it is short")
}

/// Frames of every kind, with what belongs to them.
pub(crate) fn samples() -> Vec<(Header<'static>, Bytes)> {
    let (value, none) = (Bytes::from_static(b"\x07"), Bytes::new());
    let app = Status::App {
        message: "no",
        causes: vec!["because"],
        typed: Own::Payload,
    };
    let failed = Status::Failed(Failed::Overloaded { may_have_run: false });
    let (result, argument) = (StreamId::Result(0), StreamId::Argument(0));
    let of_part = StreamId::ArgumentOf { part: 0, index: 0 };
    let (all, each) = (call(Mode::Broadcast), call(Mode::Each));
    let callbacks = encode(&[CallbackId(0)].as_slice()).expect("it is short");
    let full = CallHeader {
        to: Some("honest"),
        deadline: Some(Duration::from_secs(1)),
        trace: Some(TraceContext {
            trace_id: [1; 16],
            span_id: [2; 8],
            flags: 1,
        }),
        metadata: vec![("key", "value")],
        key: Some(7),
        within: Some(CALL),
        ..call(Mode::Answered)
    };
    let roster = encode(&["honest"].as_slice()).expect("it is short");
    let (mut frames, mut add) = (Vec::new(), Vec::new());
    add.extend([
        Header::Hello(Hello::new("stranger", 1, 2)),
        Header::Refused(Refusal::Stopping),
        Header::Heartbeat { received: 1 },
        Header::Cancel { call: CALL },
        Header::CancelPart { call: CALL, index: 0 },
        Header::Goodbye,
        Header::Finished,
        Header::Stopping {
            within: Duration::from_secs(1),
        },
        Header::Opened { call: CALL, index: 0 },
        Header::Done { call: CALL, items: 1 },
        Header::Challenge(Challenge {
            nonce: [3; 32],
            proof: Some([4; 32]),
        }),
        Header::Proof(Proof::new([5; 64])),
        Header::Resuming(Resuming {
            nonce: [3; 32],
            proof: [4; 32],
        }),
        Header::Resumes { proof: [5; 32] },
    ]);
    for query in [
        Query::WaitProcess("later"),
        Query::WaitFunction {
            name: "add",
            process: Some("later"),
            having: Vec::new(),
        },
        Query::Processes,
        Query::Callbacks,
        Query::Presence,
        Query::Tasks {
            process: None,
            callback: Some("add"),
            from: TaskId(0),
        },
        Query::Task(TaskId(1)),
        Query::ChangeTask(TaskId(1), TaskChange::Trigger),
        Query::Ticks(TaskId(1)),
        Query::Describe("add"),
    ] {
        add.push(Header::Query { call: CALL, query });
    }
    for status in [Status::Value, app, failed] {
        add.extend([
            Header::Reply {
                call: CALL,
                status: status.clone(),
            },
            Header::EarlyReply {
                call: CALL,
                status: status.clone(),
            },
            Header::Part {
                call: CALL,
                index: 0,
                status: status.clone(),
            },
            Header::Close {
                call: CALL,
                stream: argument,
                status,
            },
        ]);
    }
    for (stream, explained) in [(result, true), (argument, false), (of_part, true)] {
        let (items, bytes) = (1, 100);
        add.extend([
            Header::Items {
                call: CALL,
                stream,
                items,
                explained,
            },
            Header::Credit {
                call: CALL,
                stream,
                items,
                bytes,
            },
            Header::Stop { call: CALL, stream },
        ]);
    }
    for header in [
        call(Mode::Answered),
        call(Mode::HandedOver),
        full.clone(),
        all.clone(),
        each,
    ] {
        add.push(Header::Call(header));
    }
    add.extend([
        Header::CallTo {
            call: call(Mode::HandedToAll),
            processes: vec!["honest", "stranger"],
        },
        Header::Schedule {
            call: call(Mode::Answered),
            instead_of: Some(TaskId(1)),
        },
        Header::Ticked { call: CALL },
        Header::Waits { call: CALL },
        Header::Run(run_header()),
        Header::RunEach(run_header()),
        Header::Piece {
            call: CALL,
            of: PieceOf::Arguments,
        },
        Header::Piece {
            call: CALL,
            of: PieceOf::Result(0),
        },
    ]);
    frames.extend(add.into_iter().map(|header| (header, value.clone())));
    for frame in [
        Large::Call(full),
        Large::CallTo {
            call: all,
            processes: vec!["honest"],
        },
        Large::Run(run_header()),
        Large::Reply {
            call: CALL,
            status: Status::Value,
        },
        Large::Part {
            call: CALL,
            index: 0,
            status: Status::Value,
        },
    ] {
        frames.push((Header::Large { bytes: 1, frame }, none.clone()));
    }
    frames.extend([
        (
            Header::Offer {
                call: CALL,
                ready: true,
            },
            offers("add", None, Balance::LessLoaded),
        ),
        (Header::Withdraw { call: CALL }, callbacks),
        (Header::Roster { call: CALL }, roster),
        (Header::Happened { call: CALL }, Bytes::from_static(&[0])),
    ]);
    frames
}
