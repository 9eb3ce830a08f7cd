//! Questions to the controller.

use bytes::Bytes;
use daffi_core::Right;
use daffi_core::proto::{
    self, Attributes, CallId, CallbackEntry, EncodeError, Failed, ProcessEntry, Query, Status,
};

use super::having::{self, Pairs};
use super::ids::{PeerId, ProviderKey, Sent};
use super::outlet::{Fault, Outlet};
use super::peers::{Peer, Stage};
use super::provider::{Function, Provider};
use super::state::Router;
use super::work::{Progress, Step, Task, Turn};

/// How often a process may ask for presence at a time.
const SUBSCRIPTIONS: usize = 16;

/// How many questions of a process may wait for something to appear.
pub(super) const WAITS: usize = 4096;

/// So many entries, of so many bytes, are sorted and encoded at once; for more, nobody waits.
const SHORT: usize = 128;
const FEW: usize = 64 * 1024;

/// An answer that is put together.
#[derive(Debug)]
struct Listing {
    peer: PeerId,
    call: CallId,
    entries: Entries,
    /// The place that is looked at next.
    place: usize,
    complete: bool,
    /// How many bytes it takes, about, and how many of these are docs.
    bytes: usize,
    docs: usize,
    /// How many bytes it may take.
    limit: usize,
    encoded: Option<Result<Bytes, EncodeError>>,
}

#[derive(Debug)]
enum Entries {
    Processes(Vec<ProcessEntry>),
    Callbacks(Vec<CallbackEntry>),
}

impl Entries {
    const fn len(&self) -> usize {
        match self {
            Self::Processes(entries) => entries.len(),
            Self::Callbacks(entries) => entries.len(),
        }
    }
}

impl Step for Listing {
    fn prepare(&mut self) {
        if self.complete && self.encoded.is_none() {
            self.encode();
        }
    }

    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.list(self, turn, &mut out)
    }
}

impl Listing {
    fn encode(&mut self) {
        // Freed here, and not where somebody waits for it.
        let entries = std::mem::replace(&mut self.entries, Entries::Processes(Vec::new()));
        // What was taken back and offered again while the list was put together may be on it twice.
        self.encoded = Some(match entries {
            Entries::Processes(mut entries) => {
                entries.sort_by(|a, b| a.name.cmp(&b.name));
                entries.dedup_by(|a, b| a.name == b.name);
                proto::encode(&entries)
            }
            Entries::Callbacks(mut entries) => {
                entries.sort_by(|a, b| a.name.cmp(&b.name));
                entries.dedup_by(|a, b| a.name == b.name);
                let is_long = self.docs > self.limit / 4;
                for entry in &mut entries {
                    entry.providers.sort();
                    if is_long {
                        entry.docs.clear();
                    }
                }
                proto::encode(&entries)
            }
        });
    }
}

impl Router {
    pub(super) fn query(
        &mut self,
        from: PeerId,
        call: CallId,
        query: &Query<'_>,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Task>, Fault> {
        self.claim(from, call)?;
        if let Err(failed) = self.check_question(from, query, turn) {
            self.refuse(from, call, failed, out);
            return Ok(None);
        }
        let overloaded = Failed::Overloaded { may_have_run: false };
        match *query {
            // The answer may be long (P6).
            Query::Processes | Query::Callbacks | Query::Presence | Query::Describe(_)
                if out.room(from) == 0 =>
            {
                self.refuse(from, call, overloaded, out);
            }
            // It is kept as long as somebody waits for it.
            _ if query.impossible().is_some() => {
                let reason = query.impossible().unwrap_or_default();
                self.refuse(from, call, Failed::Invalid { reason }, out);
            }
            _ if query.waits() && self.peers.get(from).is_some_and(|peer| peer.questions >= WAITS) => {
                self.refuse(from, call, overloaded, out);
            }
            _ if query.is_of_schedules() => self.ask_about_schedules(from, call, query, out)?,
            Query::WaitProcess(name) if self.peers.present(name).is_none() => {
                self.watchers.questions.for_process(name, from, call);
                self.note(from, call, Sent::Question);
            }
            Query::WaitFunction {
                name,
                process,
                ref having,
            } if !self.is_offered((name, having), process, from, turn) => {
                turn.spend_words(having::bytes(having));
                let questions = &mut self.watchers.questions;
                questions.for_function((name, having), process, (from, call));
                self.note(from, call, Sent::Question);
            }
            Query::WaitProcess(_) | Query::WaitFunction { .. } => {
                self.answer(from, call, Status::Value, &Bytes::new(), out);
            }
            Query::Presence if self.watchers.subscriptions_of(from) >= SUBSCRIPTIONS => {
                self.refuse(from, call, overloaded, out);
            }
            Query::Presence => return Ok(Some(self.subscribe(from, call))),
            Query::Processes => return Ok(Some(self.listing(from, call, Entries::Processes(Vec::new())))),
            Query::Callbacks => return Ok(Some(self.listing(from, call, Entries::Callbacks(Vec::new())))),
            Query::Describe(name) => return Ok(self.describing(from, call, name, turn, out)),
            _ => return Err(Fault::Unexpected("an unknown question")),
        }
        Ok(None)
    }

    /// Checks that a process may know what it asks.
    fn check_question(&mut self, from: PeerId, query: &Query<'_>, turn: &mut Turn) -> Result<(), Failed> {
        match *query {
            // Of each schedule by itself, when it is known what it calls.
            _ if query.is_of_schedules() => Ok(()),
            Query::WaitFunction { name, .. } | Query::Describe(name) => self.check_known(from, name, turn),
            Query::WaitProcess(name) => self.check_right(from, Right::Observe, name, turn),
            _ => self.check_right(from, Right::Observe, "*", turn),
        }
    }

