//! Being told what happens to processes and callbacks.

use daffi::{CallError, Global, LeaveReason, Presence, PresenceEvents, StartError, callback};

use crate::net::{Net, over_each};

struct Clock;

#[callback(prefix = "clock.")]
impl Clock {
    pub async fn now(&self) -> u64 {
        12
    }
}

struct Alarm;

#[callback]
impl Alarm {
    pub async fn ring(&self) {}
}

fn joined(process: &str) -> Presence {
    Presence::Joined {
        process: process.to_owned(),
        identity: None,
        attributes: Vec::new(),
    }
}

fn offered(process: &str, callback: &str) -> Presence {
    Presence::Offered {
        process: process.to_owned(),
        callback: callback.to_owned(),
    }
}

/// What happens next, whoever it is.
async fn next(events: &mut PresenceEvents) -> Presence {
    match events.next().await.unwrap().unwrap() {
        Presence::Joined { process, .. } => joined(&process),
        other => other,
    }
}

#[tokio::test]
async fn what_is_there_comes_first_and_then_what_happens() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Clock)).await;
        let g = net.caller().await;
        let mut events = g.presence().await.unwrap();
        assert_eq!(next(&mut events).await, joined("caller"));
        assert_eq!(next(&mut events).await, joined("service"));
        assert_eq!(next(&mut events).await, offered("service", "clock.now"));

        let other = net
            .join()
            .process_name("other")
            .service(Clock)
            .start()
            .await
            .unwrap();
        assert_eq!(next(&mut events).await, joined("other"));
        assert_eq!(next(&mut events).await, offered("other", "clock.now"));

        other.register(Alarm).await.unwrap();
        assert_eq!(next(&mut events).await, offered("other", "ring"));
        other.unregister("clock.now").await.unwrap();
        let withdrawn = Presence::Withdrawn {
            process: "other".to_owned(),
            callback: "clock.now".to_owned(),
        };
        assert_eq!(next(&mut events).await, withdrawn);

        other.stop().await;
        let left = Presence::Left {
            process: "other".to_owned(),
            reason: LeaveReason::Stopped,
        };
        assert_eq!(next(&mut events).await, left);

        // Whoever asks later sees what is there then.
        let mut later = g.presence().await.unwrap();
        assert_eq!(next(&mut later).await, joined("caller"));
        assert_eq!(next(&mut later).await, joined("service"));
        drop(later);
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_lost_connection_ends_it_with_an_error_and_it_can_be_asked_for_again() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let memory = matches!(transport, crate::net::Transport::Memory);
        let g = net.caller().await;
        let mut events = g.presence().await.unwrap();
        assert_eq!(next(&mut events).await, joined("caller"));
        assert_eq!(next(&mut events).await, joined("service"));
        if memory {
            // A controller of this process is there for as long as its `Global`.
            return net.stop([g]).await;
        }
        let net = net.restart().await;
        let error = loop {
            match events.next().await.unwrap() {
                // The service leaves before its controller does.
                Ok(event) => assert!(matches!(event, Presence::Left { .. }), "{event:?}"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, CallError::Disconnected { .. }), "{error}");
        assert!(events.next().await.is_none());
        g.wait_process("caller").await.unwrap();
        let mut events = g.presence().await.unwrap();
        let mut there = [next(&mut events).await, next(&mut events).await];
        there.sort_by_key(|event| format!("{event:?}"));
        assert_eq!(there, [joined("caller"), joined("service")]);
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_global_that_is_stopped_tells_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let g = Global::builder()
        .init_controller(true)
        .unix_sock_path(folder.path())
        .auto_callbacks(false)
        .start()
        .await
        .unwrap();
    g.stop().await;
    let error = g.presence().await.unwrap_err();
    assert!(matches!(error, CallError::NotStarted { .. }), "{error}");
}

#[tokio::test]
async fn what_a_process_says_of_itself_is_seen_by_others() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.auto_callbacks(false)).await;
        let g = net.caller().await;
        let mut events = g.presence().await.unwrap();
        let resizer = net.join().process_name("resizer").auto_callbacks(false);
        let resizer = resizer.attribute("zone", "b").attribute("kind", "resizer");
        let resizer = resizer.attribute("zone", "a").start().await.unwrap();
        let said = [("kind", "resizer"), ("zone", "a")];
        let said = said.map(|(key, value)| (key.to_owned(), value.to_owned()));
        loop {
            if let Presence::Joined {
                process, attributes, ..
            } = events.next().await.unwrap().unwrap()
                && process == "resizer"
            {
                assert_eq!(attributes, said);
                break;
            }
        }
        let processes = g.processes().await.unwrap();
        let found: Vec<_> = processes
            .iter()
            .filter(|process| process.attribute("kind") == Some("resizer"))
            .map(|process| (&*process.name, process.attribute("zone")))
            .collect();
        assert_eq!(found, [("resizer", Some("a"))]);
        assert_eq!(processes[0].attributes, []);
        net.stop([g, resizer]).await;
    })
    .await;
}

#[tokio::test]
async fn more_than_a_process_may_say_of_itself_is_a_fault_of_its_configuration() {
    let many = (0..9).fold(Global::builder(), |builder, number| {
        builder.attribute(format!("key {number}"), "value")
    });
    let long = Global::builder().attribute("key", "v".repeat(1022));
    let nameless = Global::builder().attribute("", "value");
    for (builder, words) in [
        (many, "at most 8"),
        (long, "1025 bytes"),
        (nameless, "without a key"),
    ] {
        let error = builder.in_memory().init_controller(true).start().await;
        let Err(StartError::Config(faults)) = error else {
            panic!("{words}")
        };
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].to_string().contains(words), "{}", faults[0]);
    }
}
