//! Making real what was described: the controller if one was asked for, then the node.

use std::any::Any;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::super::kept::Kept;
use super::super::{Global, Inner};
use super::{GlobalBuilder, Hook, RefusedHook};
use crate::auth::{Identities, Proving, Source};
use crate::call::block_on;
use crate::error::{ConfigFault, StartError};
use crate::host::{HostEntry, HostOptions};
use crate::link::HEARTBEAT;
use crate::link::handshake::Trust;
use crate::node::{Hooks, Node, NodeOptions, Refused, Route, Supervisor, in_process};
use crate::random;
use crate::registry::{BoundCallback, Catalog, Description};
use crate::transport::{Security, own_uid};

impl GlobalBuilder {
    /// Starts it: the controller if one was asked for, then the node, whose callbacks can be called when this
    /// returns. Its tasks run on the tokio runtime of the caller.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use std::time::Duration;
    ///
    /// use daffi::StartError;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let joining = Global::builder().unix_sock_path(folder.path()).connect_timeout(Duration::from_millis(50));
    /// match joining.start().await {
    ///     Ok(g) => println!("{} is there", g.process_name()),
    ///     Err(StartError::NoController { address, .. }) => println!("nobody at {address}"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`StartError`]. Nothing is left running then.
    ///
    /// # Cancel safety
    ///
    /// Dropping it ends what was started, a moment later.
    pub async fn start(self) -> Result<Global, StartError> {
        self.start_on(Handle::try_current().map_err(|_| StartError::NoRuntime)?, None)
            .await
    }

    /// As [`start`](Self::start), for code without async: makes a runtime, on a thread of its own, and blocks until
    /// all is started. Use [`Call::wait`](crate::Call::wait), [`join_blocking`](Global::join_blocking) and
    /// [`stop_blocking`](Global::stop_blocking) then.
    ///
    /// Callbacks that are `async` share that one thread and must not hold it up.
    ///
    /// ```
    /// use daffi::Global;
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let shop = Global::builder().init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    ///     shop.register_fn("double", |n: i64| n * 2).wait()?;
    ///     let g = Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    ///     assert_eq!(g.call::<i64>("double", (21i64,)).wait()?, 42);
    ///     g.stop_blocking();
    ///     shop.stop_blocking();
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start_blocking(self) -> Result<Global, StartError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::Runtime)?;
        let handle = runtime.handle().clone();
        let end = CancellationToken::new();
        let until = end.clone();
        std::thread::Builder::new()
            .name("daffi".to_owned())
            .spawn(move || {
                runtime.block_on(until.cancelled());
                // Blocking callbacks that do not end must not keep the thread.
                runtime.shutdown_background();
            })
            .map_err(StartError::Runtime)?;
        let guard = end.clone().drop_guard();
        let starting = handle.spawn(self.start_on(handle.clone(), Some(end)));
        let started = block_on(starting).unwrap_or(Err(StartError::Stopped));
        if started.is_ok() {
            guard.disarm();
        }
        started
    }

    async fn start_on(
        self,
        runtime: Handle,
        thread: Option<CancellationToken>,
    ) -> Result<Global, StartError> {
        let (addresses, mut faults) = self.addresses();
        let address = addresses[0].clone();
        let mut catalog = Catalog::default();
        if self.auto_callbacks || self.packages.is_some() {
            catalog.add_registered(&self.services, self.packages.as_deref());
        }
        self.functions.iter().for_each(|name| catalog.add_function(name));
        self.services
            .iter()
            .for_each(|service| catalog.add_service(service));
        let (callbacks, more) = catalog.finish();
        faults.extend(more);
        let security = self.security().unwrap_or_else(|more| {
            faults.extend(more);
            Security::none()
        });
        let secrets = secrets(self.secrets, self.known, self.init_controller, &mut faults);
        if !faults.is_empty() {
            return Err(StartError::Config(faults));
        }
        let process_name: Arc<str> = self
            .process_name
            .unwrap_or_else(|| format!("0x{:016x}", random::number()))
            .into();

        let controller = match HostEntry::find().filter(|_| self.init_controller) {
            Some(host) => {
                let options = HostOptions {
                    address: address.clone(),
                    process_name: Arc::clone(&process_name),
                    limits: self.limits,
                    heartbeat: self.heartbeat.unwrap_or(HEARTBEAT),
                    resume_grace: self.resume_grace,
                    any_user: self.any_user,
                    insecure: self.insecure,
                    access: self.access,
                    quotas: self.quotas,
                    security: security.clone(),
                    identities: secrets.identities,
                    data_dir: self.data_dir,
                };
                Some(host.start(options).await?)
            }
            None => None,
        };
        let joinable = controller
            .clone()
            .or(self.through)
            .or_else(|| self.memory.and_then(|other| other.inner.joinable.clone()));
        let address = joinable
            .as_ref()
            .map_or(address, |controller| controller.address().clone());
        let node = self.init_node.then(|| {
            let options = NodeOptions {
                process_name: Arc::clone(&process_name),
                attributes: self.attributes,
                replaces: self.replaces,
                heartbeat: self.heartbeat.filter(|_| !self.init_controller),
                limits: self.limits,
                reconnect_wait: self.reconnect_wait,
                call_timeout: self.call_timeout,
                traces: self.traces,
                blocking_threads: self.blocking_threads,
                stream_bytes: self.stream_bytes,
                trust: Trust {
                    own_uid: own_uid(),
                    any_user: self.any_user,
                    insecure: self.insecure,
                },
                proving: secrets.proving,
            };
            Node::new(options, runtime.clone())
        });
        if let Some(node) = &node {
            // Before anything of the program runs that may make calls.
            in_process::add(node, self.is_default);
        }
        let inner = Arc::new(Inner {
            process_name,
            address: address.clone(),
            node,
            controller,
            shared: secrets.shared,
            joinable,
            runtime,
            stop_timeout: self.stop_timeout,
            stopping: Mutex::default(),
            stopped: CancellationToken::new(),
            drained: CancellationToken::new(),
            thread,
            registering: Mutex::default(),
            descriptions: Arc::default(),
            kept: OnceLock::new(),
        });
        let kept = Arc::new(if self.stop_on_drop {
            stopped_when_dropped(&inner)
        } else {
            Kept::without_effect()
        });
        let _ = inner.kept.set(Arc::downgrade(&kept));
        if let Some(node) = &inner.node {
            node.is_part_of(Arc::downgrade(&inner) as Weak<dyn Any + Send + Sync>);
        }
        let global = Global {
            inner,
            _kept: Some(kept),
        };
        let unfinished = Unfinished(Some(global.clone()));
        let home = global.home();
        home.enter(|| self.on_init.iter().for_each(|hook| hook(&global)));
        let Some(node) = &global.inner.node else {
            unfinished.finished();
            return Ok(global);
        };

        let described = callbacks.iter().map(|callback| &callback.description);
        let names: Vec<_> = described.map(Description::with_package).collect();
        node.offer(callbacks.into_iter().map(BoundCallback::traced));
        let supervisor = Supervisor {
            node: Arc::clone(node),
            route: match &global.inner.joinable {
                Some(controller) => Route::Memory(Arc::clone(controller)),
                None => Route::Socket {
                    addresses: addresses.into(),
                    security,
                },
            },
            hooks: hooks(
                &global,
                (self.on_node_connect, self.on_node_disconnect),
                (self.on_refused, self.gives_up),
            ),
            connect_timeout: self.connect_timeout,
        };
        supervisor.start().await?;
        in_process::has_started(node);
        info!(
            process_name = global.process_name(),
            callbacks = ?names,
            "node started"
        );
        unfinished.finished();
        Ok(global)
    }
}

