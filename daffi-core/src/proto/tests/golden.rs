//! The exact bytes of every frame.
//!
//! They are a promise to other builds. If a test here fails, the protocol has changed: that needs a note in
//! `docs/protocol.md`, a version that tells the two apart, and new bytes beside the old ones, which stay.

use core::time::Duration;

use super::*;
use crate::signature::{ErrorType, Form, Returns, Signature, Type};

/// A frame, its payload, and both as bytes with the length in front.
pub(super) struct Golden {
    pub(super) name: &'static str,
    pub(super) header: Header<'static>,
    pub(super) payload: Bytes,
    pub(super) bytes: &'static str,
}

fn golden(
    name: &'static str,
    header: Header<'static>,
    payload: &'static [u8],
    bytes: &'static str,
) -> Golden {
    Golden {
        name,
        header,
        payload: Bytes::from_static(payload),
        bytes,
    }
}

fn call() -> CallHeader<'static> {
    CallHeader {
        versions: Vec::new(),
        call: CallId::first(7),
        name: "add",
        signature: 0,
        to: None,
        deadline: None,
        trace: None,
        metadata: Vec::new(),
        key: None,
        mode: Mode::Answered,
        within: None,
        having: Vec::new(),
    }
}

fn run() -> RunHeader<'static> {
    RunHeader {
        described: false,
        call: CallId::first(300),
        callback: CallbackId(2),
        caller: "shopper",
        identity: Who::Nobody,
        deadline: None,
        trace: None,
        metadata: Vec::new(),
        ancestors: Vec::new(),
    }
}

fn trace() -> TraceContext {
    TraceContext {
        trace_id: *b"0123456789abcdef",
        span_id: *b"ghijklmn",
        flags: 1,
    }
}

fn failed(failed: Failed) -> Header<'static> {
    Header::Reply {
        call: CallId::first(7),
        status: Status::Failed(failed),
    }
}

fn signature() -> Signature {
    Signature::new(
        [("a", Type::I64)],
        Returns {
            ok: Type::I64,
            error: ErrorType::None,
        },
    )
}

/// What a process says of itself.
fn said() -> Attributes {
    let mut said = Attributes::default();
    said.set("zone", "");
    said.set("kind", "resizer");
    said
}

fn handshakes() -> Vec<Golden> {
    let hello = Hello {
        magic: MAGIC,
        version: 1,
        oldest_version: 1,
        process_name: "shopper".to_owned(),
        instance: 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10,
        pid: 4711,
        extensions: Extensions::default().with(Extensions::RUNS, &300_u32).unwrap(),
    };
    let claim = Claim {
        nonce: [5; 32],
        method: Method::Key,
        public: [4; 32],
        bound: true,
    };
    let claiming = Hello {
        extensions: Extensions::default().with(Extensions::CLAIM, &claim).unwrap(),
        ..hello.clone()
    };
    let saying = Hello {
        extensions: Extensions::default()
            .with(Extensions::ATTRIBUTES, &said())
            .unwrap(),
        ..hello.clone()
    };
    let welcome = Welcome {
        version: 1,
        controller: "0x1f".to_owned(),
        heartbeat: Duration::from_millis(2_500),
        frame_bytes: 16 * 1024 * 1024,
        sent_frame_bytes: 64 * 1024,
        calls: 1 << 18,
        extensions: Extensions::default(),
    };
    let resume = Resume {
        session: 9,
        renewal: 1,
        attempt: 3,
        nonce: [5; 32],
        received: 300,
    };
    let extensions = Extensions::default()
        .with(Extensions::RESUMABLE, &Keeps { bytes: 1 << 16 })
        .and_then(|extensions| extensions.with(Extensions::RESUME, &resume));
    let resuming = Hello {
        extensions: extensions.unwrap(),
        ..hello.clone()
    };
    let session = Session {
        id: 9,
        renewal: 2,
        secret: SessionSecret::new([4; 32]),
        grace: Duration::from_secs(3),
        keeps: Keeps { bytes: 1 << 16 },
    };
    let extensions = Extensions::default()
        .with(Extensions::SESSION, &session)
        .and_then(|extensions| extensions.with(Extensions::RECEIVED, &300_u64));
    let resumed = Welcome {
        extensions: extensions.unwrap(),
        ..welcome.clone()
    };
    let taken = Refusal::NameTaken {
        name: "shopper".to_owned(),
        pid: 4711,
        sign: 300,
    };
    vec![
        golden(
            "hello of a process that says something of itself",
            Header::Hello(saying),
            b"",
            "00 00 00 3a 00 64 61 66 69 01 01 07 73 68 6f 70 70 65 72 fe 10 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 fb 67 12 01 08 14 02 04 6b 69 6e 64 07 72 65 73 69 7a 65 72 04 7a 6f 6e 65 00",
        ),
        golden(
            "hello",
            Header::Hello(hello),
            b"",
            "00 00 00 29 00 64 61 66 69 01 01 07 73 68 6f 70 70 65 72 fe 10 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 fb 67 12 01 01 03 fb 2c 01",
        ),
        golden(
            "welcome",
            Header::Welcome(welcome),
            b"",
            "00 00 00 1d 01 01 04 30 78 31 66 02 fc 00 65 cd 1d fc 00 00 00 01 fc 00 00 01 00 fc 00 00 04 00 00",
        ),
        golden(
            "refused: not daffi",
            Header::Refused(Refusal::NotDaffi),
            b"",
            "00 00 00 02 02 00",
        ),
        golden(
            "refused: version",
            Header::Refused(Refusal::Version { oldest: 1, newest: 2 }),
            b"",
            "00 00 00 04 02 01 01 02",
        ),
        golden(
            "refused: name",
            Header::Refused(Refusal::Name { limit: 255 }),
            b"",
            "00 00 00 05 02 02 fb ff 00",
        ),
        golden(
            "refused: name taken",
            Header::Refused(taken),
            b"",
            "00 00 00 10 02 03 07 73 68 6f 70 70 65 72 fb 67 12 fb 2c 01",
        ),
        golden(
            "refused: stopping",
            Header::Refused(Refusal::Stopping),
            b"",
            "00 00 00 02 02 04",
        ),
        golden(
            "refused: user",
            Header::Refused(Refusal::User { uid: 1000, own: 7 }),
            b"",
            "00 00 00 06 02 05 fb e8 03 07",
        ),
        golden(
            "refused: denied",
            Header::Refused(Refusal::Denied {
                reason: "no".to_owned(),
            }),
            b"",
            "00 00 00 05 02 06 02 6e 6f",
        ),
        golden(
            "refused: tls",
            Header::Refused(Refusal::Tls),
            b"",
            "00 00 00 02 02 07",
        ),
        golden(
            "refused: no tls",
            Header::Refused(Refusal::NoTls),
            b"",
            "00 00 00 02 02 08",
        ),
        golden(
            "hello: a claim",
            Header::Hello(claiming),
            b"",
            "00 00 00 68 00 64 61 66 69 01 01 07 73 68 6f 70 70 65 72 fe 10 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 fb 67 12 01 03 42 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 01 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 01",
        ),
        golden(
            "challenge: a token",
            Header::Challenge(Challenge {
                nonce: [6; 32],
                proof: Some([7; 32]),
            }),
            b"",
            "00 00 00 42 18 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 01 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07",
        ),
        golden(
            "challenge: a key",
            Header::Challenge(Challenge {
                nonce: [6; 32],
                proof: None,
            }),
            b"",
            "00 00 00 22 18 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 00",
        ),
        golden(
            "proof",
            Header::Proof(Proof([[8; 32], [9; 32]])),
            b"",
            "00 00 00 41 19 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09 09",
        ),
        golden(
            "refused: unproven",
            Header::Refused(Refusal::Unproven {
                token: true,
                key: false,
            }),
            b"",
            "00 00 00 04 02 09 01 00",
        ),
        golden(
            "refused: unknown",
            Header::Refused(Refusal::Unknown { method: Method::Key }),
            b"",
            "00 00 00 03 02 0a 01",
        ),
        golden(
            "refused: wrong proof",
            Header::Refused(Refusal::WrongProof),
            b"",
            "00 00 00 02 02 0b",
        ),
        golden(
            "refused: exposed",
            Header::Refused(Refusal::Exposed),
            b"",
            "00 00 00 02 02 0c",
        ),
        golden(
            "refused: over quota",
            Header::Refused(Refusal::OverQuota(Exceeded::new(
                Measure::Connections,
                QuotaOf::Identity,
                16,
                None,
            ))),
            b"",
            "00 00 00 07 02 0d 00 01 10 00 00",
        ),
        golden(
            "refused: over the quota of an address",
            Header::Refused(Refusal::OverQuota(Exceeded::new(
                Measure::ConnectionsPerSecond,
                QuotaOf::Address,
                50,
                None,
            ))),
            b"",
            "00 00 00 07 02 0d 06 02 32 00 00",
        ),
        golden(
            "refused: abuse",
            Header::Refused(Refusal::Abuse(Exceeded::new(
                Measure::BytesPerSecond,
                QuotaOf::Connection,
                1000,
                None,
            ))),
            b"",
            "00 00 00 09 02 0e 05 00 fb e8 03 00 00",
        ),
        golden(
            "refused: not resumed",
            Header::Refused(Refusal::NotResumed(NotResumed::Lost)),
            b"",
            "00 00 00 03 02 0f 06",
        ),
        golden(
            "refused: superseded",
            Header::Refused(Refusal::NotResumed(NotResumed::Superseded)),
            b"",
            "00 00 00 03 02 0f 07",
        ),
        golden(
            "refused: stuck",
            Header::Refused(Refusal::NotResumed(NotResumed::Stuck)),
            b"",
            "00 00 00 03 02 0f 08",
        ),
        golden(
            "a newer process has taken the name over",
            Header::Refused(Refusal::Replaced { pid: 7 }),
            b"",
            "00 00 00 03 02 10 07",
        ),
        golden(
            "a controller stands by",
            Header::Refused(Refusal::StandsBy),
            b"",
            "00 00 00 02 02 11",
        ),
        golden(
            "hello: resumes",
            Header::Hello(resuming),
            b"",
            "00 00 00 53 00 64 61 66 69 01 01 07 73 68 6f 70 70 65 72 fe 10 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01 fb 67 12 02 04 05 fc 00 00 01 00 05 26 09 01 03 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 05 fb 2c 01",
        ),
        golden(
            "welcome: a session",
            Header::Welcome(resumed),
            b"",
            "00 00 00 4d 01 01 04 30 78 31 66 02 fc 00 65 cd 1d fc 00 00 00 01 fc 00 00 01 00 fc 00 00 04 00 02 04 29 09 02 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 03 00 fc 00 00 01 00 05 03 fb 2c 01",
        ),
        golden(
            "resuming",
            Header::Resuming(Resuming {
                nonce: [6; 32],
                proof: [7; 32],
            }),
            b"",
            "00 00 00 41 1c 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 06 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07 07",
        ),
        golden(
            "resumes",
            Header::Resumes { proof: [8; 32] },
            b"",
            "00 00 00 21 1d 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08 08",
        ),
    ]
}

