//! The controller as a program.

use std::io::{IsTerminal as _, stderr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::StartError;
use daffi_core::transport::Address;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info, warn};
use tracing_subscriber::EnvFilter;

/// Joins daffi processes: it knows which callbacks they offer and routes every call to one of them.
///
/// Without --host and --port it listens on the Unix socket `.sock` in the folder `daffi-<uid>` of the temporary folder, where
/// processes of the same user look for it by default. It runs no user code and keeps nothing on disk.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "\
Examples:
  daffi-controller                                 for processes of this user
  daffi-controller --port 8888                     for processes of this machine, by TCP
  daffi-controller --unix-sock-path /run/shop      on the socket /run/shop/.sock
  daffi-controller --unix-sock-path /run/shop --any-user                       … for processes of all users
  daffi-controller --host 0.0.0.0 --port 8888 --insecure                       for whoever reaches this machine

Signals:
  SIGINT or SIGTERM stops it: it tells the processes and sends them what is queued. A second one ends it at once.

Exit codes:
  0  it was told to stop, and did
  1  it could not start for another reason, or was ended before it had stopped
  2  the arguments cannot be used; the message says what to write
  3  the address is in use"
)]
struct Arguments {
    /// The host name or IP address to listen on; goes with --port.
    #[arg(long, requires = "port", conflicts_with = "unix_sock_path")]
    host: Option<String>,

    /// The TCP port to listen on; 0 picks a free one, which the log tells. Without --host: localhost.
    #[arg(long, conflicts_with = "unix_sock_path")]
    port: Option<u16>,

    /// The folder of the Unix socket to listen on; it is made if need be.
    #[arg(long, value_name = "FOLDER")]
    unix_sock_path: Option<PathBuf>,

    /// Lets in processes of any user through the Unix socket, not only those of its own user and of root; goes with --unix-sock-path.
    #[arg(long, requires = "unix_sock_path")]
    any_user: bool,

    /// Listens where other machines reach it although whoever does can call everything.
    #[arg(long)]
    insecure: bool,

    /// The process identifier that the logs show, a random one by default.
    #[arg(long, value_name = "NAME")]
    process_name: Option<String>,

    /// How often each side of a connection says something, in milliseconds; three silent intervals end it.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(10..=3_600_000))]
    heartbeat: u64,

    /// How much may wait to be read by all processes together, in megabytes (MiB); one that does not read leaves room for the others.
    /// By default 1024, or a quarter of the machine's memory if that is less.
    #[arg(long, value_name = "MEGABYTES", value_parser = clap::value_parser!(u32).range(1..))]
    queue_memory: Option<u32>,

    /// What to log: error, warn, info, debug, trace, off, or a filter such as `daffi_controller=debug`.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,
}

impl Arguments {
    fn address(&self) -> Address {
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

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = match EnvFilter::builder().parse(&arguments.log) {
        Ok(filter) => filter,
        Err(error) => {
            use clap::CommandFactory;
            let message = format!("invalid value '{}' for '--log <FILTER>': {error}", arguments.log);
            Arguments::command()
                .error(clap::error::ErrorKind::ValueValidation, message)
                .exit();
        }
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            error!(%error, "the runtime could not be started");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> ExitCode {
    let mut options = ControllerOptions::new(arguments.address());
    options.heartbeat = Duration::from_millis(arguments.heartbeat);
    options.any_user = arguments.any_user;
    options.insecure = arguments.insecure;
    if let Some(name) = arguments.process_name {
        options.process_name = name.into();
    }
    if let Some(megabytes) = arguments.queue_memory {
        options.queue_bytes = usize::try_from(megabytes)
            .unwrap_or(usize::MAX)
            .saturating_mul(1024 * 1024);
    }
    let signals = signal(SignalKind::interrupt()).and_then(|int| Ok((int, signal(SignalKind::terminate())?)));
    let (mut interrupt, mut terminate) = match signals {
        Ok(signals) => signals,
        Err(error) => {
            error!(%error, "signals cannot be caught");
            return ExitCode::FAILURE;
        }
    };
    let controller = match Controller::start(options).await {
        Ok(controller) => controller,
        Err(error @ StartError::AddressInUse { .. }) => {
            error!("{error}");
            return ExitCode::from(3);
        }
        // What was asked for is what must change.
        Err(error @ StartError::Config(_)) => {
            error!("{error}");
            return ExitCode::from(2);
        }
        Err(error) => {
            error!("{error}");
            return ExitCode::FAILURE;
        }
    };
    info!("running until stopped, by SIGINT or SIGTERM");
    let name = next(&mut interrupt, &mut terminate).await;
    info!(signal = name, "stopping; once more stops at once");
    tokio::select! {
        () = controller.stop() => ExitCode::SUCCESS,
        _ = next(&mut interrupt, &mut terminate) => {
            warn!("stopped at once");
            ExitCode::FAILURE
        }
    }
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}
