//! One of two services that call each other; `waiter` is the other, and runs the controller.

use std::error::Error;

use daffi::{CallError, Global, callback, fetcher};

#[fetcher]
async fn dish_is_ready(dish: &str) -> String;

/// Calls back while it is called: the inner call has what is left of the outer one's time.
#[callback]
async fn cook(dish: &str) -> Result<String, CallError> {
    println!("cooking {dish}");
    dish_is_ready(dish).to("waiter").await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("kitchen").start().await?;
    g.wait_process("waiter").await?;
    g.join().await;
    Ok(())
}
