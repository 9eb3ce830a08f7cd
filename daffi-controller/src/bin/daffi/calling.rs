//! Calling a callback.

use std::io::{self, IsTerminal as _};

use daffi_core::{CallError, CallbackVersion, Global, Json, JsonCall};
use serde_json::Value;

use super::arguments::{Call, Format};
use super::colour::Colours;
use super::failure::{self, Failure};
use super::input::{self, From};
use super::lines::Lines;
use super::output::{self, Unwritten, print, say};
use super::similar;

/// A call of which all is read that needs no controller.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// None if none were written.
    arguments: Option<Value>,
    /// They were the standard input.
    took_input: bool,
}

impl Prepared {
    pub(crate) fn new(call: &Call) -> Result<Self, Failure> {
        let from = match &*call.arguments {
            [] => None,
            [only] => Some(From::said(only)),
            several => return Err(input::several(several)),
        };
        let took_input = from == Some(From::Input);
        if took_input && call.stream.iter().any(|file| file == "-") {
            return Err(Failure::usage(
                "the standard input is either the arguments or a stream: read one of them from a file, as @FILE or --stream FILE",
            ));
        }
        let arguments = match from {
            None => None,
            Some(from) => {
                let (text, called) = from.read(io::stdin())?;
                Some(input::arguments(&text, &called)?)
            }
        };
        Ok(Self {
            arguments,
            took_input,
        })
    }
}

/// Calls it, and prints what it returns.
pub(crate) async fn call(
    global: &Global,
    call: &Call,
    prepared: Prepared,
    format: Format,
) -> Result<u8, Failure> {
    let made = made(global, call, &prepared, format).await;
    match made {
        Err(failure) if failure.kind == "no_provider" && call.to.is_none() => {
            Err(failure.hinting(meant(global, &call.name).await))
        }
        made => made,
    }
}

/// What may be meant by a name that nobody offers. Who may not ask is told nothing.
pub(crate) async fn meant(global: &Global, name: &str) -> Option<String> {
    let known = global.callbacks().await.ok()?;
    let others = known.iter().map(|callback| callback.name.as_str());
    similar::meant(name, others.filter(|other| *other != name))
}

async fn made(global: &Global, call: &Call, prepared: &Prepared, format: Format) -> Result<u8, Failure> {
    let version = described(global, call).await?;
    let takes: Vec<_> = version
        .stream_schemas()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let arguments = prepared
        .arguments
        .clone()
        .unwrap_or_else(|| Value::Array(Vec::new()));
    let mut made = with_options(global.call_json(&call.name, arguments), call);
    if call.each {
        said(&["arguments of each call".to_owned()]);
        let done = made.each(Lines::of("-")?).await.map_err(Failure::call)?;
        return say(&done.to_string());
    }
    for file in files(&takes, call, prepared)? {
        made = made.sending(Lines::of(file)?);
    }
    if call.broadcast {
        return broadcast(made, call, format).await;
    }
    let example = || {
        version
            .example()
            .map(|example| format!("for example: daffi call {} '{example}'", call.name))
    };
    let unfit = |error: CallError<_>| {
        let misfit = matches!(error, CallError::Encode { .. }) && !error.may_have_run();
        Failure::call(error).hinting(example().filter(|_| misfit))
    };
    if call.bg {
        made.send().await.map_err(unfit)?;
        return Ok(0);
    }
    if version.returns_stream() {
        return items(made, format, unfit).await;
    }
    let value = made.await.map_err(unfit)?;
    if version.signature.returns.ok.to_string() == "()" && !format.is_json() {
        // There is nothing to see.
        return Ok(0);
    }
    say(&output::value(&value, format, true))
}