fn calls() -> Vec<Golden> {
    let ancestors = || vec![Ancestor::At("till"), Ancestor::Here(CallId::first(9))];
    let metadata = || vec![("tenant", "acme"), ("", "")];
    let deadline = || Some(Duration::from_millis(1_500));
    let full = CallHeader {
        versions: Vec::new(),
        call: CallId::first(u32::MAX),
        name: "shop.add",
        signature: u64::MAX,
        to: Some("shopping service"),
        deadline: deadline(),
        trace: Some(trace()),
        metadata: metadata(),
        key: Some(u64::MAX),
        mode: Mode::Answered,
        within: Some(CallId {
            slot: 3,
            generation: 1,
        }),
        having: vec![("kind", "resizer"), ("zone", "a")],
    };
    let full_run = RunHeader {
        deadline: deadline(),
        trace: Some(trace()),
        metadata: metadata(),
        ancestors: ancestors(),
        ..run()
    };
    vec![
        golden(
            "call",
            Header::Call(call()),
            b"\x02\x04",
            "00 00 00 13 04 07 00 03 61 64 64 00 00 00 00 00 00 00 00 00 00 02 04",
        ),
        golden(
            "call by versions",
            Header::Call(CallHeader {
                versions: vec![7, 300],
                ..call()
            }),
            b"",
            "00 00 00 15 04 07 00 03 61 64 64 00 00 00 00 00 00 00 00 00 02 07 fb 2c 01",
        ),
        golden(
            "described run",
            Header::Run(RunHeader {
                described: true,
                ..run()
            }),
            b"",
            "00 00 00 14 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 00 00 00 00 00 01",
        ),
        golden(
            "call with a signature",
            Header::Call(CallHeader {
                signature: 258,
                ..call()
            }),
            b"",
            "00 00 00 13 04 07 00 03 61 64 64 fb 02 01 00 00 00 00 00 00 00 00 00",
        ),
        golden(
            "call to a process",
            Header::Call(CallHeader {
                to: Some("p"),
                ..call()
            }),
            b"",
            "00 00 00 13 04 07 00 03 61 64 64 00 01 01 70 00 00 00 00 00 00 00 00",
        ),
        golden(
            "call to whoever has an attribute",
            Header::Call(CallHeader {
                having: vec![("k", "v")],
                ..call()
            }),
            b"",
            "00 00 00 15 04 07 00 03 61 64 64 00 00 01 01 6b 01 76 00 00 00 00 00 00 00",
        ),
        golden(
            "call with a deadline",
            Header::Call(CallHeader {
                deadline: deadline(),
                ..call()
            }),
            b"",
            "00 00 00 17 04 07 00 03 61 64 64 00 00 00 01 01 fc 00 65 cd 1d 00 00 00 00 00 00",
        ),
        golden(
            "call in a trace",
            Header::Call(CallHeader {
                trace: Some(trace()),
                ..call()
            }),
            b"",
            "00 00 00 2a 04 07 00 03 61 64 64 00 00 00 00 01 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 01 00 00 00 00 00",
        ),
        golden(
            "call with metadata",
            Header::Call(CallHeader {
                metadata: metadata(),
                ..call()
            }),
            b"",
            "00 00 00 1f 04 07 00 03 61 64 64 00 00 00 00 00 02 06 74 65 6e 61 6e 74 04 61 63 6d 65 00 00 00 00 00 00",
        ),
        golden(
            "call with everything",
            Header::Call(full),
            b"\x02\x04",
            "00 00 00 81 04 fc ff ff ff ff 00 08 73 68 6f 70 2e 61 64 64 fd ff ff ff ff ff ff ff ff 01 10 73 68 6f 70 70 69 6e 67 20 73 65 72 76 69 63 65 02 04 6b 69 6e 64 07 72 65 73 69 7a 65 72 04 7a 6f 6e 65 01 61 01 01 fc 00 65 cd 1d 01 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 01 02 06 74 65 6e 61 6e 74 04 61 63 6d 65 00 00 01 fd ff ff ff ff ff ff ff ff 00 01 03 01 00 02 04",
        ),
        golden(
            "call with a key",
            Header::Call(CallHeader {
                key: Some(300),
                ..call()
            }),
            b"",
            "00 00 00 14 04 07 00 03 61 64 64 00 00 00 00 00 00 01 fb 2c 01 00 00 00",
        ),
        golden(
            "call within another",
            Header::Call(CallHeader {
                within: Some(CallId {
                    slot: 300,
                    generation: 2,
                }),
                ..call()
            }),
            b"",
            "00 00 00 15 04 07 00 03 61 64 64 00 00 00 00 00 00 00 00 01 fb 2c 01 02 00",
        ),
        golden(
            "call handed over",
            Header::Call(CallHeader {
                mode: Mode::HandedOver,
                ..call()
            }),
            b"",
            "00 00 00 11 04 07 00 03 61 64 64 00 00 00 00 00 00 00 01 00 00",
        ),
        golden(
            "broadcast",
            Header::Call(CallHeader {
                mode: Mode::Broadcast,
                ..call()
            }),
            b"",
            "00 00 00 11 04 07 00 03 61 64 64 00 00 00 00 00 00 00 02 00 00",
        ),
        golden(
            "call for each item of a stream",
            Header::Call(CallHeader {
                mode: Mode::Each,
                ..call()
            }),
            b"",
            "00 00 00 11 04 07 00 03 61 64 64 00 00 00 00 00 00 00 03 00 00",
        ),
        golden(
            "call handed over to all",
            Header::Call(CallHeader {
                mode: Mode::HandedToAll,
                ..call()
            }),
            b"",
            "00 00 00 11 04 07 00 03 61 64 64 00 00 00 00 00 00 00 04 00 00",
        ),
        golden(
            "call to those that are named",
            Header::CallTo {
                call: CallHeader {
                    mode: Mode::Broadcast,
                    ..call()
                },
                processes: vec!["ann", "bob"],
            },
            b"\x02",
            "00 00 00 1b 15 07 00 03 61 64 64 00 00 00 00 00 00 00 02 00 00 02 03 61 6e 6e 03 62 6f 62 02",
        ),
        golden(
            "run for each item of a stream",
            Header::RunEach(run()),
            b"",
            "00 00 00 14 14 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 00 00 00 00 00 00",
        ),
        golden(
            "run",
            Header::Run(run()),
            b"\x02\x04",
            "00 00 00 16 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 00 00 00 00 00 00 02 04",
        ),
        golden(
            "run with a deadline",
            Header::Run(RunHeader {
                deadline: deadline(),
                ..run()
            }),
            b"",
            "00 00 00 1a 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 00 01 01 fc 00 65 cd 1d 00 00 00 00",
        ),
        golden(
            "run in a trace",
            Header::Run(RunHeader {
                trace: Some(trace()),
                ..run()
            }),
            b"",
            "00 00 00 2d 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 00 00 01 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 01 00 00 00",
        ),
        golden(
            "run with metadata",
            Header::Run(RunHeader {
                metadata: metadata(),
                ..run()
            }),
            b"",
            "00 00 00 22 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 00 00 00 02 06 74 65 6e 61 6e 74 04 61 63 6d 65 00 00 00 00",
        ),
        golden(
            "run for which others wait",
            Header::Run(RunHeader {
                ancestors: ancestors(),
                ..run()
            }),
            b"",
            "00 00 00 1d 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 00 00 00 00 02 01 04 74 69 6c 6c 00 09 00 00",
        ),
        golden(
            "run with everything",
            Header::Run(full_run),
            b"\x02\x04",
            "00 00 00 4c 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 00 01 01 fc 00 65 cd 1d 01 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 01 02 06 74 65 6e 61 6e 74 04 61 63 6d 65 00 00 02 01 04 74 69 6c 6c 00 09 00 00 02 04",
        ),
        golden(
            "cancel",
            Header::Cancel {
                call: CallId::first(7),
            },
            b"",
            "00 00 00 03 07 07 00",
        ),
    ]
}

