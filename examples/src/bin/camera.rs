//! Publishes what it sees: pictures that it makes up, of something bright that moves. See `viewer` for how to run it.

use std::env;
use std::time::Duration;

use daffi::{CallContext, Global, Stream, callback};
use daffi_examples::picture::{HEIGHT, WIDTH};
use futures_util::stream;
use tokio::time::interval;

/// A picture every 20 milliseconds, for as long as somebody takes them. If that one is slow, the camera waits.
#[callback]
async fn watch(ctx: &CallContext) -> impl Stream<Item = Vec<u8>> + use<> {
    // Every camera sees something else.
    let row = ctx.process_name().len() % HEIGHT;
    let state = (interval(Duration::from_millis(20)), 0);
    stream::unfold(state, move |(mut ticks, number)| async move {
        ticks.tick().await;
        let mut picture = vec![0; WIDTH * HEIGHT];
        picture[row * WIDTH + number % WIDTH] = 255;
        Some((picture, (ticks, number + 1)))
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    daffi::init_logging();
    let name = env::args().nth(1).ok_or("usage: camera NAME")?;
    let g = Global::builder().process_name(name).start().await?;
    g.join().await;
    Ok(())
}
