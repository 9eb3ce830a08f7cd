//! Calls that name no `Global`, in a process that has several.

use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use daffi::{CallContext, CallError, Global, GlobalBuilder, callback, fetcher};

use crate::actor::{folder, say};

struct Named;

#[callback(prefix = "unnamed.")]
impl Named {
    #[callback(inline)]
    pub fn name(&self, ctx: &CallContext) -> String {
        ctx.process_name().to_owned()
    }
}

#[fetcher(alias = "unnamed.name")]
async fn name() -> String;

fn at(name: &str) -> GlobalBuilder {
    Global::builder()
        .unix_sock_path(folder().join(name))
        .process_name(name)
        .auto_callbacks(false)
}

fn started(builder: GlobalBuilder) -> Global {
    builder
        .init_controller(true)
        .service(Named)
        .start_blocking()
        .unwrap()
}

/// Which `Global` makes them.
pub fn calls() {
    let tell = |what: &str, made: Result<String, CallError>| match made {
        Ok(name) => say(&format!("{what}: {name}")),
        Err(error) => say(&format!("{what}: {error:?}")),
    };
    // A process calls itself only where it is named, so it is the one whose name is right.
    let by = |process: &str| name().to(process).wait();

    tell("of none", by("first"));
    let first = started(at("first"));
    tell("of the only one", by("first"));

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (told, begun) = mpsc::channel();
    let looks = at("looking").on_init(move |_| told.send(()).unwrap());
    let looking = runtime.spawn(looks.start());
    begun.recv().unwrap();
    tell("beside one that looks for its controller", by("first"));
    looking.abort();
    assert!(runtime.block_on(looking).unwrap_err().is_cancelled());

    let mut later = name().to("first").after(Duration::from_millis(200));
    let begun = Pin::new(&mut later).poll(&mut Context::from_waker(Waker::noop()));
    assert!(begun.is_pending());
    let second = started(at("second"));
    tell(
        "later, of the one that was the only one",
        later.wait().map(|name| format!("made by {name}")),
    );
    tell("of two", by("first"));
    tell("in the background", name().to("first").bg().wait());
    tell(
        "of two to all",
        name().broadcast().wait().map(|_| "nobody".to_owned()),
    );
    tell("in a scope", second.scope_blocking(|| by("second")));
    second.scope_blocking(|| {
        tell("in a scope in a scope", first.scope_blocking(|| by("first")));
    });
    tell("after a scope", by("second"));
    let in_a_thread = || thread::spawn(move || by("second")).join().unwrap();
    tell("in a thread of a scope", second.scope_blocking(in_a_thread));
    let alone = at("alone").init_controller(true).init_node(false);
    let alone = alone.start_blocking().unwrap();
    tell(
        "in a scope of a controller alone",
        alone.scope_blocking(|| by("first")),
    );
    alone.stop_blocking();

    let third = started(at("third").default(true));
    tell("of a marked one", by("third"));
    tell(
        "in a scope beside a marked one",
        second.scope_blocking(|| by("second")),
    );
    let fourth = started(at("fourth").default(true));
    tell("of two marked ones", by("third"));
    for other in [&second, &third, &fourth] {
        other.stop_blocking();
    }
    tell("of the only one again", by("first"));
    tell(
        "in a scope of one that has stopped",
        second.scope_blocking(|| by("second")),
    );
    first.stop_blocking();
}
