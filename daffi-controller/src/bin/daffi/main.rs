//! daffi by hand: calls callbacks from a shell, and says what there is to call.

mod arguments;
mod calling;
mod colour;
mod connection;
mod describing;
mod failure;
mod input;
mod lines;
mod listing;
mod manual;
mod output;
mod similar;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use clap::Parser as _;
use daffi_core::Global;
use tracing_subscriber::EnvFilter;

use self::arguments::{Arguments, Command};
use self::colour::Colours;
use self::failure::Failure;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(said) => {
            // Help, and what is wrong; a closed pipe is nobody's fault.
            let _ = said.print();
            return ExitCode::from(if said.use_stderr() { failure::USAGE } else { 0 });
        }
    };
    let format = arguments.format;
    match run(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            let colours = Colours::of(io::stderr().is_terminal(), |name| std::env::var_os(name));
            let _ = output::failed(&failure, format, colours);
            ExitCode::from(failure.code)
        }
    }
}

fn run(arguments: Arguments) -> Result<u8, Failure> {
    match &arguments.command {
        Command::Completions { shell } => return manual::completions(*shell),
        Command::Man { folder } => return manual::pages(folder.as_deref()),
        _ => {}
    }
    log(&arguments.log)?;
    // Before anything is connected: what is wrong with it needs no controller.
    let prepared = match &arguments.command {
        Command::Call(call) => Some(calling::Prepared::new(call)?),
        _ => None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime =
        runtime.map_err(|error| Failure::other(format!("the runtime cannot be started: {error}")))?;
    runtime.block_on(async move {
        let done = runtime_task(arguments, prepared);
        // Connections live in tasks of their own; so does this.
        match tokio::spawn(done).await {
            Ok(done) => done,
            Err(error) => Err(Failure::other(error.to_string())),
        }
    })
}

async fn runtime_task(arguments: Arguments, prepared: Option<calling::Prepared>) -> Result<u8, Failure> {
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    let builder = connection::builder(&arguments.connection, |name| std::env::var_os(name))?;
    let global = tokio::select! {
        started = builder.start() => started.map_err(Failure::start)?,
        _ = &mut interrupted => return Ok(failure::INTERRUPTED),
    };
    let done = tokio::select! {
        done = work(&global, &arguments, prepared) => done,
        // What is dropped is cancelled.
        _ = &mut interrupted => Ok(failure::INTERRUPTED),
    };
    tokio::select! {
        () = async { global.stop().await } => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    done
}

async fn work(
    global: &Global,
    arguments: &Arguments,
    prepared: Option<calling::Prepared>,
) -> Result<u8, Failure> {
    let format = arguments.format;
    match &arguments.command {
        Command::Call(call) => match prepared {
            Some(prepared) => calling::call(global, call, prepared, format).await,
            None => Ok(0),
        },
        Command::Describe { name, schema } => describing::describe(global, name, *schema, format).await,
        Command::List { what } => listing::list(global, *what, format).await,
        // They need no connection.
        Command::Completions { .. } | Command::Man { .. } => Ok(0),
    }
}

/// Shows what happens, to those who want to know.
fn log(filter: &str) -> Result<(), Failure> {
    let filter = EnvFilter::builder()
        .parse(filter)
        .map_err(|error| Failure::usage(format!("--log, or RUST_LOG: {error}")))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    Ok(())
}
