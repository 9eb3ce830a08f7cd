//! What the page shows: pictures and workers, and what becomes of both. It knows no process, no socket and no clock.

use std::collections::VecDeque;

use axum::body::Bytes;
use serde::Serialize;
use thumbnail_farm::Developed;

/// A file has so many bytes at most.
pub const MOST_BYTES: usize = 8 << 20;

/// So many pictures are being made at the same time: each is in memory.
pub const MOST_AT_ONCE: usize = 32;

/// So many pictures and workers are on the page at most that are done with.
const MOST_KEPT: usize = 96;
const MOST_GONE: usize = 4;

/// So many lines say what has happened.
const MOST_LINES: usize = 8;

/// What the page shows.
#[derive(Debug, Serialize)]
pub struct Board {
    most_bytes: usize,
    most_at_once: usize,
    pictures: VecDeque<Picture>,
    workers: Vec<Worker>,
    happened: VecDeque<Line>,
    /// How many pictures there have been.
    #[serde(skip)]
    pictures_in_all: u64,
    #[serde(skip)]
    lines_in_all: u64,
}

#[derive(Debug, Serialize)]
struct Picture {
    number: u64,
    name: String,
    #[serde(flatten)]
    state: State,
    /// Who was lost while making it.
    lost: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum State {
    Waiting,
    Begun {
        by: String,
    },
    Made {
        /// Nobody, where its worker was lost before it was known to have begun.
        by: Option<String>,
        width: u32,
        height: u32,
        #[serde(skip)]
        thumbnail: Bytes,
    },
    Failed {
        why: String,
    },
}

#[derive(Debug, Serialize)]
struct Worker {
    name: String,
    pid: u32,
    state: Presence,
    made: u64,
}

/// Where a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Presence {
    Starting,
    Here,
    Gone,
}

#[derive(Debug, Serialize)]
struct Line {
    number: u64,
    words: String,
}

/// There are as many pictures as may be at once.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("was not taken: {MOST_AT_ONCE} pictures are being made already, so wait until some are done")]
pub struct TooMany;

impl Board {
    pub fn new() -> Self {
        Self {
            most_bytes: MOST_BYTES,
            most_at_once: MOST_AT_ONCE,
            pictures: VecDeque::new(),
            workers: Vec::new(),
            happened: VecDeque::new(),
            pictures_in_all: 0,
            lines_in_all: 0,
        }
    }

    /// One more picture, if there is room; gives its number.
    pub fn add(&mut self, name: String) -> Result<u64, TooMany> {
        let under_way = self.pictures.iter().filter(|picture| !picture.is_done());
        if under_way.count() >= MOST_AT_ONCE {
            return Err(TooMany);
        }
        if self.pictures.len() >= MOST_KEPT
            && let Some(oldest) = self.pictures.iter().position(Picture::is_done)
        {
            self.pictures.remove(oldest);
        }
        self.pictures_in_all += 1;
        self.pictures.push_back(Picture {
            number: self.pictures_in_all,
            name,
            state: State::Waiting,
            lost: Vec::new(),
        });
        Ok(self.pictures_in_all)
    }

    /// A worker says that it has begun a picture; it may say so after it was done.
    pub fn begun(&mut self, number: u64, by: &str) {
        if let Some(picture) = self.picture(number)
            && !picture.is_done()
        {
            picture.state = State::Begun { by: by.to_owned() };
        }
    }

    pub fn made(&mut self, number: u64, made: Developed) {
        let Some(picture) = self.picture(number) else {
            return;
        };
        let by = match &picture.state {
            State::Begun { by } => Some(by.clone()),
            _ => None,
        };
        picture.state = State::Made {
            by: by.clone(),
            width: made.width,
            height: made.height,
            thumbnail: made.thumbnail.into(),
        };
        if let Some(worker) = self
            .workers
            .iter_mut()
            .rfind(|worker| Some(&worker.name) == by.as_ref())
        {
            worker.made += 1;
        }
    }

    pub fn failed(&mut self, number: u64, why: String) {
        if let Some(picture) = self.picture(number) {
            picture.state = State::Failed { why };
        }
    }

    /// Takes what is done off the page.
    pub fn clear(&mut self) {
        self.pictures.retain(|picture| !picture.is_done());
    }

    pub fn thumbnail(&self, number: u64) -> Option<Bytes> {
        let picture = self.pictures.iter().find(|picture| picture.number == number);
        match &picture?.state {
            State::Made { thumbnail, .. } => Some(thumbnail.clone()),
            _ => None,
        }
    }

    /// A process was started, which will be a worker.
    pub fn worker_started(&mut self, name: String, pid: u32) {
        let gone = self
            .workers
            .iter()
            .filter(|worker| worker.state == Presence::Gone);
        if gone.count() >= MOST_GONE
            && let Some(first) = self
                .workers
                .iter()
                .position(|worker| worker.state == Presence::Gone)
        {
            self.workers.remove(first);
        }
        self.workers.push(Worker {
            name,
            pid,
            state: Presence::Starting,
            made: 0,
        });
    }

