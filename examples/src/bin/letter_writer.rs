//! Leaves two letters with `post_office`, which are to be delivered later, takes one back, and is gone by then. See there for how to run both.

use std::error::Error;
use std::time::{Duration, SystemTime};

use daffi::{Global, fetcher};

#[fetcher]
async fn deliver(to: String, text: String);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("letter writer").start().await?;
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    let regretted = deliver("Bob".to_owned(), "you are fired".to_owned()).at(tomorrow);
    let regretted = regretted.durable().send().await?;
    deliver("Ann".to_owned(), "come to tea".to_owned())
        .after(Duration::from_secs(1))
        .durable()
        .send()
        .await?;
    regretted.cancel().await?;
    // Both are on the disk.
    println!("sent, and taken back");
    g.stop().await;
    Ok(())
}
