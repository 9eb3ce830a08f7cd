//! Buffers that values are encoded into, used again and again.
//!
//! A long value leaves in the buffer that it was encoded into, which comes back when nobody holds the value any more. To take
//! memory for each, and give it back, costs more than to write and to send what is in it: an allocator returns what is free at once
//! to the system, page by page.

use core::cell::RefCell;
use core::mem;

use bytes::Bytes;

/// What is longer leaves in its buffer; what is not is copied out of it, and takes as much memory as it has bytes.
const COPIED_BYTES: usize = 16 * 1024;

/// So much memory each thread keeps.
const KEPT_BYTES: usize = 1024 * 1024;

thread_local! {
    static KEPT: RefCell<Kept> = const { RefCell::new(Kept::new()) };
}

/// Empty buffers.
#[derive(Debug)]
struct Kept {
    buffers: Vec<Vec<u8>>,
    /// How much memory they have together.
    bytes: usize,
}

/// A buffer that comes back, to the thread that gives it up.
#[derive(Debug)]
struct Lent(Vec<u8>);

/// What `encode` appends to an empty buffer.
pub(super) fn in_scratch<E>(encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Bytes, E> {
    let mut lent = Lent::take();
    encode(&mut lent.0)?;
    let length = lent.0.len();
    // What is kept for the value is in proportion to it.
    if length > COPIED_BYTES && length >= lent.0.capacity() / 2 {
        Ok(Bytes::from_owner(lent))
    } else {
        Ok(Bytes::copy_from_slice(&lent.0))
    }
}

impl Kept {
    const fn new() -> Self {
        Self {
            buffers: Vec::new(),
            bytes: 0,
        }
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        let buffer = self.buffers.pop()?;
        self.bytes -= buffer.capacity();
        Some(buffer)
    }

    fn keep(&mut self, buffer: Vec<u8>) {
        let bytes = self.bytes + buffer.capacity();
        if bytes <= KEPT_BYTES {
            self.bytes = bytes;
            self.buffers.push(buffer);
        }
    }
}

impl Lent {
    fn take() -> Self {
        // A thread that ends has none any more.
        let kept = KEPT.try_with(|kept| kept.try_borrow_mut().ok()?.take());
        Self(kept.ok().flatten().unwrap_or_default())
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut buffer = mem::take(&mut self.0);
        if buffer.capacity() == 0 {
            return;
        }
        buffer.clear();
        let _ = KEPT.try_with(|kept| kept.try_borrow_mut().map(|mut kept| kept.keep(buffer)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value of so many bytes.
    fn value(bytes: usize) -> Bytes {
        let encoded: Result<_, ()> = in_scratch(|buffer| {
            assert!(buffer.is_empty());
            buffer.resize(bytes, 7);
            Ok(())
        });
        encoded.unwrap()
    }

    fn kept_bytes() -> usize {
        KEPT.with_borrow(|kept| {
            let bytes = kept.buffers.iter().map(Vec::capacity).sum();
            assert_eq!(kept.bytes, bytes);
            bytes
        })
    }

    #[test]
    fn a_long_value_leaves_in_its_buffer_which_comes_back() {
        let long = value(100_000);
        assert_eq!((long.len(), kept_bytes()), (100_000, 0));
        let (at, part) = (long.as_ptr(), long.slice(5..));
        drop(long);
        // It is still somebody's.
        let other = value(100_000);
        assert_ne!(other.as_ptr(), at);
        assert!(part.iter().all(|byte| *byte == 7));
        drop(part);
        assert_eq!(value(90_000).as_ptr(), at);
    }

    #[test]
    fn a_value_holds_no_more_than_twice_its_bytes() {
        drop(value(100_000));
        let short = value(20_000);
        assert_eq!(kept_bytes(), 100_000, "it has left the buffer");
        let long = value(60_000);
        assert_eq!((short.len(), long.len(), kept_bytes()), (20_000, 60_000, 0));
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let many: Vec<_> = (0..100).map(|_| value(50_000)).collect();
        drop(many);
        assert!((900_000..=KEPT_BYTES).contains(&kept_bytes()), "{}", kept_bytes());
        drop(value(KEPT_BYTES + 1));
        assert!(kept_bytes() <= KEPT_BYTES);
    }

    #[test]
    fn one_that_fails_gives_its_buffer_back() {
        let failed: Result<Bytes, &str> = in_scratch(|buffer| {
            buffer.resize(1000, 7);
            // As a value does that encodes another one.
            assert_eq!(value(30).len(), 30);
            Err("no")
        });
        assert_eq!(failed, Err("no"));
        assert!(kept_bytes() >= 1030);
        assert_eq!(value(10).len(), 10);
    }
}
