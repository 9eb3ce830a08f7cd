//! Says how the program is used, to shells and as manual pages.

use std::path::Path;

use clap::CommandFactory as _;
use daffi_controller::manual::{self, Shell};

use super::arguments::Arguments;
use super::failure::Failure;
use super::output::say;

/// Prints what completes the arguments in a shell.
pub(crate) fn completions(shell: Shell) -> Result<u8, Failure> {
    say(&manual::completions(Arguments::command(), shell))
}

/// Prints the manual page, or writes all pages into a folder.
pub(crate) fn pages(folder: Option<&Path>) -> Result<u8, Failure> {
    let command = Arguments::command();
    let Some(folder) = folder else {
        let page = manual::page(command);
        return say(&page.map_err(|error| Failure::other(error.to_string()))?);
    };
    let written = manual::pages(command, folder);
    written.map_err(|error| Failure::usage(format!("{}: {error}", folder.display())))?;
    Ok(0)
}
