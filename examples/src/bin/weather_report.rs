//! Asks `weather_station`, through a controller that runs by itself. See there for how to run all three.

use std::error::Error;

use daffi::fetcher;
use daffi_examples::address;

#[fetcher]
async fn temperature(city: &str) -> Option<f64>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = address::from_arguments()
        .process_name("weather report")
        .start()
        .await?;
    g.wait_function("temperature").await?;
    for city in ["Oslo", "Lisbon", "Atlantis"] {
        match temperature(city).await? {
            Some(degrees) => println!("{city}: {degrees} °C"),
            None => println!("{city}: no measurement"),
        }
    }
    g.stop().await;
    Ok(())
}
