//! Where a controller is.

use std::fmt;
use std::net::Ipv6Addr;
use std::os::unix::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::folder::default_folder;

/// Where a controller listens, or is to be looked for.
///
/// ```
/// use std::path::Path;
///
/// use daffi::Address;
///
/// let tcp = Address::tcp("[::1]:8888").expect("it is a host and a port");
/// assert_eq!((tcp.host(), tcp.port()), (Some("::1"), Some(8888)));
/// assert_eq!(Address::tcp("localhost"), None);
///
/// let unix = Address::unix_in("/run/shop");
/// assert_eq!(unix.path(), Some(Path::new("/run/shop/.sock")));
/// assert_eq!(unix.clone().absolute(), unix);
/// println!("{tcp} or {unix}, and otherwise {}", Address::default_unix());
///
/// assert!(matches!(Address::Memory, Address::Memory));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A TCP host and port.
    Tcp {
        /// A name or an IP address.
        host: String,
        /// The port; before the controller listens, 0 means any that is free.
        port: u16,
    },
    /// The path of a Unix socket.
    Unix(PathBuf),
    /// The memory of this process: whoever joins is in it.
    Memory,
}

impl Address {
    /// The Unix socket in `folder`.
    #[must_use]
    pub fn unix_in(folder: impl AsRef<Path>) -> Self {
        Self::Unix(folder.as_ref().join(".sock"))
    }

    /// The Unix socket that is used when nothing else is asked for: `<temp dir>/daffi-<uid>/.sock`, in a folder of the user's own.
    #[must_use]
    pub fn default_unix() -> Self {
        Self::unix_in(default_folder())
    }

    /// Whether it is the [default](Self::default_unix) one.
    pub(crate) fn is_default(&self) -> bool {
        self.default_folder().is_some()
    }

    /// The folder, if it is the [default](Self::default_unix) one.
    pub(super) fn default_folder(&self) -> Option<&Path> {
        let folder = self.path()?.parent()?;
        (folder == default_folder()).then_some(folder)
    }

    /// A TCP address that is written as `host:port`, with an IPv6 address in brackets.
    #[must_use]
    pub fn tcp(written: &str) -> Option<Self> {
        let (host, port) = written.rsplit_once(':')?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        // Without brackets, nobody knows where an IPv6 address ends.
        if bare.is_none() && host.contains(':') {
            return None;
        }
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let host = bare.unwrap_or(host).to_owned();
        Some(Self::Tcp { host, port }).filter(|address| address.correction().is_none())
    }

    /// The same place, whatever becomes of the working directory.
    #[must_use]
    pub fn absolute(self) -> Self {
        match self {
            // A directory that is gone leaves nothing to go by.
            Self::Unix(path) => Self::Unix(std::path::absolute(&path).unwrap_or(path)),
            other => other,
        }
    }

    /// What to write instead, if nobody can ever be there.
    pub(crate) fn correction(&self) -> Option<&'static str> {
        match self {
            Self::Tcp { host, .. } => host_correction(host),
            Self::Unix(path) if path.as_os_str().as_encoded_bytes().contains(&0) => {
                Some("a path has no NUL; name another folder")
            }
            Self::Unix(path) => SocketAddr::from_pathname(path).is_err().then_some(
                "name a shorter folder: the path of a Unix socket, with `/.sock` at its end, has at most 107 bytes (on macOS, 103)",
            ),
            Self::Memory => None,
        }
    }

    /// The TCP port, which is the real one once the controller listens; `None` for other kinds of address.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp { port, .. } => Some(*port),
            Self::Unix(_) | Self::Memory => None,
        }
    }

    /// The host of a TCP address.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Tcp { host, .. } => Some(host),
            Self::Unix(_) | Self::Memory => None,
        }
    }

    /// The path of a Unix socket.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Tcp { .. } | Self::Memory => None,
        }
    }
}

fn host_correction(host: &str) -> Option<&'static str> {
    let is_ipv6 = || {
        let (address, _zone) = host.split_once('%').unwrap_or((host, ""));
        address.parse::<Ipv6Addr>().is_ok()
    };
    if host.is_empty() {
        Some("name a host or an IP address, as in host(\"localhost\"), or leave it out")
    } else if host.contains("://") {
        Some("leave out the scheme and give the port by itself, as in host(\"localhost\").port(8888)")
    } else if host.contains(['[', ']']) {
        Some("write an IPv6 address without brackets and without the port, as in host(\"::1\").port(8888)")
    } else if host.contains(|part: char| part == '/' || part.is_whitespace() || part.is_control()) {
        Some("name a host or an IP address and nothing else, as in host(\"localhost\")")
    } else if host.contains(':') && !is_ipv6() {
        Some("give the port by itself, as in host(\"localhost\").port(8888)")
    } else {
        None
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Memory => f.write_str("memory"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_can_be_says_what_to_write_instead() {
        #[track_caller]
        fn check(host: &str, expected: Option<&str>) {
            let address = Address::Tcp {
                host: host.to_owned(),
                port: 1,
            };
            match (address.correction(), expected) {
                (Some(said), Some(expected)) => assert!(said.contains(expected), "{host:?}: {said}"),
                (said, expected) => assert_eq!(said, expected, "{host:?}"),
            }
        }

        for good in [
            "localhost",
            "shop.example",
            "127.0.0.1",
            "::1",
            "fe80::1%eth0",
            "shop_1",
        ] {
            check(good, None);
        }
        check("", Some("name a host"));
        check("tcp://shop", Some("leave out the scheme"));
        check("tcp://shop:8888", Some("leave out the scheme"));
        check("shop:8888", Some("give the port by itself"));
        check("127.0.0.1:8888", Some("give the port by itself"));
        check("[::1]", Some("without brackets"));
        check("[::1]:8888", Some("without brackets"));
        for bad in ["shop/path", "two words", "nul\0", "line\n"] {
            check(bad, Some("and nothing else"));
        }
    }

    #[test]
    fn a_host_with_its_port_is_an_address() {
        for (written, host, port) in [
            ("shop.example:8888", "shop.example", 8888),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:65535", "::1", 65535),
        ] {
            let address = Address::tcp(written).unwrap();
            assert_eq!((address.host(), address.port()), (Some(host), Some(port)));
        }
        for bad in [
            "",
            ":",
            "shop",
            "shop:",
            ":8888",
            "shop:0",
            "shop:65536",
            "::1:8888",
            "[::1]",
            "[shop]x:1",
            "tcp://shop:1",
            "a b:1",
        ] {
            assert_eq!(Address::tcp(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_socket_cannot_have_any_path() {
        let folder = |length: usize| Address::unix_in(format!("/{}", "f".repeat(length)));
        assert_eq!(folder(80).correction(), None);
        assert!(folder(200).correction().unwrap().contains("shorter"));
        let nul = Address::unix_in("/tmp/a\0b");
        assert!(nul.correction().unwrap().contains("NUL"));
    }

    #[test]
    fn a_relative_path_is_made_absolute_and_another_left_alone() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(
            Address::unix_in("run").absolute(),
            Address::unix_in(here.join("run"))
        );
        assert_eq!(Address::unix_in("/run").absolute(), Address::unix_in("/run"));
        assert_eq!(Address::Memory.absolute(), Address::Memory);
    }
}
