//! Has a bell, which `sexton` has rung every so often.
//!
//! `cargo run --bin tower` and `cargo run --bin sexton` in two terminals, in any order.

use daffi::{Global, StartError, callback};

#[callback]
async fn ring() {
    println!("ding dong");
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("tower")
        .init_controller(true)
        .start()
        .await?;
    g.join().await;
    Ok(())
}
