//! One of the workers: `farm_worker NAME [MILLISECONDS]` takes so much longer for each picture, as an old machine would.

use std::env;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use daffi::{CallContext, Global, callback};
use thumbnail_farm::{
    Developed, Farm, Picture, Statistics, Thumbnail, Unfit, Unreadable, WatchClient, develop, log_to_stderr,
};

/// Its state is behind atomics, so that all its methods can do with `&self`.
struct Worker {
    name: String,
    slower_by: Duration,
    thumbnails: AtomicU64,
    points: AtomicU64,
}

#[callback(prefix = "farm.")]
impl Farm for Worker {
    /// Without `async`, as it computes: so it has a thread of its own. With `&self`, so that two run at the same time, and more pictures
    /// wait at the controller for the first worker that has a place; a method with `&mut self` would run alone.
    #[callback(concurrency = 2)]
    fn thumbnail(&self, name: &str, picture: &Picture, side: u32) -> Result<Thumbnail, Unfit> {
        println!("{} begins {name}", self.name);
        sleep(self.slower_by);
        let thumbnail = picture.thumbnail(side)?;
        self.has_made_one_of(picture.width, picture.height);
        Ok(Thumbnail {
            picture: thumbnail,
            by: self.name.clone(),
        })
    }

    #[callback(concurrency = 2)]
    fn develop(&self, number: u64, file: &[u8], side: u32) -> Result<Developed, Unreadable> {
        println!("{} begins {number}", self.name);
        // Handed over, not waited for. Where nobody watches, nobody is told.
        if let Some(context) = CallContext::current() {
            let watch = WatchClient::new(&context.global());
            let _ = watch.begins(number, &self.name).send().wait();
        }
        sleep(self.slower_by);
        let developed = develop::develop(file, side)?;
        self.has_made_one_of(developed.width, developed.height);
        Ok(developed)
    }

    /// Is answered while thumbnails are made.
    fn statistics(&self) -> Statistics {
        Statistics {
            thumbnails: self.thumbnails.load(Ordering::Relaxed),
            points: self.points.load(Ordering::Relaxed),
        }
    }
}

impl Worker {
    fn has_made_one_of(&self, width: u32, height: u32) {
        self.thumbnails.fetch_add(1, Ordering::Relaxed);
        let points = u64::from(width) * u64::from(height);
        self.points.fetch_add(points, Ordering::Relaxed);
    }
}

#[tokio::main]
pub async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    let mut arguments = env::args().skip(1);
    let name = arguments.next().ok_or("usage: farm_worker NAME [MILLISECONDS]")?;
    let slower_by = arguments.next().map_or(Ok(0), |slower| slower.parse())?;
    let worker = Worker {
        name: name.clone(),
        slower_by: Duration::from_millis(slower_by),
        thumbnails: AtomicU64::new(0),
        points: AtomicU64::new(0),
    };
    let mut builder = Global::builder()
        .process_name(name)
        .attribute("kind", "worker")
        .service(worker);
    // Where the controller is, if it is not where processes look for it by themselves.
    if let Some(folder) = env::var_os("FARM_SOCKET") {
        builder = builder.unix_sock_path(folder);
    }
    let g = builder.start().await?;
    // Until it is told to end: then it takes no more pictures, and finishes those it has. A coordinator that ends is waited for to come
    // back.
    g.join().await;
    Ok(())
}
