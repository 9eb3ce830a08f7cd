//! Has beds, which `gardener` has watered.
//!
//! `cargo run --bin garden` and `cargo run --bin gardener` in two terminals, in any order.

use daffi::{Global, StartError, callback};

#[callback]
async fn water(bed: String) {
    println!("water for the {bed}");
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("garden")
        .init_controller(true)
        .start()
        .await?;
    g.join().await;
    Ok(())
}
