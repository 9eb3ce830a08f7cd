//! Items of a stream that have come, until they are taken.

use bytes::{Buf, Bytes};

use crate::proto::{Batch, DecodeError, DecodeItem, Window};

/// What has come of a stream and was not taken, and what its sender may be granted for what was.
pub(crate) struct Received<T> {
    decode: DecodeItem<T>,
    /// Whether items can nest without end.
    guarded: bool,
    batch: Batch,
    window: Window,
    /// What was taken and not granted again.
    taken: Window,
}

impl<T> Received<T> {
    pub(crate) const fn new(decode: DecodeItem<T>, guarded: bool, window: Window) -> Self {
        Self {
            decode,
            guarded,
            batch: Batch {
                items: 0,
                bytes: Bytes::new(),
            },
            window,
            taken: Window::NONE,
        }
    }

    pub(crate) const fn window(&self) -> Window {
        self.window
    }

    pub(crate) const fn set_window(&mut self, window: Window) {
        self.window = window;
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.batch.items == 0
    }

    /// More has come; what was there before has been taken.
    pub(crate) fn put(&mut self, batch: Batch) {
        self.batch = batch;
    }

    /// Takes the next item; how many bytes it took; and what to grant again, once it is half the window. After an error nothing is left, for what
    /// follows cannot be told apart.
    pub(crate) fn take(&mut self) -> Result<(T, usize, Option<Window>), DecodeError> {
        let decoded = (self.decode)(&self.batch.bytes, self.guarded);
        let (item, used) = decoded.inspect_err(|_| self.batch.items = 0)?;
        self.batch.bytes.advance(used);
        self.batch.items -= 1;
        let Self { taken, window, .. } = self;
        taken.items += 1;
        taken.bytes = taken
            .bytes
            .saturating_add(u32::try_from(used).unwrap_or(u32::MAX));
        let half = taken.items >= window.items.div_ceil(2) || taken.bytes >= window.bytes.div_ceil(2);
        let due = half.then(|| std::mem::replace(taken, Window::NONE));
        Ok((item, used, due))
    }
}
