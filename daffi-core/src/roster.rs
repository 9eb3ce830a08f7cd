//! Who is there and what they offer, as a program sees it.

use core::fmt;

use crate::identity::Identity;
use crate::proto::Balance;
#[cfg(feature = "runtime")]
use crate::proto::{CallbackEntry, Change, Parting, ProcessEntry};
use crate::signature::Signature;

/// A process on the roster.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use daffi::Global;
///
/// let shop = Global::builder().process_name("shop").attribute("kind", "resizer").init_controller(true).in_memory();
/// let shop = shop.auto_callbacks(false).start().await?;
/// let processes = shop.processes().await?;
/// let process = &processes[0];
/// assert_eq!((process.name.as_str(), process.callbacks), ("shop", 0));
/// assert_eq!(process.pid, std::process::id());
/// assert_eq!(process.attribute("kind"), Some("resizer"));
/// println!("it is {}", process.identity.as_ref().expect("the system says whose process it is"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// Its process name.
    pub name: String,
    /// The operating system's number for it, on its own machine.
    pub pid: u32,
    /// How many callbacks it offers.
    pub callbacks: u32,
    /// Who it is, as the controller has it proven; `None` if nothing was.
    pub identity: Option<Identity>,
    /// What it says of itself by [`GlobalBuilder::attribute`](crate::GlobalBuilder::attribute): keys and values, in the order of the keys. Nobody has proven it.
    pub attributes: Vec<(String, String)>,
}

impl ProcessInfo {
    /// What it says of itself under a key.
    ///
    /// ```
    /// use daffi::ProcessInfo;
    ///
    /// fn resizers(processes: &[ProcessInfo]) -> Vec<&str> {
    ///     let resizers = processes.iter().filter(|process| process.attribute("kind") == Some("resizer"));
    ///     resizers.map(|process| process.name.as_str()).collect()
    /// }
    /// # assert!(resizers(&[]).is_empty());
    /// ```
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(other, _)| other == key);
        found.map(|(_, value)| value.as_str())
    }
}

/// A callback that somebody offers.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// shop.register_fn("price", |item: String| async move { item.len() as u64 }).docs("What it costs.").await?;
///
/// for callback in g.callbacks().await? {
///     assert_eq!((callback.name.as_str(), callback.docs.as_str()), ("price", "What it costs."));
///     assert_eq!(callback.signature.to_string(), "fn(_: String) -> u64");
///     assert_eq!(callback.providers, ["shop"]);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackInfo {
    /// Its remote name.
    pub name: String,
    /// What it takes and gives, as the provider that has offered it longest says; nothing is known about it if that
    /// cannot be read.
    pub signature: Signature,
    /// Its doc comment.
    pub docs: String,
    /// How many calls each provider runs at the same time, if that is limited.
    pub concurrency: Option<u32>,
    /// How many of these may be of one calling process, if that is limited.
    pub concurrency_per_caller: Option<u32>,
    /// The process names of those who offer it, in their order.
    pub providers: Vec<String>,
    /// How calls are shared among them.
    pub balance: Balance,
}

/// Something that happened to a process or a callback.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use daffi::Presence;
///
/// let mut events = shop.presence().await?;
/// # let name = g.process_name().to_owned();
/// g.stop().await;
/// while let Some(event) = events.next().await {
///     match event? {
///         Presence::Joined { process, .. } => println!("{process} is there"),
///         Presence::Offered { process, callback, .. } => println!("{process} offers {callback}"),
///         Presence::Withdrawn { process, callback, .. } => println!("{process} offers {callback} no more"),
///         Presence::Away { process, .. } => println!("{process} may come back"),
///         Presence::Back { process, .. } => println!("{process} is back"),
///         Presence::Left { process, reason, .. } => {
///             println!("{process} has left: {reason}");
///             break;
///         }
///         // There may be more to tell one day.
///         _ => {}
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presence {
    /// A process is there, with its callbacks.
    Joined {
        /// Its process name.
        process: String,
        /// Who it is, as the controller has it proven; `None` if nothing was.
        identity: Option<Identity>,
        /// What it says of itself: keys and values, in the order of the keys. Nobody has proven it.
        attributes: Vec<(String, String)>,
    },
    /// A process is there no more, nor are its callbacks. Who it was, and what it said of itself, was told when it [joined](Self::Joined): of each that is there
    /// when one begins to listen, too.
    Left {
        /// Its process name.
        process: String,
        /// How it went.
        reason: LeaveReason,
    },
    /// A process offers a callback from now on.
    Offered {
        /// The process name.
        process: String,
        /// The callback's remote name.
        callback: String,
    },
    /// A process that stays offers a callback no more.
    Withdrawn {
        /// The process name.
        process: String,
        /// The callback's remote name.
        callback: String,
    },
    /// The connection of a process is lost. It may come back, and what is sent to it waits for that; if it does not in time, it has
    /// [left](Self::Left).
    Away {
        /// Its process name.
        process: String,
    },
    /// A process that was away is there again, and nothing of its calls, streams and offers has changed.
    Back {
        /// Its process name.
        process: String,
    },
}

/// How a process went.
///
/// ```
/// use daffi::LeaveReason;
///
/// fn is_alarming(reason: LeaveReason) -> bool {
///     match reason {
///         LeaveReason::Stopped => false,   // as it was told to
///         LeaveReason::Lost => true,       // it died, or the network did
///         _ => true,
///     }
/// }
/// # assert!(is_alarming(LeaveReason::Lost) && !is_alarming(LeaveReason::Stopped));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeaveReason {
    /// It said goodbye.
    Stopped,
    /// Its connection was lost.
    Lost,
}

impl fmt::Display for LeaveReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stopped => "it said goodbye",
            Self::Lost => "its connection was lost",
        })
    }
}

#[cfg(feature = "runtime")]
impl ProcessInfo {
    /// As the controller tells of it.
    pub(crate) fn told(entry: ProcessEntry) -> Self {
        Self {
            name: entry.name,
            pid: entry.pid,
            callbacks: entry.callbacks,
            identity: Identity::told(&entry.identity),
            attributes: entry.attributes.into(),
        }
    }
}

#[cfg(feature = "runtime")]
impl CallbackInfo {
    /// As the controller tells of it.
    pub(crate) fn told(entry: CallbackEntry) -> Self {
        Self {
            name: entry.name,
            signature: entry.signature.decode().unwrap_or_else(|_| Signature::unknown()),
            docs: entry.docs,
            concurrency: entry.concurrency,
            concurrency_per_caller: entry.concurrency_per_caller,
            providers: entry.providers,
            balance: entry.balance,
        }
    }
}

#[cfg(feature = "runtime")]
impl Presence {
    /// As the controller tells of it.
    pub(crate) fn told(change: Change) -> Self {
        match change {
            Change::Joined {
                process,
                identity,
                attributes,
            } => Self::Joined {
                process,
                identity: Identity::told(&identity),
                attributes: attributes.into(),
            },
            Change::Left { process, reason } => Self::Left {
                process,
                reason: match reason {
                    Parting::Stopped => LeaveReason::Stopped,
                    Parting::Lost => LeaveReason::Lost,
                },
            },
            Change::Offered { process, callback } => Self::Offered { process, callback },
            Change::Withdrawn { process, callback } => Self::Withdrawn { process, callback },
            Change::Away { process } => Self::Away { process },
            Change::Back { process } => Self::Back { process },
        }
    }
}
