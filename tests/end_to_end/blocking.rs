//! All that a program without async can ask, tell and wait for.

use daffi::{
    BlockingStream, CallError, CallErrorKind, Global, Presence, PresenceEvents, RegisterError, callback,
    fetcher,
};

struct Kitchen(&'static str);

#[callback(prefix = "kitchen.")]
impl Kitchen {
    pub fn dish(&self) -> String {
        self.0.to_owned()
    }

    pub fn courses(&self) -> impl Iterator<Item = String> + use<> {
        let name = self.0;
        (1..=2).map(move |course| format!("{name} {course}"))
    }
}

#[fetcher(alias = "kitchen.dish")]
async fn dish() -> String;

#[fetcher(alias = "kitchen.courses")]
async fn courses() -> impl daffi::Stream<Item = String>;

/// A controller with a kitchen, and somebody beside it.
fn two(folder: &tempfile::TempDir) -> (Global, Global) {
    let kitchen = Global::builder()
        .process_name("kitchen")
        .unix_sock_path(folder.path())
        .init_controller(true)
        .auto_callbacks(false)
        .service(Kitchen("soup"))
        .start_blocking()
        .unwrap();
    let guest = Global::builder()
        .process_name("guest")
        .memory(&kitchen)
        .auto_callbacks(false)
        .start_blocking()
        .unwrap();
    (kitchen, guest)
}

/// Reads on until what is asked for has happened.
fn until(events: &mut BlockingStream<PresenceEvents>, wanted: impl Fn(&Presence) -> bool) {
    let found = events.map(Result::unwrap).any(|event| wanted(&event));
    assert!(found, "it ended");
}

fn offers(event: &Presence, name: &str) -> bool {
    matches!(event, Presence::Offered { callback, .. } if callback == name)
}

#[test]
fn who_is_there_and_what_happens_is_told_without_async() {
    let folder = tempfile::tempdir().unwrap();
    let (kitchen, guest) = two(&folder);
    let names = |g: &Global| {
        let names = g.processes_blocking().unwrap().into_iter();
        names.map(|process| process.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&guest), ["guest", "kitchen"]);
    let callbacks = guest.callbacks_blocking().unwrap();
    assert!(callbacks.iter().any(|callback| callback.name == "kitchen.dish"));

    let mut events = kitchen.presence_blocking().unwrap();
    until(&mut events, |event| offers(event, "kitchen.dish"));
    guest
        .register_fn("double", |n: u32| async move { 2 * n })
        .wait()
        .unwrap();
    until(&mut events, |event| offers(event, "double"));
    assert_eq!(kitchen.call::<u32>("double", (4_u32,)).wait(), Ok(8));
    guest.register_blocking(Kitchen("stew")).unwrap();
    until(&mut events, |event| offers(event, "kitchen.courses"));
    let twice = guest.register_blocking(Kitchen("stew")).unwrap_err();
    assert!(matches!(twice, RegisterError::Config(_)), "{twice}");
    guest.unregister_blocking("double").unwrap();
    until(&mut events, |event| matches!(event, Presence::Withdrawn { .. }));
    let unknown = guest.unregister_blocking("double").unwrap_err();
    assert!(matches!(unknown, RegisterError::Unknown { .. }), "{unknown}");

    kitchen.stop_blocking();
    let end = events.map(|event| event.map(drop)).find_map(Result::err).unwrap();
    assert_eq!(end.kind(), CallErrorKind::Cancelled, "{end}");
    guest.stop_blocking();
}

#[test]
fn answers_and_items_of_a_broadcast_are_taken_as_they_come_without_async() {
    let folder = tempfile::tempdir().unwrap();
    let (kitchen, guest) = two(&folder);
    let other = Global::builder()
        .process_name("other kitchen")
        .memory(&kitchen)
        .auto_callbacks(false)
        .service(Kitchen("stew"))
        .start_blocking()
        .unwrap();
    let mut dishes: Vec<_> = dish()
        .broadcast()
        .on(&guest)
        .stream_blocking()
        .unwrap()
        .map(Result::unwrap)
        .collect();
    dishes.sort_by(|one, other| one.0.cmp(&other.0));
    let dishes: Vec<_> = dishes
        .into_iter()
        .map(|(name, dish)| (name, dish.unwrap()))
        .collect();
    assert_eq!(
        dishes,
        [
            ("kitchen".to_owned(), "soup".to_owned()),
            ("other kitchen".to_owned(), "stew".to_owned())
        ]
    );
    let items = courses().broadcast().on(&guest).items_blocking().unwrap();
    let mut items: Vec<_> = items.map(|item| item.unwrap().1.unwrap()).collect();
    items.sort_unstable();
    assert_eq!(items, ["soup 1", "soup 2", "stew 1", "stew 2"]);
    [other, guest, kitchen].iter().for_each(Global::stop_blocking);
}

#[tokio::test]
async fn nothing_blocks_a_runtime() {
    let g = Global::builder()
        .init_controller(true)
        .in_memory()
        .auto_callbacks(false)
        .service(Kitchen("soup"))
        .start()
        .await
        .unwrap();
    fn refused<T>(outcome: Result<T, CallError>) {
        assert_eq!(
            outcome.err().map(|error| error.kind()),
            Some(CallErrorKind::Blocking)
        );
    }
    fn not_registered(outcome: Result<(), RegisterError>) {
        match outcome {
            Err(RegisterError::Call(error)) => refused::<()>(Err(error)),
            other => panic!("{other:?}"),
        }
    }
    refused(g.processes_blocking());
    refused(g.callbacks_blocking());
    refused(g.presence_blocking());
    not_registered(g.register_blocking(Kitchen("stew")));
    not_registered(g.unregister_blocking("kitchen.dish"));
    not_registered(g.register_fn("double", |n: u32| async move { 2 * n }).wait());
    refused(dish().broadcast().on(&g).stream_blocking());
    refused(courses().broadcast().on(&g).items_blocking());
    // Nothing of it was done.
    let callbacks = g.callbacks().await.unwrap();
    let names: Vec<_> = callbacks.iter().map(|callback| &*callback.name).collect();
    assert_eq!(names, ["kitchen.courses", "kitchen.dish"]);
    g.stop().await;
}

/// A thread of `spawn_blocking` is made for it; one that polls a future is not.
#[tokio::test]
async fn a_thread_for_blocking_work_may_wait_and_one_that_polls_may_not() {
    let builder = Global::builder()
        .init_controller(true)
        .in_memory()
        .auto_callbacks(false);
    let g = builder.service(Kitchen("soup")).start().await.unwrap();
    let guest = Global::builder()
        .memory(&g)
        .auto_callbacks(false)
        .start()
        .await
        .unwrap();
    let is_refused = |outcome: Result<String, CallError>| {
        let kind = outcome.map_err(|error| error.kind());
        assert_eq!(kind, Err(CallErrorKind::Blocking));
    };

    let there = guest.clone();
    let waited = tokio::task::spawn_blocking(move || {
        let fetched = dish;
        let once = fetched().on(&there).wait();
        // What is polled there is polled by nobody else, but its author cannot know that.
        let polled = tokio::runtime::Handle::current().block_on(async { fetched().on(&there).wait() });
        let again = fetched().on(&there).wait();
        there.stop_blocking();
        (once, polled, again)
    });
    let (once, polled, again) = waited.await.unwrap();
    assert_eq!((once.as_deref(), again.as_deref()), (Ok("soup"), Ok("soup")));
    is_refused(polled);

    let guest = Global::builder()
        .memory(&g)
        .auto_callbacks(false)
        .start()
        .await
        .unwrap();
    is_refused(dish().on(&guest).wait());
    let there = guest.clone();
    is_refused(
        tokio::spawn(async move { dish().on(&there).wait() })
            .await
            .unwrap(),
    );
    guest.stop().await;
    g.stop().await;
}
