//! Says things in the language that the caller asks for beside the arguments.
//!
//! `cargo run --bin translator` and `cargo run --bin explorer` in two terminals, in any order.

use daffi::{CallContext, Global, StartError, callback};

/// Greets somebody, in English unless another language is asked for.
#[callback]
async fn greet(name: &str, ctx: &CallContext) -> String {
    match ctx.metadata("language") {
        Some("fr") => format!("Bonjour, {name}."),
        Some("de") => format!("Guten Tag, {name}."),
        _ => format!("Good day, {name}."),
    }
}

/// The languages that there are.
#[callback(inline, concurrency = 4)]
fn languages() -> Vec<String> {
    ["de", "en", "fr"].map(str::to_owned).to_vec()
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("translator")
        .init_controller(true)
        .start()
        .await?;
    g.join().await;
    Ok(())
}
