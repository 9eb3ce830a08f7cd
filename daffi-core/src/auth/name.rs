//! What those who are known may be called.

use crate::proto::{Limits, USER_PREFIX, is_unseen};

/// Checks that a name is one word of letters that can be seen, so that it has an end in a file and in a log.
pub(super) fn check(name: &str) -> Result<(), String> {
    let is_word = !name
        .chars()
        .any(|letter| letter.is_whitespace() || is_unseen(letter));
    let is_kept = name.starts_with('#') || name.starts_with(USER_PREFIX) || name.starts_with("daffi_token_");
    if name.is_empty() || name.len() > Limits::NAME_BYTES || !is_word || is_kept {
        // It is not told: it may be a secret in the wrong place.
        Err("that is no name of somebody who is known: it is one word of 1 to 255 bytes, without `#`, `uid:` or `daffi_token_` in front".to_owned())
    } else {
        Ok(())
    }
}
