//! How a controller shall run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daffi_core::auth::Identities;
use daffi_core::proto::Limits;
use daffi_core::transport::{Address, Security};
use daffi_core::{Access, Quotas, random};

use super::standby_of::StandbyOf;

/// How a controller shall run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ControllerOptions {
    /// Where it listens.
    pub address: Address,
    /// Its process identifier.
    pub process_name: Arc<str>,
    /// What it allows.
    pub limits: Limits,
    /// How often each side of a connection says something, at least. Where a session can be gone on with, the controller says more: six times in a `resume_grace`.
    pub heartbeat: Duration,
    /// How long a process may be away whose TCP connection was lost: what is sent to it waits, and when it comes back in that time, nothing
    /// of its calls, streams and offers has changed. Zero turns that off. Default: three seconds.
    pub resume_grace: Duration,
    /// How many bytes may wait to be read by all processes together. Of what is left, each process may have four times as much,
    /// beside its own limit; beyond that, calls to it, and large answers for it, are refused with `Overloaded`. As many calls are
    /// routed at the same time as there are 256 bytes in it. Default: 1 GiB, or a quarter of the machine's memory if that is less.
    pub queue_bytes: usize,
    /// Whether processes of any user may join through a Unix socket. Otherwise those of its own user and of root may. Default: no.
    pub any_user: bool,
    /// Whether it may listen where other machines reach it although it lets everybody in who does, and takes proofs on connections that are not
    /// encrypted. Default: no.
    pub insecure: bool,
    /// Who may do what. Otherwise all that are let in may do everything; so may the process that runs the controller, in any case.
    pub access: Option<Access>,
    /// How much each connection, and each identity, may have. The process that runs the controller has no quota. Default: nobody has.
    pub quotas: Quotas,
    /// What protects TCP connections. Default: nothing.
    pub security: Security,
    /// For whom it stands by: it lets nobody in while it reaches that one, so that processes which are given both addresses meet at one of the two.
    /// When it does not, they are let in here, and sent back when that one is there again. Default: for nobody.
    pub standby_of: Option<StandbyOf>,
    /// Whom it knows. Whoever proves through TCP to be none of them is refused then; where nobody is known, nobody is asked.
    pub identities: Option<Arc<Identities>>,
    /// The folder in which it keeps schedules, so that they go on after a restart; with the feature `durable`. Default: none, they end with it.
    pub data_dir: Option<PathBuf>,
}

impl ControllerOptions {
    /// A controller at `address`, with a random process identifier and the default limits.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            address,
            process_name: format!("0x{:016x}", random::number()).into(),
            limits: Limits::default(),
            heartbeat: daffi_core::link::HEARTBEAT,
            resume_grace: daffi_core::link::RESUME_GRACE,
            queue_bytes: default_queue_bytes(),
            any_user: false,
            insecure: false,
            access: None,
            quotas: Quotas::new(),
            security: Security::none(),
            identities: None,
            standby_of: None,
            data_dir: None,
        }
    }
}

/// How much may be queued in all unless something else is said.
fn default_queue_bytes() -> usize {
    const MOST: usize = 1024 * 1024 * 1024;
    machine_bytes().map_or(MOST, |bytes| (bytes / 4).min(MOST))
}

/// How much memory the machine has, where that can be read.
fn machine_bytes() -> Option<usize> {
    let memory = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: usize = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What a router decides by. Its halves tell nothing of each other.
pub(super) fn seed() -> u128 {
    u128::from(random::number()) << 64 | u128::from(random::number())
}
