//! What there is to call, and who is there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};

use daffi_core::{CallbackInfo, Global, ProcessInfo};
use serde::Serialize;

use super::arguments::{Format, What};
use super::colour::Colours;
use super::failure::Failure;
use super::output::{line, readable, say};

#[derive(Serialize)]
struct Callback<'a> {
    name: &'a str,
    signature: String,
    docs: &'a str,
    providers: &'a [String],
}

#[derive(Serialize)]
struct Process<'a> {
    name: &'a str,
    pid: u32,
    callbacks: u32,
    identity: Option<String>,
    attributes: BTreeMap<&'a str, &'a str>,
}

/// All that was asked for.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    callbacks: Option<Vec<Callback<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processes: Option<Vec<Process<'a>>>,
}

/// Prints it.
pub(crate) async fn list(global: &Global, what: Option<What>, format: Format) -> Result<u8, Failure> {
    let callbacks = match what {
        Some(What::Processes) => None,
        _ => Some(global.callbacks().await.map_err(Failure::asked)?),
    };
    let processes = match what {
        Some(What::Callbacks) => None,
        _ => {
            let mut processes = global.processes().await.map_err(Failure::asked)?;
            processes.retain(|process| process.name != global.process_name());
            Some(processes)
        }
    };
    if format.is_json() {
        let listed = Listed {
            callbacks: callbacks.as_deref().map(|all| all.iter().map(callback).collect()),
            processes: processes.as_deref().map(|all| all.iter().map(process).collect()),
        };
        return say(&line(&listed));
    }
    let colours = Colours::of(io::stdout().is_terminal(), |name| std::env::var_os(name));
    say(&text(callbacks.as_deref(), processes.as_deref(), colours))
}

fn callback(info: &CallbackInfo) -> Callback<'_> {
    Callback {
        name: &info.name,
        signature: info.signature.to_string(),
        docs: &info.docs,
        providers: &info.providers,
    }
}

fn process(info: &ProcessInfo) -> Process<'_> {
    let attributes = info.attributes.iter().map(|(key, value)| (&**key, &**value));
    Process {
        name: &info.name,
        pid: info.pid,
        callbacks: info.callbacks,
        identity: info.identity.as_ref().map(ToString::to_string),
        attributes: attributes.collect(),
    }
}

/// For people: a line for each callback, with the first line of what is said of it, and for each process.
fn text(callbacks: Option<&[CallbackInfo]>, processes: Option<&[ProcessInfo]>, colours: Colours) -> String {
    let mut text = String::new();
    if let Some(callbacks) = callbacks {
        if callbacks.is_empty() {
            text.push_str("no callbacks are offered\n");
        }
        for info in callbacks {
            let signature = info.signature.to_string();
            let signature = signature.strip_prefix("fn").unwrap_or(&signature);
            let (name, signature) = (readable(&info.name), readable(signature));
            // A text takes whatever is written.
            let _ = writeln!(text, "{}{signature}", colours.bold(&name));
            if let Some(docs) = info.docs.lines().next() {
                let _ = writeln!(text, "    {}", readable(docs));
            }
            let _ = writeln!(text, "    offered by {}", readable(&info.providers.join(", ")));
        }
    }
    if let Some(processes) = processes {
        if callbacks.is_some() {
            text.push('\n');
        }
        if processes.is_empty() {
            text.push_str("no other processes are there\n");
        }
        for info in processes {
            let _ = write!(
                text,
                "{}  process {}, {} callbacks",
                colours.bold(&readable(&info.name)),
                info.pid,
                info.callbacks
            );
            if let Some(identity) = &info.identity {
                let _ = write!(text, ", {}", readable(&identity.to_string()));
            }
            for (key, value) in &info.attributes {
                let _ = write!(text, ", {}={}", readable(key), readable(value));
            }
            text.push('\n');
        }
    }
    text
}
