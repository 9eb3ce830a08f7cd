//! A process that goes on talking after another one has taken its name over.

use daffi_controller::{Controller, ControllerOptions};
use daffi_core::proto::{CallId, Extensions, Failed, Header, Hello, Limits, Query, Refusal, Status};
use daffi_core::transport::{Address, Connection, Security, connect};

use super::join;
use super::nodes::{HANGS, call, closed, next, offer, reply, tell};

/// Comes as a process of this name, in order to replace another one.
async fn replace(controller: &Controller, name: &str, instance: u128) -> Connection {
    let mut connection = connect(controller.address(), Limits::default(), &Security::none())
        .await
        .unwrap();
    let mut hello = Hello::new(name, instance, 7);
    hello.extensions = Extensions::default().with(Extensions::REPLACE, &true).unwrap();
    tell(&connection, &Header::Hello(hello));
    let welcome = next(&mut connection).await.unwrap();
    assert!(matches!(welcome.decode().unwrap().0, Header::Welcome(_)));
    connection
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
