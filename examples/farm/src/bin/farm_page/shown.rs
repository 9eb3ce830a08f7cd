//! The board, which many change, and as whoever looks at the page gets it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use daffi::callback;
use futures_util::Stream;
use futures_util::stream::unfold;
use thumbnail_farm::Watch;
use tokio::sync::watch;

use super::board::Board;

pub struct Shown {
    board: Mutex<Board>,
    /// All of it, as JSON, so that whoever comes late or was away has missed nothing. Nothing is the end.
    text: watch::Sender<Option<Arc<str>>>,
}

impl Shown {
    pub fn new() -> Self {
        let board = Board::new();
        Self {
            text: watch::Sender::new(Some(written(&board))),
            board: Mutex::new(board),
        }
    }

    /// Changes it, and has all who look see that.
    pub fn change<T>(&self, change: impl FnOnce(&mut Board) -> T) -> T {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        let given = change(&mut board);
        self.text.send_if_modified(|text| {
            let goes_on = text.is_some();
            if goes_on {
                *text = Some(written(&board));
            }
            goes_on
        });
        given
    }

    pub fn thumbnail(&self, number: u64) -> Option<Bytes> {
        let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        board.thumbnail(number)
    }

    /// What it is, and then what it becomes, without what came in between for those who are slow.
    pub fn texts(&self) -> impl Stream<Item = Arc<str>> + use<> {
        let mut texts = self.text.subscribe();
        texts.mark_changed();
        unfold(texts, async move |mut texts| {
            texts.changed().await.ok()?;
            let text = texts.borrow_and_update().clone()?;
            Some((text, texts))
        })
    }

    /// Ends it for all who look.
    pub fn end(&self) {
        self.text.send_replace(None);
    }

    /// Ready at its end.
    pub fn ended(&self) -> impl Future<Output = ()> + use<> {
        let mut texts = self.text.subscribe();
        async move {
            let _ = texts.wait_for(Option::is_none).await;
        }
    }
}

fn written(board: &Board) -> Arc<str> {
    // Numbers, texts and lists always have a JSON.
    serde_json::to_string(board).unwrap_or_default().into()
}

/// What the page offers to the workers.
pub struct Watcher(pub Arc<Shown>);

#[callback(prefix = "page.")]
impl Watch for Watcher {
    async fn begins(&self, number: u64, worker: &str) {
        self.0.change(|board| board.begun(number, worker));
    }
}