/// What proves who somebody is.
struct Secrets {
    /// This process.
    proving: Option<Proving>,
    /// Whom its controller knows, if it asks who joins.
    identities: Option<Arc<Identities>>,
    /// Those of them who have the token of this process, whoever else is known.
    shared: Identities,
}

/// Reads what this process proves with who it is, and whom its controller knows.
fn secrets(
    mut given: Vec<Source>,
    identities: Option<PathBuf>,
    init_controller: bool,
    faults: &mut Vec<ConfigFault>,
) -> Secrets {
    let mut unusable = |setting, reason| faults.push(ConfigFault::Unusable { setting, reason });
    let source = given.pop().or_else(Source::environment);
    let proving = source.as_ref().and_then(|source| {
        let proving = Proving::load(source);
        proving.map_err(|reason| unusable(source.setting(), reason)).ok()
    });
    let known = identities.and_then(|path| {
        let known = Identities::load(&path);
        known.map_err(|reason| unusable("known", reason)).ok()
    });
    let is_shared = |source: &Source| init_controller && proving.is_some() && source.is_token();
    let shared = source.filter(is_shared).and_then(|source| {
        let shared = Identities::shared(&source);
        shared.map_err(|reason| unusable(source.setting(), reason)).ok()
    });
    let identities = match (known, &shared) {
        (known, Some(shared)) => Some(known.unwrap_or_default().and(shared)),
        (known, None) => known,
    };
    Secrets {
        proving,
        identities: identities.map(Arc::new),
        shared: shared.unwrap_or_default(),
    }
}

/// What stops a `Global` when its last handle is dropped.
fn stopped_when_dropped(inner: &Arc<Inner>) -> Kept {
    let inner = Arc::clone(inner);
    Kept::until(move || {
        let runtime = inner.runtime.clone();
        let global = Global { inner, _kept: None };
        // Nobody can be kept waiting here. On a runtime that has ended, all of it has ended, too.
        runtime.spawn(async move { global.stop().await });
    })
}

fn hooks(
    global: &Global,
    (connected, disconnected): (Vec<Hook>, Vec<Hook>),
    (refused, gives_up): (Vec<RefusedHook>, bool),
) -> Hooks {
    let call_all = |hooks: Vec<Hook>| {
        let inner = Arc::clone(&global.inner);
        Box::new(move || {
            // A handle that a hook keeps counts, the one that it is given does not.
            let global = Global::of(Arc::clone(&inner));
            let home = global.home();
            home.enter(|| hooks.iter().for_each(|hook| hook(&global)));
        })
    };
    Hooks {
        connected: call_all(connected),
        disconnected: call_all(disconnected),
        refused: Refused {
            told: {
                let inner = Arc::clone(&global.inner);
                Box::new(move |error| {
                    let global = Global::of(Arc::clone(&inner));
                    let home = global.home();
                    home.enter(|| refused.iter().for_each(|hook| hook(&global, error)));
                })
            },
            gives_up,
        },
        ended: {
            let stopped = global.inner.stopped.clone();
            Arc::new(move || stopped.cancel())
        },
    }
}

/// A start that may fail or be dropped half-way: what was started ends then.
struct Unfinished(Option<Global>);

impl Unfinished {
    fn finished(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(global) = self.0.take() {
            global.end();
        }
    }
}
