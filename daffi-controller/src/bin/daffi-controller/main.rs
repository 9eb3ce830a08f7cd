//! The controller as a program.

mod arguments;
mod cert;
mod configured;
mod options;
mod security;

use std::io::{self, IsTerminal as _, Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::{panic, thread};

use clap::CommandFactory as _;
use daffi_controller::{Controller, manual};
use daffi_core::auth::{self, Identities, Made};
use daffi_core::{Access, Quotas, StartError};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{debug, error, info, warn};
use tracing_subscriber::EnvFilter;

use self::arguments::{Arguments, Command};
use self::configured::{Again, Configured, Options};
use self::options::{open_to_others, options};

fn main() -> ExitCode {
    let configured = match Configured::parse(std::env::args_os()) {
        Ok(configured) => configured,
        Err(faults) => return told(&faults),
    };
    match &configured.arguments.command {
        Some(Command::Check { file }) => return check(file),
        Some(Command::Cert(cert)) => return cert::run(cert),
        Some(Command::Token { name }) => return made(auth::token(name), name),
        Some(Command::Key { name, file }) => {
            return made(auth::key(name, file), &file.display().to_string());
        }
        Some(Command::Completions { shell }) => {
            say(&mut stdout(), &manual::completions(Arguments::command(), *shell));
            return ExitCode::SUCCESS;
        }
        Some(Command::Man { folder }) => return man(folder.as_deref()),
        None => {}
    }
    let arguments = &configured.arguments;
    let filter = match EnvFilter::builder().parse(&arguments.log) {
        Ok(filter) => filter,
        Err(error) => {
            let message = format!(
                "invalid value '{}' for '--log <FILTER>', or of RUST_LOG: {error}",
                arguments.log
            );
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
    allow_descriptors();
    say_no_panics_of(LOOKS);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            error!(%error, "the runtime could not be started: the system gives no threads, so raise its limit (ulimit -u)");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(run(configured))
}

/// Lets as many files be open as whoever started it allows, which is often more than is so by default: each connection is one.
fn allow_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        debug!(%error, ?limit, "no more files may be open than so many");
    }
}

/// The thread that looks through a file of schedules. What is wrong with the file is told by whoever waits for it.
const LOOKS: &str = "daffi looks at schedules";

fn say_no_panics_of(thread: &'static str) {
    let say = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if thread::current().name() != Some(thread) {
            say(panic);
        }
    }));
}

/// Says what cannot be used.
fn told(faults: &str) -> ExitCode {
    say(&mut stderr(), faults);
    ExitCode::from(2)
}

/// Says what is at fault in a file.
fn check(file: &Path) -> ExitCode {
    match configured::check(file) {
        Ok(warning) => {
            if let Some(words) = warning {
                say(&mut stderr(), &format!("warning: {words}\n"));
            }
            say(
                &mut stdout(),
                &format!("{}: nothing is at fault\n", file.display()),
            );
            ExitCode::SUCCESS
        }
        Err(faults) => told(&faults),
    }
}

/// Prints the manual page, or writes all pages into a folder.
fn man(folder: Option<&Path>) -> ExitCode {
    let command = Arguments::command();
    let written = match folder {
        Some(folder) => manual::pages(command, folder),
        None => manual::page(command).map(|page| say(&mut stdout(), &page)),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let folder = folder.unwrap_or(Path::new("man"));
            told(&format!("error: {}: {error}\n", folder.display()))
        }
    }
}

/// Prints a secret, if it is in no file, and its line.
fn made(made: io::Result<Made>, of: &str) -> ExitCode {
    match made {
        Ok(made) => {
            for line in made.shown().into_iter().chain([made.line.as_str()]) {
                say(&mut stdout(), line);
                say(&mut stdout(), "\n");
            }
            ExitCode::SUCCESS
        }
        Err(error) => told(&format!("error: {of}: {error}\n")),
    }
}

/// Whoever does not read what is said needs not be told.
fn say(to: &mut impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes());
}

