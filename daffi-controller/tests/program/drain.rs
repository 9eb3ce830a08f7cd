//! The program is told to stop while a call is under way.

use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{
    self, Balance, CallHeader, CallId, CallbackId, Described, Frame, Header, Hello, Limits, Offered, Status,
};
use daffi_core::signature::{ErrorType, Returns, Signature, trace};
use daffi_core::transport::{Address, Connection, Security, connect};
use rustix::process::Signal;
use tempfile::TempDir;

use super::{Running, socket};

fn tell(connection: &Connection, header: &Header<'_>, payload: &Bytes) {
    connection.outbox.send(header, payload).unwrap();
    connection.outbox.flush();
}

/// The next frame that is no heartbeat.
async fn next(connection: &mut Connection) -> Option<Frame> {
    loop {
        let frame = connection.inlet.read_one().await.unwrap()?;
        if !matches!(frame.decode().unwrap().0, Header::Heartbeat { .. }) {
            return Some(frame);
        }
    }
}

async fn join(folder: &TempDir, name: &str) -> Connection {
    let address = Address::unix_in(socket(folder).parent().unwrap());
    let mut connection = connect(&address, Limits::default(), &Security::none())
        .await
        .unwrap();
    tell(&connection, &Header::Hello(Hello::new(name, 1, 1)), &Bytes::new());
    next(&mut connection).await.unwrap();
    connection
}

/// A process that runs a call of another one's.
async fn busy(folder: &TempDir) -> (Connection, Connection, CallId) {
    let (mut node, caller) = (join(folder, "node").await, join(folder, "caller").await);
    let returns = Returns {
        ok: trace::<u32>(),
        error: ErrorType::None,
    };
    let offered = Offered {
        callback: CallbackId(0),
        name: "one".to_owned(),
        docs: String::new(),
        signature: Described::new(&Signature::new([], returns)),
        concurrency: None,
        concurrency_per_caller: None,
        queue: 0,
        balance: Balance::LessLoaded,
    };
    let (call, ready) = (CallId::first(0), true);
    tell(
        &node,
        &Header::Offer { call, ready },
        &proto::encode(&vec![offered]).unwrap(),
    );
    next(&mut node).await.unwrap();
    tell(
        &caller,
        &Header::Call(CallHeader::new(CallId::first(1), "one")),
        &Bytes::new(),
    );
    let frame = next(&mut node).await.unwrap();
    let Header::Run(run) = frame.decode().unwrap().0 else {
        panic!("{frame:?}")
    };
    (node, caller, run.call)
}

/// controller.stop.drain
#[tokio::test]
async fn p1_told_to_stop_it_has_calls_end_first() {
    let folder = tempfile::tempdir().unwrap();
    let (program, _) = Running::start(&folder, &["--drain", "1h"]);
    let (mut node, mut caller, call) = busy(&folder).await;
    program.signal(Signal::TERM);
    for connection in [&mut node, &mut caller] {
        let frame = next(connection).await.unwrap();
        let within = Duration::from_secs(3600);
        assert_eq!(frame.decode().unwrap().0, Header::Stopping { within });
        let within = Duration::ZERO;
        tell(connection, &Header::Stopping { within }, &Bytes::new());
    }
    let status = Status::Value;
    tell(&node, &Header::Reply { call, status }, &Bytes::new());
    let frame = next(&mut caller).await.unwrap();
    let is_answer = matches!(
        frame.decode().unwrap().0,
        Header::Reply {
            status: Status::Value,
            ..
        }
    );
    assert!(is_answer, "{frame:?}");
    for connection in [&mut node, &mut caller] {
        let frame = next(connection).await.unwrap();
        assert_eq!(frame.decode().unwrap().0, Header::Goodbye);
        assert!(next(connection).await.is_none());
    }
    let (status, said) = program.end();
    assert!(status.success(), "{said}");
}

#[tokio::test]
async fn a_call_that_does_not_end_does_not_keep_it_longer_than_it_is_told() {
    for drain in ["0", "50ms"] {
        let folder = tempfile::tempdir().unwrap();
        let (program, _) = Running::start(&folder, &["--drain", drain]);
        let (mut node, _caller, _) = busy(&folder).await;
        program.signal(Signal::TERM);
        while let Some(frame) = next(&mut node).await {
            if let Header::Goodbye = frame.decode().unwrap().0 {
                break;
            }
        }
        drop(node);
        let (status, said) = program.end();
        assert!(status.success(), "{said}");
        assert_eq!(
            said.contains("calls have not ended in the time"),
            drain != "0",
            "{said}"
        );
    }
}
