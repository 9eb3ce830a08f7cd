//! What a connection tells of the other end by itself, before a word is said: how far it reaches, and who is known to be there.
//!
//! A transport fills it in; whoever lets in or joins decides by it.

use core::fmt;
use std::sync::Arc;

/// How far away the other end may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is this process.
    Process,
    /// It is a process of this machine, through a Unix socket.
    Machine,
    /// It is a process of this machine, through a port that any of its users may have taken.
    Loopback,
    /// It may be anywhere.
    Network,
}

/// A user of this machine, as the operating system says it of the other end of a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    /// The number of the user.
    pub uid: u32,
    /// The number of the process, where the system tells it.
    pub pid: Option<i32>,
}

impl User {
    /// Whether a process of the user `own` may talk to this user's: to its own, and to root's, which can read and change all
    /// that it does anyway.
    #[must_use]
    pub const fn is_trusted_by(&self, own: u32) -> bool {
        self.uid == own || self.uid == ROOT
    }
}

/// The user who may do everything.
const ROOT: u32 = 0;

/// What a connection tells of the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// How far away it may be.
    pub reach: Reach,
    /// Nobody else can read or change what is sent, as far as the cipher goes.
    pub encrypted: bool,
    /// Whose process it is, through a Unix socket.
    pub user: Option<User>,
    /// The name in the certificate of the other end, if it has shown one and it was verified.
    pub certificate: Option<Arc<str>>,
    /// What both ends know and no other connection has: a proof that is made for it is of no use on another one. Empty if there
    /// is no such thing.
    pub binding: Arc<[u8]>,
}

impl Channel {
    /// A connection of which nothing else is known.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            encrypted: false,
            user: None,
            certificate: None,
            binding: Arc::default(),
        }
    }

    /// Nobody but the two ends can read or change what is sent.
    #[must_use]
    pub const fn is_private(&self) -> bool {
        self.encrypted || matches!(self.reach, Reach::Process | Reach::Machine)
    }

    /// Whether the processes at both ends may live on when the connection is lost. Of a Unix socket, and within a process, one has ended.
    #[must_use]
    pub const fn is_resumable(&self) -> bool {
        matches!(self.reach, Reach::Loopback | Reach::Network)
    }

    /// Whether a process that says nothing any more lives nevertheless, as long as the connection has not ended.
    #[must_use]
    pub const fn ends_with_its_process(&self) -> bool {
        matches!(self.reach, Reach::Machine)
    }

    /// Checks that the other end of a Unix socket is trusted by a process of the user `own`.
    ///
    /// # Errors
    ///
    /// When it is another user's, or nobody knows whose.
    pub fn check_user(&self, own: u32) -> Result<(), Stranger> {
        match self.user {
            _ if self.reach != Reach::Machine => Ok(()),
            Some(user) if user.is_trusted_by(own) => Ok(()),
            user => Err(Stranger {
                uid: user.map(|user| user.uid),
                own,
            }),
        }
    }
}

/// The other end of a Unix socket is a process of another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its user, if the system tells it.
    pub uid: Option<u32>,
    /// The user of this process.
    pub own: u32,
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.uid {
            Some(uid) => write!(f, "it runs as uid {uid}")?,
            None => f.write_str("the system does not say as which user it runs")?,
        }
        write!(f, ", this process as uid {}", self.own)
    }
}

impl core::error::Error for Stranger {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_trusts_its_own_user_and_root_and_nobody_else() {
        #[track_caller]
        fn check(own: u32, theirs: Option<u32>, trusted: bool) {
            let mut channel = Channel::new(Reach::Machine);
            channel.user = theirs.map(|uid| User { uid, pid: None });
            let expected = if trusted {
                Ok(())
            } else {
                Err(Stranger { uid: theirs, own })
            };
            assert_eq!(channel.check_user(own), expected, "{own} {theirs:?}");
        }
        check(1000, Some(1000), true);
        check(1000, Some(0), true);
        check(1000, Some(1001), false);
        check(0, Some(0), true);
        // Root would do for another user what only root may.
        check(0, Some(1000), false);
        check(1000, None, false);
    }

    #[test]
    fn only_a_unix_socket_says_whose_the_other_end_is() {
        for reach in [Reach::Process, Reach::Loopback, Reach::Network] {
            assert_eq!(Channel::new(reach).check_user(1000), Ok(()), "{reach:?}");
        }
    }

    #[test]
    fn what_others_cannot_read_is_private() {
        let mut channel = Channel::new(Reach::Network);
        assert!(!channel.is_private());
        assert!(!Channel::new(Reach::Loopback).is_private());
        assert!(Channel::new(Reach::Machine).is_private());
        assert!(Channel::new(Reach::Process).is_private());
        channel.encrypted = true;
        assert!(channel.is_private());
    }
}
