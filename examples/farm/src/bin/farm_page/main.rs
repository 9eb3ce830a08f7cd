//! A page for the farm: `farm_page` runs a controller, some workers and a page on which people upload pictures, and see who makes their
//! thumbnails, add workers and kill them.
//!
//! ```sh
//! cargo run -p thumbnail-farm --bin farm_page
//! cargo run -p thumbnail-farm --bin farm_page -- --port 8080 --workers 5 --paces 3000,500
//! ```
//!
//! Workers are processes of their own, of this program again. Nothing of it is for other machines.

mod board;
mod page;
mod shown;
mod web;
#[path = "../farm_worker.rs"]
mod worker;
mod workers;

use std::env;
use std::error::Error;
use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use daffi::Global;
use thumbnail_farm::{log_to_stderr, told_to_end};
use tokio::net::TcpListener;
use tokio::time::timeout;

use self::page::Page;
use self::shown::{Shown, Watcher};
use self::workers::Workers;

const USAGE: &str = "usage: farm_page [--port PORT] [--workers NUMBER] [--paces MILLISECONDS,…]
  --port     where the page is: 3000, if nothing is said; 0 picks one
  --workers  how many there are at the beginning: 3
  --paces    how much longer than it need be workers take for a picture, as old machines would: the first, the second, …, and all
             others as the last: 700";

/// What it is told.
struct Arguments {
    port: u16,
    workers: usize,
    paces: Vec<u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    // Workers are this program again, so that building it builds all.
    if env::var_os("FARM_ROLE").is_some() {
        workers::end_with_the_page();
        return worker::main();
    }
    serve(Arguments::read(env::args().skip(1))?)
}

#[tokio::main]
async fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    let told_to_end = told_to_end()?;
    let port = arguments.port;
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    let listener = listener.map_err(|error| format!("port {port}: {error}; say another one with --port"))?;
    // A place of its own for the socket, so that it disturbs nothing that runs already.
    let place = tempfile::tempdir()?;
    let shown = Arc::new(Shown::new());
    let g = Global::builder()
        .process_name("page")
        .init_controller(true)
        .unix_sock_path(place.path())
        .service(Watcher(Arc::clone(&shown)))
        .start()
        .await?;
    let workers = Workers::new(place.path().to_owned(), arguments.paces);
    let page = Page::new(&g, shown, workers);
    tokio::spawn(Arc::clone(&page).watch(g.presence().await?));
    for _ in 0..arguments.workers {
        page.start_worker()?;
    }

    println!("farm: open http://{}", listener.local_addr()?);
    let ended = page.shown.ended();
    let server = axum::serve(listener, web::router(Arc::clone(&page))).with_graceful_shutdown(ended);
    let server = tokio::spawn(server.into_future());
    told_to_end.await;
    page.end().await;
    // Who looks at it is told that it ends, and has a moment to hear that.
    let _ = timeout(Duration::from_secs(2), server).await;
    g.stop().await;
    println!("farm: the page has ended, and all workers");
    Ok(())
}

impl Arguments {
    fn read(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut read = Self {
            port: 3000,
            workers: 3,
            paces: vec![700],
        };
        while let Some(option) = given.next() {
            let value = given.next().unwrap_or_default();
            let fault = |_| format!("{option} {value}: a number is expected\n{USAGE}");
            match &*option {
                "--port" => read.port = value.parse().map_err(fault)?,
                "--workers" => read.workers = value.parse().map_err(fault)?,
                "--paces" => {
                    let paces = value.split(',').map(str::parse);
                    read.paces = paces.collect::<Result<_, _>>().map_err(fault)?;
                }
                _ => return Err(format!("{option} is not known\n{USAGE}")),
            }
        }
        Ok(read)
    }
}
