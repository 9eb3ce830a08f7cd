//! One of several workers who share the calls; see `foreman` for how to run them all.

use std::env;

use daffi::{CallContext, Global, StartError, callback};

/// In turn. Without `balance`, the less busy one of two gets it.
#[callback(balance = "round_robin")]
async fn dig(ctx: &CallContext) -> String {
    ctx.process_name().to_owned()
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let name = env::args().nth(1).unwrap_or_else(|| "ann".to_owned());
    let g = Global::builder().process_name(name).start().await?;
    g.join().await;
    Ok(())
}
