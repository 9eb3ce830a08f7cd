//! Finds out who is there and what they offer, and calls it by name: no fetchers, but every modifier.
//!
//! `cargo run --bin translator` and `cargo run --bin explorer` in two terminals, in any order.

use std::error::Error;
use std::time::Duration;

use daffi::Global;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("explorer").start().await?;
    g.wait_function("greet").await?;

    println!("Processes:");
    for process in g.processes().await? {
        println!("{} offers {} callbacks", process.name, process.callbacks);
    }
    println!("Callbacks:");
    for callback in g.callbacks().await? {
        let (name, providers) = (&callback.name, callback.providers.join(", "));
        println!("{name}, by {providers}: {}", callback.signature);
        println!("    {}", callback.docs);
    }

    println!("Calls:");
    let languages: Vec<String> = g.call("languages", ()).await?;
    for language in languages {
        let greeting = g
            .call::<String>("greet", ("Ann",))
            .metadata("language", language)
            .to("translator")
            .timeout(Duration::from_secs(10))
            .await?;
        println!("{greeting}");
    }
    let error = g.call::<u8>("greet", (1u8,)).await;
    println!("{}", error.expect_err("that is not what it takes"));

    g.stop().await;
    Ok(())
}
