//! Panics of callbacks.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tracing::warn;

use crate::context::CallContext;
use crate::panics::{self, Panic};
use crate::proto::{Failed, Failure, Outcome};
use crate::registry::OutcomeFuture;
use crate::scope::{Scope, Scoped};

/// A future whose panic is its outcome.
pub(super) struct Caught(pub(super) Scoped<OutcomeFuture<'static>>);

impl Future for Caught {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let scoped = &mut self.0;
        let polled = panics::caught(|| Pin::new(&mut *scoped).poll(cx));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(failure(scoped.scope(), panic))))
    }
}

/// Runs a callback, whose scope it is; a panic is its outcome.
pub(super) fn caught<T>(scope: &Scope, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    panics::caught(work).unwrap_or_else(|panic| Err(failure(scope, panic)))
}

/// Whether this came of a panic.
pub(super) const fn panicked(outcome: &Outcome) -> bool {
    matches!(outcome, Err(Failure::Failed(Failed::Panicked { .. })))
}

fn failure(scope: &Scope, Panic { message }: Panic) -> Failure {
    let callback = scope.callback();
    let place = scope.context.as_ref().map(CallContext::place);
    warn!(
        callback,
        place = place.map(tracing::field::display),
        panic = &*panics::in_a_line(&message),
        "a callback panicked; its caller is told"
    );
    let place = place.map(|place| place.told());
    Failed::Panicked { message, place }.into()
}

/// Whether a call has returned without an error, in whatever form its result would be sent: nobody is sent it.
pub(super) fn returned(outcome: Outcome) -> Result<(), Failure> {
    match outcome {
        Ok(_) | Err(Failure::Explained(_)) => Ok(()),
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::*;
    use crate::context::Place;
    use crate::context::{Chain, ContextParts};

    /// Keeps the fields of what is logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<String>>>);

    impl Visit for Log {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            self.0.lock().unwrap().push(format!("{field}={value:?}"));
        }
    }

    impl Subscriber for Log {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn a_place_is_told_to_others_without_what_is_above_it() {
        for (file, expected) in [
            ("src/shop.rs", "src/shop.rs:7"),
            ("shops/north/app/src/shop.rs", "shops/north/app/src/shop.rs:7"),
            (
                "/home/ann/.cargo/registry/src/plug-1.0.0/src/lib.rs",
                "plug-1.0.0/src/lib.rs:7",
            ),
            ("C:\\Users\\ann\\plug\\src\\lib.rs", "plug/src/lib.rs:7"),
            ("/lib.rs", "lib.rs:7"),
            ("", ":7"),
        ] {
            assert_eq!(Place { file, line: 7 }.told(), expected, "{file}");
        }
        let file = "ö".repeat(400).leak();
        let told = Place { file, line: 7 }.told();
        assert!(
            told.len() <= 255 && told.len() > 250 && told.ends_with("ö:7"),
            "{told}"
        );
    }

    #[test]
    fn p16_the_log_names_the_callback_that_panicked_and_its_place() {
        let log = Log::default();
        let context = CallContext::new(ContextParts {
            caller: "caller".into(),
            identity: None,
            process_name: "process".into(),
            callback: "shop.buy".into(),
            place: Place {
                file: "src/shop.rs",
                line: 7,
            },
            deadline: None,
            trace: None,
            metadata: Box::default(),
            chain: Chain::default(),
            owner: None,
        });
        let scope = Scope {
            context: Some(context),
            ..Scope::default()
        };
        let outcome = tracing::subscriber::with_default(log.clone(), || {
            caught(&scope, || -> Outcome { panic!("sold out") })
        });
        assert!(
            matches!(&outcome, Err(Failure::Failed(Failed::Panicked { message, place: Some(place) })) if message == "sold out" && place == "src/shop.rs:7"),
            "{outcome:?}"
        );
        let logged = log.0.lock().unwrap();
        for field in [
            "callback=\"shop.buy\"",
            "place=src/shop.rs:7",
            "panic=\"sold out\"",
        ] {
            assert!(logged.iter().any(|logged| logged == field), "{logged:?}");
        }
    }
}
