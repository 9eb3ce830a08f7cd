//! Processes that are really killed, frozen and told to end.
//!
//! Each process is this test program again, told by its environment to play a part.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "a test program has no outside")]

mod actor;
mod cuts;
mod descriptors;
mod frozen;
mod kept;
mod leaks;
mod parts;
mod unnamed;
mod upgrade;

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use daffi::{CallError, Global, StartError, Stream, fetcher};
use futures_util::future::join_all;
use rustix::process::Signal;

use actor::Stage;
use parts::{Span, THREADS};

#[fetcher]
async fn never() -> u8;

#[fetcher]
async fn process_id() -> u32;

#[fetcher]
async fn count_up() -> impl Stream<Item = u64>;

#[fetcher(untraced)]
async fn doubled(span: Span) -> Result<Span, Span>;

#[fetcher(untraced)]
async fn length(span: Span) -> u32;

/// The part of a process, if it was started for one.
#[test]
fn play() {
    if let Some(part) = actor::part() {
        parts::play(&part);
    }
}

/// A caller in this process, at the controller of `stage`.
async fn caller(stage: &Stage) -> Global {
    let builder = Global::builder()
        .process_name("caller")
        .unix_sock_path(stage.folder());
    builder
        .auto_callbacks(false)
        .reconnect_wait(Duration::from_secs(60))
        .start()
        .await
        .unwrap()
}

/// call.lost
#[tokio::test]
async fn p3_callers_of_a_killed_provider_are_told_its_name() {
    let stage = Stage::new();
    let _controller = stage.start("controller").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    let call = tokio::spawn(never().on(&g));
    provider.says("never begun").await;
    provider.signal(Signal::KILL);
    let error = call.await.unwrap().unwrap_err();
    assert!(
        matches!(&error, CallError::ProviderLost { process, .. } if process == "provider"),
        "{error}"
    );
    assert!(error.may_have_run());
    let error = never().on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
    g.stop().await;
}

#[tokio::test]
async fn p5_a_killed_provider_ends_its_streams_after_items_that_have_no_gap() {
    let stage = Stage::new();
    let _controller = stage.start("controller").await;
    for kill_at in [0, 1, 777, 20_000, 123_456] {
        let provider = stage.start("provider").await;
        let g = caller(&stage).await;
        g.wait_process("provider").await.unwrap();
        let mut items = count_up().on(&g).await.unwrap();
        let mut next = 0;
        let error = loop {
            if next == kill_at {
                provider.signal(Signal::KILL);
            }
            match items.next().await.unwrap() {
                Ok(item) => assert_eq!(item, next),
                Err(error) => break error,
            }
            next += 1;
        };
        assert!(next >= kill_at);
        assert!(
            matches!(&error, CallError::ProviderLost { process, .. } if process == "provider"),
            "{error}"
        );
        assert!(items.next().await.is_none());
        g.stop().await;
    }
}

#[tokio::test]
async fn p4_a_callback_hears_that_whoever_sent_it_a_stream_was_killed() {
    let stage = Stage::new();
    let _controller = stage.start("controller").await;
    let provider = stage.start("provider").await;
    let speaker = stage.start("speaker").await;
    provider.says("listens").await;
    speaker.signal(Signal::KILL);
    provider.says("listens no more").await;
    // The process goes on.
    let g = caller(&stage).await;
    assert_eq!(process_id().on(&g).await, Ok(provider.id()));
    g.stop().await;
}

#[tokio::test]
async fn p3_callers_of_a_frozen_provider_are_told_after_three_heartbeats() {
    let stage = Stage::new();
    let _controller = stage.start("controller with a quick heartbeat").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    let call = tokio::spawn(never().on(&g));
    provider.says("never begun").await;
    provider.signal(Signal::STOP);
    let error = call.await.unwrap().unwrap_err();
    assert!(
        matches!(&error, CallError::ProviderLost { process, .. } if process == "provider"),
        "{error}"
    );

    // It finds out, comes back, and works again.
    provider.signal(Signal::CONT);
    g.wait_process("provider").await.unwrap();
    assert_eq!(process_id().on(&g).await, Ok(provider.id()));
    g.stop().await;
}

/// cancel.once
#[tokio::test]
async fn p4_calls_of_a_killed_caller_are_cancelled() {
    let stage = Stage::new();
    let _controller = stage.start("controller").await;
    let provider = stage.start("provider").await;
    let calling = stage.start("caller").await;
    provider.says("never begun").await;
    calling.signal(Signal::KILL);
    provider.says("never dropped").await;
}

