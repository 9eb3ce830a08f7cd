//! A process that goes on talking after another one has taken its name over.

use std::time::Duration;

use daffi_controller::{Controller, ControllerOptions};
use daffi_core::proto::{CallId, Extensions, Failed, Header, Hello, Limits, Query, Refusal, Status};
use daffi_core::transport::{Address, Connection, Security, connect};

use super::join;
use super::nodes::{HANGS, call, closed, next, offer, reply, say, tell};

/// Comes as a process of this name, in order to replace another one.
async fn replace(controller: &Controller, name: &str, instance: u128) -> Connection {
    let mut hello = Hello::new(name, instance, 7);
    hello.extensions = Extensions::default().with(Extensions::REPLACE, &true).unwrap();
    let (connection, refused) = greet(controller, hello).await;
    assert_eq!(refused, None);
    connection
}

/// Comes, and hears why it is not let in.
async fn greet(controller: &Controller, hello: Hello) -> (Connection, Option<Refusal>) {
    let mut connection = connect(controller.address(), Limits::default(), &Security::none())
        .await
        .unwrap();
    tell(&connection, &Header::Hello(hello));
    let answer = next(&mut connection).await.unwrap();
    let refused = match answer.decode().unwrap().0 {
        Header::Welcome(_) => None,
        Header::Refused(refusal) => Some(refusal),
        other => panic!("{other:?}"),
    };
    (connection, refused)
}

/// name.replace
#[tokio::test(start_paused = true)]
async fn p9_whoever_was_too_busy_to_hear_that_it_was_replaced_is_told_when_it_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let controller = Controller::start(ControllerOptions::new(Address::unix_in(folder.path())))
        .await
        .unwrap();
    let caller = join(controller.address(), "caller", Limits::default()).await;
    // It reads nothing, and what is written to it fills its socket.
    let mut oldest = join(controller.address(), "worker", Limits::default()).await;
    offer(&mut oldest, "one").await;
    say(&caller, &call(1, "one"), &vec![0; 8 << 20].into());
    let writing = caller.outbox.clone();
    tokio::spawn(async move { writing.run().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let older = replace(&controller, "worker", 2).await;
    // Of another one of its name it is not known that it was replaced.
    let comes = async |instance| greet(&controller, Hello::new("worker", instance, 9)).await.1;
    assert_eq!(comes(1).await, Some(Refusal::Replaced { pid: 7 }));
    assert!(matches!(comes(9).await, Some(Refusal::NameTaken { .. })));
    // Nor is that forgotten when it goes on.
    let newest = replace(&controller, "worker", 3).await;
    assert_eq!(comes(1).await, Some(Refusal::Replaced { pid: 7 }));
    assert_eq!(comes(2).await, Some(Refusal::Replaced { pid: 7 }));
    let (newest_again, refused) = greet(&controller, Hello::new("worker", 3, 7)).await;
    assert_eq!(refused, None, "its former connection is dead");
    assert_eq!(comes(2).await, Some(Refusal::Replaced { pid: 7 }));
    for connection in [&oldest, &older, &newest, &newest_again, &caller] {
        connection.outbox.abort();
    }
    tokio::time::timeout(HANGS, controller.stop())
        .await
        .expect("it never stops");
}

/// name.replace
#[tokio::test]
async fn p9_nothing_is_believed_of_whoever_was_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let controller = Controller::start(ControllerOptions::new(Address::unix_in(folder.path())))
        .await
        .unwrap();
    let mut caller = join(controller.address(), "caller", Limits::default()).await;
    let mut older = join(controller.address(), "worker", Limits::default()).await;
    offer(&mut older, "one").await;
    tell(&caller, &call(1, "one"));
    let frame = next(&mut older).await.unwrap();
    let Header::Run(run) = frame.decode().unwrap().0 else {
        panic!("{frame:?}")
    };
    let run = run.call;
    let mut newer = replace(&controller, "worker", 2).await;
    // What it answers now comes too late, and what it asks is not answered.
    let status = Status::Value;
    let _ = older
        .outbox
        .send(&Header::Reply { call: run, status }, &Default::default());
    let (call_id, query) = (CallId::first(9), Query::Processes);
    let _ = older
        .outbox
        .send(&Header::Query { call: call_id, query }, &Default::default());
    older.outbox.flush();
    let lost = reply(&mut caller).await.unwrap_err();
    assert_eq!(
        lost,
        Failed::ProviderLost {
            process: "worker".to_owned()
        }
    );
    let told = next(&mut older).await.unwrap();
    let replaced = Header::Refused(Refusal::Replaced { pid: 7 });
    assert_eq!(told.decode().unwrap().0, replaced);
    closed(older).await;
    offer(&mut newer, "one").await;
    tell(&caller, &call(2, "one"));
    let frame = next(&mut newer).await.unwrap();
    assert!(matches!(frame.decode().unwrap().0, Header::Run(_)), "{frame:?}");
    let all = async {
        closed(newer).await;
        closed(caller).await;
    };
    tokio::time::timeout(HANGS, async { tokio::join!(controller.stop(), all) })
        .await
        .expect("it never stops");
}
