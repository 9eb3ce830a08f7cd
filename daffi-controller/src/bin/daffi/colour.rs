//! Colours, where somebody looks.

use std::ffi::OsString;

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colours(bool);

impl Colours {
    /// Those of a terminal, unless the environment says that there shall be none.
    pub(crate) fn of(is_terminal: bool, environment: impl Fn(&str) -> Option<OsString>) -> Self {
        let is_plain = environment("NO_COLOR").is_some_and(|value| !value.is_empty())
            || environment("TERM").is_some_and(|terminal| terminal == "dumb");
        Self(is_terminal && !is_plain)
    }

    fn painted(self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.painted("1;31", text)
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.painted("1", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_colours_on_a_terminal_alone_and_not_where_nobody_wants_them() {
        let painted = |is_terminal, name: &'static str, value: &'static str| {
            Colours::of(is_terminal, |asked| (asked == name).then(|| value.into())).red("x")
        };
        assert_eq!(painted(true, "TERM", "xterm"), "\u{1b}[1;31mx\u{1b}[0m");
        for plain in [
            painted(false, "TERM", "xterm"),
            painted(true, "NO_COLOR", "1"),
            painted(true, "TERM", "dumb"),
        ] {
            assert_eq!(plain, "x");
        }
    }
}
