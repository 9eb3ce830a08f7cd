//! One direction of a connection within a process.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::room::Room;
use crate::proto::Frame;

/// Frames that wait for their reader.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) room: Room,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Frame>,
    closed: bool,
}

impl Pipe {
    pub(super) fn new(queue_bytes: usize) -> Self {
        Self {
            room: Room::new(queue_bytes),
            state: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a frame, of which the reader is [told](Self::tell) by whoever adds the last; `false` if the pipe is closed.
    pub(super) fn push(&self, frame: Frame) -> bool {
        let mut state = self.state();
        if !state.closed {
            self.room.take(frame.len());
            state.frames.push_back(frame);
        }
        !state.closed
    }

    /// Wakes the reader.
    pub(super) fn tell(&self) {
        self.arrived.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// No frames are added any more; those that are there are still read.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.arrived.notify_one();
        self.room.wake_all();
    }

    /// As [`close`](Self::close), but those that are there are dropped.
    pub(super) fn abort(&self) {
        let dropped = std::mem::take(&mut self.state().frames);
        self.room.give(dropped.iter().map(Frame::len).sum());
        self.close();
    }

    /// Moves the waiting frames, `at_most` of them, to `frames`, waiting for the first; gives how many bytes they have, or
    /// nothing once closed and empty.
    ///
    /// Cancel safe: frames are taken only when this completes.
    pub(super) async fn read(&self, frames: &mut Vec<Frame>, at_most: usize) -> Option<usize> {
        loop {
            let (bytes, closed) = {
                let mut state = self.state();
                let count = state.frames.len().min(at_most);
                let bytes = state.frames.iter().take(count).map(Frame::len).sum::<usize>();
                frames.extend(state.frames.drain(..count));
                (bytes, state.closed)
            };
            if bytes > 0 {
                self.room.give(bytes);
                return Some(bytes);
            }
            if closed {
                return None;
            }
            self.arrived.notified().await;
        }
    }
}
