//! Which wakers are those of tokio's tasks.
//!
//! A task may leave its waking to its worker, which does that when it has looked at its sockets. Whatever else polls a
//! future there, such as an executor within a task, sleeps on that worker's thread and would never hear of it.

use std::sync::OnceLock;
use std::task::{Context, Waker};

/// What the wakers of all tasks have in common.
static OF_TASKS: OnceLock<usize> = OnceLock::new();

fn kind(waker: &Waker) -> usize {
    std::ptr::from_ref(waker.vtable()).addr()
}

/// This is polled by a task.
pub(super) fn learn(cx: &Context<'_>) {
    OF_TASKS.get_or_init(|| kind(cx.waker()));
}

/// Whether a task is known to poll this.
pub(super) fn is_of_a_task(cx: &Context<'_>) -> bool {
    OF_TASKS.get().is_some_and(|known| *known == kind(cx.waker()))
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn only_tasks_are_known() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let in_a_task = |known: fn() -> bool| {
            let task = runtime.spawn(async move { known() });
            runtime.block_on(task).unwrap()
        };
        let learnt = runtime.spawn(poll_fn(|cx| {
            learn(cx);
            Poll::Ready(is_of_a_task(cx))
        }));
        assert!(runtime.block_on(learnt).unwrap());
        // Within a task, by something else.
        assert!(!in_a_task(|| {
            poll_fn(|cx| Poll::Ready(is_of_a_task(cx)))
                .now_or_never()
                .unwrap()
        }));
        assert!(!runtime.block_on(poll_fn(|cx| Poll::Ready(is_of_a_task(cx)))));
    }
}
