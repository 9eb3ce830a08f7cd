//! What the program is told on its command line and in its configuration file, together.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, FromArgMatches as _, Parser as _};
use daffi_controller::config::{Config, Fault, Setting};
use daffi_core::{Access, Quotas};

use super::arguments::Arguments;
use super::options::open_to_others;

/// Options that make no sense in a file.
const ELSEWHERE: [&str; 3] = ["config", "help", "version"];

/// What each option is set to, wherever that is said, by its name.
pub(crate) type Options = BTreeMap<String, Vec<OsString>>;

/// The program's arguments, who may do what, and how much of it.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) arguments: Arguments,
    pub(crate) options: Options,
    pub(crate) access: Option<Access>,
    pub(crate) quotas: Quotas,
}

impl Configured {
    /// What the command line says, and the file that it names. What it says itself comes before what the file says.
    ///
    /// Ends the program where the command line by itself cannot be used.
    ///
    /// # Errors
    ///
    /// What is at fault in the file, in words.
    pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let said: Vec<_> = arguments.collect();
        // What is missing may be in the file: `--host` needs a port.
        let matches = Arguments::command().ignore_errors(true).get_matches_from(&said);
        let Some(file) = matches.get_one::<PathBuf>("config") else {
            return Ok(Self {
                arguments: Arguments::parse_from(said),
                options: Options::new(),
                access: None,
                quotas: Quotas::new(),
            });
        };
        let (config, _) = read(file)?;
        let all = together(&said, &config.settings);
        Ok(Self {
            options: options(&all).unwrap_or_default(),
            arguments: Arguments::parse_from(all),
            access: config.access,
            quotas: config.quotas,
        })
    }
}

/// Says what is at fault in a file, and in those that it names; gives what else there is to say of them.
///
/// # Errors
///
/// All of it, in words.
pub(crate) fn check(file: &Path) -> Result<Option<String>, String> {
    let (config, text) = read(file)?;
    let program = [OsString::from("daffi-controller")];
    let arguments = Arguments::try_parse_from(together(&program, &config.settings));
    let arguments = arguments.map_err(|error| error.to_string())?;
    let Err(unusable) = super::options::options(&arguments, config.access, config.quotas) else {
        return Ok(open_to_others(file));
    };
    let place = |option: &str| {
        let mut settings = config.settings.iter();
        settings.find(|setting| setting.name == option)
    };
    let lines = unusable.iter().map(|cannot| match place(cannot.option) {
        Some(setting) => told(file, &text, &Fault::at(setting.place, cannot.to_string())),
        None => format!("error: {cannot}\n"),
    });
    Err(lines.collect())
}

/// What a file says that was read before.
#[derive(Debug)]
pub(crate) struct Again {
    pub(crate) access: Option<Access>,
    pub(crate) quotas: Quotas,
    /// What the options are now, which came first from the command line.
    pub(crate) options: Options,
}

/// Reads a file once more, for a program that runs.
///
/// # Errors
///
/// What is at fault in it, in words.
pub(crate) fn again(file: &Path) -> Result<Again, String> {
    let (config, _) = read(file)?;
    let said: Vec<_> = std::env::args_os().collect();
    let options = options(&together(&said, &config.settings))?;
    Ok(Again {
        access: config.access,
        quotas: config.quotas,
        options,
    })
}

/// The options of which something else is said now.
pub(crate) fn changed<'a>(before: &'a Options, now: &'a Options) -> BTreeSet<&'a str> {
    let names = before.keys().chain(now.keys());
    names
        .filter(|name| before.get(*name) != now.get(*name))
        .map(String::as_str)
        .collect()
}

/// A command line with what a file says, which comes before.
fn together(said: &[OsString], settings: &[Setting]) -> Vec<OsString> {
    let program = said.first().cloned();
    let settings = settings.iter().flat_map(arguments_of);
    let others = said.iter().skip(1).cloned();
    program.into_iter().chain(settings).chain(others).collect()
}

