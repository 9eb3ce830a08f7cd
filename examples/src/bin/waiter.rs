//! One of two services that call each other; `kitchen` is the other. Each waits for the other, so either may start
//! first.

use std::error::Error;

use daffi::{CallContext, Global, callback, fetcher};

#[callback]
async fn dish_is_ready(dish: String, ctx: &CallContext) -> String {
    println!("the {} says: {dish} is ready", ctx.caller());
    format!("{dish} is on the table")
}

#[fetcher]
async fn cook(dish: &str) -> String;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("waiter")
        .init_controller(true)
        .start()
        .await?;
    g.wait_process("kitchen").await?;
    println!("{}", cook("soup").await?);
    g.join().await;
    Ok(())
}
