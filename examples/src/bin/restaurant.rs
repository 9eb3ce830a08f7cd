//! One of several processes that offer the same callback; see `guest` for how to run them all.

use std::env;

use daffi::{CallContext, Global, StartError, callback};

#[callback]
async fn get_menu(ctx: &CallContext) -> Result<Vec<&'static str>, String> {
    match ctx.process_name() {
        "bistro" => Ok(vec!["quiche", "salad"]),
        "trattoria" => Ok(vec!["pizza", "pasta"]),
        closed => Err(format!("the {closed} is closed today")),
    }
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let name = env::args().nth(1).unwrap_or_else(|| "bistro".to_owned());
    let g = Global::builder().process_name(name).start().await?;
    g.join().await;
    Ok(())
}
