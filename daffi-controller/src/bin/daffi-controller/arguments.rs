//! What the program is told.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use daffi_controller::config::{size, time};
use daffi_controller::manual::Shell;
use daffi_core::transport::Address;

use super::cert::CertArguments;
use super::security::TlsArguments;

/// In bytes.
const MEGABYTE: u64 = 1024 * 1024;

/// Joins daffi processes: it knows which callbacks they offer and routes every call to one of them.
///
/// Without --host and --port it listens on the Unix socket `.sock` in the folder `daffi-<uid>` of the temporary folder, where
/// processes of the same user look for it by default. It runs no user code, and keeps nothing on disk unless --data-dir is said.
#[derive(Debug, Parser)]
#[command(
    version,
    args_override_self = true,
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  daffi-controller                                 for processes of this user
  daffi-controller --port 8888                     for processes of this machine, by TCP
  daffi-controller --unix-sock-path /run/shop      on the socket /run/shop/.sock
  daffi-controller --unix-sock-path /run/shop --any-user                       … for processes of all users
  daffi-controller --port 8888 --known FILE        for those whose lines are in FILE
  daffi-controller --host 0.0.0.0 --port 8888 --insecure                       for whoever reaches this machine
  daffi-controller token shopper                   makes a token, and the line for FILE
  daffi-controller --host 0.0.0.0 --port 8888 --ssl-certificate server.pem --ssl-key server.key --ssl-ca ca.pem
                                                   with TLS, for those with a certificate; see `daffi-controller cert --help`
  daffi-controller --config /etc/daffi.toml        as that file says
  daffi-controller check /etc/daffi.toml           says what is at fault in it

Signals:
  SIGINT or SIGTERM stops it: it tells the processes, lets their calls end (--drain) and sends them what is queued. A
  second one ends it at once.
  SIGHUP has it read its configuration again: who may do what, and how much of it, is as that says then. It reads the
  files of its certificates again, too, which it also does by itself when somebody joins. All else stays as it was until
  it is started again; the log names what of that has changed.

A configuration says what the options do, by their names, who may do what, and how much of it:
  port = 8888
  everyone = [\"customer\"]
  [roles.customer]
  call = [\"shop.*\"]
  [quotas.identity]
  connections = 16
  bytes-per-second = \"50MB\"
  calls-per-second = 1000

Exit codes:
  0  it was told to stop, and did
  1  it could not start for another reason, or was ended before it had stopped
  2  the arguments, or what they name, cannot be used; the message says what to write
  3  the address is in use"
)]
pub(crate) struct Arguments {
    /// A file with what else is said here, as `port = 8888`, with who may do what, and with how much of it; what is said here
    /// counts. SIGHUP has it read again, for the latter two.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The host name or IP address to listen on; goes with --port.
    #[arg(long, requires = "port", conflicts_with = "unix_sock_path")]
    pub(crate) host: Option<String>,

    /// The TCP port to listen on; 0 picks a free one, which the log tells. Without --host: localhost.
    #[arg(long, conflicts_with = "unix_sock_path")]
    pub(crate) port: Option<u16>,

    /// The folder of the Unix socket to listen on; it is made if need be.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) unix_sock_path: Option<PathBuf>,

    /// Lets in processes of any user through the Unix socket, not only those of its own user and of root; goes with --unix-sock-path.
    #[arg(long, requires = "unix_sock_path")]
    pub(crate) any_user: bool,

    /// Lets in through TCP only those whose lines are in this file, which the commands `token` and `key` print; beside those whose
    /// certificates --ssl-ca asks for, if it does.
    #[arg(long, value_name = "FILE")]
    pub(crate) known: Option<PathBuf>,

    /// Listens where other machines reach it although whoever does can call everything, and takes proofs on connections that are not
    /// encrypted.
    #[arg(long)]
    pub(crate) insecure: bool,

    /// Keeps schedules in this folder, so that they go on after a restart. Without it they end with the controller.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The process identifier that the logs show, a random one by default.
    #[arg(long, value_name = "NAME")]
    pub(crate) process_name: Option<String>,

