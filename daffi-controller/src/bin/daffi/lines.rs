//! Lines of JSON as a stream: read on a thread, as whoever types them takes their time.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use daffi_core::Stream;
use serde::ser::{Error, Serialize, Serializer};
use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::failure::Failure;

/// So many lines are read ahead.
const AHEAD: usize = 256;

/// What is in a line, or what is wrong with it.
#[derive(Debug)]
pub(crate) struct Line(Result<Value, String>);

/// What is wrong with it comes where it would be written, and ends the stream there.
impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(value) => value.serialize(serializer),
            Err(fault) => Err(S::Error::custom(fault)),
        }
    }
}

/// Lines as they come.
#[derive(Debug)]
pub(crate) struct Lines(Receiver<Line>);

impl Stream for Lines {
    type Item = Line;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Line>> {
        self.0.poll_recv(cx)
    }
}

impl Lines {
    /// Those of a file, or of the standard input, which is `-`.
    pub(crate) fn of(file: &str) -> Result<Self, Failure> {
        if file == "-" {
            return Ok(Self::read(|| BufReader::new(io::stdin()), "the standard input"));
        }
        let opened = File::open(file).map_err(|error| Failure::usage(format!("{file}: {error}")))?;
        Ok(Self::read(move || BufReader::new(opened), file))
    }

    fn read<R: BufRead>(open: impl FnOnce() -> R + Send + 'static, called: &str) -> Self {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let called = called.to_owned();
        // It may wait for ever, and nobody waits for it.
        thread::spawn(move || send(open(), &called, &sender));
        Self(receiver)
    }
}

/// Sends what the lines have, until nobody takes it. Empty ones are none.
fn send(mut lines: impl BufRead, called: &str, sender: &Sender<Line>) {
    let mut text = String::new();
    for number in 1_u64.. {
        text.clear();
        let line = match lines.read_line(&mut text) {
            Ok(0) => return,
            Ok(_) if text.trim().is_empty() => continue,
            Ok(_) => serde_json::from_str(&text).map_err(|error| {
                // The line of the message is always the first.
                let error = error.to_string();
                let error = error.split(" at line ").next().unwrap_or_default();
                format!("line {number} of {called} is no JSON: {error}")
            }),
            Err(error) => Err(format!("{called}: {error}")),
        };
        let ends = line.is_err();
        if sender.blocking_send(Line(line)).is_err() || ends {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &'static [u8]) -> Vec<Line> {
        let mut lines = Lines::read(move || text, "the input");
        std::iter::from_fn(|| lines.0.blocking_recv()).collect()
    }

    #[test]
    fn each_line_is_a_value_and_one_that_is_none_is_the_last() {
        let read = lines(b"1\n\n \"a\"  \n[2,\n3");
        let texts: Vec<_> = read
            .iter()
            .map(|line| serde_json::to_string(line).map_err(|error| error.to_string()))
            .collect();
        let fault = "line 4 of the input is no JSON: EOF while parsing a value".to_owned();
        assert_eq!(texts, [Ok("1".to_owned()), Ok("\"a\"".to_owned()), Err(fault)]);
        assert!(lines(b"\xff\n").last().is_some_and(|line| line.0.is_err()));
        assert!(lines(b"").is_empty());
    }
}
