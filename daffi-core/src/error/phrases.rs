//! What the messages of several errors of calls say alike.

use std::fmt;
use std::time::Duration;

/// How the message says whether the callback may have run.
pub(super) struct Ran(pub(super) bool);

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 {
            "it may have run"
        } else {
            "it did not run"
        })
    }
}

pub(super) const BEFORE: &str = "; it may have run before, for the call was made more than once";

/// What the message of a call that did not run says of the attempts before it.
pub(super) struct Before(pub(super) bool);

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { BEFORE } else { "" })
    }
}

/// What the message says of the time for which nobody offered the callback though the call waited for that.
pub(super) struct InVain(pub(super) Option<Duration>);

impl fmt::Display for InVain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // Nobody reads fractions of a millisecond.
            Some(time) if time.as_millis() > 0 => {
                let time = Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
                write!(f, "; it waited {time:?} for a process that offers it, in vain")
            }
            _ => Ok(()),
        }
    }
}

/// What the message says of retries that were asked for and not made.
pub(super) struct Spent(pub(super) bool);

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 {
            "; it was not made again, as this process has spent its retries: wait, since each ten calls earn another"
        } else {
            ""
        })
    }
}
