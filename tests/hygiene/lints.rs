//! What is allowed or expected of a function stays with it, and what is generated for it gives no cause for more.

use daffi::{callback, fetcher};

mod offered {
    use super::*;

    #[callback]
    #[expect(clippy::unused_async, reason = "it is asynchronous for its callers only")]
    async fn lints_async() -> u8 {
        1
    }

    #[expect(clippy::too_many_arguments, reason = "these are the lint's")]
    #[callback]
    fn lints_many(p1: u8, p2: u8, p3: u8, p4: u8, p5: u8, p6: u8, p7: u8, p8: u8) -> u8 {
        p1 + p2 + p3 + p4 + p5 + p6 + p7 + p8
    }

    #[callback]
    #[expect(clippy::needless_pass_by_value, reason = "it is the lint's")]
    fn lints_value(text: String) -> usize {
        text.len()
    }

    /// Old.
    #[callback]
    #[deprecated = "there is `lints_value`"]
    fn lints_deprecated() {}

    #[callback]
    #[must_use]
    #[allow(unused_variables)]
    fn lints_unused(text: &str) -> u8 {
        3
    }

    #[callback]
    #[cfg(not(target_os = "none"))]
    fn lints_conditional() -> u8 {
        4
    }

    #[cfg(target_os = "none")]
    #[callback]
    fn lints_conditional(there_is_no_such_type: NoSuchType) -> u8 {
        5
    }
}

/// Counts up.
#[fetcher]
#[must_use]
pub async fn lints_async() -> u8;

/// Counts up in the background.
#[fetcher(alias = "lints_async", bg, to = "service")]
#[must_use]
pub async fn begin_lints() -> u8;

/// Counts up everywhere.
#[fetcher(alias = "lints_async", broadcast)]
#[must_use]
pub async fn lints_everywhere() -> u8;

/// Counts up in the background, as nobody should any more.
#[fetcher(alias = "lints_async", bg, retry = 1, idempotent)]
#[deprecated = "there is `begin_lints`"]
pub async fn begin_lints_deprecated() -> u8;

/// Takes much.
#[fetcher]
#[expect(clippy::too_many_arguments, reason = "these are the lint's")]
pub async fn lints_many(p1: u8, p2: u8, p3: u8, p4: u8, p5: u8, p6: u8, p7: u8, p8: u8) -> u8;

/// Takes a value.
#[fetcher]
pub async fn lints_value(text: String) -> usize;

/// Old.
#[fetcher]
#[deprecated = "there is `lints_value`"]
pub async fn lints_deprecated();

/// Exists.
#[fetcher]
#[cfg(not(target_os = "none"))]
pub async fn lints_conditional() -> u8;

/// Does not.
#[fetcher]
#[cfg(target_os = "none")]
pub async fn lints_conditional(there_is_no_such_type: NoSuchType) -> u8;

/// A type of which all is old.
#[deprecated = "there is none better"]
#[derive(Debug, Default)]
pub struct Old;

#[allow(deprecated, reason = "it is the service's")]
#[callback(auto_init)]
impl Old {
    /// Does nothing.
    #[deprecated]
    #[expect(clippy::must_use_candidate, reason = "it is the lint's")]
    pub fn lints_old(&self) -> u8 {
        9
    }

    /// Does nothing, alone.
    #[cfg(target_os = "none")]
    pub fn lints_none(&mut self) {}
}

/// Nobody makes a client of it here.
#[fetcher]
#[deprecated]
trait Unused {
    async fn lints_old(&self) -> u8;

    #[fetcher(bg)]
    async fn lints_async(&self) -> u8;

    #[must_use]
    #[fetcher(broadcast)]
    async fn lints_conditional(&self) -> u8;

    #[must_use]
    #[deprecated]
    fn lints_value(&self, text: String) -> usize;
}

/// A group without any state.
#[derive(Debug)]
pub struct Group;

#[fetcher]
impl Group {
    /// Counts up.
    pub async fn lints_async(&self) -> u8;

    /// Exists nowhere.
    #[cfg(target_os = "none")]
    pub async fn lints_none(&self, there_is_no_such_type: NoSuchType);

    #[expect(dead_code, clippy::unused_self, reason = "it is nobody's")]
    fn private(&self) -> u8 {
        1
    }
}
