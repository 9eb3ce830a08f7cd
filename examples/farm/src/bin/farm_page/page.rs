//! What people do on the page, done: pictures are given to the farm, workers are started and killed.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use daffi::{CallError, Global, Presence, PresenceEvents};
use thumbnail_farm::{FarmClient, Picture, develop};
use tokio::task::{JoinSet, spawn_blocking};

use super::board::TooMany;
use super::shown::Shown;
use super::workers::Workers;

/// A thumbnail has so many points at most, to the right and down.
const SIDE: u32 = 320;

/// So many pictures are painted at once for those who have none.
const SAMPLES: u32 = 6;

pub struct Page {
    pub shown: Arc<Shown>,
    farm: FarmClient,
    workers: Workers,
    /// Each waits for the end of a worker.
    waiting: Mutex<JoinSet<()>>,
    painted: AtomicU32,
}

impl Page {
    pub fn new(g: &Global, shown: Arc<Shown>, workers: Workers) -> Arc<Self> {
        Arc::new(Self {
            shown,
            farm: FarmClient::new(g),
            workers,
            waiting: Mutex::default(),
            painted: AtomicU32::new(0),
        })
    }

    /// Has a thumbnail made of a file.
    pub fn take(self: &Arc<Self>, name: String, file: &Bytes) -> Result<(), TooMany> {
        let number = self.shown.change(|board| board.add(name))?;
        // It waits for a worker with a place, and is made again by another one when that is lost.
        let job = self.farm.develop(number, file, SIDE).bg();
        let page = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = job.await;
            page.shown.change(|board| match outcome {
                Ok(developed) => board.made(number, developed),
                Err(CallError::App(unreadable)) => board.failed(number, unreadable.to_string()),
                Err(error) => board.failed(number, format!("was not made: {error}")),
            });
        });
        Ok(())
    }

    /// Paints some pictures, and has thumbnails made of these.
    pub async fn take_samples(self: &Arc<Self>) -> Result<(), TooMany> {
        for _ in 0..SAMPLES {
            let number = self.painted.fetch_add(1, Ordering::Relaxed) + 1;
            let painted = spawn_blocking(move || develop::png(Picture::painted(number, 480, 360)));
            if let Ok(Ok(file)) = painted.await {
                self.take(format!("landscape {number}.png"), &file.into())?;
            }
        }
        Ok(())
    }

    pub fn start_worker(self: &Arc<Self>) -> io::Result<()> {
        let worker = self.workers.start()?;
        self.shown
            .change(|board| board.worker_started(worker.name.clone(), worker.pid));
        let page = Arc::clone(self);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.try_join_next().is_some() {}
        waiting.spawn(async move {
            let name = worker.name.clone();
            page.workers.until_ended(worker, page.shown.ended()).await;
            page.shown.change(|board| board.worker_left(&name));
        });
        Ok(())
    }

    pub fn kill_worker(&self, name: &str) -> bool {
        self.workers.kill(name)
    }

    /// Tells which workers come and go, until the `Global` has stopped.
    pub async fn watch(self: Arc<Self>, mut events: PresenceEvents) {
        let mut workers = HashSet::new();
        while let Some(Ok(event)) = events.next().await {
            match event {
                Presence::Joined {
                    process, attributes, ..
                } if attributes.contains(&("kind".to_owned(), "worker".to_owned())) => {
                    self.shown.change(|board| board.worker_joined(&process));
                    workers.insert(process);
                }
                Presence::Left { process, .. } if workers.remove(&process) => {
                    self.shown.change(|board| board.worker_left(&process));
                }
                _ => {}
            }
        }
    }

    /// Ends it for all who look, and all workers.
    pub async fn end(&self) {
        self.shown.end();
        let mut waiting = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiting)
        };
        while waiting.join_next().await.is_some() {}
    }
}
