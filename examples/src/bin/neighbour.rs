//! Passes a rumour on to the next neighbour, who may be calling this one meanwhile: one type, with a block that
//! offers and a block that fetches. See `rumour` for how to run them all.

use std::env;
use std::error::Error;

use daffi::{CallContext, CallError, Global, callback, fetcher};

struct Neighbour {
    next: String,
}

#[callback]
impl Neighbour {
    /// Whispers it to the next one, and tells what became of it.
    pub async fn hear(&self, rumour: String, left: u32, ctx: &CallContext) -> Result<String, CallError> {
        println!("{} says: {rumour}", ctx.caller());
        let rumour = format!("{rumour}, and {} knows", ctx.process_name());
        match left {
            0 => Ok(rumour),
            left => self.whisper(&rumour, left).to(&self.next).await,
        }
    }
}

#[fetcher]
impl Neighbour {
    #[fetcher(alias = "hear")]
    async fn whisper(&self, rumour: &str, left: u32) -> String {
        (rumour, left - 1)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let mut names = env::args().skip(1);
    let (Some(name), Some(next)) = (names.next(), names.next()) else {
        return Err("usage: neighbour NAME NEXT".into());
    };
    let g = Global::builder()
        .process_name(name)
        .service(Neighbour { next })
        .start()
        .await?;
    g.join().await;
    Ok(())
}