#[tokio::test]
async fn a_killed_controller_is_replaced_at_its_stale_socket() {
    let stage = Stage::new();
    let controller = stage.start("controller").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    let call = tokio::spawn(never().on(&g));
    provider.says("never begun").await;
    controller.signal(Signal::KILL);
    let error = call.await.unwrap().unwrap_err();
    assert!(error.may_have_run(), "{error}");
    // Its orphan is not left running.
    provider.says("never dropped").await;

    let _controller = stage.start("controller").await;
    g.wait_process("provider").await.unwrap();
    assert_eq!(process_id().on(&g).await, Ok(provider.id()));
    g.stop().await;
}

#[tokio::test]
async fn p2_a_call_made_without_a_controller_waits_for_one_and_runs_once() {
    let stage = Stage::new();
    let controller = stage.start("controller").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    g.wait_process("provider").await.unwrap();
    controller.signal(Signal::KILL);
    controller.ended().await;
    let waiting = tokio::spawn({
        let g = g.clone();
        async move {
            loop {
                // Sent before the loss was noticed, or answered before the provider was back.
                match process_id().on(&g).await {
                    Err(error) => assert!(
                        matches!(
                            error,
                            CallError::NoProvider { .. } | CallError::Disconnected { .. }
                        ),
                        "{error}"
                    ),
                    Ok(id) => return id,
                }
            }
        }
    });
    let _controller = stage.start("controller").await;
    assert_eq!(waiting.await.unwrap(), provider.id());
    g.stop().await;
}

#[tokio::test]
async fn p9_a_process_with_a_taken_name_is_refused_with_the_holders_id() {
    let stage = Stage::new();
    let _controller = stage.start("controller").await;
    let provider = stage.start("provider").await;
    let second = Global::builder()
        .process_name("provider")
        .unix_sock_path(stage.folder())
        .auto_callbacks(false);
    let error = second.start().await.unwrap_err();
    assert!(
        matches!(&error, StartError::NameTaken { pid, .. } if *pid == provider.id()),
        "{error}"
    );
    provider.signal(Signal::KILL);
    provider.ended().await;
}

#[tokio::test]
async fn a_process_told_to_end_answers_what_is_running_first() {
    for signal in [Signal::TERM, Signal::INT] {
        let stage = Stage::new();
        let _controller = stage.start("controller").await;
        let provider = stage.start("provider").await;
        let g = caller(&stage).await;
        let call = tokio::spawn(g.call::<u8>("until_told_to_end", ()));
        provider.says("waits to be told").await;
        provider.signal(signal);
        assert_eq!(call.await.unwrap(), Ok(3), "{signal:?}");
        assert_eq!(provider.ended().await.code(), Some(0), "{signal:?}");
        g.stop().await;
    }
}

#[tokio::test]
async fn a_second_signal_ends_a_process_at_once() {
    let stage = Stage::new();
    let _controller = stage.start("controller").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    let call = tokio::spawn(never().on(&g));
    provider.says("never begun").await;
    provider.signal(Signal::TERM);
    // It has left the roster, and waits for the call.
    while !matches!(
        g.call::<()>("missing", ()).to("provider").await,
        Err(CallError::NoProvider {
            absence: daffi::Absence::ProcessUnknown,
            ..
        })
    ) {
        tokio::task::yield_now().await;
    }
    provider.signal(Signal::TERM);
    let error = call.await.unwrap().unwrap_err();
    assert!(
        matches!(
            error,
            CallError::ProviderLost { .. } | CallError::Cancelled { .. }
        ),
        "{error}"
    );
    assert_eq!(provider.ended().await.code(), Some(0));
    g.stop().await;
}

#[tokio::test]
async fn types_are_left_alone_where_panics_abort() {
    let stage = Stage::new();
    let _controller = stage.start("controller").await;
    let looks = stage.begin("aborting provider that looks");
    assert_eq!(
        looks.ended().await.signal(),
        Some(Signal::ABORT.as_raw()),
        "what is looked into panics"
    );
    let _provider = stage.start("aborting provider").await;
    let g = caller(&stage).await;
    let spans = |from, to| Span { from, to };
    assert_eq!(doubled(spans(1, 3)).on(&g).await, Ok(spans(2, 6)));
    let error = doubled(spans(0, 3)).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::App(span) if span == spans(0, 3)));
    g.stop().await;
}

#[tokio::test]
async fn a_type_that_panics_when_it_is_looked_into_is_called_all_the_same() {
    let stage = Stage::new();
    let _controller = stage.start("controller").await;
    let _provider = stage.start("provider that looks").await;
    let g = caller(&stage).await;
    assert_eq!(length(Span { from: 1, to: 3 }).on(&g).await, Ok(2));
    g.stop().await;
}