/// How it is offered that is called; where there are several versions, by the process that is named, or else by most. Waits for
/// somebody, if it is to.
async fn described(global: &Global, call: &Call) -> Result<CallbackVersion, Failure> {
    if let Some(wait) = call.wait {
        // Whether somebody has come is seen next.
        let _ = global.wait_function(&call.name).timeout(wait).await;
    }
    let description = global.describe(&call.name).await.map_err(Failure::asked)?;
    let is_of = |version: &&CallbackVersion| {
        version
            .providers
            .iter()
            .any(|provider| Some(&provider.name) == call.to.as_ref())
    };
    let version = description
        .versions
        .iter()
        .find(is_of)
        .or(description.versions.first());
    version
        .cloned()
        .ok_or_else(|| Failure::asked(CallError::no_provider(&*call.name)))
}

fn with_options(mut made: JsonCall, call: &Call) -> JsonCall {
    made = made.reading(|file| std::fs::read(file).map_err(|error| format!("{file}: {error}")));
    if let Some(process) = &call.to {
        made = made.to(process);
    }
    for (key, value) in &call.to_where {
        made = made.to_where(key, value);
    }
    if let Some(key) = &call.key {
        made = made.key(key);
    }
    if let Some(timeout) = call.timeout {
        made = made.timeout(timeout);
    }
    if let Some(wait) = call.wait {
        made = made.wait_for_provider(wait);
    }
    if let Some(retries) = call.retry {
        made = made.retry(retries);
    }
    if call.idempotent {
        made = made.idempotent();
    }
    for (key, value) in &call.metadata {
        made = made.metadata(key, value);
    }
    made
}

/// Where each stream that it takes is read from.
fn files<'a>(takes: &[String], call: &'a Call, prepared: &Prepared) -> Result<Vec<&'a str>, Failure> {
    if !call.stream.is_empty() {
        if call.stream.iter().filter(|file| *file == "-").count() > 1 {
            return Err(Failure::usage(
                "the standard input is one stream, and not several",
            ));
        }
        return Ok(call.stream.iter().map(String::as_str).collect());
    }
    match takes {
        [] => Ok(Vec::new()),
        [name] if prepared.took_input => Err(Failure::usage(format!(
            "the standard input was the arguments, and is wanted for the stream `{name}`: read one of them from a file, as @FILE or \
             --stream FILE"
        ))),
        [_] => {
            said(takes);
            Ok(vec!["-"])
        }
        names => Err(Failure::usage(format!(
            "it takes {} streams, {}: say where each is read from, by --stream FILE for each, in this order",
            names.len(),
            names.join(", ")
        ))),
    }
}

/// Tells whoever sits there what is waited for.
fn said(takes: &[String]) {
    if io::stdin().is_terminal() {
        let names = takes.join(", ");
        let _ = std::io::Write::write_all(
            &mut io::stderr(),
            format!("reading {names} from the terminal, one JSON value a line; Ctrl-D ends it\n").as_bytes(),
        );
    }
}

async fn broadcast(made: JsonCall, call: &Call, format: Format) -> Result<u8, Failure> {
    let colours = Colours::of(io::stdout().is_terminal(), |name| std::env::var_os(name));
    let made = made.broadcast();
    let (text, all) = if call.bg {
        let given = made.send().await.map_err(Failure::call)?;
        output::replies(given, |()| None, format, colours)
    } else {
        let replies = made.await.map_err(Failure::call)?;
        output::replies(replies, |value: &Json| Some(value.clone()), format, colours)
    };
    let printed = say(&text)?;
    Ok(if all { printed } else { failure::SOME })
}

/// Prints a stream as it comes.
async fn items(
    made: JsonCall,
    format: Format,
    unfit: impl FnOnce(CallError<daffi_core::JsonError>) -> Failure,
) -> Result<u8, Failure> {
    let mut items = made.items().await.map_err(unfit)?;
    while let Some(item) = items.next().await {
        let item = item.map_err(Failure::asked)?;
        let mut line = output::value(&item, format, false);
        line.push('\n');
        match print(&line) {
            Ok(()) => {}
            // Who has enough has stopped it.
            Err(Unwritten::Closed) => return Ok(0),
            Err(Unwritten::Other(error)) => {
                return Err(Failure::other(format!("the standard output: {error}")));
            }
        }
    }
    Ok(0)
}
