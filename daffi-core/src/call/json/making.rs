//! Calls by hand on their way: how the callback is offered, and what is sent by that.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::super::answer::{Decoders, Take};
use super::super::encoded::Arguments as Encoded;
use super::super::future::Call;
use super::super::options::NodeChoice;
use super::super::pump::Feeds;
use super::super::question::ask_until;
use super::super::settings::Settings;
use super::call::JsonCall;
use super::known::{Known, Own, Version};
use super::written::{Fault, feeds};
use crate::described::{Arguments, Misfit};
use crate::error::{CallError, JsonError};
use crate::node::Node;
use crate::proto::{Mode, Moment, Query};

pub(super) type Outcome<T> = Result<T, CallError<JsonError>>;

/// The same error of a callback, whose own is in words.
pub(super) fn plain(error: CallError) -> CallError<JsonError> {
    error.map_app(|words| JsonError::new(words, None))
}

/// How a callback is offered by which a call was made, and what came of it.
pub(super) type Made<T> = (Arc<Version>, Result<T, CallError<Own>>);

impl JsonCall {
    /// The same call, without streams.
    pub(super) fn again(&self) -> Self {
        Self {
            node: self.node.clone(),
            descriptions: Arc::clone(&self.descriptions),
            name: self.name.clone(),
            arguments: Arc::clone(&self.arguments),
            settings: self.settings.clone(),
            streams: Vec::new(),
            elsewhere: self.elsewhere.clone(),
        }
    }

    pub(super) fn nobody(&self) -> CallError<JsonError> {
        CallError::no_provider(&*self.name)
    }

    pub(super) fn unknown(&self) -> CallError<JsonError> {
        CallError::encode(&*self.name, "nothing is known of its arguments", false)
    }

    /// The error of a call that had what was left of its time: it says how much that was in all.
    pub(super) fn within<E>(&self, mut error: CallError<E>) -> CallError<E> {
        if let CallError::Timeout { allowed, .. } = &mut error
            && self.settings.timeout.is_some()
        {
            *allowed = self.settings.timeout;
        }
        error
    }

    /// What a stream sends that it was given does not fit.
    pub(super) fn unfit_item(&self, misfit: &Misfit) -> CallError<JsonError> {
        CallError::encode(&*self.name, format!("an item of a stream: {misfit}"), true)
    }

    pub(super) fn invalid<T>(&self, reason: impl Into<String>) -> Outcome<T> {
        Err(CallError::Invalid {
            callback: self.name.clone(),
            reason: reason.into(),
            may_have_run: false,
        })
    }

    pub(super) fn node(&self) -> Outcome<&Arc<Node>> {
        self.node.as_ref().map_err(|error| plain(error.clone()))
    }

    /// When its time is over.
    pub(super) fn until(&self) -> Option<Instant> {
        let of_all = || self.node.as_ref().ok()?.call_timeout();
        let timeout = self.settings.timeout.or_else(of_all)?;
        Instant::now().checked_add(timeout)
    }

    /// How the callback is offered, and whether that was asked just now. Waits for somebody who offers it, if it is to.
    pub(super) async fn known(&self, until: Option<Instant>, anew: bool) -> Outcome<(Known, bool)> {
        let node = self.node()?;
        let until = until.map(|until| node.moment(until));
        let told = self.descriptions.of(node, &self.name, until, anew).await;
        match (told, self.settings.patience) {
            (Err(nobody @ CallError::NoProvider { .. }), Some(patience)) if !patience.is_zero() => {
                self.wait_for_provider_until(node, until, patience)
                    .await
                    .map_err(|_| plain(nobody))?;
                let told = self.descriptions.of(node, &self.name, until, true).await;
                told.map_err(plain)
            }
            (told, _) => told.map_err(plain),
        }
    }

    pub(super) async fn wait_for_provider_until(
        &self,
        node: &Arc<Node>,
        until: Option<Moment>,
        patience: Duration,
    ) -> Result<(), CallError> {
        let patience = Instant::now().checked_add(patience).map(|at| node.moment(at));
        let until = [until, patience].into_iter().flatten().min();
        let having = self
            .settings
            .having
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let mut having: Vec<_> = having.collect();
        having.sort_unstable();
        having.dedup();
        let question = Query::WaitFunction {
            name: &self.name,
            process: self.settings.to.as_deref(),
            having,
        };
        ask_until(node, &self.name, question, until).await
    }

