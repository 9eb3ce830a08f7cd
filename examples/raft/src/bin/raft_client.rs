//! Adds its arguments to the log, and shows what is in it.

use std::env;
use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use daffi::Global;
use replicated_log::raft::Command;
use replicated_log::writer::Writer;
use replicated_log::{log_to_stderr, member_name};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    let g = Global::builder().start().await?;
    let mut writer = Writer::new(&g);
    for text in env::args().skip(1) {
        // Another one for each, and the same one however often it is said.
        let id = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let place = writer.add(&Command { id, text }).await;
        println!("added at {place}");
    }
    for member in (1..=3).map(member_name) {
        match writer.commands(&member).await {
            Ok(commands) => println!(
                "{member} has {:?}",
                commands.iter().map(|c| &c.text).collect::<Vec<_>>()
            ),
            Err(error) => println!("{member}: {error}"),
        }
    }
    g.stop().await;
    Ok(())
}
