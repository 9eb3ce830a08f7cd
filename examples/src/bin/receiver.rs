//! Keeps the files that `sender` sends, in the folder that is its argument.
//!
//! `cargo run --bin receiver FOLDER` and `cargo run --bin sender FILE` in two terminals, in any order.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};

use daffi::bytes::{self, Chunk};
use daffi::{Global, Streaming, callback};

struct Receiver {
    folder: PathBuf,
}

#[callback]
impl Receiver {
    /// The file is there once all of it is.
    pub async fn store(&self, name: &str, chunks: Streaming<Chunk>) -> Result<u64, String> {
        // A name, and no path to somewhere else.
        if Path::new(name).file_name() != Some(name.as_ref()) {
            return Err(format!("{name:?} is no name of a file"));
        }
        let saved = bytes::save(chunks, self.folder.join(name)).await;
        let size = saved.map_err(|error| error.to_string())?;
        println!("{name}: {size} bytes");
        Ok(size)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let folder = env::args().nth(1).ok_or("usage: receiver FOLDER")?.into();
    let g = Global::builder()
        .process_name("receiver")
        .init_controller(true)
        .service(Receiver { folder })
        .start()
        .await?;
    g.join().await;
    Ok(())
}
