//! Why a call ended without a value, as it travels.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Described, Exceeded, Lacking, RemoteError, fields};

/// The end of a call: the encoded value, or why there is none.
pub type Outcome = Result<Bytes, Failure>;

/// What a caller is told instead of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The callback's own error.
    App {
        /// The error in words.
        remote: RemoteError,
        /// The error itself.
        typed: Typed,
    },
    /// Anything else.
    Failed(Failed),
    /// A value all the same, which positions cannot carry as it is: its structure stands in front of it.
    Explained(Bytes),
}

/// A callback's own error as itself, beside its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// It has nothing but words.
    InWords,
    /// It is encoded.
    Encoded(Bytes),
    /// The same, and its structure stands in front of it, though nobody asked for that.
    Explained(Bytes),
    /// It could not be sent; why not.
    Lost(String),
}

impl Failure {
    /// The callback's own error, which has nothing but words or is encoded, too.
    #[must_use]
    pub fn app(remote: RemoteError, typed: Option<Bytes>) -> Self {
        let typed = typed.map_or(Typed::InWords, Typed::Encoded);
        Self::App { remote, typed }
    }

    /// The callback's own error, which has words and could not be sent as itself, for `reason`.
    #[must_use]
    pub const fn app_lost(remote: RemoteError, reason: String) -> Self {
        let typed = Typed::Lost(reason);
        Self::App { remote, typed }
    }
}

impl Typed {
    /// How many bytes it takes, but for a few.
    #[must_use]
    pub const fn long_bytes(&self) -> usize {
        match self {
            Self::InWords => 0,
            Self::Encoded(bytes) | Self::Explained(bytes) => bytes.len(),
            Self::Lost(reason) => reason.len(),
        }
    }
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

/// Why nobody could be asked.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use daffi::{Absence, CallError};
///
/// match g.call::<u64>("price", ("lamp",)).await {
///     Err(CallError::NoProvider { absence, .. }) => match absence {
///         Absence::Nobody { similar: Some(name), .. } => println!("is {name} meant?"),
///         Absence::Nobody { .. } => println!("start the process that offers it"),
///         Absence::OnlyCaller => println!("this process has it: call the function itself"),
///         Absence::ProcessUnknown => println!("no such process: is its name right?"),
///         Absence::NotOffered => println!("that process does not offer it"),
///         Absence::Lacking(lacking) => println!("{:?} are there instead", lacking.there),
///         _ => println!("nobody can be asked"),
///     },
///     other => println!("{other:?}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Absence {
    /// No process offers the callback.
    #[non_exhaustive]
    Nobody {
        /// A callback that is offered, and whose name is so near that it may be meant. None where there is none, where many are offered and it is not
        /// among those that the controller has looked at, or where the caller may not know all that is offered.
        #[serde(deserialize_with = "fields::kept_optional_name")]
        similar: Option<String>,
    },
    /// Only the calling process itself offers it, and a process calls itself only when it says so.
    OnlyCaller,
    /// The process that the caller named is not there.
    ProcessUnknown,
    /// The process that the caller named does not offer the callback.
    NotOffered,
    /// Nobody who offers the callback has the attributes that the caller wants, or the process that it named has not.
    Lacking(Box<Lacking>),
}

impl Absence {
    /// No process offers the callback, and no other one is meant.
    ///
    /// ```
    /// use daffi::{Absence, CallError};
    ///
    /// let CallError::<()>::NoProvider { absence, .. } = CallError::no_provider("price") else { return };
    /// assert_eq!(absence, Absence::nobody());
    /// ```
    #[must_use]
    pub const fn nobody() -> Self {
        Self::Nobody { similar: None }
    }

    /// No process offers the callback, and this other one may be meant.
    ///
    /// ```
    /// use daffi::Absence;
    ///
    /// let Absence::Nobody { similar, .. } = Absence::misspelt("shop.price") else { return };
    /// assert_eq!(similar.as_deref(), Some("shop.price"));
    /// ```
    #[must_use]
    pub fn misspelt(similar: impl Into<String>) -> Self {
        let similar = Some(similar.into());
        Self::Nobody { similar }
    }
}

/// Whose time for a call was over.
///
/// ```
/// use daffi::{CallError, TimeLimit};
///
/// fn whose<E>(error: &CallError<E>) -> &'static str {
///     let CallError::Timeout { limit, .. } = error else { return "nobody's" };
///     match limit {
///         TimeLimit::Call => "the call's own timeout",
///         TimeLimit::Inherited => "that of the call which is answered here",
///         TimeLimit::Callback(_) => "the callback's own timeout",
///         TimeLimit::Idle(_) => "that between two items",
///         _ => "another",
///     }
/// }
/// let error: CallError = CallError::timeout("price", true);
/// assert_eq!(whose(&error), "the call's own timeout");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TimeLimit {
    /// That of the caller: the call's `timeout`, or the `call_timeout` of its `Global`.
    Call,
    /// That of the call which the caller itself answers, as the call was made inside a callback.
    Inherited,
    /// That of the callback, whose own `timeout` allows so much.
    Callback(Duration),
    /// That between two items of a stream: its receiver's `idle_timeout` allows so much.
    Idle(Duration),
}

