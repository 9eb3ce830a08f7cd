//! Clients of traits: what there is of them beside their methods.

use std::fmt;
use std::time::Duration;

use super::Global;
use crate::call::{Call, Settings};

/// Which `Global` makes the calls of a client, and how.
#[derive(Clone, Debug)]
pub struct Client {
    global: Global,
    settings: Settings,
}

impl Client {
    /// A client whose calls are made by `global`.
    #[must_use]
    pub fn new(global: &Global) -> Self {
        Self {
            global: global.clone(),
            settings: Settings::default(),
        }
    }

    /// Writes the client that has it, as `name`.
    ///
    /// # Errors
    ///
    /// Those of the formatter.
    pub fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut client = f.debug_struct(name);
        client
            .field("global", &self.global)
            .field("settings", &self.settings)
            .finish()
    }

    /// One of its calls.
    pub fn call<T, E>(&self, call: Call<T, E>) -> Call<T, E> {
        self.settings.set(call).on(&self.global)
    }

    /// One of its calls, which is to be a broadcast.
    pub fn call_to_many<T, E>(&self, call: Call<T, E>) -> Call<T, E> {
        self.settings.set_for_many(call).on(&self.global)
    }

    /// As [`Call::timeout`], for all its calls.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// As [`Call::to`], for all its calls.
    #[must_use]
    pub fn to(mut self, process_name: impl Into<String>) -> Self {
        self.settings.to = Some(process_name.into());
        self
    }

    /// As [`Call::to_where`], for all its calls. A call may name more, which must hold as well.
    #[must_use]
    pub fn to_where(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.having.push((key.into(), value.into()));
        self
    }

    /// As [`Call::key`], for all its calls.
    #[must_use]
    pub fn key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.settings.key = Some(key.as_ref().to_vec());
        self
    }

    /// As [`Call::wait_for_provider`], for all its calls.
    #[must_use]
    pub fn wait_for_provider(mut self, wait: Duration) -> Self {
        self.settings.patience = Some(wait);
        self
    }

    /// As [`Call::retry`], for all its calls but broadcasts.
    #[must_use]
    pub fn retry(mut self, retries: u32) -> Self {
        self.settings.retries = Some(retries);
        self
    }

    /// As [`Call::idempotent`], for all its calls but broadcasts.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.settings.idempotent = true;
        self
    }

    /// As [`Call::metadata`], for all its calls.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.metadata.push((key.into(), value.into()));
        self
    }
}
