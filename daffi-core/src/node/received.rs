//! Items of a stream that have come, until they are taken.

use std::sync::Arc;

use bytes::{Buf, Bytes};

use crate::described::{DecodeItem, ItemsAs, ReadAs};
use crate::proto::{Batch, DecodeError, OTHERWISE_BYTES, Window};

/// How items are read.
pub(crate) enum Reader<T> {
    /// By their type.
    Typed(DecodeItem<T>, ItemsAs),
    /// By what is known of who writes them, and whether they say themselves what they are.
    Told(Told<T>),
}

type Told<T> = Arc<dyn Fn(&[u8], bool) -> Result<(T, usize), DecodeError> + Send + Sync>;

/// What has come of a stream and was not taken, and what its sender may be granted for what was.
pub(crate) struct Received<T> {
    reader: Reader<T>,
    batch: Batch,
    /// Parts of the next item, whose end has not come.
    parts: Vec<Bytes>,
    window: Window,
    /// What was taken and not granted again.
    taken: Window,
}

impl<T> Received<T> {
    pub(crate) const fn new(reader: Reader<T>, window: Window) -> Self {
        Self {
            reader,
            batch: Batch::new(0, Bytes::new()),
            parts: Vec::new(),
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

    /// Items with positions are read so.
    pub(crate) fn set_reading(&mut self, reading: ReadAs) {
        if let Reader::Typed(_, own) = &mut self.reader {
            own.positions = reading;
        }
    }

    /// More was granted than was taken.
    pub(crate) fn granted(&mut self, taken: Window, granted: Window) {
        let more = granted.bytes.saturating_sub(taken.bytes);
        self.window.bytes = self.window.bytes.saturating_add(more);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.batch.items == 0
    }

    /// More has come; what was there before has been taken.
    pub(crate) fn put(&mut self, batch: Batch) {
        if batch.items == 0 {
            return self.parts.push(batch.bytes);
        }
        if batch.explained != self.batch.explained {
            self.taken.bytes = self.taken.bytes.saturating_add(OTHERWISE_BYTES);
        }
        self.batch = batch;
        if !self.parts.is_empty() {
            self.parts.push(std::mem::take(&mut self.batch.bytes));
            self.batch.bytes = self.parts.concat().into();
            self.parts.clear();
        }
    }

    /// Takes the next item; how many bytes it took; and what to grant again, once it is half the window. After an error
    /// nothing is left, for what follows cannot be told apart.
    pub(crate) fn take(&mut self) -> Result<(T, usize, Option<Window>), DecodeError> {
        let Batch { explained, bytes, .. } = &self.batch;
        let decoded = match &self.reader {
            Reader::Typed(decode, reading) => reading
                .reading(*explained)
                .and_then(|reading| decode(bytes, reading)),
            Reader::Told(read) => read(bytes, *explained),
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{Readable, Type};

    /// An item is its length and so many letters.
    fn letters(bytes: &[u8], _: &ReadAs) -> Result<(String, usize), DecodeError> {
        let end = 1 + usize::from(bytes[0]);
        let letters = bytes.get(1..end).ok_or_else(|| DecodeError::new("it is short"))?;
        Ok((String::from_utf8_lossy(letters).into_owned(), end))
    }

    fn own() -> ItemsAs {
        ItemsAs::new(ReadAs::Own, &Readable::unknown(Type::Str))
    }

    fn batch(items: u32, bytes: &'static [u8]) -> Batch {
        Batch::new(items, Bytes::from_static(bytes))
    }

    #[test]
    fn an_item_in_parts_is_whole_when_its_end_has_come() {
        let mut received = Received::new(Reader::Typed(letters, own()), Window::DEFAULT);
        for part in [b"\x06ab".as_slice(), b"c"] {
            received.put(batch(0, part));
            assert!(received.is_empty());
        }
        received.put(batch(1, b"def"));
        let (item, used, _) = received.take().unwrap();
        assert_eq!((item.as_str(), used, received.is_empty()), ("abcdef", 7, true));
        received.put(batch(2, b"\x01a\x01b"));
        for letter in ["a", "b"] {
            assert_eq!(received.take().unwrap().0, letter);
        }
        assert!(received.is_empty());
    }

    #[test]
    fn half_a_window_is_granted_again() {
        let window = Window { items: 4, bytes: 100 };
        let mut received = Received::new(Reader::Typed(letters, own()), window);
        received.put(batch(3, b"\x01a\x01b\x01c"));
        let due: Vec<_> = (0..3).map(|_| received.take().unwrap().2).collect();
        assert_eq!(due, [None, Some(Window { items: 2, bytes: 4 }), None]);
    }

    /// What it costs that they are written otherwise is granted again as they are.
    #[test]
    fn items_that_are_written_otherwise_are_granted_again_with_what_that_cost() {
        let window = Window {
            items: 100,
            bytes: 4096,
        };
        let told = Arc::new(|bytes: &[u8], explained: bool| Ok(((bytes[0], explained), 1)));
        let mut received = Received::new(Reader::Told(told), window);
        let mut due = Vec::new();
        for explained in [false, true, true, false] {
            received.put(batch(1, b"a").explained(explained));
            let (item, _, granted) = received.take().unwrap();
            assert_eq!(item, (b'a', explained));
            due.push(granted);
        }
        let bytes = 4 + 2 * OTHERWISE_BYTES;
        assert_eq!(due, [None, None, None, Some(Window { items: 4, bytes })]);
    }

    #[test]
    fn after_an_item_that_is_none_nothing_is_left() {
        let mut received = Received::new(Reader::Typed(letters, own()), Window::DEFAULT);
        received.put(batch(2, b"\x05a"));
        assert!(received.take().is_err());
        assert!(received.is_empty());
    }
}
