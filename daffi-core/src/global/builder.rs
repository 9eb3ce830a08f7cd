//! Describing a [`Global`].

mod access;
mod attributes;
mod bounds;
mod check;
mod durable;
mod hooks;
mod offers;
mod places;
mod start;
mod trust;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Global;
use crate::access::Access;
use crate::auth::Source;
use crate::error::StartError;
use crate::host::HostedController;
use crate::link;
use crate::node::Traces;
use crate::proto::{Attributes, Limits};
use crate::quota::Quotas;
use crate::registry::ServiceInstance;
#[cfg(feature = "tls")]
use crate::transport::Tls;

/// A runtime of tokio has 512 for all that blocks, unless it is told otherwise: some are left for what the program does there
/// itself.
const BLOCKING_THREADS: usize = 448;

/// What the streams may hold that come to a process.
const STREAM_BYTES: u64 = 256 << 20;

type Hook = Box<dyn Fn(&Global) + Send + Sync>;

type RefusedHook = Box<dyn Fn(&Global, &StartError) + Send + Sync>;

/// The description of a [`Global`]. Every setting has a default; see the methods.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use daffi::Global;
///
/// use std::time::Duration;
///
/// // A process that runs the controller as well. Port 0 picks a free one.
/// let shop = Global::builder().process_name("shop").init_controller(true).host("localhost").port(0);
/// let shop = shop.auto_callbacks(false).start().await?;
/// let port = shop.address().port().expect("it listens at a port");
///
/// // One that joins it.
/// let g = Global::builder()
///     .process_name("shopper")
///     .host("localhost")
///     .port(port)
///     .connect_timeout(Duration::from_secs(5))   // how long start() looks for the controller
///     .call_timeout(Duration::from_secs(30))     // for calls that say none
///     .reconnect_wait(Duration::from_secs(5))    // how long calls wait for a lost connection
///     .stop_timeout(Duration::from_secs(10))     // how long stop() lets callbacks finish
///     .heartbeat(Duration::from_secs(1))         // how soon a silent peer counts as lost
/// #   .auto_callbacks(false)
///     .start()
///     .await?;
/// assert_eq!(g.process_name(), "shopper");
/// # g.stop().await;
/// # shop.stop().await;
/// # Ok(()) }
/// ```
#[must_use = "a builder does nothing until it is started"]
pub struct GlobalBuilder {
    process_name: Option<String>,
    attributes: Attributes,
    init_controller: bool,
    init_node: bool,
    host: Option<String>,
    port: Option<u16>,
    controllers: Option<Vec<String>>,
    unix_sock_path: Option<PathBuf>,
    memory: Option<Global>,
    /// Through what it reaches its controller, in a simulation.
    through: Option<Arc<dyn HostedController>>,
    in_memory: bool,
    any_user: bool,
    insecure: bool,
    access: Option<Access>,
    quotas: Quotas,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    secrets: Vec<Source>,
    known: Option<PathBuf>,
    data_dir: Option<PathBuf>,
    connect_timeout: Duration,
    reconnect_wait: Duration,
    call_timeout: Option<Duration>,
    stop_timeout: Duration,
    stop_on_drop: bool,
    is_default: bool,
    replaces: bool,
    heartbeat: Option<Duration>,
    resume_grace: Duration,
    limits: Limits,
    traces: Traces,
    blocking_threads: usize,
    stream_bytes: u64,
    services: Vec<ServiceInstance>,
    functions: Vec<String>,
    auto_callbacks: bool,
    packages: Option<Vec<String>>,
    on_init: Vec<Hook>,
    on_node_connect: Vec<Hook>,
    on_node_disconnect: Vec<Hook>,
    on_refused: Vec<RefusedHook>,
    gives_up: bool,
}

impl Default for GlobalBuilder {
    fn default() -> Self {
        Self {
            process_name: None,
            attributes: Attributes::default(),
            init_controller: false,
            init_node: true,
            host: None,
            port: None,
            controllers: None,
            unix_sock_path: None,
            memory: None,
            through: None,
            in_memory: false,
            any_user: false,
            insecure: false,
            access: None,
            quotas: Quotas::new(),
            #[cfg(feature = "tls")]
            tls: None,
            secrets: Vec::new(),
            known: None,
            connect_timeout: Duration::from_secs(10),
            reconnect_wait: Duration::from_secs(10),
            call_timeout: None,
            stop_timeout: Duration::from_secs(30),
            stop_on_drop: false,
            is_default: false,
            replaces: false,
            heartbeat: None,
            resume_grace: link::RESUME_GRACE,
            data_dir: None,
            limits: Limits::default(),
            traces: Traces::default(),
            blocking_threads: BLOCKING_THREADS,
            stream_bytes: STREAM_BYTES,
            services: Vec::new(),
            functions: Vec::new(),
            auto_callbacks: true,
            packages: None,
            on_init: Vec::new(),
            on_node_connect: Vec::new(),
            on_node_disconnect: Vec::new(),
            on_refused: Vec::new(),
            gives_up: false,
        }
    }
}

