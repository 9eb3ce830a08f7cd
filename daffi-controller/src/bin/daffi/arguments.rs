//! What the program is told.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use daffi_controller::config::time;
use daffi_controller::manual::Shell;

/// Shown with all that there is to say.
macro_rules! values {
    () => {
        "\
Values:
  Arguments are a list in the order of the parameters, or a map by their names; `-` reads them from standard input, and
  `@FILE` from a file. What may be nothing may be left out.
  Numbers may be texts, as \"18446744073709551615\", where a program that makes JSON would lose digits; NaN and infinities are
  the texts \"NaN\", \"Infinity\" and \"-Infinity\". Bytes are texts in base64, or \"@FILE\". Keys of maps are texts; a map whose
  keys are neither texts nor numbers is a list of pairs.

Environment:
  DAFFI_HOST, DAFFI_PORT, DAFFI_UNIX_SOCK_PATH     where the controller is, unless one of --host, --port and
                                                   --unix-sock-path says so
  DAFFI_SSL_CA, DAFFI_SSL_CERTIFICATE, DAFFI_SSL_KEY
                                                   as --ssl-ca, --ssl-certificate and --ssl-key
  DAFFI_TOKEN, DAFFI_TOKEN_FILE, DAFFI_KEY_FILE    who this is: a token, or as --token-file and --key-file
  NO_COLOR                                         no colours, on a terminal either

Exit codes:
  0    it has worked; or nobody reads what is printed any more
  1    the callback has answered with its own error
  2    it was told something that cannot be used, such as arguments that do not fit; nothing was sent
  3    there is no controller, or it does not let this process in
  4    nobody offers the callback
  5    its time was over
  6    it may not call that
  7    all who offer it are at their limits
  8    who ran it panicked, was lost, or stopped
  9    the answer cannot be read, is too large, or the callback is offered otherwise by now
  10   of several that were called, some failed
  11   something else went wrong
  130  it was interrupted; the call is cancelled"
    };
}

macro_rules! examples {
    () => {
        "\
Examples:
  daffi list                                       what there is to call, and who is there
  daffi describe shop.buy                          what it takes and gives, with an example to paste
  daffi call add '[1, 2]'                          arguments in their order
  daffi call add '{\"a\": 1, \"b\": 2}'                … by their names
  daffi call store '[\"film.mp4\", \"@film.mp4\"]'     bytes from a file
  seq 5 | daffi call total                         a stream: one JSON value a line
  daffi call ticks '[100]' | head -3               so a stream comes back
  daffi call refresh --broadcast                   at every process that offers it
  daffi --port 8888 --output json call add '[1, 2]'
                                                   by TCP, for a program that reads the answer"
    };
}

/// Calls callbacks of daffi by hand, and says what there is to call.
///
/// It joins a controller as any process does: by default that of the same user on this machine. Values are written and read as JSON, and
/// checked against what the callback takes before anything is sent.
#[derive(Debug, Parser)]
#[command(
    name = "daffi",
    version,
    max_term_width = 100,
    after_help = concat!(examples!(), "\n\n`daffi --help` says how values are written, and what the exit codes mean."),
    after_long_help = concat!(examples!(), "\n\n", values!())
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) connection: Connection,

    /// How results are printed: for people, or in one line of JSON each.
    #[arg(
        long = "output",
        value_name = "FORMAT",
        default_value = "text",
        global = true,
        help_heading = "Output"
    )]
    pub(crate) format: Format,

    /// What to log to the standard error: error, warn, info, debug, trace, off, or a filter.
    #[arg(
        long,
        value_name = "FILTER",
        default_value = "off",
        env = "RUST_LOG",
        hide_env_values = true,
        global = true,
        help_heading = "Output"
    )]
    pub(crate) log: String,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How the controller is reached, and as whom.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// The controller's host; goes with --port.
    #[arg(long, conflicts_with = "unix_sock_path", global = true)]
    pub(crate) host: Option<String>,

    /// The controller's TCP port. Without --host: localhost.
    #[arg(long, conflicts_with = "unix_sock_path", global = true)]
    pub(crate) port: Option<u16>,

    /// The folder of the controller's Unix socket.
    #[arg(long, value_name = "FOLDER", global = true)]
    pub(crate) unix_sock_path: Option<PathBuf>,

    /// Talks to processes of other users at --unix-sock-path, too.
    #[arg(long, global = true)]
    pub(crate) any_user: bool,

    /// How long to look for the controller, in milliseconds or with a unit, as 2s.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration, global = true)]
    pub(crate) connect_timeout: Duration,

    /// The name of this process; a random one by default.
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) process_name: Option<String>,

    /// TLS, with the authorities that this machine trusts.
    #[arg(long, global = true)]
    pub(crate) tls: bool,

    /// TLS, with the authorities in this file, in PEM.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ssl_ca: Option<PathBuf>,

    /// The certificate that this process shows, in PEM.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ssl_certificate: Option<PathBuf>,

    /// The key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ssl_key: Option<PathBuf>,

    /// The file of the token with which this process proves who it is.
    #[arg(long, value_name = "FILE", conflicts_with = "key_file", global = true)]
    pub(crate) token_file: Option<PathBuf>,

    /// The file of the key with which this process proves who it is.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) key_file: Option<PathBuf>,

    /// Proves who it is on connections that are not encrypted, too.
    #[arg(long, global = true)]
    pub(crate) insecure: bool,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: texts as they are, other values as JSON.
    Text,
    /// For programs: one line of JSON for each value.
    Json,
}

