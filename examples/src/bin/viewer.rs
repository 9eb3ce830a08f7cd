//! Watches three cameras, some pictures of each in turn, over one stream from each. Runs the controller, too.
//!
//! ```sh
//! cargo run --bin viewer
//! cargo run --bin camera door
//! cargo run --bin camera attic
//! cargo run --bin camera garden
//! ```
//!
//! in four terminals, in any order.

use std::error::Error;
use std::time::Duration;

use daffi::{Global, Stream, fetcher};
use daffi_examples::picture;

#[fetcher]
async fn watch() -> impl Stream<Item = Vec<u8>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("viewer")
        .init_controller(true)
        .start()
        .await?;
    let mut cameras = Vec::new();
    for name in ["door", "attic", "garden"] {
        g.wait_process(name).await?;
        // Few pictures wait here, and a camera that is broken is noticed.
        let pictures = watch().to(name).window(4, 64 * 1024).await?;
        cameras.push((name, pictures.idle_timeout(Duration::from_secs(5))));
    }
    for number in 1..=3 {
        for (name, pictures) in &mut cameras {
            let picture = pictures.next().await.ok_or("the camera is off")??;
            print!("{name}, {number}:\n{}", picture::show(&picture));
        }
    }
    // The cameras stop.
    drop(cameras);
    g.stop().await;
    Ok(())
}
