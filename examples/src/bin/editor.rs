//! Has `press` print a newspaper at three each night, in Kyiv; and once now. See there for how to run both.

use std::error::Error;

use daffi::{Global, Period, fetcher};

#[fetcher]
async fn print_edition(title: String);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("editor").start().await?;
    g.wait_function("print_edition").await?;
    // However often this program is started, there is one.
    let nightly = Period::cron("0 3 * * *", "Europe/Kyiv").named("nightly edition");
    let task = print_edition("The Daily Daffodil".to_owned())
        .period(nightly)
        .await?;
    for listed in g.scheduled_tasks().calling("print_edition").await? {
        println!("{}: {}", listed.name.unwrap_or_default(), listed.period);
    }

    // Not tonight, but now: who wants to know how it ends asks before.
    let mut ticks = task.ticks();
    let (tick, triggered) = tokio::join!(ticks.next(), task.trigger());
    triggered?;
    if let Some(tick) = tick {
        println!("asked for: {}", tick?.triggered);
    }
    g.stop().await;
    Ok(())
}
