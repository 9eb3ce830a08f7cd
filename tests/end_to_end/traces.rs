//! Traces and log lines: what travels with a call, and what a callback's lines carry.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use daffi::{CallContext, Global, TraceContext, callback, fetcher};
use tracing::{Instrument, info, info_span};

use crate::net::{Net, Transport, over_each};

struct Post {
    /// Who carries a letter further.
    next: Option<&'static str>,
    g: Arc<Mutex<Option<Global>>>,
}

#[callback]
impl Post {
    pub async fn deliver(&self, ctx: CallContext) -> Option<(u64, u64)> {
        info!("a letter");
        let g = self.g.lock().unwrap().clone();
        match (self.next, g) {
            (Some(next), Some(g)) => deliver().to(next).on(&g).await.unwrap(),
            _ => ctx.trace().map(ids),
        }
    }
}

#[fetcher]
async fn deliver() -> Option<(u64, u64)>;

fn ids(trace: &TraceContext) -> (u64, u64) {
    let [.., b0, b1, b2, b3, b4, b5, b6, b7] = trace.trace_id;
    (
        u64::from_be_bytes([b0, b1, b2, b3, b4, b5, b6, b7]),
        u64::from_be_bytes(trace.span_id),
    )
}

fn context(trace: u64, span: u64) -> TraceContext {
    TraceContext {
        trace_id: u128::from(trace).to_be_bytes(),
        span_id: span.to_be_bytes(),
        flags: 1,
    }
}

#[tokio::test]
async fn the_callers_trace_reaches_the_callback_and_those_that_it_calls() {
    over_each(async |transport| {
        let last = Post {
            next: None,
            g: Arc::default(),
        };
        let net = Net::start(transport, |builder| builder.service(last)).await;
        let middle = Post {
            next: Some("service"),
            g: Arc::default(),
        };
        let slot = Arc::clone(&middle.g);
        let builder = net.join().process_name("middle").service(middle);
        let extracted = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&extracted);
        let builder = builder.extract_trace(move |_, context| seen.lock().unwrap().push(ids(&context)));
        let middle = builder.start().await.unwrap();
        *slot.lock().unwrap() = Some(middle.clone());

        let builder = net.join().process_name("caller");
        let g = builder
            .inject_trace(|_| Some(context(5, 6)))
            .start()
            .await
            .unwrap();
        assert_eq!(deliver().to("middle").on(&g).await, Ok(Some((5, 6))));
        assert_eq!(*extracted.lock().unwrap(), [(5, 6)]);
        // Whoever is not traced sends nothing.
        let plain = net.caller_named("plain").await;
        assert_eq!(deliver().to("middle").on(&plain).await, Ok(None));
        net.stop([plain, g, middle]).await;
    })
    .await;
}

/// Its signature has another number than its callers', who have to call again in its terms.
struct Sealed;

#[callback(prefix = "sealed.")]
impl Sealed {
    #[callback(untraced)]
    pub async fn trace(&self, ctx: CallContext) -> Option<(u64, u64)> {
        ctx.trace().map(ids)
    }
}

struct Seals;

#[fetcher(prefix = "sealed.")]
impl Seals {
    async fn trace(&self) -> Option<(u64, u64)>;
}

/// Asks all, and has the answers looked at by code that is of no callback.
struct Relay(Arc<Mutex<Option<Global>>>);

#[callback(prefix = "relay.")]
impl Relay {
    pub async fn ask(&self) -> Vec<Option<(u64, u64)>> {
        let g = self.0.lock().unwrap().clone().unwrap();
        let mut replies = Seals.trace().on(&g).broadcast().stream().await.unwrap();
        let looked_at = tokio::spawn(async move {
            let mut traces = Vec::new();
            while let Some((_, reply)) = replies.next().await {
                traces.push(reply.unwrap());
            }
            traces
        });
        looked_at.await.unwrap()
    }
}

struct Relays;

#[fetcher(prefix = "relay.")]
impl Relays {
    async fn ask(&self) -> Vec<Option<(u64, u64)>>;
}

#[tokio::test]
async fn a_part_that_is_called_again_is_of_the_call_that_it_is_a_part_of() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let sealed = net.join().service(Sealed).start().await.unwrap();
        let slot = Arc::default();
        let relay = net.join().service(Relay(Arc::clone(&slot)));
        let relay = relay.start().await.unwrap();
        *slot.lock().unwrap() = Some(relay.clone());
        let builder = net.join().process_name("caller");
        let builder = builder.inject_trace(|_| Some(context(5, 6)));
        let g = builder.start().await.unwrap();
        assert_eq!(Relays.ask().on(&g).await, Ok(vec![Some((5, 6))]));
        net.stop([g, relay, sealed]).await;
    })
    .await;
}

/// What has been logged.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// The lines of all tests of this program. One thread's would be missed by code that another test came to first.
    pub fn of_all_tests() -> &'static Self {
        static LINES: OnceLock<Lines> = OnceLock::new();
        LINES.get_or_init(|| {
            let lines = Self::default();
            let writer = lines.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_ansi(false)
                .with_writer(move || writer.clone())
                .finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            lines
        })
    }

    /// All that there is.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_lines_of_a_callback_name_the_call_and_its_caller() {
    let lines = Lines::of_all_tests();
    let post = Post {
        next: None,
        g: Arc::default(),
    };
    let net = Net::start(Transport::Unix, |builder| builder.service(post)).await;
    let injected = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&injected);
    let builder = net.join().process_name("the writer").inject_trace(move |span| {
        *seen.lock().unwrap() = span.metadata().map(tracing::Metadata::name);
        None
    });
    let g = builder.start().await.unwrap();
    deliver().on(&g).instrument(info_span!("writing")).await.unwrap();
    assert_eq!(*injected.lock().unwrap(), Some("writing"));
    net.stop([g]).await;

    let lines = lines.text();
    let line = lines
        .lines()
        .find(|line| line.contains("a letter") && line.contains("the writer"));
    let line = line.unwrap_or_else(|| panic!("{lines}"));
    assert!(
        line.contains(r#"callback{name="deliver" caller="the writer" call="#),
        "{line}"
    );
    assert!(!line.contains("writing"), "{line}");
}
