//! What each side is told when a process, a connection or a controller is lost, and after how long: makes the table of `docs/reliability.md`
//! again, from processes that are really killed, frozen, cut off and told to end.
//!
//! `cargo run -p daffi-faults` prints it, with the times that daffi has by itself; it takes half a minute. With `--write FILE` it is written between
//! the marks of that file, and with `--only WORD` there are only the rows that begin with it. With `--quick` heartbeats and graces are short, so the words are those of the table and the times are not.

#![allow(clippy::unwrap_used, reason = "whatever fails is shown")]
#![allow(clippy::print_stdout, reason = "a program")]
#![allow(unreachable_pub, reason = "a program has no outside")]

mod faults;
mod parts;
mod processes;
mod scene;
mod table;

use std::env;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::faults::FAULTS;
use self::scene::{Scene, Times};

/// So many scenes are played at a time.
const AT_ONCE: usize = 5;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    if let Some(part) = processes::part() {
        return runtime.block_on(parts::play(&part));
    }
    let arguments: Vec<_> = env::args().skip(1).collect();
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let after = |option: &str| arguments.iter().skip_while(|argument| *argument != option).nth(1);
    let times = if is_quick { Times::QUICK } else { Times::USUAL };
    let only = after("--only").map_or("", String::as_str).to_owned();
    let table = runtime.block_on(measure(times, only));
    match after("--write") {
        Some(file) => {
            let page = fs::read_to_string(file).unwrap();
            fs::write(file, table::put(&page, &table)).unwrap();
        }
        None => println!("{table}"),
    }
}

async fn measure(times: Times, only: String) -> String {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut playing = JoinSet::new();
    let wanted = FAULTS.iter().filter(|fault| fault.words.starts_with(&only));
    for (number, fault) in wanted.enumerate() {
        let places = Arc::clone(&places);
        playing.spawn(async move {
            let _place = places.acquire().await.unwrap();
            let playing = Scene::play(fault, times);
            let row = tokio::time::timeout(Duration::from_secs(300), playing).await;
            (number, row.unwrap_or_else(|_| panic!("it hangs: {fault:?}")))
        });
    }
    let mut rows = playing.join_all().await;
    rows.sort_by_key(|(number, _)| *number);
    table::of(rows.into_iter().map(|(_, row)| row))
}
