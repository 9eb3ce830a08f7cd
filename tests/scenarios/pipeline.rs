//! Nine processes, each with a callback that calls the one of the next; in a ring, the last one calls the first process
//! again, whose own callback waits for all of that.

use std::sync::atomic::{AtomicUsize, Ordering};

use daffi::{Call, CallContext, CallError, callback};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::cast::{NINE, over_each};

/// How often the pipeline is gone through at the same time.
const RUNS: u32 = 50;

/// How a process makes its call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Kind {
    Foreground,
    Background,
}

/// What is passed on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Parcel {
    number: u32,
    kind: Kind,
    /// Whether the last process calls the first.
    ring: bool,
    /// Who had it.
    path: Vec<String>,
}

/// How many pipelines this process is a part of now.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

struct Running;

impl Running {
    fn begin() -> Self {
        RUNNING.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::Relaxed);
    }
}

macro_rules! steps {
    ($($step:ident then $next:ident,)*) => {
        $(
            #[callback]
            async fn $step(mut parcel: Parcel, ctx: &CallContext) -> Result<Parcel, CallError> {
                let _running = Running::begin();
                parcel.path.push(ctx.process_name().to_owned());
                make(call::$next(&parcel), parcel.kind).await
            }
        )*

        mod call {
            use super::Parcel;

            $(
                #[daffi::fetcher]
                pub(super) async fn $step(parcel: &Parcel) -> Parcel;
            )*

            #[daffi::fetcher]
            pub(super) async fn last(parcel: &Parcel) -> Parcel;

            #[daffi::fetcher]
            pub(super) async fn close_ring(parcel: &Parcel) -> Parcel;
        }

        const STEPS: &[&str] = &[$(stringify!($step),)* "last"];
    };
}

steps! {
    first then second,
    second then third,
    third then fourth,
    fourth then fifth,
    fifth then sixth,
    sixth then seventh,
    seventh then eighth,
    eighth then last,
}

#[callback]
async fn last(mut parcel: Parcel, ctx: &CallContext) -> Result<Parcel, CallError> {
    parcel.path.push(ctx.process_name().to_owned());
    if parcel.ring {
        make(call::close_ring(&parcel), parcel.kind).await
    } else {
        Ok(parcel)
    }
}

/// Offered by the first process, whose first callback still runs.
#[callback]
async fn close_ring(mut parcel: Parcel, ctx: &CallContext) -> Result<Parcel, String> {
    if RUNNING.load(Ordering::Relaxed) == 0 {
        return Err(format!("nothing runs in {}", ctx.process_name()));
    }
    parcel.path.push(ctx.process_name().to_owned());
    Ok(parcel)
}

async fn make(call: Call<Parcel>, kind: Kind) -> Result<Parcel, CallError> {
    match kind {
        Kind::Foreground => call.await,
        Kind::Background => call.bg().await,
    }
}

/// What the process of this number offers.
pub fn offered(number: usize) -> impl Iterator<Item = &'static str> {
    let ring = (number == 0).then_some("close_ring");
    [STEPS[number]].into_iter().chain(ring)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_of_nine_processes_that_call_the_next() {
    check(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_of_nine_processes_whose_first_is_called_while_it_calls() {
    check(true).await;
}

async fn check(ring: bool) {
    let expected: Vec<_> = NINE.iter().copied().chain(ring.then_some(NINE[0])).collect();
    over_each(async |g| {
        for kind in [Kind::Foreground, Kind::Background] {
            let mut tasks = JoinSet::new();
            for number in 0..RUNS {
                let path = Vec::new();
                let parcel = Parcel {
                    number,
                    kind,
                    ring,
                    path,
                };
                let delivered = call::first(&parcel).on(&g);
                tasks.spawn(async move { (number, delivered.await) });
            }
            while let Some(task) = tasks.join_next().await {
                let (number, delivered) = task.unwrap();
                let delivered = delivered.unwrap();
                assert_eq!(delivered.number, number);
                assert_eq!(delivered.path, expected, "{kind:?}");
            }
        }
    })
    .await;
}
