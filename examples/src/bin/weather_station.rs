//! Offers measurements through a controller that runs by itself:
//!
//! ```sh
//! daffi-controller --host localhost --port 8888
//! weather_station localhost:8888
//! weather_report localhost:8888
//! ```
//!
//! or, over a Unix socket, `daffi-controller --unix-sock-path /tmp/weather` and `/tmp/weather` as the argument.

use daffi::{StartError, callback};
use daffi_examples::address;

#[callback(inline)]
fn temperature(city: &str) -> Option<f64> {
    match city {
        "Oslo" => Some(-3.5),
        "Lisbon" => Some(17.0),
        _ => None,
    }
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = address::from_arguments()
        .process_name("weather station")
        .start()
        .await?;
    g.join().await;
    Ok(())
}