    /// Whether that process, or any other than the asking one, offers a callback.
    fn is_offered(
        &self,
        (name, having): (&str, &Pairs<'_>),
        process: Option<&str>,
        from: PeerId,
        turn: &mut Turn,
    ) -> bool {
        let function = self.directory.function(name);
        if let Some(process) = process {
            let peer = self.peers.present(process);
            let offer = peer.zip(function);
            let offer = offer.and_then(|(peer, (key, _))| self.directory.offer_of(peer, key));
            return offer.is_some_and(|(_, provider)| provider.has(having) && self.is_there(provider));
        }
        let group = (!having.is_empty()).then(|| self.directory.group(name, having));
        let function = group.flatten().or(function);
        let function = function.map(|(_, function)| function);
        let shown = function.map_or(&[][..], |function| function.shown());
        // The first or the second is there, as a rule: others are about to come or to go.
        let is_there = |key: &ProviderKey| {
            let provider = self.directory.provider(*key);
            provider.is_some_and(|provider| {
                provider.peer != from && provider.has(having) && self.is_there(provider)
            })
        };
        let found = shown.iter().position(is_there);
        turn.spend_looks(found.unwrap_or(shown.len()));
        found.is_some()
    }

    /// Whether a callback can be called.
    pub(super) fn is_there(&self, provider: &Provider) -> bool {
        let peer = self.peers.get(provider.peer);
        provider.live && peer.is_some_and(Peer::is_callable)
    }

    fn listing(&self, peer: PeerId, call: CallId, entries: Entries) -> Task {
        Box::new(Listing {
            peer,
            call,
            entries,
            place: 0,
            complete: false,
            bytes: 0,
            docs: 0,
            limit: self.limits.frame_bytes,
            encoded: None,
        })
    }

    /// Puts an answer together, and sends it.
    fn list(&mut self, listing: &mut Listing, turn: &mut Turn, out: &mut impl Outlet) -> Progress {
        // That may have been taken away meanwhile.
        if let Err(failed) = self.check_right(listing.peer, Right::Observe, "*", turn) {
            self.refuse(listing.peer, listing.call, failed, out);
            return Progress::Done;
        }
        while !listing.complete {
            if !turn.spend() {
                return Progress::More;
            }
            listing.complete = !self.list_next(listing, turn);
            if listing.bytes - listing.docs > listing.limit {
                let failed = Failed::TooLarge {
                    size: listing.bytes as u64,
                    limit: listing.limit as u64,
                    may_have_run: false,
                };
                self.refuse(listing.peer, listing.call, failed, out);
                return Progress::Done;
            }
        }
        if listing.encoded.is_none() {
            if listing.entries.len() > SHORT || listing.bytes > FEW {
                return Progress::More;
            }
            listing.encode();
        }
        match listing.encoded.take() {
            Some(Err(error)) => {
                let message = error.to_string();
                self.refuse(listing.peer, listing.call, Failed::Encode { message }, out);
            }
            encoded => {
                let payload = encoded.and_then(Result::ok).unwrap_or_default();
                self.answer(listing.peer, listing.call, Status::Value, &payload, out);
            }
        }
        Progress::Done
    }

    /// Adds the next entry; `false` if there is none.
    fn list_next(&self, listing: &mut Listing, turn: &mut Turn) -> bool {
        match &mut listing.entries {
            Entries::Processes(entries) => {
                let Some((id, peer)) = self.peers.from(listing.place).next() else {
                    return false;
                };
                listing.place = id.index() + 1;
                if peer.stage == Stage::Present {
                    listing.bytes += peer.name.len() + peer.identity.name().map_or(0, str::len);
                    listing.bytes += peer.attributes.bytes();
                    entries.push(ProcessEntry {
                        name: peer.name.to_string(),
                        pid: peer.pid,
                        callbacks: u32::try_from(peer.listing.len()).unwrap_or(u32::MAX),
                        identity: peer.identity.map(ToString::to_string),
                        attributes: Attributes::clone(&peer.attributes),
                    });
                }
            }
            Entries::Callbacks(entries) => {
                let Some(function) = self.directory.function_at(listing.place) else {
                    return false;
                };
                listing.place += 1;
                // They are left out where they make it long.
                let with_docs = listing.docs <= listing.limit / 4;
                if let Some(entry) = function.and_then(|function| self.entry(function, with_docs)) {
                    turn.spend_looks(entry.providers.len() * 2);
                    listing.docs += entry.docs.len();
                    listing.bytes += entry.name.len() + entry.docs.len() + entry.signature.size();
                    listing.bytes += entry.providers.iter().map(String::len).sum::<usize>();
                    entries.push(entry);
                }
            }
        }
        true
    }

    /// A callback as its first provider offers it, with all who offer it.
    fn entry(&self, function: &Function, with_docs: bool) -> Option<CallbackEntry> {
        let shown = function.shown().iter();
        let shown = shown.filter_map(|key| self.directory.provider(*key));
        let mut shown = shown.filter(|provider| self.is_there(provider)).peekable();
        let first = *shown.peek()?;
        let name = |provider: &Provider| Some(self.process_name(provider.peer)?.to_owned());
        let providers: Vec<_> = shown.filter_map(name).collect();
        Some(CallbackEntry {
            name: function.name.to_string(),
            signature: first.signature.as_deref()?.clone(),
            docs: if with_docs {
                first.docs.to_string()
            } else {
                String::new()
            },
            concurrency: first.concurrency,
            concurrency_per_caller: first.per_caller.as_ref().map(|per_caller| per_caller.limit),
            providers,
            balance: first.balance,
        })
    }
}
