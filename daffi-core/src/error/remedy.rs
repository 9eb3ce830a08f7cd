//! What to do where an address cannot be used.

use std::fmt;
use std::io::{self, ErrorKind};

use crate::transport::Address;

/// Says it, if it can be told from what the system says.
pub(super) struct Remedy<'a> {
    pub(super) address: &'a Address,
    pub(super) source: &'a io::Error,
    /// Whether somebody wanted to listen there.
    pub(super) listens: bool,
}

impl fmt::Display for Remedy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address, self.source.kind()) {
            (Address::Unix(path), ErrorKind::NotADirectory | ErrorKind::AlreadyExists) => {
                // The nearest to the root is what is in the way of the others.
                let file = path.ancestors().skip(1).filter(|part| part.is_file()).last();
                match file {
                    Some(file) => write!(
                        f,
                        "; {} is a file, and sockets need a folder: name another with unix_sock_path (`--unix-sock-path`), or move the file away",
                        file.display()
                    ),
                    None => Ok(()),
                }
            }
            (Address::Unix(path), ErrorKind::PermissionDenied) => {
                let folder = path.parent().unwrap_or(path).display();
                if self.listens {
                    write!(
                        f,
                        "; this user may not make a socket in {folder}: name a folder of its own with unix_sock_path (`--unix-sock-path`)"
                    )
                } else {
                    write!(
                        f,
                        "; this user may not use the socket in {folder}: run both as one user, or let the controller listen in a \
                         folder that both may enter and write to"
                    )
                }
            }
            (Address::Unix(path), ErrorKind::NotFound | ErrorKind::ReadOnlyFilesystem) if self.listens => {
                let folder = path.parent().unwrap_or(path).display();
                write!(
                    f,
                    "; the folder {folder} is not there and cannot be made: name another with unix_sock_path (`--unix-sock-path`)"
                )
            }
            (Address::Tcp { port, .. }, ErrorKind::PermissionDenied) if self.listens && *port < 1024 => f.write_str(
                "; ports below 1024 are for processes with rights of their own: choose a higher one",
            ),
            (Address::Tcp { .. }, ErrorKind::AddrNotAvailable) if self.listens => f.write_str(
                "; this machine has no such address: host(…) (`--host`) is where it listens, not where others are",
            ),
            _ => Ok(()),
        }
    }
}
