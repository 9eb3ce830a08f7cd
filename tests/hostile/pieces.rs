//! Payloads in pieces that do not come, come in crumbs, or are more than was said.

use daffi_core::proto::{CallHeader, CallId, Extensions, Header, Hello, Large, Mode, PieceOf, Status};

use crate::frames::{Frames, call, made, offered};
use crate::peer::{Counts, Peer};
use crate::stage::{Stage, Transport};

const MEGABYTE: u64 = 1 << 20;

fn begin(number: u32, mode: Mode, bytes: u64) -> Header<'static> {
    let Header::Call(call) = made(number, "f", mode) else {
        panic!("it is a call")
    };
    let frame = Large::Call(call);
    Header::Large { bytes, frame }
}

fn piece(number: u32) -> Header<'static> {
    Header::Piece {
        call: CallId::first(number),
        of: PieceOf::Arguments,
    }
}

fn result(call: CallId, bytes: u64) -> Header<'static> {
    let status = Status::Value;
    let frame = Large::Reply { call, status };
    Header::Large { bytes, frame }
}

/// After a greeting, each of these ends its connection.
fn faults() -> Vec<(&'static str, Frames)> {
    let call_of = |number| match made(number, "nobody offers this", Mode::Broadcast) {
        Header::Call(call) => call,
        other => panic!("{other:?}"),
    };
    let to_some = Large::CallTo {
        call: CallHeader {
            mode: Mode::Answered,
            ..call_of(1)
        },
        processes: vec!["bystander"],
    };
    vec![
        (
            "nothing declared",
            Frames::new().with(&begin(0, Mode::Answered, 0)),
        ),
        (
            "more declared than a frame has",
            Frames::new().with(&begin(0, Mode::Answered, 1 << 40)),
        ),
        (
            "the most there is",
            Frames::new().with(&begin(0, Mode::Broadcast, u64::MAX)),
        ),
        (
            "arguments beside those of a stream",
            Frames::new().with(&begin(0, Mode::Each, 1)),
        ),
        (
            "more than was declared",
            Frames::new()
                .with(&begin(0, Mode::Broadcast, 3))
                .carrying(&piece(0), b"four"),
        ),
        (
            "a piece of nothing",
            Frames::new().with(&begin(0, Mode::Broadcast, 3)).with(&piece(0)),
        ),
        (
            "a call between the pieces of one to many",
            Frames::new()
                .with(&begin(0, Mode::Broadcast, 3))
                .with(&call(1, "f")),
        ),
        (
            "two calls to many at once",
            Frames::new()
                .with(&begin(0, Mode::Broadcast, 3))
                .with(&begin(1, Mode::Broadcast, 3)),
        ),
        (
            "a result of nothing",
            Frames::new().with(&result(CallId::first(0), 3)),
        ),
        (
            "a call to some that asks one",
            Frames::new()
                .with(&Header::Large {
                    bytes: 1,
                    frame: to_some,
                })
                .carrying(&piece(1), b"a"),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_that_no_node_sends_end_their_own_connection_and_no_other() {
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    for (what, frames) in faults() {
        let mut peer = Peer::join(&stage, what, &[]).await;
        peer.send(frames).await;
        peer.closed().await;
    }
    bystanders.end().await;
}

/// What is declared counts, so few of them are taken; what is taken has no bytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_begun_and_do_not_go_on_take_no_memory_and_nobody_elses_place() {
    const CALLS: u32 = 20_000;
    let stage = Stage::new(Transport::Unix);
    let mut bystanders = stage.bystanders().await;
    let extensions = Extensions::default()
        .with(Extensions::RUN_BYTES, &(64 * MEGABYTE))
        .unwrap();
    let hello = Hello {
        extensions,
        ..Hello::new("provider", 1, 1)
    };
    let mut provider = Peer::greet_as(&stage, hello).await;
    provider
        .send(Frames::new().offer(0, true, [offered(0, "f")]))
        .await;
    assert_eq!(provider.reply().await, "value");

    let mut flooding = Peer::join(&stage, "floods", &[]).await;
    let before = stage.memory();
    let frames = (0..CALLS).fold(Frames::new(), |frames, number| {
        frames.with(&begin(number, Mode::Answered, MEGABYTE))
    });
    // One alone gets four fifths of what the provider holds.
    let taken = 52;
    let refused = CALLS as usize - taken;
    assert_eq!(
        flooding.ask(frames, refused).await,
        Counts::from([("overloaded", refused)])
    );
    stage.assert_memory(before, 16 << 20);
    // Somebody else's large call is run.
    let mut other = Peer::join(&stage, "other", &[]).await;
    other
        .send(
            Frames::new()
                .with(&begin(0, Mode::Answered, MEGABYTE))
                .carrying(&piece(0), &vec![0; 1 << 20]),
        )
        .await;
    let mut last = provider.run().await;
    for _ in 0..taken {
        last = provider.run().await;
    }
    let status = Status::Value;
    provider
        .send(Frames::new().with(&Header::Reply { call: last, status }))
        .await;
    assert_eq!(other.reply().await, "value");
    bystanders.go_on(20).await;
    drop(flooding);
    bystanders.end().await;
}

/// However short they are, what is kept of them is as long as they are together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crumbs_take_no_more_memory_than_what_they_are_of() {
    const CRUMBS: usize = 300_000;
    let crumbs = |frames: Frames| (0..CRUMBS).fold(frames, |frames, _| frames.carrying(&piece(0), b"a"));
    let stage = Stage::new(Transport::Unix);
    let mut bystanders = stage.bystanders().await;
    let mut provider = Peer::greet(&stage, "provider").await;
    let one = daffi_core::proto::Offered {
        concurrency: Some(1),
        queue: 10,
        ..offered(0, "f")
    };
    provider.send(Frames::new().offer(0, true, [one])).await;
    assert_eq!(provider.reply().await, "value");
    let mut first = Peer::join(&stage, "first", &[]).await;
    first.send(Frames::new().with(&call(0, "f"))).await;
    let busy = provider.run().await;

    // One waits for a place, and one is gathered.
    let before = stage.memory();
    let mut waiting = Peer::join(&stage, "waiting", &[]).await;
    let frames = crumbs(Frames::new().with(&begin(0, Mode::Answered, MEGABYTE)));
    waiting.send(frames).await;
    let mut gathering = Peer::join(&stage, "gathering", &[]).await;
    let frames = crumbs(Frames::new().with(&begin(0, Mode::Broadcast, MEGABYTE)));
    gathering.send(frames).await;
    bystanders.go_on(20).await;
    stage.assert_memory(before, 16 << 20);

    // The rest follows, and what waited is whole.
    let rest = vec![b'a'; (1 << 20) - CRUMBS];
    waiting.send(Frames::new().carrying(&piece(0), &rest)).await;
    waiting
        .send(Frames::new().query(7, daffi_core::proto::Query::Processes))
        .await;
    assert_eq!(waiting.reply().await, "value");
    let status = Status::Value;
    provider
        .send(Frames::new().with(&Header::Reply { call: busy, status }))
        .await;
    let run = provider.run().await;
    let mut come = 0;
    while come < 1 << 20 {
        let frame = provider.next().await.unwrap();
        if let (Header::Piece { call, .. }, payload) = frame.decode().unwrap() {
            assert_eq!(call, run);
            assert!(payload.iter().all(|byte| *byte == b'a'));
            come += payload.len();
        }
    }
    assert_eq!(come, 1 << 20);
    bystanders.end().await;
}

/// A provider that begins what it does not end holds up no other answer to its caller.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_that_are_begun_and_do_not_go_on_hold_up_no_other_result() {
    const CALLS: u32 = 200;
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut silent = Peer::join(&stage, "silent", &["f"]).await;
    let mut honest = Peer::join(&stage, "honest", &["g"]).await;
    let mut caller = Peer::join(&stage, "caller", &[]).await;
    caller
        .send(Frames::new().calls(0..CALLS, &call(0, "f"), b""))
        .await;
    let mut frames = Frames::new();
    for _ in 0..CALLS {
        frames = frames.with(&result(silent.run().await, 15 * MEGABYTE));
    }
    silent.send(frames).await;
    assert_eq!(
        caller.replies(CALLS as usize).await,
        Counts::from([("value", CALLS as usize)])
    );
    // A large one of somebody else's gets through.
    caller.send(Frames::new().with(&call(CALLS, "g"))).await;
    let run = honest.run().await;
    let large = vec![7; 15 << 20];
    let mut frames = Frames::new().with(&result(run, large.len() as u64));
    for piece in large.chunks(128 << 10) {
        let of = PieceOf::Result(0);
        frames = frames.carrying(&Header::Piece { call: run, of }, piece);
    }
    let reading = async {
        let mut come = 0;
        while come < large.len() {
            let frame = caller.next().await.unwrap();
            match frame.decode().unwrap() {
                (Header::Piece { call, .. }, payload) => {
                    assert_eq!(call, CallId::first(CALLS));
                    come += payload.len();
                }
                (Header::Large { .. }, _) => {}
                (other, _) => panic!("{other:?}"),
            }
        }
    };
    tokio::join!(honest.send(frames), reading);
    // Those that are left end with their provider.
    drop(silent);
    assert_eq!(
        caller.replies(CALLS as usize).await,
        Counts::from([("provider lost", CALLS as usize)])
    );
    bystanders.end().await;
}
