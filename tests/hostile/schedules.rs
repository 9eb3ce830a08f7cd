//! Schedules: of what cannot be scheduled, without sense, and very many.

use std::time::Duration;

use daffi_core::proto::{
    self, CallHeader, CallId, Described, Failed, Header, Limits, Missed, Overlap, Plan, Query, Status,
    TaskChange, TaskDescription, TaskId, TickError, TickOutcome, Time, When, decode,
};
use tokio::time::sleep;

use crate::frames::{Frames, offered, signature};
use crate::peer::{Counts, Peer};
use crate::stage::{Stage, Transport};

fn every(interval: Duration) -> Plan {
    Plan::new(When::Every {
        interval,
        phase: None,
    })
}

/// What a process sends that asks for a schedule.
fn schedule(frames: Frames, number: u32, name: &str, payload: &[u8]) -> Frames {
    let header = Header::Schedule {
        call: CallHeader::new(CallId::first(number), name),
        instead_of: None,
    };
    frames.carrying(&header, payload)
}

fn planned(plan: &Plan) -> Vec<u8> {
    proto::encode(&(plan, None::<Described>)).unwrap().to_vec()
}

/// How the next thing that was asked is answered.
async fn answer(peer: &mut Peer) -> Result<Vec<u8>, Failed> {
    loop {
        let frame = peer.next().await.expect("the connection is open");
        let (header, payload) = frame.decode().unwrap();
        match header {
            Header::Reply {
                status: Status::Value,
                ..
            } => return Ok(payload.to_vec()),
            Header::Reply {
                status: Status::Failed(failed),
                ..
            } => return Err(failed),
            _ => {}
        }
    }
}

async fn described(peer: &mut Peer, task: TaskId) -> TaskDescription {
    peer.send(Frames::new().query(9, Query::Task(task))).await;
    decode(&answer(peer).await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_or_gives_a_stream_is_not_scheduled() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut peer = Peer::join(&stage, "schedules streams", &[]).await;
    let plan = planned(&every(Duration::from_millis(20)));
    for name in ["bystander.sum", "bystander.count", "bystander.items"] {
        peer.send(schedule(Frames::new(), 1, name, &plan)).await;
        match answer(&mut peer).await {
            Err(Failed::Invalid { reason }) => assert!(
                reason.starts_with(&format!("`{name}` takes or gives a stream")),
                "{reason}"
            ),
            other => panic!("{other:?}"),
        }
    }
    // One that turns out to be one when it is there.
    peer.send(schedule(Frames::new(), 1, "later", &plan)).await;
    let task = decode(&answer(&mut peer).await.unwrap()).unwrap();
    let mut later = Peer::greet(&stage, "offers it later").await;
    let mut streams = offered(1, "later");
    streams.signature.streams = true;
    later.send(Frames::new().offer(0, true, [streams])).await;
    let error = loop {
        let last = described(&mut peer, task).await.last;
        let failed = last.into_iter().find_map(|tick| match tick.outcome {
            TickOutcome::Failed { error, .. } => Some(error),
            TickOutcome::Missed(Missed::NoProvider) | TickOutcome::Skipped(_) => None,
            other => panic!("{other:?}"),
        });
        match failed {
            Some(error) => break error,
            None => sleep(Duration::from_millis(10)).await,
        }
    };
    assert!(
        matches!(&error, TickError::Failed(Failed::Invalid { reason }) if reason.contains("`later` takes or gives a stream")),
        "{error:?}"
    );
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schedules_without_sense_are_refused() {
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut peer = Peer::join(&stage, "sends garbage", &[]).await;
    let named = Plan {
        name: Some("x".to_owned()),
        ..every(Duration::from_secs(5))
    };
    let whole = proto::encode(&(&named, Some(Described::new(&signature())))).unwrap();
    let cut = (0..whole.len()).map(|end| whole[..end].to_vec());
    let hour = |hour: u64| Time(4_000_000_000_000_000 + hour * 3_600_000_000);
    let instants = Plan::new(When::At((0..1001).map(hour).collect()));
    let unsorted = Plan::new(When::At(vec![hour(2), hour(1)]));
    let long = Plan {
        name: Some("x".repeat(200_000)),
        ..named.clone()
    };
    let zone = Plan::new(When::Cron {
        line: "* * * * *".to_owned(),
        zone: "../../etc/passwd".to_owned(),
    });
    let never = Plan::new(When::Every {
        interval: Duration::MAX,
        phase: Some(Duration::MAX),
    });
    // A list of instants that is said to have as many as can be said.
    let endless = [&[0, 1, 0xfd][..], &[0xff; 8]].concat();
    let said = [&instants, &unsorted, &long, &zone, &never].map(planned);
    let payloads: Vec<_> = cut.chain(said).chain([endless]).collect();
    let frames = (0..)
        .zip(&payloads)
        .fold(Frames::new(), |frames, (number, payload)| {
            schedule(frames, number, "bystander.same", payload)
        });
    let counts = peer.ask(frames, payloads.len()).await;
    let refused: usize = ["invalid", "another failure"]
        .iter()
        .filter_map(|word| counts.get(word))
        .sum();
    assert_eq!(refused, payloads.len(), "{counts:?}");
    // And more than there is of anything.
    let frames = schedule(
        Frames::new(),
        1,
        "bystander.same",
        &vec![0; Limits::SCHEDULED_BYTES + 1],
    );
    let frames = schedule(frames, 2, &"x".repeat(Limits::NAME_BYTES), &whole[..3]);
    let counts = peer.ask(frames, 2).await;
    assert_eq!(counts.get("too large"), Some(&1), "{counts:?}");
    // What nobody has.
    let guessed = (0..1000).fold(Frames::new(), |frames, number| {
        let change = TaskChange::Cancel;
        frames.query(number, Query::ChangeTask(TaskId(number.into()), change))
    });
    let counts = peer.ask(guessed, 1000).await;
    assert_eq!(counts, Counts::from([("invalid", 1000)]));
    stage.assert_memory(before, 16 << 20);
    peer.assert_open().await;
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn very_many_that_come_at_the_same_time_and_are_never_answered_slow_nobody() {
    const SCHEDULES: u32 = 20_000;
    let stage = Stage::new(Transport::Unix);
    let mut bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut floods = Peer::join(&stage, "floods", &["silent"]).await;
    let plan = Plan {
        overlap: Overlap::AllowAll,
        while_connected: true,
        ..every(Duration::from_millis(1))
    };
    let plan = planned(&plan);
    for begin in (0..SCHEDULES).step_by(2000) {
        let numbers = begin..begin + 2000;
        let frames = numbers.fold(Frames::new(), |frames, number| {
            schedule(frames, number, "silent", &plan)
        });
        let counts = floods.ask(frames, 2000).await;
        assert_eq!(counts, Counts::from([("value", 2000)]));
    }
    let floods = floods.deaf();
    bystanders.go_on(1000).await;
    // Each has two that run, and there is a bound of all that run beside them.
    stage.assert_memory(before, 320 << 20);
    drop(floods);
    bystanders.go_on(1000).await;
    let ring = bystanders.one();
    while !ring
        .scheduled_tasks()
        .calling("silent")
        .await
        .unwrap()
        .iter()
        .all(|task| task.state == daffi::TaskState::Ended)
    {
        sleep(Duration::from_millis(10)).await;
    }
    bystanders.end().await;
}