    /// How often each side of a connection says something, in milliseconds or with a unit, as 2s; three silent intervals end it.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2000, value_parser = |text: &str| time(text, 10..=3_600_000))]
    pub(crate) heartbeat: u64,

    /// How long a process may be away whose TCP connection was lost, in milliseconds or with a unit, as 3s: when it comes back in that time,
    /// its calls and streams go on. 0 turns that off.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 3000, value_parser = |text: &str| time(text, 0..=3_600_000))]
    pub(crate) resume_grace: u64,

    /// How long calls may take to end when it is told to stop, in milliseconds or with a unit, as 10s. Until then processes begin nothing new; their
    /// calls wait for the controller that comes next. 0 waits for nothing.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 10_000, value_parser = |text: &str| time(text, 0..=3_600_000))]
    pub(crate) drain: u64,

    /// Stands by for the controller there: lets nobody in while it reaches that one, and sends all there when it is there again. Processes are
    /// given both addresses. As whom it joins that one, a token in DAFFI_TOKEN says.
    #[arg(long, value_name = "HOST:PORT", value_parser = |text: &str| Address::tcp(text).ok_or("write the host and the port, as localhost:8888"))]
    pub(crate) standby_of: Option<Address>,

    /// The authorities, in PEM, of one of which the controller of --standby-of must show a certificate; this one shows its own, if it has one.
    #[arg(long, value_name = "FILE", requires = "standby_of")]
    pub(crate) standby_ca: Option<PathBuf>,

    /// How much may wait to be read by all processes together, in megabytes (MiB) or with a unit, as 1GiB; one that does not read leaves
    /// room for the others. By default 1024, or a quarter of the machine's memory if that is less.
    #[arg(long, value_name = "MEGABYTES", value_parser = |text: &str| size(text, MEGABYTE, MEGABYTE..=MEGABYTE << 32))]
    pub(crate) queue_memory: Option<u64>,

    /// The largest arguments or result that pass through it with what goes before them, in bytes, from 65536 to 1073741824, or with a
    /// unit, as 64MiB; those who join are told. By default 16777216 (16 MiB).
    #[arg(long, value_name = "BYTES", value_parser = |text: &str| size(text, 1, 65_536..=1 << 30))]
    pub(crate) max_frame: Option<u64>,

    #[command(flatten)]
    pub(crate) security: TlsArguments,

    /// What to log: error, warn, info, debug, trace, off, or a filter such as `daffi_controller=debug`.
    #[arg(
        long,
        value_name = "FILTER",
        default_value = "info",
        env = "RUST_LOG",
        hide_env_values = true
    )]
    pub(crate) log: String,

    /// Something else than to run.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What the program does beside running.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Says what is at fault in a configuration file, each fault at its line.
    Check {
        /// The file.
        file: PathBuf,
    },
    Cert(CertArguments),
    /// Makes a token: prints it, once, and then its line for the file of those who are known.
    ///
    /// A process proves with it who it is: in the variable `DAFFI_TOKEN`, or in a file that is named to it. Both lines go to the standard
    /// output.
    Token {
        /// As whom the controller shall know whoever has it: one word.
        name: String,
    },
    /// Makes an Ed25519 key in a new file that only its owner can read, and prints its line for the file of those who are known.
    Key {
        /// As whom the controller shall know whoever has it: one word.
        name: String,
        /// The file of the key.
        file: PathBuf,
    },
    /// Prints what completes its arguments in a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Prints its manual page, or writes those of all its commands into a folder.
    Man {
        /// The folder.
        folder: Option<PathBuf>,
    },
}

impl Arguments {
    pub(crate) fn address(&self) -> Address {
        match (&self.unix_sock_path, self.port) {
            (Some(folder), _) => Address::unix_in(folder),
            (None, Some(port)) => Address::Tcp {
                host: self.host.clone().unwrap_or_else(|| "localhost".to_owned()),
                port,
            },
            (None, None) => Address::default_unix(),
        }
    }
}
