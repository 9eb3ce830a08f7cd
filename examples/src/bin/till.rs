//! Knows what things cost. Told to with the argument `breaks`, it breaks down in the middle of the first question.
//! See `price_check` for how to run it.

use std::env;
use std::future::pending;
use std::process::exit;

use daffi::{Global, StartError, callback};

struct Till {
    breaks: bool,
}

#[callback]
impl Till {
    pub async fn price(&self, item: &str) -> Result<u32, String> {
        if self.breaks {
            println!("the till breaks");
            exit(1);
        }
        match item {
            "milk" => Ok(99),
            "bread" => Ok(249),
            other => Err(format!("we have no {other}")),
        }
    }

    /// Never ends.
    pub async fn count_money(&self) -> u32 {
        pending().await
    }
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let breaks = env::args().nth(1).as_deref() == Some("breaks");
    let g = Global::builder()
        .process_name("till")
        .service(Till { breaks })
        .start()
        .await?;
    g.join().await;
    Ok(())
}