fn replies() -> Vec<Golden> {
    let value = Header::Reply {
        call: CallId::first(7),
        status: Status::Value,
    };
    let app = |causes, typed| Header::Reply {
        call: CallId::first(7),
        status: Status::App {
            message: "no",
            causes,
            typed,
        },
    };
    let mismatch = Failed::SignatureMismatch {
        offered: Box::new(Described::new(&signature())),
        others: Vec::new(),
    };
    vec![
        golden("value", value, b"\x06", "00 00 00 05 06 07 00 00 06"),
        golden(
            "error in words",
            app(vec!["why", "because"], Own::None),
            b"",
            "00 00 00 15 06 07 00 01 02 6e 6f 02 03 77 68 79 07 62 65 63 61 75 73 65 00",
        ),
        golden(
            "error in words and typed",
            app(vec![], Own::Payload),
            b"\x01",
            "00 00 00 0a 06 07 00 01 02 6e 6f 00 01 01",
        ),
        golden(
            "error that could not be sent itself",
            app(vec![], Own::Lost { reason: "why" }),
            b"",
            "00 00 00 0d 06 07 00 01 02 6e 6f 00 02 03 77 68 79",
        ),
        golden(
            "error itself that says what it is",
            app(vec![], Own::Explained),
            b"\x01",
            "00 00 00 0a 06 07 00 01 02 6e 6f 00 03 01",
        ),
        golden(
            "value that says itself what it is",
            Header::Reply {
                call: CallId::first(7),
                status: Status::Explained,
            },
            b"\x06",
            "00 00 00 05 06 07 00 03 06",
        ),
        golden(
            "nobody",
            failed(Failed::NoProvider(Absence::nobody())),
            b"",
            "00 00 00 07 06 07 00 02 00 00 00",
        ),
        golden(
            "nobody, and what may be meant",
            failed(Failed::NoProvider(Absence::misspelt("p"))),
            b"",
            "00 00 00 09 06 07 00 02 00 00 01 01 70",
        ),
        golden(
            "only the caller",
            failed(Failed::NoProvider(Absence::OnlyCaller)),
            b"",
            "00 00 00 06 06 07 00 02 00 01",
        ),
        golden(
            "process unknown",
            failed(Failed::NoProvider(Absence::ProcessUnknown)),
            b"",
            "00 00 00 06 06 07 00 02 00 02",
        ),
        golden(
            "not offered",
            failed(Failed::NoProvider(Absence::NotOffered)),
            b"",
            "00 00 00 06 06 07 00 02 00 03",
        ),
        golden(
            "nobody has what is wanted",
            failed(Failed::NoProvider(Absence::Lacking(Box::new(Lacking::new(
                vec![("k".to_owned(), "v".to_owned())],
                vec![("k".to_owned(), "w".to_owned())],
                Told::Some,
            ))))),
            b"",
            "00 00 00 11 06 07 00 02 00 04 01 01 6b 01 76 01 01 6b 01 77 01",
        ),
        golden(
            "provider lost",
            failed(Failed::ProviderLost {
                process: "p".to_owned(),
            }),
            b"",
            "00 00 00 07 06 07 00 02 01 01 70",
        ),
        golden(
            "timeout",
            failed(Failed::timeout(true)),
            b"",
            "00 00 00 07 06 07 00 02 02 00 01",
        ),
        golden(
            "timeout of the outer call",
            failed(Failed::Timeout {
                limit: TimeLimit::Inherited,
                may_have_run: false,
            }),
            b"",
            "00 00 00 07 06 07 00 02 02 01 00",
        ),
        golden(
            "timeout of the callback",
            failed(Failed::Timeout {
                limit: TimeLimit::Callback(Duration::from_millis(1200)),
                may_have_run: true,
            }),
            b"",
            "00 00 00 0d 06 07 00 02 02 02 01 fc 00 c2 eb 0b 01",
        ),
        golden(
            "recursive",
            failed(Failed::Recursive),
            b"",
            "00 00 00 05 06 07 00 02 0d",
        ),
        golden(
            "no thread",
            failed(Failed::NoThread { threads: 448 }),
            b"",
            "00 00 00 08 06 07 00 02 0e fb c0 01",
        ),
        golden(
            "unread",
            failed(Failed::Unread {
                bytes: 1 << 28,
                may_have_run: true,
            }),
            b"",
            "00 00 00 0b 06 07 00 02 11 fc 00 00 00 10 01",
        ),
        golden(
            "cancelled",
            failed(Failed::Cancelled { may_have_run: false }),
            b"",
            "00 00 00 06 06 07 00 02 03 00",
        ),
        golden(
            "overloaded",
            failed(Failed::Overloaded { may_have_run: true }),
            b"",
            "00 00 00 06 06 07 00 02 04 01",
        ),
        golden(
            "panicked",
            failed(Failed::panicked("oh".to_owned())),
            b"",
            "00 00 00 09 06 07 00 02 05 02 6f 68 00",
        ),
        golden(
            "panicked at a place",
            failed(Failed::Panicked {
                message: "oh".to_owned(),
                place: Some("a.rs:1".to_owned()),
            }),
            b"",
            "00 00 00 10 06 07 00 02 05 02 6f 68 01 06 61 2e 72 73 3a 31",
        ),
        golden(
            "signature mismatch",
            failed(mismatch),
            b"",
            "00 00 00 25 06 07 00 02 06 fd 2d 1f 81 a3 08 fd 6d 3a fd 2d 1f 81 a3 08 fd 6d 3a 00 00 09 01 01 01 61 01 06 01 06 00 00 00",
        ),
        golden(
            "denied",
            failed(Failed::Denied {
                reason: "no".to_owned(),
                may_have_run: false,
            }),
            b"",
            "00 00 00 09 06 07 00 02 07 02 6e 6f 00",
        ),
        golden(
            "too large",
            failed(Failed::TooLarge {
                size: 70_000,
                limit: 65_536,
                may_have_run: true,
            }),
            b"",
            "00 00 00 10 06 07 00 02 08 fc 70 11 01 00 fc 00 00 01 00 01",
        ),
        golden(
            "item too large",
            failed(Failed::ItemTooLarge {
                size: 70_000,
                limit: 65_536,
            }),
            b"",
            "00 00 00 0f 06 07 00 02 0f fc 70 11 01 00 fc 00 00 01 00",
        ),
        golden(
            "over quota",
            failed(Failed::OverQuota(Exceeded::new(
                Measure::CallsPerSecond,
                QuotaOf::Identity,
                5000,
                Some(Duration::from_millis(12)),
            ))),
            b"",
            "00 00 00 12 06 07 00 02 10 04 01 fb 88 13 01 00 fc 00 1b b7 00 00",
        ),
        golden(
            "decode",
            failed(Failed::Decode {
                message: "no".to_owned(),
            }),
            b"",
            "00 00 00 08 06 07 00 02 09 02 6e 6f",
        ),
        golden(
            "encode",
            failed(Failed::Encode {
                message: "no".to_owned(),
            }),
            b"",
            "00 00 00 08 06 07 00 02 0a 02 6e 6f",
        ),
        golden(
            "disconnected",
            failed(Failed::Disconnected { may_have_run: false }),
            b"",
            "00 00 00 06 06 07 00 02 0b 00",
        ),
        golden(
            "invalid",
            failed(Failed::Invalid {
                reason: "no".to_owned(),
            }),
            b"",
            "00 00 00 08 06 07 00 02 0c 02 6e 6f",
        ),
    ]
}

