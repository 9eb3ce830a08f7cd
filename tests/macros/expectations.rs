//! What a source says that the compiler will say of it: a comment with a `^` under the place and, after it, pieces of
//! the message in their order, between `…`.
//!
//! ```text
//! fn function(value: NotSerde) {}
//! //                 ^ cannot take a parameter of type `NotSerde` … derive `serde::Serialize`
//! ```

use crate::fixture::Diagnostic;

/// Something that is expected to be said.
#[derive(Debug)]
pub(crate) struct Expectation {
    line: usize,
    column: usize,
    pieces: Vec<String>,
}

impl Expectation {
    /// Those of a source, in their order.
    pub(crate) fn all_of(source: &str) -> Vec<Self> {
        let mut expectations = Vec::new();
        let mut code_line = 0;
        for (index, line) in source.lines().enumerate() {
            match line
                .trim_start()
                .strip_prefix("//")
                .and_then(|text| text.trim_start().strip_prefix('^'))
            {
                Some(message) => expectations.push(Self {
                    line: code_line,
                    column: line.find('^').expect("there is one") + 1,
                    pieces: message.split('…').map(|piece| piece.trim().to_owned()).collect(),
                }),
                None => code_line = index + 1,
            }
        }
        expectations.sort_by_key(|expectation| (expectation.line, expectation.column));
        expectations
    }

    fn is_met_by(&self, diagnostic: &Diagnostic) -> bool {
        let mut rest = &*diagnostic.text;
        (self.line, self.column) == (diagnostic.line, diagnostic.column)
            && self.pieces.iter().all(|piece| match rest.split_once(&**piece) {
                Some((_, after)) => {
                    rest = after;
                    true
                }
                None => false,
            })
    }
}

/// What is wrong with what was said of a file, if anything.
pub(crate) fn faults(expected: &[Expectation], said: &[&Diagnostic]) -> Vec<String> {
    let missing = expected
        .iter()
        .filter(|expectation| !said.iter().any(|diagnostic| expectation.is_met_by(diagnostic)))
        .map(|expectation| format!("not said: {expectation:?}"));
    let unexpected = said
        .iter()
        .filter(|diagnostic| {
            !expected
                .iter()
                .any(|expectation| expectation.is_met_by(diagnostic))
        })
        .map(|diagnostic| format!("not expected: {}", diagnostic.text));
    missing.chain(unexpected).collect()
}
