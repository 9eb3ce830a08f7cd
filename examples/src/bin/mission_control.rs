//! Has the stages of the rocket at `launch_pad` ignited at three times, and shows when they are. See there for how to run both.

use std::error::Error;
use std::time::{Duration, SystemTime};

use daffi::{Global, Period, TaskState, fetcher};

#[fetcher]
async fn ignite() -> Result<usize, String>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("mission control").start().await?;
    g.wait_function("ignite").await?;
    let lift_off = SystemTime::now() + Duration::from_secs(3);
    let times = [0, 100, 200].map(|later| lift_off + Duration::from_millis(later));
    let task = ignite().period(Period::at(times)).await?;
    for time in task.describe().await?.next {
        println!("T + {:.0?}", time.duration_since(lift_off).unwrap_or_default());
    }
    let mut ticks = task.ticks();
    while let Some(tick) = ticks.next().await {
        tick?;
    }
    let info = task.describe().await?.info;
    println!(
        "{} stages, all done: {}",
        info.counts.ok,
        info.state == TaskState::Ended
    );
    g.stop().await;
    Ok(())
}