fn the_rest() -> Vec<Golden> {
    let query = |query| Header::Query {
        call: CallId::first(7),
        query,
    };
    vec![
        golden(
            "heartbeat",
            Header::Heartbeat { received: 251 },
            b"",
            "00 00 00 04 03 fb fb 00",
        ),
        golden(
            "offer",
            Header::Offer {
                call: CallId::first(7),
                ready: true,
            },
            b"\x00",
            "00 00 00 05 08 07 00 01 00",
        ),
        golden(
            "withdraw",
            Header::Withdraw {
                call: CallId::first(7),
            },
            b"\x01\x02",
            "00 00 00 05 09 07 00 01 02",
        ),
        golden(
            "query: wait for a process",
            query(Query::WaitProcess("shop")),
            b"",
            "00 00 00 09 0a 07 00 00 04 73 68 6f 70",
        ),
        golden(
            "query: wait for a function",
            query(Query::WaitFunction {
                name: "add",
                process: None,
                having: Vec::new(),
            }),
            b"",
            "00 00 00 0a 0a 07 00 01 03 61 64 64 00 00",
        ),
        golden(
            "query: wait for the function of a process",
            query(Query::WaitFunction {
                name: "add",
                process: Some("shop"),
                having: Vec::new(),
            }),
            b"",
            "00 00 00 0f 0a 07 00 01 03 61 64 64 01 04 73 68 6f 70 00",
        ),
        golden(
            "query: wait for the function of whoever has attributes",
            query(Query::WaitFunction {
                name: "add",
                process: None,
                having: vec![("k", ""), ("k", "v")],
            }),
            b"",
            "00 00 00 11 0a 07 00 01 03 61 64 64 00 02 01 6b 00 01 6b 01 76",
        ),
        golden(
            "query: processes",
            query(Query::Processes),
            b"",
            "00 00 00 04 0a 07 00 02",
        ),
        golden(
            "query: callbacks",
            query(Query::Callbacks),
            b"",
            "00 00 00 04 0a 07 00 03",
        ),
        golden(
            "query: presence",
            query(Query::Presence),
            b"",
            "00 00 00 04 0a 07 00 04",
        ),
        golden(
            "roster",
            Header::Roster {
                call: CallId::first(7),
            },
            b"\x01\x01p",
            "00 00 00 06 0c 07 00 01 01 70",
        ),
        golden(
            "part: value",
            Header::Part {
                call: CallId::first(7),
                index: 251,
                status: Status::Value,
            },
            b"\x06",
            "00 00 00 08 0d 07 00 fb fb 00 00 06",
        ),
        golden(
            "part: provider lost",
            Header::Part {
                call: CallId::first(7),
                index: 0,
                status: Status::Failed(Failed::ProviderLost {
                    process: "p".to_owned(),
                }),
            },
            b"",
            "00 00 00 08 0d 07 00 00 02 01 01 70",
        ),
        golden(
            "happened",
            Header::Happened {
                call: CallId::first(7),
            },
            b"\x00",
            "00 00 00 04 0e 07 00 00",
        ),
        golden(
            "opened",
            Header::Opened {
                call: CallId::first(7),
                index: 2,
            },
            b"",
            "00 00 00 04 0f 07 00 02",
        ),
        golden(
            "items of a result",
            Header::Items {
                call: CallId::first(7),
                stream: StreamId::Result(0),
                items: 3,
                explained: false,
            },
            b"\x01\x02\x03",
            "00 00 00 0a 10 07 00 00 00 03 00 01 02 03",
        ),
        golden(
            "items of a result that say themselves what they are",
            Header::Items {
                call: CallId::first(7),
                stream: StreamId::Result(0),
                items: 1,
                explained: true,
            },
            b"\x03\x81\xa1\x61",
            "00 00 00 0b 10 07 00 00 00 01 01 03 81 a1 61",
        ),
        golden(
            "a part of an item",
            Header::Items {
                call: CallId::first(7),
                stream: StreamId::Result(0),
                items: 0,
                explained: false,
            },
            b"\x01\x02",
            "00 00 00 09 10 07 00 00 00 00 00 01 02",
        ),
        golden(
            "a close of one of a broadcast",
            Header::Close {
                call: CallId::first(7),
                stream: StreamId::ArgumentOf { part: 2, index: 1 },
                status: Status::Value,
            },
            b"",
            "00 00 00 07 11 07 00 02 02 01 00",
        ),
        golden(
            "items of an argument",
            Header::Items {
                call: CallId::first(7),
                stream: StreamId::Argument(1),
                items: 1,
                explained: false,
            },
            b"\x01",
            "00 00 00 08 10 07 00 01 01 01 00 01",
        ),
        golden(
            "done",
            Header::Done {
                call: CallId::first(7),
                items: 300,
            },
            b"",
            "00 00 00 06 16 07 00 fb 2c 01",
        ),
        golden(
            "cancel part",
            Header::CancelPart {
                call: CallId::first(7),
                index: 2,
            },
            b"",
            "00 00 00 04 17 07 00 02",
        ),
        golden(
            "close",
            Header::Close {
                call: CallId::first(7),
                stream: StreamId::Argument(1),
                status: Status::Value,
            },
            b"",
            "00 00 00 06 11 07 00 01 01 00",
        ),
        golden(
            "close: encode",
            Header::Close {
                call: CallId::first(7),
                stream: StreamId::Argument(0),
                status: Status::Failed(Failed::Encode {
                    message: "no".to_owned(),
                }),
            },
            b"",
            "00 00 00 0a 11 07 00 01 00 02 0a 02 6e 6f",
        ),
        golden(
            "credit",
            Header::Credit {
                call: CallId::first(7),
                stream: StreamId::Result(0),
                items: 65_536,
                bytes: 4_194_304,
            },
            b"",
            "00 00 00 0f 12 07 00 00 00 fc 00 00 01 00 fc 00 00 40 00",
        ),
        golden(
            "stop",
            Header::Stop {
                call: CallId::first(7),
                stream: StreamId::Argument(1),
            },
            b"",
            "00 00 00 05 13 07 00 01 01",
        ),
        golden("goodbye", Header::Goodbye, b"", "00 00 00 01 0b"),
        golden("finished", Header::Finished, b"", "00 00 00 01 1e"),
        golden(
            "stopping",
            Header::Stopping {
                within: Duration::from_secs(10),
            },
            b"",
            "00 00 00 03 22 0a 00",
        ),
        golden(
            "early reply",
            Header::EarlyReply {
                call: CallId::first(7),
                status: Status::Value,
            },
            b"\x01",
            "00 00 00 05 1f 07 00 00 01",
        ),
        golden(
            "waits",
            Header::Waits {
                call: CallId::first(7),
            },
            b"",
            "00 00 00 03 23 07 00",
        ),
        golden(
            "versions",
            Header::Versions { name: "add" },
            b"\x00",
            "00 00 00 06 24 03 61 64 64 00",
        ),
    ]
}

