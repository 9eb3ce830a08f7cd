//! What is made of files, and made anew when they change.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tracing::{info, warn};

use super::super::fault::TlsConfigFault;
use super::files::Stamp;

/// How often it is looked whether the files have changed, at most.
const LOOK: Duration = Duration::from_secs(2);

type Load<T> = dyn Fn() -> Result<T, Vec<TlsConfigFault>> + Send + Sync;

/// What `load` makes of some files.
pub(super) struct Watched<T> {
    load: Box<Load<T>>,
    files: Vec<PathBuf>,
    state: Mutex<State<T>>,
}

struct State<T> {
    made: T,
    stamps: Vec<Option<Stamp>>,
    looked: Instant,
}

impl<T: Clone + Send + 'static> Watched<T> {
    /// Reads the files.
    pub(super) fn new(
        files: Vec<PathBuf>,
        load: impl Fn() -> Result<T, Vec<TlsConfigFault>> + Send + Sync + 'static,
    ) -> Result<Self, Vec<TlsConfigFault>> {
        // Before they are read: what changes meanwhile is seen by the next look.
        let stamps = stamps(&files);
        let state = State {
            made: load()?,
            stamps,
            looked: Instant::now(),
        };
        Ok(Self {
            load: Box::new(load),
            files,
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the files hold, as of two seconds ago at most.
    pub(super) async fn current(self: &Arc<Self>) -> T {
        let is_due = {
            let now = Instant::now();
            let mut state = self.state();
            let is_due = now >= state.looked + LOOK;
            if is_due {
                // Whoever comes meanwhile goes on with what there is.
                state.looked = now;
            }
            is_due
        };
        if is_due {
            let this = Arc::clone(self);
            // A runtime that shuts down does not look; what there is, is as good as before.
            let _ = spawn_blocking(move || this.look()).await;
        }
        self.state().made.clone()
    }

    /// Reads the files again if they have changed.
    fn look(&self) {
        let found = stamps(&self.files);
        if self.state().stamps != found {
            self.read(found);
        }
    }

    /// Reads the files again, whether they have changed or not.
    pub(super) fn reload(&self) {
        self.read(stamps(&self.files));
    }

    fn read(&self, stamps: Vec<Option<Stamp>>) {
        let made = (self.load)();
        let files = Files(&self.files);
        let mut state = self.state();
        state.stamps = stamps;
        match made {
            Ok(made) => {
                state.made = made;
                drop(state);
                info!(%files, "certificates were read again; connections that come now are given them");
            }
            Err(faults) => {
                drop(state);
                for fault in faults {
                    warn!(%fault, "the new certificates cannot be used; those before stay");
                }
            }
        }
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    files.iter().map(|file| Stamp::of(file)).collect()
}

struct Files<'a>(&'a [PathBuf]);

impl std::fmt::Display for Files<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, file) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{}", file.display())?;
        }
        Ok(())
    }
}

impl<T> std::fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
