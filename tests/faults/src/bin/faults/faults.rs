//! The faults, as rows of the table.

/// To whom it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Provider,
    Caller,
    Controller,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// And is not started again; a controller is, when it has been missed.
    Killed,
    /// The same, where all meet at a Unix socket.
    KilledByUnix,
    /// And is started again at once.
    KilledAndStarted,
    /// And goes on as soon as it is missed.
    Frozen,
    /// The same, where all meet at a Unix socket.
    FrozenByUnix,
    /// And goes on when it was given up.
    FrozenForLong,
    /// And makes another connection.
    Cut,
    /// And cannot make another one before it is given up.
    CutForLong,
    /// Nothing passes its connection any more, though nobody closes it.
    HalfOpen,
    /// It is told to end, as by SIGTERM.
    Stopped,
    /// A newer process takes its name.
    Replaced,
    /// Another controller stands by.
    KilledBesideStandby,
}

/// A row.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub who: Who,
    pub what: What,
    /// What it is called.
    pub words: &'static str,
}

const fn fault(who: Who, what: What, words: &'static str) -> Fault {
    Fault { who, what, words }
}

/// All rows, in their order.
pub const FAULTS: [Fault; 27] = [
    fault(Who::Provider, What::Killed, "killed"),
    fault(Who::Provider, What::KilledByUnix, "killed, by a Unix socket"),
    fault(Who::Provider, What::KilledAndStarted, "killed, and started again"),
    fault(Who::Provider, What::Frozen, "frozen until it is missed"),
    fault(
        Who::Provider,
        What::FrozenByUnix,
        "frozen until it is missed, by a Unix socket",
    ),
    fault(Who::Provider, What::FrozenForLong, "frozen until it is given up"),
    fault(Who::Provider, What::Cut, "its connection cut"),
    fault(Who::Provider, What::CutForLong, "cut off until it is given up"),
    fault(Who::Provider, What::HalfOpen, "its connection half open"),
    fault(Who::Provider, What::Stopped, "told to end"),
    fault(Who::Provider, What::Replaced, "replaced"),
    fault(Who::Caller, What::Killed, "killed"),
    fault(Who::Caller, What::KilledByUnix, "killed, by a Unix socket"),
    fault(Who::Caller, What::Frozen, "frozen until it is missed"),
    fault(Who::Caller, What::FrozenForLong, "frozen until it is given up"),
    fault(Who::Caller, What::Cut, "its connection cut"),
    fault(Who::Caller, What::CutForLong, "cut off until it is given up"),
    fault(Who::Caller, What::HalfOpen, "its connection half open"),
    fault(Who::Caller, What::Stopped, "told to end"),
    fault(Who::Caller, What::Replaced, "replaced"),
    fault(
        Who::Controller,
        What::Killed,
        "killed, and started again when it was missed",
    ),
    fault(
        Who::Controller,
        What::KilledAndStarted,
        "killed, and started again at once",
    ),
    fault(Who::Controller, What::Frozen, "frozen until it is missed"),
    fault(
        Who::Controller,
        What::FrozenByUnix,
        "frozen until it is missed, by a Unix socket",
    ),
    fault(
        Who::Controller,
        What::FrozenForLong,
        "frozen until it is given up",
    ),
    fault(Who::Controller, What::Stopped, "told to end, and started again"),
    fault(
        Who::Controller,
        What::KilledBesideStandby,
        "killed, beside a standby",
    ),
];