fn in_pieces() -> Vec<Golden> {
    let large = |frame| Header::Large {
        bytes: 1_000_000,
        frame,
    };
    let piece = |of| Header::Piece {
        call: CallId::first(7),
        of,
    };
    vec![
        golden(
            "large: call",
            large(Large::Call(call())),
            b"",
            "00 00 00 17 1a fc 40 42 0f 00 00 07 00 03 61 64 64 00 00 00 00 00 00 00 00 00 00",
        ),
        golden(
            "large: call to some",
            large(Large::CallTo {
                call: CallHeader {
                    mode: Mode::Broadcast,
                    ..call()
                },
                processes: vec!["p"],
            }),
            b"",
            "00 00 00 1a 1a fc 40 42 0f 00 01 07 00 03 61 64 64 00 00 00 00 00 00 00 02 00 00 01 01 70",
        ),
        golden(
            "large: run",
            large(Large::Run(RunHeader {
                described: false,
                call: CallId::first(300),
                callback: CallbackId(2),
                caller: "p",
                identity: Who::Nobody,
                deadline: None,
                trace: None,
                metadata: Vec::new(),
                ancestors: Vec::new(),
            })),
            b"",
            "00 00 00 14 1a fc 40 42 0f 00 02 fb 2c 01 00 02 01 70 00 00 00 00 00 00",
        ),
        golden(
            "large: reply",
            large(Large::Reply {
                call: CallId::first(7),
                status: Status::Value,
            }),
            b"",
            "00 00 00 0a 1a fc 40 42 0f 00 03 07 00 00",
        ),
        golden(
            "large: part",
            large(Large::Part {
                call: CallId::first(7),
                index: 2,
                status: Status::Value,
            }),
            b"",
            "00 00 00 0b 1a fc 40 42 0f 00 04 07 00 02 00",
        ),
        golden(
            "piece of arguments",
            piece(PieceOf::Arguments),
            b"\x01\x02",
            "00 00 00 06 1b 07 00 00 01 02",
        ),
        golden(
            "piece of a result",
            piece(PieceOf::Result(2)),
            b"\x01\x02",
            "00 00 00 07 1b 07 00 01 02 01 02",
        ),
    ]
}

