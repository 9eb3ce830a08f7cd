//! What the calls of a process wait for: one question for each, for as long as somebody waits.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::session::KeptWait;
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

/// The questions that are being asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Awaited(Arc<Mutex<BTreeMap<KeptWait, Weak<Asked>>>>);

/// A question, held by whoever waits for its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    all: Awaited,
    key: KeptWait,
    answered: CancellationToken,
    _wanted: DropGuard,
}

/// A question that is yet to be asked.
pub(super) struct Question {
    wanted: CancellationToken,
    /// However it ends.
    answered: DropGuard,
}

impl Awaited {
    /// The question, and what has to be done about it if nobody is asking it.
    pub(super) fn ask(&self, key: &KeptWait) -> (Arc<Asked>, Option<Question>) {
        // The last holder of a question takes the lock, so it must not be dropped under it.
        let present;
        let mut awaited = self.lock();
        present = awaited.get(key).and_then(Weak::upgrade);
        if let Some(asked) = &present
            && !asked.answered.is_cancelled()
        {
            return (Arc::clone(asked), None);
        }
        let (wanted, answered) = (CancellationToken::new(), CancellationToken::new());
        let asked = Arc::new(Asked {
            all: self.clone(),
            key: key.clone(),
            answered: answered.clone(),
            _wanted: wanted.clone().drop_guard(),
        });
        awaited.insert(key.clone(), Arc::downgrade(&asked));
        let question = Question {
            wanted,
            answered: answered.drop_guard(),
        };
        (asked, Some(question))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<KeptWait, Weak<Asked>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

impl Asked {
    /// Ready when it is worth calling.
    pub(crate) fn answered(&self) -> WaitForCancellationFutureOwned {
        self.answered.clone().cancelled_owned()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut awaited = self.all.lock();
        // Another may be asking by now.
        if awaited
            .get(&self.key)
            .is_some_and(|asked| asked.strong_count() == 0)
        {
            awaited.remove(&self.key);
        }
    }
}

impl Question {
    /// Asks it until it is answered or nobody holds it any more.
    pub(super) async fn unless_unwanted(self, asking: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = asking => {}
            () = self.wanted.cancelled() => {}
        }
        // Whoever asks from here on asks anew.
        drop(self.answered);
    }
}
