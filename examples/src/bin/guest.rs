//! Asks all restaurants at once, for all answers together and then as they arrive. Runs the controller, too.
//!
//! ```sh
//! cargo run --bin guest
//! cargo run --bin restaurant bistro
//! cargo run --bin restaurant diner
//! cargo run --bin restaurant trattoria
//! ```
//!
//! in four terminals, in any order.

use std::error::Error;
use std::time::Duration;

use daffi::{Global, fetcher};

#[fetcher]
async fn get_menu() -> Result<Vec<String>, String>;

/// The same, always from everybody.
#[fetcher(alias = "get_menu", broadcast)]
async fn get_menus() -> Result<Vec<String>, String>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("guest")
        .init_controller(true)
        .start()
        .await?;
    for restaurant in ["bistro", "diner", "trattoria"] {
        g.wait_process(restaurant).await?;
    }

    let menus = get_menu().broadcast().await?;
    println!("{} restaurants were asked:", menus.len());
    for (restaurant, outcome) in &menus {
        match outcome {
            Ok(menu) => println!("{restaurant}: {}", menu.join(", ")),
            Err(error) => println!("{restaurant}: {error}"),
        }
    }
    println!("What there is at all: {}", menus.values().flatten().count());

    println!("As they answer:");
    let mut replies = get_menus().timeout(Duration::from_secs(10)).stream().await?;
    while let Some((restaurant, outcome)) = replies.next().await {
        println!("{restaurant}: open? {}", outcome.is_ok());
    }

    g.stop().await;
    Ok(())
}