    /// The ways by which it may be called.
    pub(super) fn candidates<'k>(&'k self, known: &'k Known) -> impl Iterator<Item = Arc<Version>> + 'k {
        let Settings { to, having, .. } = &self.settings;
        let fits = |version: &&Arc<Version>| version.may_be_of(to.as_deref(), having);
        // Where nobody fits, the controller says best what is missing.
        let any = known.iter().any(|version| fits(&version));
        known.iter().filter(move |version| !any || fits(version)).cloned()
    }

    /// The call, by a way in which the callback is offered.
    pub(super) fn by<T>(
        &self,
        version: &Version,
        arguments: impl Into<Bytes>,
        take: Take<T>,
        feeds: Feeds,
        until: Option<Instant>,
    ) -> Call<T, Own> {
        let decoders = Decoders {
            take,
            app: |words, typed, _| Ok(Own(words, typed)),
        };
        let call = Call::new(version.source(), Encoded(Ok(arguments.into())), decoders);
        let call = if feeds.is_empty() {
            call
        } else {
            call.feeding(feeds)
        };
        let mut call = self.settings.set(call);
        // Some of the time may be over.
        if let (Some(_), Some(until)) = (self.settings.timeout, until) {
            call = call.timeout(until.saturating_duration_since(Instant::now()));
        }
        call.on_node(NodeChoice::Chosen(self.node.as_ref().ok().cloned()))
    }

    /// Makes the call, whose callback returns a stream or does not.
    pub(super) async fn make<T>(self, take: Take<T>, returns_stream: bool) -> Outcome<Made<T>> {
        self.make_in(Mode::Answered, take, Some(returns_stream)).await
    }

    /// Makes the call by a way in which the callback is offered that its arguments fit. Where it turns out not to be offered so any more,
    /// that is asked for anew, once; then it did not run.
    pub(super) async fn make_in<T>(
        mut self,
        mode: Mode,
        take: Take<T>,
        stream: Option<bool>,
    ) -> Outcome<Made<T>> {
        let until = self.until();
        let mut anew = !self.streams.is_empty();
        loop {
            let (known, asked) = self.known(until, anew).await?;
            let mut misfit = None;
            let mut refused = None;
            let candidates: Vec<_> = self.candidates(&known).collect();
            for version in candidates {
                let arguments = match self.written(&version, stream) {
                    Ok(arguments) => arguments,
                    Err(error) => {
                        misfit.get_or_insert(error);
                        continue;
                    }
                };
                let streams = std::mem::take(&mut self.streams);
                let fault = Fault::default();
                let sent = !streams.is_empty();
                let layouts = version.arguments.iter().flat_map(Arguments::streams);
                let by = layouts.map(|(_, layout)| (layout.clone(), self.elsewhere.clone()));
                let by: Vec<_> = by.collect();
                let mut call = self.by(
                    &version,
                    arguments,
                    take,
                    feeds(streams.into_iter().zip(by), &fault),
                    until,
                );
                call.options.mode = mode;
                let outcome = call.await.map_err(|error| self.within(error));
                // The callback may have taken that for the end.
                if let Some(misfit) = fault.get() {
                    return Err(self.unfit_item(misfit));
                }
                match outcome {
                    Err(error @ CallError::SignatureMismatch { .. }) if !sent => {
                        refused.get_or_insert((version, error));
                    }
                    outcome => return Ok((version, outcome)),
                }
            }
            if !asked {
                anew = true;
                continue;
            }
            return match (refused, misfit) {
                (Some((version, error)), _) => Ok((version, Err(error))),
                (None, Some(error)) => Err(error),
                (None, None) => Err(self.nobody()),
            };
        }
    }

    /// The arguments, as that version takes them.
    pub(super) fn written(&self, version: &Version, stream: Option<bool>) -> Outcome<Vec<u8>> {
        let Some(arguments) = &version.arguments else {
            return Err(self.unknown());
        };
        let streams: Vec<_> = arguments.streams().map(|(name, _)| format!("`{name}`")).collect();
        if streams.len() != self.streams.len() {
            return self.invalid(format!(
                "it takes {} streams{}{}, and {} came",
                streams.len(),
                if streams.is_empty() { "" } else { ": " },
                streams.join(", "),
                self.streams.len()
            ));
        }
        match stream {
            Some(true) if !version.returns_stream => {
                return self.invalid("it returns a value, and no stream of items");
            }
            Some(false) if version.returns_stream => {
                return self.invalid("it returns a stream: take its items()");
            }
            _ => {}
        }
        let written = self.arguments.encode(arguments, self.elsewhere.as_ref());
        let written = written.map_err(|misfit| CallError::encode(&*self.name, misfit.to_string(), false))?;
        Ok(written.bytes)
    }
}
