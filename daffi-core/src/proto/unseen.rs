//! Letters that nobody sees: they make two names look like one, and a terminal do what it is told.

use std::fmt::{self, Write as _};

/// Whether a letter cannot be seen where it stands in a log or a file: it controls something, or only says how others are to be shown.
#[must_use]
pub fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Words of another process. It may mean harm, and a terminal does what it reads: so what controls one, or cannot be seen, is written out.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a>(pub &'a str);

impl fmt::Display for Heard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            if is_unseen(letter) && !matches!(letter, '\n' | '\t') {
                write!(f, "{}", letter.escape_unicode())?;
            } else {
                f.write_char(letter)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_told_from_what_is() {
        for letter in [
            '\0',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{200b}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            assert!(is_unseen(letter), "{letter:?}");
        }
        for letter in ['a', ' ', '-', 'ß', 'ї', '語', '😀', '\u{301}'] {
            assert!(!is_unseen(letter), "{letter:?}");
        }
    }

    #[test]
    fn what_would_control_a_terminal_is_written_out() {
        let said = "ein\tWörtchen\n\u{1b}[2Jroot# \u{202e}\r\u{7f}😀";
        let shown = "ein\tWörtchen\n\\u{1b}[2Jroot# \\u{202e}\\u{d}\\u{7f}😀";
        assert_eq!(Heard(said).to_string(), shown);
    }
}
