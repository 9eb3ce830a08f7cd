//! Completions and manual pages, made of what the arguments say.

use std::path::Path;

use clap::CommandFactory as _;

use super::arguments::{Arguments, Shell};
use super::failure::Failure;
use super::output::say;

/// Prints what completes the arguments in a shell.
pub(crate) fn completions(shell: Shell) -> Result<u8, Failure> {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "daffi", &mut text);
    say(&String::from_utf8_lossy(&text))
}

/// Prints the manual page, or writes all pages into a folder.
pub(crate) fn pages(folder: Option<&Path>) -> Result<u8, Failure> {
    let command = Arguments::command();
    let Some(folder) = folder else {
        let mut text = Vec::new();
        let made = clap_mangen::Man::new(command).render(&mut text);
        made.map_err(|error| Failure::other(error.to_string()))?;
        return say(&String::from_utf8_lossy(&text));
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.map_err(|error| Failure::usage(format!("{}: {error}", folder.display())))?;
    Ok(0)
}