#[tokio::test]
async fn p16_a_process_whose_callbacks_wait_for_each_other_is_not_wedged() {
    let stage = Stage::new();
    let _controller = stage.start("controller").await;
    let desk = stage.start("desk").await;
    let g = caller(&stage).await;
    let asked = join_all((0..700).map(|_| g.call::<u8>("desk.ask", ()))).await;
    let refused: Vec<_> = asked.into_iter().filter_map(Result::err).collect();
    assert!(refused.len() < 350, "{} were refused", refused.len());
    for error in refused {
        let words = error.to_string();
        assert!(
            words.contains("`desk.answer` would never have had a thread: all 8"),
            "{words}"
        );
    }
    // Those that have a thread keep it as long as somebody waits for them.
    let waiting: Vec<_> = (0..700).map(|_| g.call::<u8>("desk.wait", ()).bg()).collect();
    desk.says("never begun").await;
    drop(waiting);
    g.stop().await;
    let g = caller(&stage).await;
    let met = join_all((0..THREADS).map(|_| g.call::<()>("desk.meet", ()))).await;
    assert!(met.iter().all(Result::is_ok), "{met:?}");
    g.stop().await;
}

#[tokio::test]
async fn p16_a_call_at_the_end_of_a_thread_that_has_logged_is_a_call() {
    let stage = Stage::new();
    let threads = stage.begin("ending threads");
    for said in ["Ok(3)", "Ok(11)", "goes on"] {
        threads.says(said).await;
    }
    assert!(threads.ended().await.success());
}

#[tokio::test]
async fn p1_calls_of_a_global_that_has_stopped_beside_another_name_it() {
    let stage = Stage::new();
    let several = stage.begin("several");
    let not_called = "`process_id` was not called, because the Global \"first\" of this process has stopped";
    for (what, words) in [
        (
            "in flight",
            "the Global \"first\" of this process stopped before `outliving.wait` was answered; it may have run",
        ),
        ("named", not_called),
        ("in the background", not_called),
        ("broadcast", not_called),
        (
            "waiting",
            "was not called, because the Global \"first\" of this process has stopped",
        ),
        (
            "free again",
            "it went through another Global of this process, since \"first\" has stopped",
        ),
        (
            "in a callback",
            "the Global \"first\" of this process stopped before `process_id` was answered; it did not run",
        ),
        (
            "free at last",
            "`process_id` was not called, because the Global \"second\" of this process has stopped",
        ),
    ] {
        several.says_something_with(&format!("{what}: "), words).await;
    }
    assert!(several.ended().await.success());
}

#[tokio::test]
async fn a_call_that_names_no_global_is_made_by_the_marked_or_the_only_one() {
    let stage = Stage::new();
    let unnamed = stage.begin("unnamed");
    for (what, words) in [
        ("of none", "no Global is running"),
        ("of the only one", "first"),
        ("beside one that looks for its controller", "first"),
        ("later, of the one that was the only one", "made by first"),
        (
            "of two",
            "Ambiguous: `unnamed.name` was not called, because several Globals of this process could be meant, [\"first\", \"second\"]: \
             name one with .on(&g), call it inside g.scope(async { … }), or mark one of them with .default(true)",
        ),
        ("in the background", "Ambiguous"),
        ("of two to all", "Ambiguous"),
        ("in a scope", "second"),
        ("in a scope in a scope", "first"),
        ("after a scope", "Ambiguous"),
        ("in a thread of a scope", "Ambiguous"),
        ("in a scope of a controller alone", "no Global is running"),
        ("of a marked one", "third"),
        ("in a scope beside a marked one", "second"),
        ("of two marked ones", "[\"third\", \"fourth\"]"),
        ("of the only one again", "first"),
        (
            "in a scope of one that has stopped",
            "the Global \"second\" of this process has stopped",
        ),
    ] {
        unnamed.says_something_with(&format!("{what}: "), words).await;
    }
    assert!(unnamed.ended().await.success());
}

#[tokio::test]
async fn p1_what_a_forked_child_waits_for_ends_with_an_error_and_its_parent_goes_on() {
    let stage = Stage::new();
    let forking = stage.begin("forking");
    for name in ["forking", "caller"] {
        forking
            .says(&format!("nothing of {name} is awaited in vain"))
            .await;
    }
    for wait in ["`process_id` ", "`wait_process(\"forking\")` "] {
        forking.says_something_with(wait, "forked").await;
    }
    forking.says("its own works").await;
    forking.says("the parent's works").await;
    assert!(forking.ended().await.success());
}