async fn run(configured: Configured) -> ExitCode {
    let Configured {
        arguments,
        options: set_to,
        access,
        quotas,
    } = configured;
    let mut says = Says::of(access.as_ref(), &quotas);
    if let Some(words) = arguments.config.as_deref().and_then(open_to_others) {
        warn!("{words}");
    }
    let options = match options(&arguments, access, quotas) {
        Ok(options) => options,
        Err(unusable) => {
            for cannot in unusable {
                error!("{cannot}");
            }
            return ExitCode::from(2);
        }
    };
    let (mut stop, mut hangup) = match Stop::new().and_then(|stop| Ok((stop, signal(SignalKind::hangup())?)))
    {
        Ok(signals) => signals,
        Err(error) => {
            error!(%error, "signals cannot be caught, and without them it could not be stopped");
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
    let name = loop {
        tokio::select! {
            name = stop.told() => break name,
            _ = hangup.recv() => {
                controller.reload().await;
                if let Some(file) = &arguments.known {
                    know_again(&controller, file).await;
                }
                says = reload(&controller, arguments.config.as_deref(), &set_to, says).await;
            }
        }
    };
    let drain = Duration::from_millis(arguments.drain);
    info!(signal = name, ?drain, "stopping; once more stops at once");
    let stopped = async {
        if !drain.is_zero() {
            controller.drain(drain).await;
        }
        controller.stop().await;
    };
    tokio::select! {
        () = stopped => ExitCode::SUCCESS,
        _ = stop.told() => {
            warn!("stopped at once, as a second signal came: calls that were under way end with Disconnected");
            ExitCode::FAILURE
        }
    }
}

/// What the configuration says anything of.
#[derive(Clone, Copy, Debug)]
struct Says {
    /// Who may do what.
    access: bool,
    /// How much each may have.
    quotas: bool,
}

impl Says {
    fn of(access: Option<&Access>, quotas: &Quotas) -> Self {
        Self {
            access: access.is_some(),
            quotas: quotas.is_any(),
        }
    }
}

/// Reads again who is known. What is at fault changes nothing.
async fn know_again(controller: &Controller, file: &Path) {
    match Identities::load(file) {
        // One that is written just now may be empty.
        Ok(known) if known.is_empty() => error!(
            file = %file.display(),
            "SIGHUP: the file of those who are known names nobody, so nothing changes; to let nobody in, start again"
        ),
        Ok(known) => controller.set_identities(known).await,
        Err(error) => error!("SIGHUP: --known: {error}; nothing changes"),
    }
}

/// Reads the configuration again. What is at fault changes nothing. Gives what it says something of now.
async fn reload(controller: &Controller, file: Option<&Path>, set_to: &Options, says: Says) -> Says {
    let Some(file) = file else {
        info!("SIGHUP: there is no configuration file to read again");
        return says;
    };
    let Again {
        access,
        quotas,
        options,
    } = match configured::again(file) {
        Ok(said) => said,
        Err(faults) => {
            error!("SIGHUP: the configuration is at fault, so nothing changes\n{faults}");
            return says;
        }
    };
    let now = Says::of(access.as_ref(), &quotas);
    info!(file = %file.display(), "SIGHUP: the configuration is read again");
    for key in configured::changed(set_to, &options) {
        warn!(
            file = %file.display(),
            key,
            "SIGHUP: `{key}` has changed, which a controller that runs does not follow; start it again to have it so"
        );
    }
    // A file that is written just now may be empty.
    let keeps_access = says.access && !now.access;
    // They may have been moved to the roles.
    let mut roles = access.iter().flat_map(Access::roles);
    let in_roles = roles.any(|(_, role)| role.said_quotas().is_any());
    let keeps_quotas = says.quotas && !now.quotas && !in_roles;
    if keeps_access {
        error!(
            file = %file.display(),
            "SIGHUP: the configuration says no longer who may do what, so nothing changes; to let everybody do everything, start again"
        );
    }
    // At once, so that nobody has what is new of one and what is old of the other.
    let changed = match (keeps_access, keeps_quotas) {
        (true, true) => Ok(()),
        (true, false) => {
            controller.set_quotas(quotas).await;
            Ok(())
        }
        (false, true) => controller.set_access(access.as_ref()).await,
        (false, false) => controller.set_access_and_quotas(access.as_ref(), quotas).await,
    };
    if let Err(error) = changed {
        error!("{error}");
        return says;
    }
    if keeps_quotas {
        error!(
            file = %file.display(),
            "SIGHUP: the configuration says no longer how much each may have, so that does not change; to have no quotas, start again"
        );
    }
    Says {
        access: says.access || now.access,
        quotas: now.quotas || says.quotas && !in_roles,
    }
}

/// The signals that end the program.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The name of the next one.
    async fn told(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}