/// What each option is set to.
fn options(all: &[OsString]) -> Result<Options, String> {
    let command = Arguments::command();
    let names: Vec<_> = command
        .get_arguments()
        .filter_map(|argument| Some((argument.get_long()?.to_owned(), argument.get_id().to_string())))
        .collect();
    let matches = command
        .try_get_matches_from(all)
        .map_err(|error| error.to_string())?;
    let set_to = |id: &str| {
        let values = matches.try_get_raw(id).ok()??;
        Some(values.map(ToOwned::to_owned).collect())
    };
    Ok(names
        .into_iter()
        .filter_map(|(name, id)| Some((name, set_to(&id)?)))
        .collect())
}

/// What a file says, if nothing is at fault in it, and its text.
fn read(file: &Path) -> Result<(Config, String), String> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        format!(
            "error: the configuration file {} cannot be read: {error}\n",
            file.display()
        )
    })?;
    let command = Arguments::command();
    let names = command.get_arguments().filter_map(clap::Arg::get_long);
    let options: Vec<_> = names.filter(|name| !ELSEWHERE.contains(name)).collect();
    let read = Config::read(&text, &options);
    let faults = match read {
        Ok(config) => {
            let faults = faults_of(&config.settings);
            if faults.is_empty() {
                return Ok((config, text));
            }
            faults
        }
        Err(faults) => faults,
    };
    let lines = faults.iter().map(|fault| told(file, &text, fault));
    Err(lines.collect())
}

/// A fault with the line that it is in.
fn told(file: &Path, text: &str, fault: &Fault) -> String {
    let line = text.lines().nth(fault.place.line - 1).unwrap_or_default();
    let number = fault.place.line.to_string();
    let margin = " ".repeat(number.len());
    let before = " ".repeat(fault.place.column - 1);
    format!(
        "error: {}\n{margin}--> {}:{}\n{margin} |\n{number} | {line}\n{margin} | {before}^\n",
        fault.message,
        file.display(),
        fault.place
    )
}

/// A setting as it would be said on the command line.
fn arguments_of(setting: &Setting) -> Vec<OsString> {
    let name = format!("--{}", setting.name);
    match &*setting.values {
        [] => vec![name.into()],
        values => values
            .iter()
            .map(|value| format!("{name}={value}").into())
            .collect(),
    }
}

/// What the options say that cannot be used: each is left out once it is found, so that what comes after it is found, too.
fn faults_of(settings: &[Setting]) -> Vec<Fault> {
    let mut left: Vec<_> = settings.to_vec();
    let mut faults = BTreeSet::new();
    loop {
        let arguments = left.iter().flat_map(arguments_of);
        let parsed = Arguments::command()
            .no_binary_name(true)
            .try_get_matches_from(arguments)
            .and_then(|matches| Arguments::from_arg_matches(&matches));
        let Err(error) = parsed else { break };
        let words = error.render().to_string();
        let words = words.strip_prefix("error: ").unwrap_or(&words);
        let message = words
            .split("\n\n")
            .next()
            .unwrap_or(words)
            .trim_end()
            .replace('\n', " ");
        let named = |value: &ContextValue| match value {
            ContextValue::String(name) => vec![name.clone()],
            ContextValue::Strings(names) => names.clone(),
            _ => Vec::new(),
        };
        let named: Vec<_> = [ContextKind::InvalidArg, ContextKind::PriorArg]
            .into_iter()
            .filter_map(|kind| error.get(kind))
            .flat_map(named)
            .collect();
        let is_at_fault = |setting: &Setting| {
            let name = format!("--{}", setting.name);
            named
                .iter()
                .any(|named| named.split([' ', '=']).next() == Some(&name))
        };
        // Something is missing that no setting of the file is.
        let place = left.iter().position(is_at_fault).unwrap_or(0);
        if left.is_empty() {
            break;
        }
        let setting = left.remove(place);
        faults.insert(Fault::at(setting.place, message));
    }
    faults.into_iter().collect()
}