impl Format {
    /// Whether a program reads it.
    pub(crate) const fn is_json(self) -> bool {
        matches!(self, Self::Json)
    }
}

/// What there is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Call(Call),
    /// Says what there is to know of a callback: documentation, signature, who offers it, and an example of its arguments.
    Describe {
        /// The callback's remote name.
        name: String,
        /// Prints a JSON Schema of its arguments, its result and its error instead.
        #[arg(long)]
        schema: bool,
    },
    /// Lists the callbacks that are offered, and the processes that are there.
    List {
        /// One of both only.
        what: Option<What>,
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

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// What is offered.
    Callbacks,
    /// Who is there.
    Processes,
}

/// Calls a callback, and prints what it returns.
///
/// A stream that it returns is printed as it comes, one item a line. A stream that it takes is read from the standard input, one JSON
/// value a line.
#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// The callback's remote name.
    pub(crate) name: String,

    /// The arguments, as one JSON value: a list in their order, or a map by their names. `-` reads them from the standard input,
    /// `@FILE` from a file.
    #[arg(value_name = "ARGUMENTS", num_args = 0..)]
    pub(crate) arguments: Vec<String>,

    /// Calls this process, and no other.
    #[arg(long, value_name = "PROCESS", conflicts_with = "broadcast")]
    pub(crate) to: Option<String>,

    /// Calls a process that says this of itself. Said several times, all must hold.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, conflicts_with = "broadcast")]
    pub(crate) to_where: Vec<(String, String)>,

    /// Calls with the same key go to the same process.
    #[arg(long, conflicts_with = "broadcast")]
    pub(crate) key: Option<String>,

    /// Calls every process that offers it, and prints what each answers.
    #[arg(long)]
    pub(crate) broadcast: bool,

    /// Runs it once for each line of the standard input, which has all arguments of a call; prints how many were done.
    #[arg(long, conflicts_with_all = ["broadcast", "bg", "arguments", "stream"])]
    pub(crate) each: bool,

    /// Hands the call over, and does not wait for what it returns.
    #[arg(long)]
    pub(crate) bg: bool,

    /// How long it may take, in milliseconds or with a unit, as 500ms or 2s. By default, as long as it does.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,

    /// Waits so long for somebody who offers it.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) wait: Option<Duration>,

    /// Makes the call again, up to so many times, when it fails for a reason that may pass and did not run.
    #[arg(long, value_name = "TIMES", conflicts_with = "broadcast")]
    pub(crate) retry: Option<u32>,

    /// Says that running it twice does no harm: --retry then makes it again, too, when it may have run.
    #[arg(long, requires = "retry")]
    pub(crate) idempotent: bool,

    /// Sends this along, for the callback to read.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) metadata: Vec<(String, String)>,

    /// Reads a stream that it takes from this file instead of the standard input (`-`); once for each, in the order of its parameters.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["broadcast", "bg"])]
    pub(crate) stream: Vec<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write a key and its value, as tenant=acme".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    time(text, 1..=365 * 24 * 3_600_000).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_make_sense() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_pair_is_a_key_and_a_value() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(pair("a="), Ok(("a".to_owned(), String::new())));
        assert!(pair("a").is_err() && pair("=b").is_err());
    }

    #[test]
    fn what_is_said_of_the_connection_may_stand_behind_the_command() {
        let said =
            Arguments::try_parse_from(["daffi", "call", "add", "[1]", "--port", "7", "--output", "json"])
                .unwrap();
        assert_eq!((said.connection.port, said.format), (Some(7), Format::Json));
        let Command::Call(call) = said.command else {
            panic!("{:?}", said.command);
        };
        assert_eq!(
            (&*call.name, call.arguments.first().map(String::as_str)),
            ("add", Some("[1]"))
        );
    }
}
