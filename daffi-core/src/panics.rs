//! Panics of the program's code, which end where they are caught.

use std::any::Any;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tracing::warn;

/// What somebody panicked with, in words.
#[derive(Debug)]
pub(crate) struct Panic {
    pub(crate) message: String,
}

/// Runs code of the program's.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(work)).map_err(Panic::of)
}

/// Wakes or drops a waker, which is anybody's: whoever has others goes on with them.
pub(crate) fn shielded(work: impl FnOnce()) {
    if let Err(Panic { message }) = caught(work) {
        let message = &*in_a_line(&message);
        logged(|| {
            warn!(
                message,
                "a waker panicked: whatever awaits a call, such as an executor, has a bug"
            );
        });
    }
}

/// Drops what the callback of that name held, which may be anything.
pub(crate) fn dismissed(callback: &str, what: impl FnOnce()) {
    if let Err(Panic { message }) = caught(what) {
        let message = &*in_a_line(&message);
        logged(|| {
            warn!(
                callback,
                message, "what a callback held panicked when it was dropped: look at its Drop"
            );
        });
    }
}

/// So many bytes of what somebody says are put into a line of the log.
const LINE_BYTES: usize = 1 << 10;

/// Words of somebody's, short enough for a line of the log.
pub(crate) fn in_a_line(words: &str) -> Cow<'_, str> {
    if words.len() <= LINE_BYTES {
        return Cow::Borrowed(words);
    }
    let end = (0..=LINE_BYTES).rev().find(|end| words.is_char_boundary(*end));
    let shown = &words[..end.unwrap_or_default()];
    Cow::Owned(format!("{shown}… ({} bytes in all)", words.len()))
}

/// Logs something, where a call may be made: whoever listens is of the program, too, and has perhaps lost what it needs where a
/// thread ends.
pub(crate) fn logged(log: impl FnOnce()) {
    let _ = caught(log);
}

impl Panic {
    /// What was caught.
    pub(crate) fn of(payload: Box<dyn Any + Send>) -> Self {
        let message = payload
            .downcast_ref::<&str>()
            .map(|message| (*message).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a value that is no text".to_owned());
        // Dropping it is code of the program's, too, and may panic; what that leaves is left.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
        Self { message }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic_any(Self);
        }
    }

    #[test]
    fn what_is_long_is_cut_for_the_log() {
        let short = "ü".repeat(LINE_BYTES / 2);
        assert_eq!(in_a_line(&short), short);
        assert_eq!(
            in_a_line(&format!("{short}!")),
            format!("{short}… (1025 bytes in all)")
        );
        let odd = format!("!{}", "ü".repeat(1 << 20));
        let expected = format!("!{}… (2097153 bytes in all)", "ü".repeat(LINE_BYTES / 2 - 1));
        assert_eq!(in_a_line(&odd), expected);
    }

    #[test]
    fn a_panic_is_told_in_words() {
        let of = |work: fn()| caught(work).unwrap_err().message;
        assert_eq!(of(|| panic!("too hot")), "too hot");
        assert_eq!(of(|| panic!("{} degrees", 90)), "90 degrees");
        assert_eq!(of(|| panic_any(7)), "a value that is no text");
        assert_eq!(of(|| panic_any(Bomb)), "a value that is no text");
        assert_eq!(caught(|| 1).unwrap(), 1);
    }
}
