//! What is printed, and where.

use std::fmt::Write as _;
use std::io::{self, Write};

use daffi_core::{Json, JsonError, Replies};
use serde::Serialize;

use super::arguments::Format;
use super::colour::Colours;
use super::failure::Failure;

/// A value as it is printed: in one line of JSON, or for people, to whom a text is shown as it is.
pub(crate) fn value(value: &Json, format: Format, in_lines: bool) -> String {
    match as_text(value) {
        Some(text) if !format.is_json() => readable(&text),
        _ if in_lines && !format.is_json() => format!("{value:#}"),
        _ => value.to_string(),
    }
}

/// What it says, if it is a text.
fn as_text(value: &Json) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Some(text),
        _ => None,
    }
}

/// A text of somebody else's, with nothing that a terminal takes for its own.
pub(crate) fn readable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() && !matches!(letter, '\n' | '\t') {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// An answer of one of many, as programs read it.
#[derive(Serialize)]
struct Answer<'a, T: Serialize, F: Serialize> {
    process: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<F>,
}

/// What each of many has answered, one a line; and whether all have a value.
pub(crate) fn replies<T>(
    replies: Replies<T, JsonError>,
    shown: impl Fn(&T) -> Option<Json>,
    format: Format,
    colours: Colours,
) -> (String, bool) {
    let (mut text, mut all) = (String::new(), true);
    for (process, reply) in replies {
        let reply = reply.map_err(Failure::call);
        all &= reply.is_ok();
        // A text takes whatever is written.
        let _ = if format.is_json() {
            let answer = Answer {
                process: &process,
                value: reply.as_ref().ok().map(&shown),
                error: reply.as_ref().err().map(Failure::json),
            };
            writeln!(text, "{}", line(&answer))
        } else {
            let process = colours.bold(&readable(&process));
            match &reply {
                Ok(given) => {
                    let given =
                        shown(given).map_or_else(|| "given".to_owned(), |given| value(&given, format, false));
                    writeln!(text, "{process}: {given}")
                }
                Err(failure) => writeln!(
                    text,
                    "{process}: {} {}",
                    colours.red("error:"),
                    explained(failure)
                ),
            }
        };
    }
    (text, all)
}

/// One line of JSON.
pub(crate) fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}

/// Why something did not work, for people.
fn explained(failure: &Failure) -> String {
    let mut text = readable(&failure.message);
    // An error that is a text has said it.
    let value = failure.value.as_ref();
    if let Some(value) = value.filter(|value| as_text(value).is_none_or(|said| said != failure.message)) {
        let _ = write!(text, "\n  {value}");
    }
    text
}

/// Says why it did not work.
pub(crate) fn failed(failure: &Failure, format: Format, colours: Colours) -> io::Result<()> {
    let mut text = if format.is_json() {
        line(&failure.json())
    } else {
        let mut text = format!("{} {}", colours.red("error:"), explained(failure));
        if let Some(hint) = &failure.hint {
            let _ = write!(text, "\n  {}", readable(hint));
        }
        text
    };
    text.push('\n');
    io::stderr().write_all(text.as_bytes())
}

/// Nobody reads it any more; or it cannot be written.
#[derive(Debug)]
pub(crate) enum Unwritten {
    Closed,
    Other(io::Error),
}

/// Prints something, at once.
pub(crate) fn print(text: &str) -> Result<(), Unwritten> {
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Unwritten::Closed,
        _ => Unwritten::Other(error),
    })
}

/// Prints a line; what ended that is the program's end.
pub(crate) fn say(text: &str) -> Result<u8, Failure> {
    let text = if text.is_empty() || text.ends_with('\n') {
        text.to_owned()
    } else {
        format!("{text}\n")
    };
    match print(&text) {
        Ok(()) | Err(Unwritten::Closed) => Ok(0),
        Err(Unwritten::Other(error)) => Err(Failure::other(format!("the standard output: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_somebody_elses_is_taken_for_the_terminals_own() {
        assert_eq!(readable("a\u{1b}[31m\nb\t\u{7}é"), "a\\u{1b}[31m\nb\t\\u{7}é");
    }

    #[test]
    fn what_is_wrong_is_one_line_for_programs() {
        let failure = Failure::usage("a\nb").hinting(Some("c".to_owned()));
        assert_eq!(
            line(&failure.json()),
            r#"{"error":"usage","message":"a\nb","hint":"c"}"#
        );
    }
}