    pub fn worker_joined(&mut self, name: &str) {
        if self.worker_becomes(name, Presence::Here) {
            self.say(format!("{name} is here"));
        }
    }

    /// A worker is there no longer: what it has begun is made by others.
    pub fn worker_left(&mut self, name: &str) {
        if !self.worker_becomes(name, Presence::Gone) {
            return;
        }
        let mut again = Vec::new();
        for picture in &mut self.pictures {
            if picture.state == (State::Begun { by: name.to_owned() }) {
                picture.state = State::Waiting;
                picture.lost.push(name.to_owned());
                again.push(picture.name.as_str());
            }
        }
        let words = if again.is_empty() {
            format!("{name} is gone")
        } else {
            format!("{name} is gone: others make {} again", again.join(" and "))
        };
        self.say(words);
    }

    /// Whether it was otherwise before.
    fn worker_becomes(&mut self, name: &str, state: Presence) -> bool {
        let mut there = self.workers.iter_mut().rev();
        let worker = there.find(|worker| worker.name == name && worker.state != Presence::Gone);
        worker.is_some_and(|worker| std::mem::replace(&mut worker.state, state) != state)
    }

    fn picture(&mut self, number: u64) -> Option<&mut Picture> {
        let mut pictures = self.pictures.iter_mut();
        pictures.find(|picture| picture.number == number)
    }

    fn say(&mut self, words: String) {
        if self.happened.len() >= MOST_LINES {
            self.happened.pop_front();
        }
        self.lines_in_all += 1;
        let number = self.lines_in_all;
        self.happened.push_back(Line { number, words });
    }
}

impl Picture {
    fn is_done(&self) -> bool {
        matches!(self.state, State::Made { .. } | State::Failed { .. })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn developed() -> Developed {
        Developed {
            thumbnail: b"PNG".to_vec(),
            width: 3,
            height: 2,
        }
    }

    /// One with these workers.
    fn board(workers: &[&str]) -> Board {
        let mut board = Board::new();
        for name in workers {
            board.worker_started((*name).to_owned(), 7);
            board.worker_joined(name);
        }
        board
    }

    fn made_by(board: &Board, number: u64) -> Option<&str> {
        let picture = board.pictures.iter().find(|picture| picture.number == number);
        match &picture.unwrap().state {
            State::Made { by, .. } => by.as_deref(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_worker_has_begun_that_is_lost_waits_again_and_another_makes_it() {
        let mut board = board(&["ann", "bob"]);
        let number = board.add("sun.png".to_owned()).unwrap();
        board.begun(number, "ann");
        board.worker_left("ann");
        assert_eq!(board.pictures[0].state, State::Waiting);
        assert_eq!(board.pictures[0].lost, ["ann"]);
        assert_eq!(board.happened[2].words, "ann is gone: others make sun.png again");
        board.begun(number, "bob");
        board.made(number, developed());
        assert_eq!(made_by(&board, number), Some("bob"));
        assert_eq!([board.workers[0].made, board.workers[1].made], [0, 1]);
        assert_eq!(&*board.thumbnail(number).unwrap(), b"PNG");
    }

    #[test]
    fn a_worker_that_says_late_what_it_has_begun_changes_nothing() {
        let mut board = board(&["ann"]);
        let number = board.add("sun.png".to_owned()).unwrap();
        board.made(number, developed());
        board.begun(number, "ann");
        assert_eq!(made_by(&board, number), None);
        // It is told twice that one is gone: by its end, and by its connection's.
        board.worker_left("ann");
        board.worker_left("ann");
        assert_eq!(board.happened.len(), 2);
    }

    #[test]
    fn there_are_no_more_pictures_at_once_than_may_be_nor_more_on_the_page() {
        let mut board = Board::new();
        for _ in 0..10 {
            while let Ok(number) = board.add("sun.png".to_owned()) {
                assert!(number <= 10 * MOST_AT_ONCE as u64);
            }
            assert!(board.pictures.len() <= MOST_KEPT);
            for number in board.pictures_in_all - MOST_AT_ONCE as u64..board.pictures_in_all {
                board.made(number + 1, developed());
            }
        }
        assert_eq!(board.pictures_in_all, 10 * MOST_AT_ONCE as u64);
        board.clear();
        assert!(board.pictures.is_empty());
    }

    #[test]
    fn workers_that_are_gone_are_forgotten_one_after_the_other() {
        let mut board = board(&["ann", "bob", "cat", "dan", "eve", "fay"]);
        for name in ["ann", "bob", "cat", "dan", "eve"] {
            board.worker_left(name);
        }
        board.worker_started("gus".to_owned(), 8);
        let names: Vec<_> = board.workers.iter().map(|worker| &*worker.name).collect();
        assert_eq!(names, ["bob", "cat", "dan", "eve", "fay", "gus"]);
        assert_eq!(board.happened.len(), MOST_LINES);
    }
}