impl fmt::Debug for GlobalBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GlobalBuilder")
            .field("process_name", &self.process_name)
            .field("init_controller", &self.init_controller)
            .field("init_node", &self.init_node)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("unix_sock_path", &self.unix_sock_path)
            .field("services", &self.services)
            .finish_non_exhaustive()
    }
}

impl Global {
    /// Begins the description of a `Global`; [`start`](GlobalBuilder::start) makes it real.
    pub fn builder() -> GlobalBuilder {
        <GlobalBuilder as Default>::default()
    }
}

impl GlobalBuilder {
    /// The name of the process, 1 to 255 bytes, unique at its controller. Default: a random `0x…` identifier.
    pub fn process_name(mut self, name: impl Into<String>) -> Self {
        self.process_name = Some(name.into());
        self
    }

    /// Whether to run a controller in this process. It listens at the address that is set here, and this process's
    /// node talks to it in memory. Default: no.
    pub fn init_controller(mut self, init: bool) -> Self {
        self.init_controller = init;
        self
    }

    /// Whether to run a node: without one, this process is a controller only. Default: yes.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// let controller = Global::builder().init_controller(true).init_node(false).in_memory().start().await?;
    /// let g = Global::builder().memory(&controller).auto_callbacks(false).start().await?;
    /// assert_eq!(g.processes().await?.len(), 1, "it is alone: a controller is no process of its own");
    /// # Ok(()) }
    /// ```
    pub fn init_node(mut self, init: bool) -> Self {
        self.init_node = init;
        self
    }

