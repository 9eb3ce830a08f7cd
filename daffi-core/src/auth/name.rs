//! What those who are known may be called.

use crate::proto::Limits;

/// Checks that a name is one word of letters that can be seen, so that it has an end in a file and in a log.
pub(super) fn check(name: &str) -> Result<(), String> {
    let is_word = !name
        .chars()
        .any(|letter| letter.is_whitespace() || letter.is_control());
    let is_kept = name.starts_with('#') || name.starts_with("uid:");
    if name.is_empty() || name.len() > Limits::NAME_BYTES || !is_word || is_kept {
        Err(format!(
            "{name:?} is no name: that is one word of 1 to 255 bytes, without `#` or `uid:` in front"
        ))
    } else {
        Ok(())
    }
}
