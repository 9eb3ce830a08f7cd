//! Arguments as they are written in a shell.

use std::io::{self, Read};

use serde_json::Value;

use super::failure::Failure;

/// Where a text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From<'a> {
    /// It is written there.
    Here(&'a str),
    Input,
    File(&'a str),
}

impl<'a> From<'a> {
    /// As it is said: `-`, `@FILE`, or the text itself.
    pub(crate) fn said(text: &'a str) -> Self {
        match text.strip_prefix('@') {
            Some(file) => Self::File(file),
            None if text == "-" => Self::Input,
            None => Self::Here(text),
        }
    }

    /// The text, and what it is called.
    pub(crate) fn read(&self, input: impl Read) -> Result<(String, String), Failure> {
        match self {
            Self::Here(text) => Ok(((*text).to_owned(), "the arguments".to_owned())),
            Self::Input => {
                let text = io::read_to_string(input);
                let text = text.map_err(|error| Failure::usage(format!("the standard input: {error}")))?;
                Ok((text, "the standard input".to_owned()))
            }
            Self::File(file) => {
                let text = std::fs::read_to_string(file);
                let text = text.map_err(|error| Failure::usage(format!("{file}: {error}")))?;
                Ok((text, (*file).to_owned()))
            }
        }
    }
}

/// The arguments that a text has; none if there is no text.
pub(crate) fn arguments(text: &str, called: &str) -> Result<Value, Failure> {
    let read: Result<Value, _> = serde_json::from_str(text);
    match read {
        Ok(value @ (Value::Array(_) | Value::Object(_))) => Ok(value),
        Ok(other) => Err(Failure::usage(format!(
            "{called} have to be a list, as '[{other}]', or a map by their names, as '{{\"a\": {other}}}'"
        ))),
        Err(error) => {
            let failure = Failure::usage(format!("{called} are no JSON: {error}"));
            if text.starts_with(['[', '{']) {
                return Err(failure.hinting(quoted(text)));
            }
            Err(several(&[text.to_owned()]))
        }
    }
}

/// What is told to whoever writes each argument by itself, as for other programs.
pub(crate) fn several(written: &[String]) -> Failure {
    let value = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
    let list = Value::Array(written.iter().map(value).collect());
    Failure::usage("the arguments are one JSON value: a list, or a map by their names")
        .hinting(Some(format!("did you mean '{list}'?")))
}

/// A shell takes quotes away, and nobody sees that.
fn quoted(text: &str) -> Option<String> {
    let bare = !text.contains('"') && text.chars().any(char::is_alphabetic);
    let shown: String = text.chars().take(60).collect();
    bare.then(|| format!("texts and names are in double quotes, and all of it in single ones, as '[\"text\"]'; this came: {shown}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_are_there_or_read_from_somewhere() {
        assert_eq!(From::said("[1]"), From::Here("[1]"));
        assert_eq!(From::said("-"), From::Input);
        assert_eq!(From::said("@a.json"), From::File("a.json"));
        let (text, _) = From::Input.read(&b"[1]"[..]).unwrap();
        assert_eq!(arguments(&text, "").unwrap(), json!([1]));
        let none = From::File("/nonexistent").read(io::empty()).unwrap_err();
        assert!(none.message.starts_with("/nonexistent: "), "{}", none.message);
    }

    #[test]
    fn what_is_no_list_and_no_map_is_told_how_to_be_written() {
        let refused = |text: &str| arguments(text, "the arguments").unwrap_err();
        assert!(refused("5").message.contains("'[5]'"));
        let written = ["1", "lamp", "[2]"].map(str::to_owned);
        assert_eq!(
            several(&written).hint.unwrap(),
            "did you mean '[1,\"lamp\",[2]]'?"
        );
        assert!(refused("[1,").message.contains("no JSON: EOF"));
        assert!(refused("[1,").hint.is_none());
        assert_eq!(refused("lamp").hint.unwrap(), "did you mean '[\"lamp\"]'?");
        assert!(refused("[lamp, 1]").hint.unwrap().contains("double quotes"));
        assert!(refused("{a: 1}").hint.unwrap().contains("{a: 1}"));
    }
}
