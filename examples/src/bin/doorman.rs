//! Watches who comes and goes, and what they offer, until the first visitor has left. Runs the controller, too.
//!
//! `cargo run --bin doorman` and `cargo run --bin visitor` in two terminals, in any order.

use std::error::Error;

use daffi::{Global, Presence};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("doorman")
        .init_controller(true)
        .start()
        .await?;

    // Begins with what is there already.
    let mut events = g.presence().await?;
    while let Some(event) = events.next().await {
        match event? {
            Presence::Joined { process, .. } => println!("{process} is there"),
            Presence::Offered { process, callback } => println!("{process} offers {callback}"),
            Presence::Withdrawn { process, callback } => println!("{process} takes {callback} back"),
            Presence::Left { process, reason } => {
                println!("{process} has left: {reason}");
                break;
            }
            other => println!("{other:?}"),
        }
    }

    g.stop().await;
    Ok(())
}
