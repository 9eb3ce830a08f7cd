//! Why a process is without its controller, or was, and since when.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::time;

use crate::error::StartError;
use crate::proto::Refusal;

/// When a process lost its controller, and why: what [`Global::last_disconnect`](crate::Global::last_disconnect) tells.
///
/// Its `Display` says what happened and what the controller says since.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let name = "buyer";
/// # let g = daffi::Global::builder().memory(&shop).process_name(name).auto_callbacks(false).start().await?;
/// shop.abort();   // the controller is gone
/// while g.last_disconnect().is_none() {
///     tokio::time::sleep(std::time::Duration::from_millis(1)).await;
/// }
/// let lost = g.last_disconnect().expect("it has lost its controller");
/// println!("{} ago: {lost}", lost.since.elapsed().as_secs());
/// assert!(lost.until.is_none(), "it has found no other one");
/// println!("{:?} {:?}", lost.reason, lost.refused);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Disconnect {
    /// When the connection was lost.
    pub since: Instant,
    /// How it ended.
    pub reason: Arc<str>,
    /// Why the controller does not let the process in again, as [`start`](crate::GlobalBuilder::start) would say it; `None` if it was not heard, or has let the
    /// process in.
    pub refused: Option<Arc<StartError>>,
    /// When the process had a connection again; `None` as long as it has none.
    pub until: Option<Instant>,
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the connection to the controller was lost: {}", self.reason)?;
        match (&self.refused, self.until) {
            (Some(refused), _) => write!(f, "; it does not let this process in again: {refused}"),
            (None, Some(_)) => f.write_str("; there is another one since"),
            (None, None) => Ok(()),
        }
    }
}

/// What a node knows of the last time that it was away.
#[derive(Debug, Default)]
pub(crate) struct Away(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Disconnect>,
    given_up: bool,
}

impl Away {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last time, if there was one.
    pub(crate) fn last(&self) -> Option<Disconnect> {
        self.lock().last.clone()
    }

    /// Why the node does not look for its controller any more, if that is so.
    pub(crate) fn given_up(&self) -> Option<Arc<StartError>> {
        let state = self.lock();
        let last = state.last.as_ref().filter(|_| state.given_up);
        last.and_then(|last| last.refused.clone())
    }

    /// The connection is lost since then.
    pub(super) fn lost(&self, reason: &str, since: time::Instant) {
        self.lock().last = Some(Disconnect {
            since: since.into_std(),
            reason: reason.into(),
            refused: None,
            until: None,
        });
    }

    /// There is another one.
    pub(super) fn is_over(&self) {
        if let Some(last) = &mut self.lock().last {
            last.refused = None;
            last.until = Some(time::Instant::now().into_std());
        }
    }

    /// The controller does not let the process in again; whether it had not said so before.
    pub(super) fn refused(&self, error: &Arc<StartError>, gives_up: bool) -> bool {
        let mut state = self.lock();
        state.given_up |= gives_up;
        let last = state.last.as_mut();
        last.is_some_and(|last| last.refused.replace(Arc::clone(error)).is_none())
    }
}

/// What becomes of a process that the controller does not let in again.
pub(crate) struct Refused {
    /// Who is told, each time that the process is away.
    pub(crate) told: Box<dyn Fn(&StartError) + Send + Sync>,
    /// It ends.
    pub(crate) gives_up: bool,
}

/// What the controller answers to a process that comes back.
#[derive(Debug, Default)]
pub(super) struct Answers(Option<Refusal>);

impl Answers {
    /// Whether it will not be let in as long as nobody does anything about it.
    pub(super) fn are_final(&mut self, refusal: &Refusal) -> bool {
        let before = self.0.replace(refusal.clone());
        match refusal {
            Refusal::Stopping | Refusal::StandsBy | Refusal::OverQuota(_) | Refusal::Abuse(_) => false,
            // Nobody has proven to have said it.
            Refusal::NoTls => false,
            // Its holder may be lost, and not missed yet: it is not, if something was heard of it since.
            Refusal::NameTaken { .. } => {
                before.is_some_and(|before| matches!(before, Refusal::NameTaken { .. }) && before != *refusal)
            }
            _ => true,
        }
    }
}
