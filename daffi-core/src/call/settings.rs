//! What is set for all calls of a client.

use std::fmt;
use std::time::Duration;

use super::future::Call;

/// What was set for all calls of a client, each of which may say otherwise.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) timeout: Option<Duration>,
    pub(crate) to: Option<String>,
    pub(crate) having: Vec<(String, String)>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) patience: Option<Duration>,
    pub(crate) retries: Option<u32>,
    pub(crate) idempotent: bool,
    pub(crate) metadata: Vec<(String, String)>,
}

/// What is sent along with a call may be nobody else's to read.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            timeout,
            to,
            having,
            key,
            patience,
            retries,
            idempotent,
            metadata,
        } = self;
        let keys: Vec<_> = metadata.iter().map(|(key, _)| key).collect();
        f.debug_struct("Settings")
            .field("timeout", timeout)
            .field("to", to)
            .field("to_where", having)
            .field("key", &key.is_some())
            .field("wait_for_provider", patience)
            .field("retry", retries)
            .field("idempotent", idempotent)
            .field("metadata", &keys)
            .finish()
    }
}

impl Settings {
    /// The call with what is set.
    pub(crate) fn set<T, E>(&self, call: Call<T, E>) -> Call<T, E> {
        let mut call = self.set_for_many(call);
        if let Some(retries) = self.retries {
            call = call.retry(retries);
        }
        if self.idempotent {
            call = call.idempotent();
        }
        call
    }

    /// The call with what is set, without what a call to many cannot have: it is not made again.
    pub(crate) fn set_for_many<T, E>(&self, mut call: Call<T, E>) -> Call<T, E> {
        if let Some(timeout) = self.timeout {
            call = call.timeout(timeout);
        }
        if let Some(process) = &self.to {
            call = call.to(process);
        }
        for (key, value) in &self.having {
            call = call.to_where(key, value);
        }
        if let Some(key) = &self.key {
            call = call.key(key);
        }
        if let Some(wait) = self.patience {
            call = call.wait_for_provider(wait);
        }
        for (key, value) in &self.metadata {
            call = call.metadata(key, value);
        }
        call
    }
}
