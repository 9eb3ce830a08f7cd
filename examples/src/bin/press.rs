//! Prints a newspaper, which `editor` has printed each night.
//!
//! `cargo run --bin press` and `cargo run --bin editor` in two terminals, in any order. It knows lines of cron, as it has the feature `cron`.

use daffi::{Global, StartError, callback};

#[callback]
async fn print_edition(title: String) {
    println!("*** {title} ***");
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("press")
        .init_controller(true)
        .start()
        .await?;
    g.join().await;
    Ok(())
}