    /// The controller's host, a name or an IP address, without scheme and port; goes with [`port`](Self::port). Default: a Unix
    /// socket.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The controller's TCP port. For a controller of this process, 0 picks a free one, which
    /// [`address`](Global::address) tells. Without a [`host`](Self::host), `localhost`.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The folder of the controller's Unix socket, which is named `.sock` there. The folder is made if need be.
    /// A relative one is in the working directory that the process has when it [starts](Self::start). The whole path has at most 107
    /// bytes (on macOS, 103). Default: `<temp dir>/daffi-<uid>`, a folder of the user's own, which nobody else can enter; that is checked.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let shop = Global::builder().init_controller(true).unix_sock_path(folder);
    /// # let shop = shop.auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// assert_eq!(shop.address().path(), Some(&*folder.join(".sock")));
    ///
    /// let g = Global::builder().unix_sock_path(folder).auto_callbacks(false).start().await?;
    /// # g.stop().await;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn unix_sock_path(mut self, folder: impl Into<PathBuf>) -> Self {
        self.unix_sock_path = Some(folder.into());
        self
    }

    /// TLS over TCP: [`Tls`] says how, and both sides need it. It goes with [`host`](Self::host) and [`port`](Self::port); what joins a
    /// controller of the same process needs none.
    ///
    /// Only with the feature `tls` of `daffi`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::{Global, Tls};
    ///
    /// # use daffi_certificates::{Authority, Purpose, Wanted};
    /// # let folder = tempfile::tempdir()?;
    /// # let file = |name: &str| folder.path().join(name);
    /// # let authority = Authority::generate()?;
    /// # std::fs::write(file("ca.pem"), authority.own()?.certificate)?;
    /// # for (name, purpose, names) in [("server", Purpose::Server, "localhost"), ("buyer", Purpose::Client, "buyer")] {
    /// #     let issued = authority.issue(&Wanted::new(purpose, [names]))?;
    /// #     std::fs::write(file(&format!("{name}.pem")), &issued.certificate)?;
    /// #     std::fs::write(file(&format!("{name}.key")), &*issued.key)?;
    /// #     std::fs::set_permissions(file(&format!("{name}.key")), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    /// # }
    ///
    /// # let controller = Tls::new().certificate(file("server.pem")).key(file("server.key"));
    /// # let shop = Global::builder().init_controller(true).host("localhost").port(0).tls(controller).auto_callbacks(false).start().await?;
    /// # let port = shop.address().port().expect("it listens at a port");
    /// let g = Global::builder().host("localhost").port(port).tls(Tls::new().ca(file("ca.pem")));
    /// # let g = g.auto_callbacks(false);
    /// let g = g.start().await?;
    /// # g.stop().await;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls.or(self.tls.unwrap_or_default()));
        self
    }

    /// The file, in PEM, of the certificate that this process shows: as a controller ([`init_controller`](Self::init_controller)) to
    /// whoever joins, else to the controller, where that asks for one (mutual TLS). With [`ssl_key`](Self::ssl_key), the same as
    /// [`tls`](Self::tls) with both.
    ///
    /// Only with the feature `tls` of `daffi`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # use daffi_certificates::{Authority, Purpose, Wanted};
    /// # let folder = tempfile::tempdir()?;
    /// # let file = |name: &str| folder.path().join(name);
    /// # let authority = Authority::generate()?;
    /// # std::fs::write(file("ca.pem"), authority.own()?.certificate)?;
    /// # for (name, purpose, names) in [("server", Purpose::Server, "localhost"), ("buyer", Purpose::Client, "buyer")] {
    /// #     let issued = authority.issue(&Wanted::new(purpose, [names]))?;
    /// #     std::fs::write(file(&format!("{name}.pem")), &issued.certificate)?;
    /// #     std::fs::write(file(&format!("{name}.key")), &*issued.key)?;
    /// #     std::fs::set_permissions(file(&format!("{name}.key")), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    /// # }
    ///
    /// let shop = Global::builder()
    ///     .init_controller(true)
    ///     .host("localhost")
    ///     .port(0)
    ///     .ssl_certificate(file("server.pem"))
    ///     .ssl_key(file("server.key"))
    /// #   .auto_callbacks(false)
    ///     .start()
    ///     .await?;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "tls")]
    pub fn ssl_certificate(self, file: impl Into<PathBuf>) -> Self {
        self.tls(Tls::new().certificate(file))
    }

    /// The file, in PEM, of the key of [`ssl_certificate`](Self::ssl_certificate). Nobody but its owner may be able to read it.
    ///
    /// Only with the feature `tls` of `daffi`.
    #[cfg(feature = "tls")]
    pub fn ssl_key(self, file: impl Into<PathBuf>) -> Self {
        self.tls(Tls::new().key(file))
    }

    /// Joins the controller of another `Global` of this process without a socket. Once that has stopped, [`start`](Self::start)
    /// fails at once.
    pub fn memory(mut self, controller: &Global) -> Self {
        self.memory = Some(controller.clone());
        self
    }

    /// Joins a controller through whatever this connects to.
    #[cfg(feature = "simulation")]
    #[doc(hidden)]
    pub fn through(mut self, controller: Arc<dyn HostedController>) -> Self {
        self.through = Some(controller);
        self
    }

    /// Has the controller of this process, which takes [`init_controller(true)`](Self::init_controller), listen nowhere: only what says
    /// [`memory`](Self::memory) joins it, as other `Global`s of the same process do in a test. No socket and no file is made, so any number
    /// of tests run beside each other.
    ///
    /// Where a test pauses tokio's clock, everything in daffi goes by that: deadlines, heartbeats, schedules. The clock stands still as
    /// long as something runs on a thread of `spawn_blocking`, as callbacks without `async` do, so one of these that waits for time
    /// to pass (by `.wait()` for a call that sleeps, say) waits for ever. Heartbeats are made for all the time that is skipped: a day
    /// takes seconds.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// let shop = Global::builder().init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// let shopper = Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// assert_eq!(shop.processes().await?.len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// How long [`start`](Self::start) looks for the controller before it gives up, and waits for its name if whoever holds that does not
    /// answer. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a call waits for a lost connection to come back before it ends with
    /// [`CallError::Disconnected`](crate::CallError::Disconnected). Default: 10 seconds.
    ///
    /// When the connection has come back, calls wait so long, counted from then, for processes that offer their callbacks, which have lost
    /// theirs as well; see [`Call::wait_for_provider`](crate::Call::wait_for_provider).
    pub fn reconnect_wait(mut self, wait: Duration) -> Self {
        self.reconnect_wait = wait;
        self
    }

    /// Ends the calls of this process that set no timeout of their own, [`CallError::Timeout`](crate::CallError::Timeout), when
    /// there is no outcome so long after they were made. Default: none, so that such a call waits for as long as its provider is
    /// there.
    ///
    /// It stands in for a timeout that is not there: one of the call ([`Call::timeout`](crate::Call::timeout)) or of its fetcher
    /// (`#[fetcher(timeout = "5s")]`) is used instead, whether longer or shorter, and `.timeout(Duration::MAX)` is none. It holds
    /// however the outcome is waited for: awaited, in the background from [`bg`](crate::Call::bg) on, by
    /// [`wait`](crate::Call::wait), of a [broadcast](crate::Call::broadcast), [by name](Global::call), for all attempts of a
    /// [`retry`](crate::Call::retry) together, and not before an [`after`](crate::Call::after) is over. A call made inside a
    /// callback still ends no later than the one that the callback answers.
    ///
    /// It does not hold where there is not one outcome to wait for: for streams, of arguments or of results, which may last, and
    /// for calls that are [handed over](crate::Call::send), whose timeout bounds how long the callback runs. Nor does it
    /// for [`wait_process`](Global::wait_process) and [`wait_function`](Global::wait_function), which have
    /// [one of their own](crate::Wait::timeout), nor for what else a `Global` asks its controller.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use std::time::Duration;
    ///
    /// use daffi::{CallError, TimeLimit};
    ///
    /// # let shop = Global::builder().init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # shop.register_fn("never", || std::future::pending::<()>()).await?;
    /// let patience = Duration::from_millis(20);
    /// let g = Global::builder().memory(&shop).auto_callbacks(false).call_timeout(patience).start().await?;
    /// let error = g.call::<()>("never", ()).await.unwrap_err();
    /// assert!(matches!(error, CallError::Timeout { limit: TimeLimit::Call, .. }));
    /// # Ok(()) }
    /// ```
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// How long [`stop`](Global::stop) lets running callbacks finish. Default: 30 seconds.
    pub fn stop_timeout(mut self, timeout: Duration) -> Self {
        self.stop_timeout = timeout;
        self
    }

    /// Whether it stops, as by [`stop`](Global::stop), when its last handle is dropped. Default: no, it runs until it is stopped.
    ///
    /// The scope of a variable is then the life of the `Global`, also where `?` leaves it early:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let shop = Global::builder().init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # shop.register_fn("calculate_sum", |a: i64, b: i64| async move { a + b }).await?;
    /// let sum: i64 = {
    ///     let g = Global::builder().memory(&shop).auto_callbacks(false).stop_on_drop(true).start().await?;
    ///     g.call("calculate_sum", (1i64, 2i64)).await?
    /// };
    /// assert_eq!(sum, 3);
    /// # Ok(()) }
    /// ```
    ///
    /// Dropping waits for nothing: it stops in the background, on the runtime that it runs on. A program that is about to end awaits
    /// [`stop`](Global::stop) instead, or what still runs is cut off. Every clone is a handle, as is one that
    /// a hook has kept; one that a hook is only given is not.
    pub fn stop_on_drop(mut self, stop: bool) -> Self {
        self.stop_on_drop = stop;
        self
    }

    /// Whether free fetchers use this `Global` where nothing else is said, though the process runs several; see [`Global`]. At most one
    /// should be marked: among several, they use none. Default: no.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use daffi::fetcher;
    ///
    /// #[fetcher]
    /// async fn name() -> String;
    ///
    /// # let at = || Global::builder().init_controller(true).in_memory().auto_callbacks(false).start();
    /// # let (shop_controller, bank_controller) = (at().await?, at().await?);
    /// # shop_controller.register_fn("name", || async { "shop".to_owned() }).await?;
    /// # bank_controller.register_fn("name", || async { "bank".to_owned() }).await?;
    /// let shop = Global::builder().memory(&shop_controller).auto_callbacks(false).default(true).start().await?;
    /// let bank = Global::builder().memory(&bank_controller).auto_callbacks(false).start().await?;
    /// assert_eq!(name().await?, "shop");
    /// assert_eq!(name().on(&bank).await?, "bank");
    /// # drop(shop);
    /// # Ok(()) }
    /// ```
    pub fn default(mut self, is_default: bool) -> Self {
        self.is_default = is_default;
        self
    }

    /// How often each side of a connection says something; one that is silent for three intervals counts as lost. From 10 milliseconds to one
    /// hour. Default: 2 seconds.
    ///
    /// With [`init_controller(true)`](Self::init_controller) this is what holds for all its nodes. A node that says it asks its controller
    /// for it, and is granted no less than a quarter of what that has by itself, and no more than four times as much. By TCP the controller says
    /// more, at least six times in its [`resume_grace`](Self::resume_grace), so that a node notices in time that it has to come back.
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = Some(interval);
        self
    }

    /// How long a process may be away whose TCP connection is lost: back in that time, its calls, streams and offers go on where they were.
    /// Until then what is sent to it waits, also if it has died, unless it is started again. The controller's setting holds for all its
    /// nodes; at most one hour, and zero turns it off. Nobody is waited for behind a Unix socket. Default: 3 seconds.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use std::time::Duration;
    ///
    /// // A controller that waits for a train to leave its tunnel.
    /// let shop = Global::builder().init_controller(true).port(0).resume_grace(Duration::from_secs(60));
    /// # let shop = shop.auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn resume_grace(mut self, grace: Duration) -> Self {
        self.resume_grace = grace;
        self
    }
}
