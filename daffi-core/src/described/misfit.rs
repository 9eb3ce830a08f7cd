//! Why a value and a structure do not go together, and where.

use std::fmt::{self, Display, Write};

use serde::de::{Expected, Unexpected};

/// A message is no longer, in bytes, whatever is in the value.
const WORDS: usize = 512;

/// A path has no more steps: of a longer one, those in the middle are left out.
const STEPS: usize = 24;

/// No more bytes of a name are in a step.
const NAME: usize = 48;

/// Why bytes could not be read by a structure, or a value not be written by one.
#[derive(Clone, PartialEq, Eq)]
pub struct Misfit(Box<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    words: String,
    /// The way to the place, the last step first.
    steps: Vec<Step>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A field, an argument, or what a variant carries.
    Name(String),
    /// An element of a sequence or tuple, or an entry of a map.
    Element(usize),
    /// Each element, or each value of a map.
    Every,
    /// The value at a key.
    Key(String),
    /// Steps that are left out.
    Some,
}

impl Step {
    /// To what is called so, by whoever wrote it.
    #[cold]
    pub(super) fn name(name: &str) -> Self {
        let mut short = Short::new(NAME);
        let _ = write!(short, "{}", name.escape_debug());
        Self::Name(short.words)
    }
}

impl Misfit {
    pub(super) fn new(words: impl Display) -> Self {
        let mut short = Short::new(WORDS);
        // It stops where it is long enough.
        let _ = write!(short, "{words}");
        Self(Box::new(Parts {
            words: short.words,
            steps: Vec::new(),
        }))
    }

    /// The same, one step further out.
    #[cold]
    pub(super) fn within(mut self, step: Step) -> Self {
        let steps = &mut self.0.steps;
        if steps.len() == STEPS {
            steps.remove(STEPS / 2 + 1);
            steps[STEPS / 2] = Step::Some;
        }
        steps.push(step);
        self
    }

    /// The same in a part of something, such as an argument of that name.
    #[must_use]
    pub fn at(self, name: &str) -> Self {
        self.within(Step::name(name))
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.0.words
    }

    /// The way to the place, as `order.lines[3].price`; empty if it is all of the value.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in self.0.steps.iter().rev() {
            let dot = if path.is_empty() { "" } else { "." };
            // A string takes whatever is written.
            let _ = match step {
                Step::Name(name) => write!(path, "{dot}{name}"),
                Step::Element(number) => write!(path, "[{number}]"),
                Step::Every => write!(path, "[]"),
                Step::Key(key) => write!(path, "[{key}]"),
                Step::Some => write!(path, "{dot}…"),
            };
        }
        path
    }
}

/// Takes no more than so many bytes.
struct Short {
    words: String,
    limit: usize,
}

impl Short {
    const fn new(limit: usize) -> Self {
        Self {
            words: String::new(),
            limit,
        }
    }
}

impl Write for Short {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        let room = self.limit - self.words.len().min(self.limit);
        if words.len() <= room {
            self.words.push_str(words);
            return Ok(());
        }
        let end = (0..=room).rev().find(|end| words.is_char_boundary(*end));
        self.words.push_str(&words[..end.unwrap_or(0)]);
        self.words.push('…');
        Err(fmt::Error)
    }
}

impl Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path();
        if !path.is_empty() {
            write!(f, "`{path}`: ")?;
        }
        f.write_str(&self.0.words)
    }
}

impl fmt::Debug for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Misfit({self})")
    }
}

impl std::error::Error for Misfit {}

impl serde::de::Error for Misfit {
    fn custom<T: Display>(words: T) -> Self {
        Self::new(words)
    }

    fn invalid_type(came: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format_args!("{expected} is expected, and {came} came"))
    }

    fn invalid_value(came: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format_args!("{expected} is expected, and {came} came"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format_args!("there is no variant `{variant}`{}", Names(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format_args!("there is no field `{field}`{}", Names(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format_args!("field `{field}` is missing, and has no default"))
    }
}

impl serde::ser::Error for Misfit {
    fn custom<T: Display>(words: T) -> Self {
        Self::new(words)
    }
}

/// What there is instead.
struct Names(&'static [&'static str]);

impl Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, name) in self.0.iter().enumerate() {
            let before = if number == 0 { "; there is" } else { "," };
            write!(f, "{before} `{name}`")?;
        }
        Ok(())
    }
}
