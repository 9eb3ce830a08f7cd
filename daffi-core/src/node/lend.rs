//! Lending the threads of the runtime that callbacks block.
//!
//! [`threads`](crate::threads) decides who has one. Here they are asked for, and lent; each of them does one thing and is given
//! back, so that the program's own `spawn_blocking` has its turn.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::future::{Either, select};
use tokio::sync::oneshot;
use tokio::time::sleep;
use tracing::warn;

use super::Node;
use super::pool::{Given, Job, NoThread};
use crate::context::CallContext;
use crate::panics::{self, Panic};
use crate::proto::{Failed, Failure, RunId};
use crate::registry::Work;
use crate::simulation;
use crate::threads::{For, Next, Stalled, Thread, Threads};

impl Node {
    /// Has `job` done on a thread, as soon as there is one, for a run with that context.
    pub(super) fn on_a_thread(
        self: &Arc<Self>,
        run: RunId,
        context: &CallContext,
        job: impl FnOnce(Given) + Send + 'static,
    ) {
        let job = Job(Box::new(job));
        self.lend(|threads| threads.want(run, &context.chain().ancestors, job));
        self.unless_cancelled(run, context);
    }

    /// Whoever has cancelled it may have looked before it waited for a thread.
    fn unless_cancelled(self: &Arc<Self>, run: RunId, context: &CallContext) {
        if context.is_cancelled() {
            self.leave_threads(run);
        }
    }

    /// Waits for what a run needs before it needs a thread.
    pub(super) async fn before_a_thread(
        self: &Arc<Self>,
        run: RunId,
        context: &CallContext,
        ready: impl Future<Output = Result<Work, Failure>> + Unpin,
    ) -> Result<Work, Failure> {
        struct Leaving<'a>(&'a Arc<Node>, RunId);

        impl Drop for Leaving<'_> {
            fn drop(&mut self) {
                self.0.leave_threads(self.1);
            }
        }

        let mut ready = pin!(ready);
        if let Poll::Ready(work) = poll_fn(|cx| Poll::Ready(ready.as_mut().poll(cx))).await {
            return work;
        }
        let (tell, told) = oneshot::channel();
        let job = Job(Box::new(move |given| {
            if let Given::None(none) = given {
                let _ = tell.send(none);
            }
        }));
        self.lend(|threads| threads.will_want(run, &context.chain().ancestors, job));
        let _leaving = Leaving(self, run);
        self.unless_cancelled(run, context);
        match select(ready, told).await {
            Either::Left((work, _)) => work,
            Either::Right((Ok(none), _)) => Err(none.into()),
            Either::Right((Err(_), _)) => Err(Failed::Cancelled { may_have_run: false }.into()),
        }
    }

    /// A run needs no thread any more that it does not have.
    pub(super) fn leave_threads(self: &Arc<Self>, run: RunId) {
        // It is the program's, and dropped without the lock.
        let _job = self.lend(|threads| threads.leave(run));
    }

    /// A run has returned a stream.
    pub(super) fn opens(self: &Arc<Self>, run: RunId) {
        self.lend(|threads| threads.open(run));
    }

    /// Does something about the threads, and what follows from it.
    fn lend<T>(self: &Arc<Self>, work: impl FnOnce(&mut Threads<Job>) -> T) -> T {
        let (given, next, limit) = self.pool.visit(work);
        let Next {
            threads,
            refused,
            stalled,
        } = next;
        for _ in 0..threads {
            let coming = Coming {
                node: Some(Arc::clone(self)),
            };
            let asked = panics::caught(|| {
                if simulation::is_on() {
                    self.tasks.spawn_on(async move { coming.come() }, &self.runtime);
                } else {
                    self.tasks.spawn_blocking_on(move || coming.come(), &self.runtime);
                }
            });
            if let Err(Panic { message }) = asked {
                warn!(
                    message,
                    "the system gives no thread for a callback that blocks: lower blocking_threads, or raise its limit"
                );
            }
        }
        refuse(refused, limit);
        if let Some(stalled) = stalled
            && self.pool.watch()
        {
            self.spawn_task(Arc::clone(self).watch(stalled));
        }
        given
    }

    /// Looks, as long as nobody goes on unless a thread comes, whether there is one.
    async fn watch(self: Arc<Self>, mut stalled: Stalled) {
        loop {
            sleep(stalled.patience).await;
            let (refused, limit, next) = self.pool.look(stalled);
            refuse(refused, limit);
            match next {
                Some(next) => stalled = next,
                None => return,
            }
        }
    }
}

fn refuse(refused: Vec<Job>, threads: usize) {
    for Job(job) in refused {
        job(Given::None(NoThread { threads }));
    }
}

/// A thread that was asked for. Where it is dropped before it has come, the runtime has ended.
struct Coming {
    node: Option<Arc<Node>>,
}

impl Coming {
    fn come(mut self) {
        let Some(node) = self.node.take() else { return };
        let Some((thread, Job(job))) = node.lend(Threads::come) else {
            return;
        };
        let _held = Held::new(node, thread);
        job(Given::Thread);
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            let _jobs = node.lend(Threads::lose);
        }
    }
}

thread_local! {
    static HELD: RefCell<Option<(Arc<Node>, Thread)>> = const { RefCell::new(None) };
}

/// A thread that is lent, until this is dropped.
struct Held {
    node: Arc<Node>,
    thread: Thread,
}

impl Held {
    fn new(node: Arc<Node>, thread: Thread) -> Self {
        HELD.set(Some((Arc::clone(&node), thread)));
        Self { node, thread }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // It may be the last that has the node.
        let _here = HELD.try_with(RefCell::take);
        self.node.lend(|threads| threads.end(self.thread));
    }
}

/// The callback that has this thread waits, until this is dropped.
#[derive(Debug)]
pub(crate) struct Waits {
    node: Arc<Node>,
    thread: Thread,
    before: Option<For>,
}

impl Waits {
    /// If it is one that daffi has given a thread to.
    pub(crate) fn begin(what: For) -> Option<Self> {
        let (node, thread) = HELD.try_with(|held| held.borrow().clone()).ok().flatten()?;
        let before = node.lend(|threads| threads.wait(thread, Some(what)));
        Some(Self { node, thread, before })
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.node.lend(|threads| threads.wait(self.thread, self.before));
    }
}