fn of_schedules() -> Vec<Golden> {
    let query = |query| Header::Query {
        call: CallId::first(7),
        query,
    };
    vec![
        golden(
            "schedule",
            Header::Schedule {
                call: call(),
                instead_of: None,
            },
            b"\x01\x02",
            "00 00 00 14 20 07 00 03 61 64 64 00 00 00 00 00 00 00 00 00 00 00 01 02",
        ),
        golden(
            "schedule instead of another",
            Header::Schedule {
                call: call(),
                instead_of: Some(TaskId(0x0102_0304_0506_0708)),
            },
            b"",
            "00 00 00 1b 20 07 00 03 61 64 64 00 00 00 00 00 00 00 00 00 00 01 fd 08 07 06 05 04 03 02 01",
        ),
        golden(
            "ticked",
            Header::Ticked {
                call: CallId::first(7),
            },
            b"\x00",
            "00 00 00 04 21 07 00 00",
        ),
        golden(
            "query: schedules",
            query(Query::Tasks {
                process: Some("p"),
                callback: None,
                from: TaskId(9),
            }),
            b"",
            "00 00 00 09 0a 07 00 05 01 01 70 00 09",
        ),
        golden(
            "query: a schedule",
            query(Query::Task(TaskId(1))),
            b"",
            "00 00 00 05 0a 07 00 06 01",
        ),
        golden(
            "query: change a schedule",
            query(Query::ChangeTask(TaskId(1), TaskChange::Trigger)),
            b"",
            "00 00 00 06 0a 07 00 07 01 03",
        ),
        golden(
            "query: ticks",
            query(Query::Ticks(TaskId(1))),
            b"",
            "00 00 00 05 0a 07 00 08 01",
        ),
        golden(
            "query: describe",
            query(Query::Describe("add")),
            b"",
            "00 00 00 08 0a 07 00 09 03 61 64 64",
        ),
    ]
}

/// What else an enum in a header can be.
fn other_variants() -> Vec<Golden> {
    let refused = |name, refusal, bytes| golden(name, Header::Refused(refusal), b"", bytes);
    let over = |measure| Refusal::OverQuota(Exceeded::new(measure, QuotaOf::Identity, 16, None));
    let lacking = |told| {
        let pair = |value: &str| vec![("k".to_owned(), value.to_owned())];
        let lacking = Lacking::new(pair("v"), pair("w"), told);
        failed(Failed::NoProvider(Absence::Lacking(Box::new(lacking))))
    };
    let run_for = |identity| Header::Run(RunHeader { identity, ..run() });
    let change = |change| Header::Query {
        call: CallId::first(7),
        query: Query::ChangeTask(TaskId(1), change),
    };
    vec![
        refused(
            "over quota: calls",
            over(Measure::Calls),
            "00 00 00 07 02 0d 01 01 10 00 00",
        ),
        refused(
            "over quota: streams",
            over(Measure::Streams),
            "00 00 00 07 02 0d 02 01 10 00 00",
        ),
        refused(
            "over quota: callbacks",
            over(Measure::Callbacks),
            "00 00 00 07 02 0d 03 01 10 00 00",
        ),
        refused(
            "over quota: bytes of a frame",
            over(Measure::FrameBytes),
            "00 00 00 07 02 0d 07 01 10 00 00",
        ),
        refused(
            "refused: unknown token",
            Refusal::Unknown {
                method: Method::Token,
            },
            "00 00 00 03 02 0a 00",
        ),
        refused(
            "not resumed: unknown",
            Refusal::NotResumed(NotResumed::Unknown),
            "00 00 00 03 02 0f 00",
        ),
        refused(
            "not resumed: too late",
            Refusal::NotResumed(NotResumed::TooLate),
            "00 00 00 03 02 0f 01",
        ),
        refused(
            "not resumed: not yours",
            Refusal::NotResumed(NotResumed::NotYours),
            "00 00 00 03 02 0f 02",
        ),
        refused(
            "not resumed: wrong proof",
            Refusal::NotResumed(NotResumed::WrongProof),
            "00 00 00 03 02 0f 03",
        ),
        refused(
            "not resumed: old secret",
            Refusal::NotResumed(NotResumed::OldSecret),
            "00 00 00 03 02 0f 04",
        ),
        refused(
            "not resumed: count",
            Refusal::NotResumed(NotResumed::Count),
            "00 00 00 03 02 0f 05",
        ),
        golden(
            "cancel a schedule",
            change(TaskChange::Cancel),
            b"",
            "00 00 00 06 0a 07 00 07 01 00",
        ),
        golden(
            "pause a schedule",
            change(TaskChange::Pause),
            b"",
            "00 00 00 06 0a 07 00 07 01 01",
        ),
        golden(
            "resume a schedule",
            change(TaskChange::Resume),
            b"",
            "00 00 00 06 0a 07 00 07 01 02",
        ),
        golden(
            "timeout of a silent stream",
            failed(Failed::Timeout {
                limit: TimeLimit::Idle(Duration::from_millis(1200)),
                may_have_run: true,
            }),
            b"",
            "00 00 00 0d 06 07 00 02 02 03 01 fc 00 c2 eb 0b 01",
        ),
        golden(
            "nobody has what is wanted, and all is told",
            lacking(Told::All),
            b"",
            "00 00 00 11 06 07 00 02 00 04 01 01 6b 01 76 01 01 6b 01 77 00",
        ),
        golden(
            "nobody has what is wanted, and nothing is told",
            lacking(Told::Nothing),
            b"",
            "00 00 00 11 06 07 00 02 00 04 01 01 6b 01 76 01 01 6b 01 77 02",
        ),
        golden(
            "run for a user",
            run_for(Who::User(1000)),
            b"",
            "00 00 00 17 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 01 fb e8 03 00 00 00 00 00",
        ),
        golden(
            "run for who has a token",
            run_for(Who::Token("t")),
            b"",
            "00 00 00 16 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 02 01 74 00 00 00 00 00",
        ),
        golden(
            "run for who has a key",
            run_for(Who::Key("t")),
            b"",
            "00 00 00 16 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 03 01 74 00 00 00 00 00",
        ),
        golden(
            "run for who has a certificate",
            run_for(Who::Certificate("t")),
            b"",
            "00 00 00 16 05 fb 2c 01 00 02 07 73 68 6f 70 70 65 72 04 01 74 00 00 00 00 00",
        ),
    ]
}

