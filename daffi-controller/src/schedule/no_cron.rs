//! Without lines of cron.

use daffi_core::proto::Time;

use super::refused::Refused;

/// The time zones that there are: none is of use.
#[derive(Clone, Copy, Debug)]
pub struct Zones;

impl Zones {
    /// Those of the machine.
    #[must_use]
    pub const fn of_the_machine() -> Self {
        Self
    }

    #[cfg(test)]
    pub(super) const fn bundled() -> Self {
        Self
    }
}

/// There are none.
#[derive(Debug)]
pub(super) enum Line {}

impl Line {
    pub(super) fn new(line: &str, _zone: &str, _zones: &Zones) -> Result<Self, Refused> {
        Err(Refused::Impossible(format!(
            "the line {line:?} of cron at this controller, which was built without: build it with the feature `cron`"
        )))
    }

    pub(super) const fn at_or_after(&self, _time: Time) -> Option<Time> {
        match *self {}
    }
}
