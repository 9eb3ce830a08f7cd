//! Waiting for somebody who offers a callback: one question to the controller, however many calls wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

use super::{Message, Node};
use crate::proto::{Failed, Failure, Query};

/// How long it takes to ask again, where the controller has too much to do to answer.
const PAUSE: Duration = Duration::from_millis(500);

/// What the calls of a process wait for.
#[derive(Debug, Default)]
pub(super) struct Awaited(Mutex<HashMap<Key, Weak<Asked>>>);

/// A callback, and the process that has to offer it, if it has to be that one.
type Key = (Box<str>, Option<Box<str>>);

/// A question that is being asked, for as long as somebody holds it.
#[derive(Debug)]
pub(crate) struct Asked {
    node: Arc<Node>,
    key: Key,
    answered: CancellationToken,
    _wanted: DropGuard,
}

impl Asked {
    /// Ready when it is worth calling.
    pub(crate) fn answered(&self) -> WaitForCancellationFutureOwned {
        self.answered.clone().cancelled_owned()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut awaited = self.node.awaited.lock();
        // Another may be asking by now.
        if awaited
            .get(&self.key)
            .is_some_and(|asked| asked.strong_count() == 0)
        {
            awaited.remove(&self.key);
        }
    }
}

impl Awaited {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Weak<Asked>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// Asks to be told when that process offers the callback, or any other than this one if none is named.
    pub(crate) fn ask_for(self: &Arc<Self>, callback: &str, process: Option<&str>) -> Arc<Asked> {
        let key: Key = (callback.into(), process.map(Into::into));
        // The last holder of a question takes the lock, so it must not be dropped under it.
        let present;
        let mut awaited = self.awaited.lock();
        present = awaited.get(&key).and_then(Weak::upgrade);
        if let Some(asked) = &present
            && !asked.answered.is_cancelled()
        {
            return Arc::clone(asked);
        }
        let (wanted, answered) = (CancellationToken::new(), CancellationToken::new());
        let asked = Arc::new(Asked {
            node: Arc::clone(self),
            key: key.clone(),
            answered: answered.clone(),
            _wanted: wanted.clone().drop_guard(),
        });
        awaited.insert(key.clone(), Arc::downgrade(&asked));
        drop(awaited);
        let node = Arc::clone(self);
        self.spawn_task(async move {
            // However it ends.
            let _answered = answered.drop_guard();
            tokio::select! {
                () = node.until_offered(&key) => {}
                () = wanted.cancelled() => {}
            }
        });
        asked
    }

    async fn until_offered(self: &Arc<Self>, (name, process): &Key) {
        let query = || Query::WaitFunction {
            name,
            process: process.as_deref(),
        };
        loop {
            match self.exchange(|| Message::Ask(query(), None)).await {
                Ok(_) => return,
                // The call finds out what is wrong.
                Err(Failure::Failed(Failed::Disconnected { .. } | Failed::Cancelled { .. })) => return,
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
}
