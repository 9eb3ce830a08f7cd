//! The main job in one command: starts the shopping service and the shopper as two processes, and shows what the
//! shopper prints. Run `shopping_service` and `shopper` in two terminals to see the same.

use std::process::{Child, Command, ExitCode};
use std::{env, fs, io};

use rustix::process::{Pid, Signal, kill_process};

#[path = "shopper.rs"]
mod shopper;
#[path = "shopping_service.rs"]
mod shopping_service;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    match env::args().nth(1).as_deref() {
        // The two processes are this program again, so that building it builds all.
        Some("service") => shopping_service::main()?,
        Some("shopper") => shopper::main()?,
        _ => return run_both().map_err(Into::into),
    }
    Ok(ExitCode::SUCCESS)
}

fn run_both() -> io::Result<ExitCode> {
    // A place of its own for the socket, so that it disturbs nothing that runs already.
    let folder = env::temp_dir().join(format!("daffi-shopping-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let start = |role: &str| -> io::Result<Child> {
        Command::new(env::current_exe()?)
            .arg(role)
            .env("TMPDIR", &folder)
            .spawn()
    };
    let mut service = start("service")?;
    let shopped = start("shopper").and_then(|mut shopper| shopper.wait());

    // As `kill` does: the service stops gracefully.
    if let Some(pid) = i32::try_from(service.id()).ok().and_then(Pid::from_raw) {
        kill_process(pid, Signal::TERM)?;
    }
    let served = service.wait();
    fs::remove_dir_all(&folder)?;
    Ok(if shopped?.success() && served?.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