/// The end of a call that is neither a value nor the callback's own error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Failed {
    /// Nobody could be asked.
    NoProvider(Absence),
    /// The connection of the provider, named here, was lost during the call.
    ProviderLost {
        /// The provider's process name.
        process: String,
    },
    /// The deadline passed.
    Timeout {
        /// Whose it was.
        limit: TimeLimit,
        /// Whether the callback may have begun.
        may_have_run: bool,
    },
    /// The call was cancelled, or its provider is stopping.
    Cancelled {
        /// Whether the callback may have begun.
        may_have_run: bool,
    },
    /// Whoever could answer is at its limit.
    Overloaded {
        /// Whether the callback may have begun.
        may_have_run: bool,
    },
    /// The callback panicked.
    Panicked {
        /// What it said.
        #[serde(deserialize_with = "fields::kept_words")]
        message: String,
        /// Where the callback stands in the source, if that is told.
        #[serde(deserialize_with = "fields::kept_optional_name")]
        place: Option<String>,
    },
    /// Caller and callback disagree about the types.
    SignatureMismatch {
        /// What the provider offers.
        offered: Box<Described>,
        /// What others offer under that name, if they differ: some of it.
        #[serde(deserialize_with = "fields::others")]
        others: Vec<Described>,
    },
    /// The caller may not call this.
    Denied {
        /// Why, in words.
        #[serde(deserialize_with = "fields::kept_words")]
        reason: String,
        /// Whether the callback may have begun: the right was taken away meanwhile.
        may_have_run: bool,
    },
    /// Something did not fit a frame.
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
        /// Whether the callback has run: the result was too large, not the arguments.
        may_have_run: bool,
    },
    /// The provider could not decode the arguments.
    Decode {
        /// What was wrong.
        #[serde(deserialize_with = "fields::kept_words")]
        message: String,
    },
    /// The provider could not encode the result.
    Encode {
        /// What was wrong.
        #[serde(deserialize_with = "fields::kept_words")]
        message: String,
    },
    /// There is no connection to a controller.
    Disconnected {
        /// Whether the call had been handed to the connection.
        may_have_run: bool,
    },
    /// What was asked for cannot be done, whoever asks.
    Invalid {
        /// Why, in words.
        #[serde(deserialize_with = "fields::kept_words")]
        reason: String,
    },
    /// Whoever could answer is at its limit, and a call that waits for this one holds a place of the callback: it would wait
    /// for itself.
    Recursive,
    /// Every thread that callbacks of the provider may block is held by one that waits for another which needs one, so that this
    /// one would never get one.
    NoThread {
        /// How many there are.
        threads: u32,
    },
    /// An item of a stream did not fit a frame.
    ItemTooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The caller has as many calls as it may have, or makes as many as it may make.
    OverQuota(Exceeded),
    /// The streams that come to a process hold as much as they may, and there is nothing left for another, or for a large item.
    Unread {
        /// How many bytes they may hold.
        bytes: u64,
        /// Whether the callback may have begun.
        may_have_run: bool,
    },
}

impl Failed {
    /// The caller's own deadline passed.
    #[must_use]
    pub const fn timeout(may_have_run: bool) -> Self {
        Self::Timeout {
            limit: TimeLimit::Call,
            may_have_run,
        }
    }

    /// A callback, or what feeds a stream, panicked; where is not known.
    #[must_use]
    pub const fn panicked(message: String) -> Self {
        Self::Panicked { message, place: None }
    }

    /// The same of items of a stream, which is of no call's arguments or result.
    #[must_use]
    pub fn of_items(self) -> Self {
        match self {
            Self::TooLarge { size, limit, .. } => Self::ItemTooLarge { size, limit },
            other => other,
        }
    }

    /// Whether the callback may have begun to run.
    #[must_use]
    pub fn may_have_run(&self) -> bool {
        match self {
            Self::NoProvider(_)
            | Self::SignatureMismatch { .. }
            | Self::Invalid { .. }
            | Self::Recursive
            | Self::NoThread { .. }
            | Self::OverQuota(_)
            | Self::Decode { .. } => false,
            Self::ProviderLost { .. }
            | Self::Panicked { .. }
            | Self::Encode { .. }
            | Self::ItemTooLarge { .. } => true,
            Self::Timeout { may_have_run, .. }
            | Self::Cancelled { may_have_run }
            | Self::Overloaded { may_have_run }
            | Self::Denied { may_have_run, .. }
            | Self::TooLarge { may_have_run, .. }
            | Self::Unread { may_have_run, .. }
            | Self::Disconnected { may_have_run } => *may_have_run,
        }
    }
}