/// Every frame there is, and each of their options.
pub(super) fn all() -> Vec<Golden> {
    [
        handshakes(),
        calls(),
        replies(),
        the_rest(),
        in_pieces(),
        of_schedules(),
        other_variants(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_frame_has_exactly_these_bytes() {
    for Golden {
        name,
        header,
        payload,
        bytes,
    } in all()
    {
        let mut encoded = Vec::new();
        append(
            &mut encoded,
            &header,
            payload.len(),
            Framing::newest(usize::MAX >> 1),
        )
        .unwrap();
        encoded.extend_from_slice(&payload);
        assert_eq!(hex(&encoded), bytes, "{name}");
    }
}

#[test]
fn these_bytes_are_every_frame() {
    for Golden {
        name,
        header,
        payload,
        bytes,
    } in all()
    {
        let bytes = Bytes::from(unhex(bytes));
        let length = u32::from_be_bytes(bytes[..LENGTH_BYTES].try_into().unwrap());
        assert_eq!(length as usize, bytes.len() - LENGTH_BYTES, "{name}");
        let frame = Frame::joined(bytes.slice(LENGTH_BYTES..));
        let (decoded, rest) = frame.decode().unwrap();
        assert_eq!((decoded, rest), (header, payload), "{name}");
    }
}

/// A new variant of anything in a header would make one of these decode, and needs bytes above.
#[test]
fn there_are_no_frames_but_these() {
    for beyond in [
        "25",                                  // a header
        "02 12",                               // a refusal
        "02 0f 09",                            // a reason not to go on with a session
        "06 07 00 04",                         // a status
        "06 07 00 02 12",                      // a way to fail
        "06 07 00 02 10 08",                   // a measure
        "06 07 00 02 10 00 03",                // whose a quota is
        "06 07 00 02 00 05",                   // why nobody is there
        "06 07 00 02 00 04 00 00 03",          // how much is told
        "0a 07 00 0a",                         // a query
        "0a 07 00 07 01 04",                   // a change of a schedule
        "10 07 00 03",                         // a stream
        "04 00 00 00 00 00 00 00 00 00 00 05", // a way to call
        "05 07 00 01 00 00 00 00 00 01 02",    // a call that waits
        "05 07 00 01 00 05",                   // a way to know who somebody is
        "1a 00 05",                            // a frame whose payload is large
        "1b 07 00 02",                         // a piece
    ] {
        // Zeros follow, so that it does not fail for being too short.
        let mut bytes = unhex(beyond);
        bytes.resize(100, 0);
        let error = Frame::joined(bytes.into()).decode().unwrap_err().to_string();
        assert!(error.contains("variant index"), "{beyond}: {error}");
        // What comes before it is there.
        let mut bytes = unhex(beyond);
        *bytes.last_mut().unwrap() -= 1;
        bytes.resize(100, 0);
        assert!(Frame::joined(bytes.into()).decode().is_ok(), "before {beyond}");
    }
}

#[test]
fn greetings_and_heartbeats_have_no_number_and_all_else_has() {
    let unnumbered: Vec<_> = all()
        .into_iter()
        .filter(|golden| !golden.header.is_numbered() && !matches!(golden.header, Header::Refused(_)))
        .map(|golden| golden.name)
        .collect();
    let handshakes = handshakes();
    let refused = |golden: &&Golden| matches!(golden.header, Header::Refused(_));
    assert!(
        !handshakes
            .iter()
            .filter(refused)
            .any(|golden| golden.header.is_numbered())
    );
    let greetings = handshakes.iter().filter(|golden| !refused(golden));
    let mut expected: Vec<_> = greetings.map(|golden| golden.name).collect();
    expected.push("heartbeat");
    assert_eq!(unnumbered, expected);
}

/// The payloads that the protocol itself defines.
#[test]
fn every_payload_has_exactly_these_bytes() {
    #[track_caller]
    fn check<T>(value: &T, bytes: &str)
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + core::fmt::Debug,
    {
        assert_eq!(hex(&encode(value).unwrap()), bytes);
        assert_eq!(decode_guarded::<T>(&unhex(bytes)).unwrap(), *value);
    }

    let offered = Offered {
        callback: CallbackId(2),
        name: "add".to_owned(),
        docs: "Adds.".to_owned(),
        signature: Described::new(&signature()),
        concurrency: Some(8),
        concurrency_per_caller: Some(2),
        queue: 1000,
        balance: Balance::LessLoaded,
    };
    let unlimited = Offered {
        docs: String::new(),
        concurrency: None,
        concurrency_per_caller: None,
        queue: 0,
        balance: Balance::RoundRobin,
        ..offered.clone()
    };
    check(
        &vec![offered.clone(), unlimited],
        "02 02 03 61 64 64 05 41 64 64 73 2e fd 2d 1f 81 a3 08 fd 6d 3a fd 2d 1f 81 a3 08 fd 6d 3a 00 00 09 01 01 01 61 01 06 01 06 00 00 01 08 01 02 fb e8 03 00 02 03 61 64 64 00 fd 2d 1f 81 a3 08 fd 6d 3a fd 2d 1f 81 a3 08 fd 6d 3a 00 00 09 01 01 01 61 01 06 01 06 00 00 00 00 00 01",
    );
    check(&vec![CallbackId(2), CallbackId(300)], "02 02 fb 2c 01");
    check(
        &vec![ProcessEntry {
            name: "shop".to_owned(),
            pid: 4711,
            callbacks: 3,
            identity: Who::Nobody,
            attributes: said(),
        }],
        "01 04 73 68 6f 70 fb 67 12 03 00 02 04 6b 69 6e 64 07 72 65 73 69 7a 65 72 04 7a 6f 6e 65 00",
    );
    check(
        &vec![CallbackEntry::new(&offered, vec!["shop".to_owned()])],
        "01 03 61 64 64 fd 2d 1f 81 a3 08 fd 6d 3a fd 2d 1f 81 a3 08 fd 6d 3a 00 00 09 01 01 01 61 01 06 01 06 00 00 05 41 64 64 73 2e 01 08 01 02 01 04 73 68 6f 70 00",
    );
    let version = OfferedVersion {
        signature: offered.signature.clone(),
        docs: offered.docs.clone(),
        concurrency: offered.concurrency,
        concurrency_per_caller: offered.concurrency_per_caller,
        queue: offered.queue,
        balance: offered.balance,
        count: 1,
        providers: vec![OfferedBy {
            name: "shop".to_owned(),
            attributes: said(),
        }],
    };
    check(
        &CallbackOffers {
            versions: vec![version],
            more: 2,
        },
        "01 fd 2d 1f 81 a3 08 fd 6d 3a fd 2d 1f 81 a3 08 fd 6d 3a 00 00 09 01 01 01 61 01 06 01 06 00 00 05 41 64 64 73 2e 01 08 01 02 fb e8 03 00 01 01 04 73 68 6f 70 02 04 6b 69 6e 64 07 72 65 73 69 7a 65 72 04 7a 6f 6e 65 00 02",
    );
}

/// What a call for each item of a stream sends, and is answered with.
#[test]
fn every_tally_has_exactly_these_bytes() {
    let mut items = Items::default();
    encode_arguments(&(1u8, "two"), &Form::unknown(), &mut items).unwrap();
    encode_arguments(&("x".repeat(300),), &Form::unknown(), &mut items).unwrap();
    let items = items.take().bytes;
    assert_eq!(hex(&items[..12]), "05 01 03 74 77 6f fb 2f 01 fb 2c 01");
    let (first, used) = decode_arguments(&items).unwrap();
    assert_eq!((hex(&first), used), ("01 03 74 77 6f".to_owned(), 6));
    let (second, rest) = decode_arguments(&items[used..]).unwrap();
    assert_eq!((second.len(), used + rest), (303, items.len()));
    assert!(decode_arguments(&items[used..items.len() - 1]).is_err());

    let typed = Failure::app(
        RemoteError::new("no", vec!["milk".to_owned()]),
        Some(unhex("02 04").into()),
    );
    for (stopped, bytes) in [
        (None, "fb 2c 01 00 00"),
        (Some(typed), "fb 2c 01 01 02 6e 6f 01 04 6d 69 6c 6b 01 02 02 04"),
        (Some(Failed::timeout(true).into()), "fb 2c 01 02 02 00 01 00"),
    ] {
        let tally = Tally { done: 300, stopped };
        assert_eq!(hex(&tally.clone().encode().unwrap()), bytes);
        assert_eq!(Tally::decode(&unhex(bytes)).unwrap(), tally);
    }
    assert!(Tally::decode(&unhex("01 03")).is_err());
}

/// The payloads that tell what happened.
#[test]
fn every_event_has_exactly_these_bytes() {
    let process = || "shop".to_owned();
    let callback = || "add".to_owned();
    let events = vec![
        Change::Joined {
            process: process(),
            identity: Who::Token("one".to_owned()),
            attributes: said(),
        },
        Change::Left {
            process: process(),
            reason: Parting::Stopped,
        },
        Change::Left {
            process: process(),
            reason: Parting::Lost,
        },
        Change::Offered {
            process: process(),
            callback: callback(),
        },
        Change::Withdrawn {
            process: process(),
            callback: callback(),
        },
        Change::Away { process: process() },
        Change::Back { process: process() },
    ];
    assert_eq!(
        hex(&encode(&events).unwrap()),
        "07 00 04 73 68 6f 70 02 03 6f 6e 65 02 04 6b 69 6e 64 07 72 65 73 69 7a 65 72 04 7a 6f 6e 65 00 01 04 73 68 6f 70 00 01 04 73 68 6f 70 01 02 04 73 68 6f 70 03 61 64 64 03 04 73 68 6f 70 03 61 64 64 04 04 73 68 6f 70 05 04 73 68 6f 70"
    );
    assert_eq!(
        decode_guarded::<Vec<Change>>(&encode(&events).unwrap()).unwrap(),
        events
    );
    for beyond in [Balance::LessLoaded, Balance::RoundRobin, Balance::Random] {
        assert_eq!(
            decode_guarded::<Balance>(&encode(&beyond).unwrap()).unwrap(),
            beyond
        );
    }
    assert!(decode_guarded::<Balance>(&[3]).is_err());
}

#[test]
fn what_a_schedule_is_told_of_has_exactly_these_bytes() {
    let plan = Plan {
        name: Some("n".to_owned()),
        overlap: Overlap::BufferAll,
        limit: Some(3),
        ..Plan::new(When::Every {
            interval: Duration::from_secs(5),
            phase: None,
        })
    };
    let cron = When::Cron {
        line: "* * * * *".to_owned(),
        zone: "UTC".to_owned(),
    };
    let failed = |error| TickOutcome::Failed {
        error,
        took: Duration::ZERO,
    };
    let tick = |outcome| Tick {
        due: Time(1),
        count: 1,
        triggered: false,
        outcome,
    };
    let parts = TickError::Parts {
        failed: 1,
        of: 2,
        process: "p".to_owned(),
        error: Box::new(TickError::SignatureMismatch),
    };
    let rows: Vec<(Bytes, &str)> = vec![
        (
            encode(&plan).unwrap(),
            "01 01 6e 00 05 00 00 02 3c 00 00 00 00 00 01 03 00 00 00",
        ),
        (
            encode(&When::At(vec![Time(1), Time(300)])).unwrap(),
            "01 02 01 fb 2c 01",
        ),
        (
            encode(&cron).unwrap(),
            "02 09 2a 20 2a 20 2a 20 2a 20 2a 03 55 54 43",
        ),
        (
            encode(&tick(TickOutcome::Ok { took: Duration::ZERO })).unwrap(),
            "01 01 00 00 00 00",
        ),
        (
            encode(&tick(failed(TickError::App("no".to_owned())))).unwrap(),
            "01 01 00 01 00 02 6e 6f 00 00",
        ),
        (
            encode(&tick(failed(parts))).unwrap(),
            "01 01 00 01 03 01 02 01 70 01 00 00",
        ),
        (
            encode(&tick(TickOutcome::Skipped(Skipped::Ended))).unwrap(),
            "01 01 00 02 04",
        ),
        (
            encode(&tick(TickOutcome::Missed(Missed::NoProvider))).unwrap(),
            "01 01 00 03 02",
        ),
        (encode(&tick(TickOutcome::Unknown)).unwrap(), "01 01 00 04"),
        (
            encode(&(plan.clone(), None::<Described>)).unwrap(),
            "01 01 6e 00 05 00 00 02 3c 00 00 00 00 00 01 03 00 00 00 00",
        ),
        (
            encode(&TaskPage {
                entries: Vec::new(),
                next: Some(TaskId(3)),
            })
            .unwrap(),
            "00 01 03",
        ),
        (encode(&TaskState::Paused { by_failure: true }).unwrap(), "01 01"),
    ];
    for (encoded, bytes) in rows {
        assert_eq!(hex(&encoded), bytes);
    }
}

/// `docs/protocol.md` explains these frames byte by byte, and names every frame by its number.
#[test]
fn the_documentation_shows_these_bytes() {
    let page = include_str!("../../../../docs/protocol.md");
    for Golden { name, bytes, .. } in all() {
        if ["call", "run", "value"].contains(&name) {
            assert!(page.contains(&format!("\n{bytes}\n")), "{name}: {bytes}");
        }
    }
    let frames = [
        "Hello",
        "Welcome",
        "Refused",
        "Heartbeat",
        "Call",
        "Run",
        "Reply",
        "Cancel",
        "Offer",
        "Withdraw",
        "Query",
        "Goodbye",
        "Roster",
        "Part",
        "Happened",
        "Opened",
        "Items",
        "Close",
        "Credit",
        "Stop",
        "RunEach",
        "CallTo",
        "Done",
        "CancelPart",
        "Challenge",
        "Proof",
        "Large",
        "Piece",
        "Resuming",
        "Resumes",
        "Finished",
        "EarlyReply",
        "Schedule",
        "Ticked",
        "Stopping",
        "Waits",
        "Versions",
    ];
    let next = u8::try_from(frames.len()).unwrap();
    let error = decode::<Header<'_>>(&[next]).unwrap_err().to_string();
    assert!(
        error.contains("variant"),
        "there is a frame that is not on the list: {error}"
    );
    for (number, frame) in frames.into_iter().enumerate() {
        assert!(
            page.contains(&format!(
                "| `{number:02x}` | [`{frame}`](#{}) |",
                frame.to_lowercase()
            )),
            "{frame}"
        );
        assert!(page.contains(&format!("\n### {frame}\n")), "{frame}");
        let shown = |golden: &Golden| {
            format!("{:?}", golden.header).starts_with(frame) && usize::from(unhex(golden.bytes)[4]) == number
        };
        assert!(all().iter().any(shown), "{frame}");
    }
}
