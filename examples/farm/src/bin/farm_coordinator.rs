//! Has thumbnails made of all pictures in a folder that have none yet: `farm_coordinator PICTURES THUMBNAILS`. It runs the controller, too.
//!
//! Told to end, it sends nothing more, and has finished what it has sent. What is left is done the next time.

use std::collections::HashSet;
use std::env;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;

use daffi::{CallError, Global, LeaveReason, Presence, PresenceEvents};
use futures_util::stream::{self, FuturesUnordered};
use futures_util::{Stream, StreamExt as _};
use thumbnail_farm::{FarmClient, Picture, Thumbnail, Unfit, log_to_stderr, told_to_end};
use tokio::fs;

/// How many points a thumbnail has at most, to the right and down.
const SIDE: u32 = 16;

/// So many pictures are on their way at the same time: more than all workers take at once, so that none is idle, and no more, since
/// each is in memory.
const ON_THEIR_WAY: usize = 16;

#[tokio::main]
pub async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    let usage = "usage: farm_coordinator PICTURES THUMBNAILS";
    let [pictures, thumbnails] = [1, 2].map(|number| env::args().nth(number).map(PathBuf::from));
    let (pictures, thumbnails) = (pictures.ok_or(usage)?, thumbnails.ok_or(usage)?);
    fs::create_dir_all(&thumbnails).await?;
    let mut end = pin!(told_to_end()?);

    let g = Global::builder()
        .process_name("coordinator")
        .init_controller(true)
        .start()
        .await?;
    tokio::spawn(show_who_comes_and_goes(g.presence().await?));
    let farm = FarmClient::new(&g);

    let names = missing(&pictures, &thumbnails)?;
    println!("{} thumbnails are to be made", names.len());
    let mut read = pin!(read_all(pictures, names).fuse());
    let mut jobs = FuturesUnordered::new();
    let mut is_interrupted = false;
    while !read.is_done() || !jobs.is_empty() {
        tokio::select! {
            biased;
            () = &mut end => {
                is_interrupted = true;
                break;
            }
            Some((name, outcome)) = jobs.next() => keep(&thumbnails, name, outcome).await?,
            next = read.next(), if jobs.len() < ON_THEIR_WAY => match next {
                Some((name, Ok(picture))) => {
                    // In the background, so that it is on its way while the next one is read.
                    println!("{name} is on its way");
                    let job = farm.thumbnail(&name, &picture, SIDE).bg();
                    jobs.push(async move { (name, job.await) });
                }
                Some((name, Err(error))) => println!("{name}: {error}"),
                None => {}
            },
        }
    }

    if is_interrupted {
        println!(
            "told to end: {} pictures are on their way, and are finished",
            jobs.len()
        );
    } else {
        show_statistics(&farm).await?;
    }
    // Each picture that was sent has its outcome then.
    g.stop().after_own_calls().await;
    while let Some((name, outcome)) = jobs.next().await {
        keep(&thumbnails, name, outcome).await?;
    }
    println!("the coordinator has ended");
    Ok(())
}

/// The names of the pictures that have no thumbnail yet, in their order.
fn missing(pictures: &Path, thumbnails: &Path) -> io::Result<Vec<String>> {
    let names = |folder: &Path| -> io::Result<HashSet<String>> {
        let names = folder
            .read_dir()?
            .map(|entry| Ok(entry?.file_name().into_string()));
        let names: io::Result<Vec<_>> = names.collect();
        Ok(names?
            .into_iter()
            .flatten()
            .filter(|name| name.ends_with(".ppm"))
            .collect())
    };
    let mut missing: Vec<_> = names(pictures)?
        .difference(&names(thumbnails)?)
        .cloned()
        .collect();
    missing.sort();
    Ok(missing)
}

/// The pictures of a folder, each read when it is asked for.
fn read_all(
    folder: PathBuf,
    names: Vec<String>,
) -> impl Stream<Item = (String, Result<Picture, Box<dyn Error>>)> {
    stream::iter(names).then(move |name| {
        let path = folder.join(&name);
        async move {
            let read = async { Ok(Picture::decode(&fs::read(path).await?)?) };
            (name, read.await)
        }
    })
}

/// Writes a thumbnail, or says why there is none.
async fn keep(folder: &Path, name: String, outcome: Result<Thumbnail, CallError<Unfit>>) -> io::Result<()> {
    match outcome {
        Ok(Thumbnail { picture, by }) => {
            // Under another name first: a file that has the right one is whole.
            let part = folder.join(format!("{name}.part"));
            fs::write(&part, picture.encode()).await?;
            fs::rename(part, folder.join(&name)).await?;
            println!(
                "{name}: {} x {} points, made by {by}",
                picture.width, picture.height
            );
        }
        // The worker's own answer: to make it again would not change it.
        Err(CallError::App(unfit)) => println!("{name}: {unfit}"),
        // All else that can happen. It is made the next time, as there is no thumbnail.
        Err(error) => println!("{name}: {error}"),
    }
    Ok(())
}

/// Tells which workers come and go, until the `Global` has stopped.
async fn show_who_comes_and_goes(mut events: PresenceEvents) {
    let mut workers = HashSet::new();
    while let Some(Ok(event)) = events.next().await {
        match event {
            Presence::Joined {
                process, attributes, ..
            } if attributes.contains(&("kind".to_owned(), "worker".to_owned())) => {
                println!("{process} is here");
                workers.insert(process);
            }
            Presence::Left { process, reason } if workers.remove(&process) => match reason {
                LeaveReason::Lost => println!("{process} is lost: others make again what it had begun"),
                reason => println!("{process} is gone: {reason}"),
            },
            _ => {}
        }
    }
}

/// Asks all workers what they have done.
async fn show_statistics(farm: &FarmClient) -> Result<(), CallError> {
    for (worker, done) in &farm.statistics().await? {
        match done {
            Ok(done) => println!(
                "{worker} has made {} thumbnails, of {} points",
                done.thumbnails, done.points
            ),
            Err(error) => println!("{worker} does not say what it has done: {error}"),
        }
    }
    Ok(())
}
