//! Rust processes calling each other's functions.
//!
//! Annotate a function with [`#[callback]`](callback) and any process can call it. Declare a function without a body
//! with [`#[fetcher]`](fetcher) and calling it calls the callback, wherever it runs. Every process runs a node inside a
//! [`Global`]; nodes meet at a controller, which routes the calls. The controller runs inside one of the processes
//! ([`init_controller`](GlobalBuilder::init_controller)) or by itself (the program `daffi-controller`).
//!
//! ```standalone_crate
//! use daffi::{Global, fetcher};
//!
//! mod calculator {
//!     #[daffi::callback]
//!     async fn calculate_sum(a: i64, b: i64) -> i64 {
//!         a + b
//!     }
//! }
//!
//! #[fetcher]
//! async fn calculate_sum(a: i64, b: i64) -> i64;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! // The one process: it offers what is annotated in it, and runs the controller.
//! let service = Global::builder()
//!     .process_name("calculator service")
//!     .init_controller(true)
//! #   .unix_sock_path(folder.path())
//!     .start()
//!     .await?;
//!
//! // The other. It would say `.host(…).port(…)`, or nothing for the default Unix socket; here it is the same process.
//! let g = Global::builder().memory(&service).auto_callbacks(false).start().await?;
//! let sum = calculate_sum(1, 2).on(&g).await?;
//! assert_eq!(sum, 3);
//! # g.stop().await;
//! # service.stop().await;
//! # Ok(()) }
//! ```
//!
//! # What to write
//!
//! | to | write |
//! |---|---|
//! | offer a function, or the public methods of a type | [`#[callback]`](callback) above it |
//! | call one | [`#[fetcher]`](fetcher) above its declaration; by its name alone, [`Global::call`]; without its types, [`Global::call_json`] |
//! | take part | [`Global::builder()`](Global::builder), and [`start`](GlobalBuilder::start) or [`start_blocking`](GlobalBuilder::start_blocking) |
//! | say how one call is made | a method of [`Call`]: [`timeout`](Call::timeout), [`to`](Call::to), [`bg`](Call::bg), [`broadcast`](Call::broadcast), [`period`](Call::period), [`retry`](Call::retry), … |
//! | know who calls, and until when | a parameter of the type [`CallContext`] |
//! | send more than a value | [`Streaming`], and [`bytes`] for files |
//! | have the callbacks of a library | [`offer!`] |
//! | have several processes in one program, as tests do | [`in_memory`](GlobalBuilder::in_memory), [`memory`](GlobalBuilder::memory), [`auto_callbacks(false)`](GlobalBuilder::auto_callbacks), [`Global::scope`] |
//!
//! # Where to go on
//!
//! * [The guide](https://github.com/600apples/daffi/blob/main/docs/guide/SUMMARY.md): a page for each thing, from getting started to troubleshooting.
//! * [`callback`] and [`fetcher`]: what can be annotated, and how.
//! * [`GlobalBuilder`]: how a process joins, under which name, at which address.
//! * [`Call`]: what a fetcher returns, and the modifiers of a call.
//! * [`CallError`]: how a call can end without a value, and whether the callback may have run then.
//!
//! Everything works without `async`, too: [`GlobalBuilder::start_blocking`], [`Call::wait`].
//!
//! # Features
//!
//! None of them is on unless it is asked for.
//!
//! | feature | brings |
//! |---|---|
//! | `logging` | `init_logging()`: shows what happens, in a program without a subscriber |
//! | `tls` | `Tls`, and [`GlobalBuilder`]'s `tls`, `ssl_certificate` and `ssl_key`; needs a C compiler |
//! | `tls-aws-lc` | the same, in half of the time for large payloads; a minute longer to compile |
//! | `auth` | tokens and keys: [`token`](GlobalBuilder::token), [`key`](GlobalBuilder::key), [`known`](GlobalBuilder::known) |
//! | `cron` | [`Period::cron`] at a controller of this process |
//! | `durable` | [`data_dir`](GlobalBuilder::data_dir): schedules that outlive the controller of this process |
//!
//! # Logs
//!
//! What happens is said with [`tracing`](https://docs.rs/tracing): lifecycle at `info`, a peer's faults at `warn`. Nothing
//! that is called, no argument and no result, is ever logged. A program without a subscriber shows none of it: `daffi::init_logging()` (the feature `logging`) is one
//! in a line.

#[doc = include_str!("../docs/callback.md")]
pub use daffi_macros::callback;
#[doc = include_str!("../docs/fetcher.md")]
pub use daffi_macros::fetcher;

