//! What calls wait for together.

use super::*;
use crate::proto::Query;

/// The number of the question that comes next.
async fn asked(controller: &mut Controller) -> (CallId, Option<String>) {
    match controller.next().await.decode().unwrap().0 {
        Header::Query {
            call,
            query:
                Query::WaitFunction {
                    name: "add",
                    process,
                    having,
                },
        } if having.is_empty() => (call, process.map(str::to_owned)),
        other => panic!("it sends {other:?}"),
    }
}

#[tokio::test]
async fn p6_however_many_wait_for_a_callback_the_controller_is_asked_once() {
    let (node, _, mut controller) = joined(Limits::default(), vec![]).await;
    let waiting: Vec<_> = (0..100).map(|_| node.ask_for("add", None, &[])).collect();
    let (question, process) = asked(&mut controller).await;
    assert_eq!(process, None);
    // That of one process is another question, and the next one that is sent.
    let of_one = node.ask_for("add", Some("shop"), &[]);
    let (_, process) = asked(&mut controller).await;
    assert_eq!(process.as_deref(), Some("shop"));
    let status = Status::Value;
    controller.send(
        &Header::Reply {
            call: question,
            status,
        },
        &Bytes::new(),
    );
    controller.connection.outbox.flush();
    for asked in &waiting {
        asked.answered().await;
    }
    // It was answered, so that whoever asks now asks anew, and keeps the question when those before are gone.
    let again = node.ask_for("add", None, &[]);
    let (question, _) = asked(&mut controller).await;
    drop(waiting);
    let shared = node.ask_for("add", None, &[]);
    drop(again);
    assert!(futures_util::FutureExt::now_or_never(shared.answered()).is_none());
    // Whatever nobody waits for is withdrawn.
    drop(shared);
    match controller.next().await.decode().unwrap().0 {
        Header::Cancel { call } => assert_eq!(call, question),
        other => panic!("it sends {other:?}"),
    }
    drop(of_one);
    assert!(node.awaited.is_empty());
}