pub use daffi_core::{
    Absence, Access, Address, AsyncResult, Balance, BlockingItems, BlockingStream, Broadcast,
    BroadcastHandover, BroadcastItems, Call, CallContext, CallError, CallErrorKind, CallbackDescription,
    CallbackFn, CallbackInfo, CallbackVersion, CertificateFault, ConfigFault, Disconnect, DurableCall, Ended,
    Exceeded, Global, GlobalBuilder, Grants, Handover, Identity, Json, JsonBroadcast, JsonCall, JsonError,
    Lacking, Lagging, LeaveReason, Measure, Missed, Overlap, Oversized, Period, PeriodCall, Presence,
    PresenceEvents, ProcessInfo, Proven, ProviderInfo, Quota, QuotaOf, Quotas, Refusal, RegisterError,
    Registration, RemoteError, Replies, RepliesIter, Reply, ReplyStream, Right, Role, ScheduledTask,
    ScheduledTaskDescription, ScheduledTaskInfo, ScheduledTasks, Signature, Skipped, StartError, Stop,
    Stream, Streaming, TaskId, TaskState, Tick, TickCounts, TickOutcome, Ticks, TimeLimit, TlsConfigFault,
    TlsFault, TlsSide, Told, TooMuch, TraceContext, Unmet, Wait,
};

/// With the feature `tls`.
#[cfg(feature = "tls")]
pub use daffi_core::Tls;

/// With the feature `logging`.
#[cfg(feature = "logging")]
pub use daffi_core::init_logging;

/// Sending files and whatever can be read, and receiving them.
///
/// ```no_run
/// use daffi::bytes::{self, Chunk};
/// use daffi::{Global, Stream, Streaming, callback, fetcher};
///
/// #[callback]
/// async fn store(name: String, chunks: Streaming<Chunk>) -> Result<u64, String> {
///     // Check the name before it becomes a path, if you do not trust those who call.
///     let path = std::env::temp_dir().join(name);
///     bytes::save(chunks, path).await.map_err(|error| error.to_string())
/// }
///
/// mod there {
///     use super::*;
///
///     #[fetcher]
///     pub async fn store(name: &str, chunks: impl Stream<Item = Chunk>) -> Result<u64, String>;
/// }
///
/// # async fn send(g: Global) -> Result<(), Box<dyn std::error::Error>> {
/// let file = bytes::open("film.mp4").await?;
/// let total = file.total();
/// let file = file.on_progress(move |sent| println!("{sent} of {total:?} bytes"));
/// let stored = there::store("film.mp4", file).on(&g).await?;
/// # Ok(()) }
/// # fn main() {}
/// ```
pub use daffi_core::bytes;

pub use daffi_core::parts as signature;

#[doc(hidden)]
pub use daffi_core::private as __private;

/// Makes the callbacks of libraries a part of the program: `offer!(plug)`, or several, `offer!(plug, shop_list)`.
///
/// A library of which the program uses nothing is left out when it is built, and its `#[callback]`s with it, without a word: nobody offers
/// them, and who calls them finds no provider. This names it, as `use plug as _;` does. It stands where a `use` may, and takes the name of a
/// crate, which has a `_` where its package has a `-`. Whether what it has is offered is the builder's to say:
/// [`auto_callbacks`](GlobalBuilder::auto_callbacks), [`callbacks_of`](GlobalBuilder::callbacks_of).
///
/// ```
/// daffi::offer!(daffi_plug);
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let g = daffi::Global::builder().init_controller(true).in_memory().callbacks_of(["daffi-plug"]).start().await?;
/// assert_eq!(g.callbacks().await?[0].name, "plug.ping");
/// # g.stop().await;
/// # Ok(()) }
/// ```
pub use daffi_core::offer;

// Linked for the controller that it registers, which `init_controller(true)` starts.
use daffi_controller as _;

// The guide's code is compiled and run: `cargo test -p daffi --doc Guide`.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/getting-started.md")]
struct GettingStartedGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/by-hand.md")]
struct ByHandGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/farm.md")]
struct FarmGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/callbacks.md")]
struct CallbacksGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/services.md")]
struct ServicesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/fetchers.md")]
struct FetchersGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/clients.md")]
struct ClientsGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/ways-to-call.md")]
struct WaysToCallGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/streams.md")]
struct StreamsGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/balancing.md")]
struct BalancingGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/errors.md")]
struct ErrorsGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/deadlines.md")]
struct DeadlinesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/naming.md")]
struct NamingGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/lifecycle.md")]
struct LifecycleGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/local-methods.md")]
struct LocalMethodsGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/aliases.md")]
struct AliasesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/bodies.md")]
struct BodiesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/blocking.md")]
struct BlockingGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/projects.md")]
struct ProjectsGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/testing.md")]
struct TestingGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/values.md")]
struct ValuesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/queues.md")]
struct QueuesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/stopping.md")]
struct StoppingGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/schedules.md")]
struct SchedulesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/running.md")]
struct RunningGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/availability.md")]
struct AvailabilityGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/reliability.md")]
struct ReliabilityGuide;
#[cfg(all(doctest, feature = "tls"))]
#[doc = include_str!("../docs/guide/security.md")]
struct SecurityGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/identities.md")]
struct IdentitiesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/roles.md")]
struct RolesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/quotas.md")]
struct QuotasGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/changing-types.md")]
struct ChangingTypesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/changes.md")]
struct ChangesGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/performance.md")]
struct PerformanceGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/limits.md")]
struct LimitsGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/python.md")]
struct PythonGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/troubleshooting.md")]
struct TroubleshootingGuide;
#[cfg(doctest)]
#[doc = include_str!("../docs/guide/log.md")]
struct LogGuide;
