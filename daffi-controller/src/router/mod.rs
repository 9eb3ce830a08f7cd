//! Who offers what, whom to pick, and which calls are on their way: a plain state machine.
//!
//! Frames come in with the link that they came from; what is to be sent goes out through an [`Outlet`].
//!
//! **Invariant:** no socket, clock, task or lock, and no randomness but a seed. It knows `daffi_core::proto` and
//! nothing else; payloads pass through as the `Bytes` that came in and are never looked into.
//!
//! Every call gets exactly one reply on each of its two links (P1): its entry stays until the provider has replied
//! or is gone, even when its caller has cancelled it or left.

mod broadcast;
mod directory;
mod pick;
mod presence;
mod streams;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::HashMap;

use bytes::Bytes;
use daffi_core::proto::{
    self, Absence, CallHeader, CallId, CallbackEntry, CallbackId, DecodeError, EncodeError, Failed,
    FrameError, Header, Hello, Limits, Mode, Offered, Parting, ProcessEntry, Query, Refusal, RunHeader,
    Status,
};
use slab::Slab;

use self::broadcast::{Broadcast, BroadcastId, Part};
use self::directory::Directory;
use self::pick::{Choice, Picker, Wish};
use self::presence::Subscribers;
use self::waiting::Waiting;

/// How often a process may ask for presence at a time.
const SUBSCRIPTIONS: usize = 16;

/// A connection, as the router names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(pub usize);

/// Where frames go.
pub trait Outlet {
    /// Queues a frame for a link.
    ///
    /// # Errors
    ///
    /// When the frame is over the link's limit. A link that is gone takes everything; the router will be told.
    fn send(&mut self, to: LinkId, header: &Header<'_>, payload: &Bytes) -> Result<(), FrameError>;

    /// How many more bytes the link's queue takes.
    fn room(&self, to: LinkId) -> usize;
}

/// A peer sent something that no node sends. Its connection is to be closed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It does not decode.
    #[error("a frame does not decode: {0}")]
    Decode(#[from] DecodeError),
    /// It has no place here.
    #[error("{0}")]
    Unexpected(&'static str),
}

/// Callbacks that a process offers, decoded, with the numbers of the signatures that may call them.
#[derive(Debug)]
pub struct Offers {
    offered: Vec<Offered>,
    bytes: usize,
}

impl Offers {
    /// Decodes the payload of a [`Header::Offer`]. This may take a while and needs no router.
    ///
    /// # Errors
    ///
    /// When no node would send it.
    pub fn decode(payload: &Bytes) -> Result<Self, Fault> {
        let offered: Vec<Offered> = proto::decode_guarded(payload)?;
        let is_named = |offered: &Offered| (1..=Limits::NAME_BYTES).contains(&offered.name.len());
        if !offered.iter().all(is_named) {
            return Err(Fault::Unexpected("a callback's name has 1 to 255 bytes"));
        }
        Ok(Self {
            offered,
            bytes: payload.len(),
        })
    }
}

/// The state of all routing.
#[derive(Debug)]
pub struct Router {
    links: Slab<Peer>,
    names: HashMap<Box<str>, LinkId>,
    directory: Directory,
    calls: Slab<Outstanding>,
    broadcasts: Slab<Broadcast>,
    waiting: Waiting,
    subscribers: Subscribers,
    picker: Picker,
    limits: Limits,
}

/// A process that was let in.
#[derive(Debug)]
struct Peer {
    name: Box<str>,
    pid: u32,
    instance: u128,
    /// It has announced its callbacks and is on the roster.
    ready: bool,
    /// It has said goodbye.
    leaving: bool,
    /// What became of its calls, by its numbers.
    calls: Vec<Option<Sent>>,
}

/// Something that a peer sent and that has not been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// A call that is on its way: the controller's number.
    Routed(CallId),
    /// A call to many: the controller's number for it.
    Broadcast(BroadcastId),
    /// A question that waits for something to appear.
    Waiting,
    /// The question what happens.
    Presence,
}

/// A call on its way.
#[derive(Clone, Copy, Debug)]
struct Outstanding {
    /// Whom to tell how it ended.
    caller: Caller,
    provider: LinkId,
    callback: CallbackId,
    /// The provider knows that nobody wants the answer.
    cancelled: bool,
}

/// Who is told how a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// A process, under its number.
    Call(LinkId, CallId),
    /// A broadcast, of which it is a part.
    Part(Part),
    /// Nobody: the caller has left, or has handed the call over.
    Nobody,
}

impl Outstanding {
    /// Tells the provider, once, that nobody wants the answer to its call `number`.
    fn cancel(&mut self, number: CallId, out: &mut impl Outlet) {
        if !std::mem::replace(&mut self.cancelled, true) {
            // Without a payload it fits every limit.
            let _ = out.send(self.provider, &Header::Cancel { call: number }, &Bytes::new());
        }
    }
}

impl Router {
    /// A router without links. `seed` decides its random choices.
    #[must_use]
    pub fn new(limits: Limits, seed: u64) -> Self {
        Self {
            links: Slab::new(),
            names: HashMap::new(),
            directory: Directory::default(),
            calls: Slab::new(),
            broadcasts: Slab::new(),
            waiting: Waiting::default(),
            subscribers: Subscribers::default(),
            picker: Picker::new(seed),
            limits,
        }
    }

    /// How many calls are on their way.
    #[must_use]
    pub fn calls_outstanding(&self) -> usize {
        self.calls.len()
    }

    /// The name of the process at a link.
    #[must_use]
    pub fn process_name(&self, link: LinkId) -> Option<&str> {
        self.links.get(link.0).map(|peer| &*peer.name)
    }

    /// A process asks to be let in.
    ///
    /// # Errors
    ///
    /// The refusal to answer.
    pub fn connect(&mut self, hello: &Hello) -> Result<LinkId, Refusal> {
        if let Some(holder) = self
            .names
            .get(&*hello.process_name)
            .and_then(|link| self.links.get(link.0))
        {
            return Err(Refusal::NameTaken {
                name: hello.process_name.clone(),
                pid: holder.pid,
            });
        }
        let peer = Peer {
            name: hello.process_name.as_str().into(),
            pid: hello.pid,
            instance: hello.instance,
            ready: false,
            leaving: false,
            calls: Vec::new(),
        };
        let link = LinkId(self.links.insert(peer));
        self.names.insert(hello.process_name.as_str().into(), link);
        Ok(link)
    }

    /// If the name that `hello` asks for is held by an earlier connection of the same start of the same process, that
    /// connection: it is dead, though nobody has noticed yet.
    #[must_use]
    pub fn predecessor(&self, hello: &Hello) -> Option<LinkId> {
        let link = *self.names.get(&*hello.process_name)?;
        let peer = self.links.get(link.0)?;
        (peer.instance == hello.instance).then_some(link)
    }

    /// A connection has ended. Its calls are cancelled (P4); those it was running end for their callers (P3).
    pub fn disconnect(&mut self, link: LinkId, out: &mut impl Outlet) {
        let Some(peer) = self.links.try_remove(link.0) else {
            return;
        };
        self.names.remove(&peer.name);
        self.directory.remove_link(link);
        self.waiting.forget_link(link);
        self.subscribers.forget_link(link);
        let broadcasts = &self.broadcasts;
        let mut lost = Vec::new();
        for (key, call) in &mut self.calls {
            if call.provider == link {
                lost.push(key);
            }
            let abandoned = match call.caller {
                Caller::Call(caller, _) => caller == link,
                Caller::Part(part) => broadcasts
                    .get(part.of.0)
                    .is_some_and(|broadcast| broadcast.is_of(link)),
                Caller::Nobody => false,
            };
            if abandoned {
                call.caller = Caller::Nobody;
                if call.provider != link {
                    call.cancel(number(key), out);
                }
            }
        }
        self.broadcasts.retain(|_, broadcast| !broadcast.is_of(link));
        for key in lost {
            let call = self.calls.remove(key);
            let failed = Failed::ProviderLost {
                process: peer.name.clone().into(),
            };
            self.end(&call, Status::Failed(failed), &Bytes::new(), out);
        }
        if peer.ready {
            self.happened_left(&peer.name, Parting::Lost, out);
        }
    }

    /// A frame has arrived.
    ///
    /// # Errors
    ///
    /// When no node would send it.
    pub fn receive(
        &mut self,
        from: LinkId,
        header: Header<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        if !self.links.contains(from.0) {
            // It was disconnected while its frames were on their way.
            return Ok(());
        }
        match header {
            Header::Call(header) => self.call(from, &header, payload, out),
            Header::Reply { call, status } => self.reply(from, call, status, payload, out),
            Header::Cancel { call } => {
                self.cancel(from, call, out);
                Ok(())
            }
            Header::Offer { call, ready } => self.offer(from, call, ready, Offers::decode(payload)?, out),
            Header::Withdraw { call } => self.withdraw(from, call, payload, out),
            Header::Query { call, query } => self.query(from, call, &query, out),
            Header::Goodbye => {
                self.leave(from, out);
                Ok(())
            }
            Header::Heartbeat { .. } => Ok(()),
            Header::Opened { .. }
            | Header::Items { .. }
            | Header::Close { .. }
            | Header::Credit { .. }
            | Header::Stop { .. } => self.stream(from, header, payload, out),
            _ => Err(Fault::Unexpected("a frame that has no place after the handshake")),
        }
    }

    // ------------------------------------------------------------------ calls

    fn call(
        &mut self,
        from: LinkId,
        header: &CallHeader<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        self.claim(from, header.call)?;
        let caller = match header.mode {
            Mode::Answered | Mode::Each => Caller::Call(from, header.call),
            Mode::HandedOver => Caller::Nobody,
            Mode::Broadcast => {
                self.broadcast(from, header, payload, out);
                return Ok(());
            }
            _ => return Err(Fault::Unexpected("an unknown way to call")),
        };
        let choice = self.pick(from, header, payload.len(), out);
        match choice.and_then(|choice| self.run(from, header, payload, choice, caller, out)) {
            Ok(routed) if caller == Caller::Nobody => {
                debug_assert!(self.calls.contains(routed.0 as usize));
                self.answer(from, header.call, Status::Value, &Bytes::new(), out);
            }
            Ok(routed) => self.note(from, header.call, Sent::Routed(routed)),
            Err(failed) => self.refuse(from, header.call, failed, out),
        }
        Ok(())
    }

    /// Whom to ask.
    fn pick(
        &mut self,
        from: LinkId,
        header: &CallHeader<'_>,
        size: usize,
        out: &impl Outlet,
    ) -> Result<Choice, Failed> {
        let to = match header.to {
            None => None,
            Some(name) => {
                let link = self
                    .names
                    .get(name)
                    .filter(|link| self.links.get(link.0).is_some_and(|peer| peer.ready));
                Some(*link.ok_or(Failed::NoProvider(Absence::ProcessUnknown))?)
            }
        };
        let wish = Wish {
            signature: header.signature,
            caller: from,
            to,
            key: header.key,
        };
        let providers = self.directory.providers(header.name);
        let needed = self.needed_room(size);
        self.picker
            .pick(providers, &wish, |link| out.room(link) >= needed)
    }

    /// How much room a queue must have for a payload of so many bytes. One that holds nothing takes any frame, however
    /// small its budget; a frame without payload takes room, too.
    fn needed_room(&self, size: usize) -> usize {
        size.clamp(1, (self.limits.queue_bytes / 2).max(1))
    }

    /// Hands the call to its provider.
    fn run(
        &mut self,
        from: LinkId,
        header: &CallHeader<'_>,
        payload: &Bytes,
        choice: Choice,
        caller: Caller,
        out: &mut impl Outlet,
    ) -> Result<CallId, Failed> {
        let name = self.links.get(from.0).map_or("", |peer| &*peer.name);
        let slot = self.calls.vacant_entry();
        let call = number(slot.key());
        let run = RunHeader {
            call,
            callback: choice.callback,
            caller: name,
            deadline: header.deadline,
            trace: header.trace,
            metadata: header.metadata.clone(),
        };
        let run = match header.mode {
            Mode::Each => Header::RunEach(run),
            _ => Header::Run(run),
        };
        out.send(choice.provider, &run, payload)
            .map_err(|error| refused(&error, false))?;
        slot.insert(Outstanding {
            caller,
            provider: choice.provider,
            callback: choice.callback,
            cancelled: false,
        });
        self.directory
            .begin(header.name, choice.provider, choice.callback);
        Ok(call)
    }

    /// A provider has answered.
    fn reply(
        &mut self,
        from: LinkId,
        call: CallId,
        status: Status<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        let key = call.0 as usize;
        if self.calls.get(key).is_none_or(|call| call.provider != from) {
            return Err(Fault::Unexpected("a reply to a call that it was not given"));
        }
        let call = self.calls.remove(key);
        self.directory.end(call.provider, call.callback);
        self.end(&call, status, payload, out);
        Ok(())
    }

    /// Tells the caller, if it is still there, how its call ended.
    fn end(&mut self, call: &Outstanding, status: Status<'_>, payload: &Bytes, out: &mut impl Outlet) {
        let link = match call.caller {
            Caller::Call(link, _) => link,
            Caller::Part(part) => self
                .broadcasts
                .get(part.of.0)
                .map_or(LinkId(usize::MAX), Broadcast::caller),
            Caller::Nobody => return,
        };
        // One that does not read its answers gets small ones instead (P6).
        let empty = Bytes::new();
        let (status, payload) = if !(payload.is_empty() && is_small(&status)) && out.room(link) == 0 {
            (Status::Failed(Failed::Overloaded { may_have_run: true }), &empty)
        } else {
            (status, payload)
        };
        match call.caller {
            Caller::Call(caller, number) => self.answer(caller, number, status, payload, out),
            Caller::Part(part) => self.end_part(part, status, payload, out),
            Caller::Nobody => {}
        }
    }

    /// Answers what a peer sent under `call`.
    fn answer(
        &mut self,
        to: LinkId,
        call: CallId,
        status: Status<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) {
        if let Some(peer) = self.links.get_mut(to.0)
            && let Some(slot) = peer.calls.get_mut(call.0 as usize)
        {
            *slot = None;
        }
        let may_have_run = may_have_run(&status);
        if let Err(error) = out.send(to, &Header::Reply { call, status }, payload) {
            let status = Status::Failed(refused(&error, may_have_run));
            // Without a payload it fits every limit.
            let _ = out.send(to, &Header::Reply { call, status }, &Bytes::new());
        }
    }

    /// Answers what a peer sent under `call` with a failure.
    fn refuse(&mut self, to: LinkId, call: CallId, failed: Failed, out: &mut impl Outlet) {
        self.answer(to, call, Status::Failed(failed), &Bytes::new(), out);
    }

    fn cancel(&mut self, from: LinkId, call: CallId, out: &mut impl Outlet) {
        let sent = self
            .links
            .get(from.0)
            .and_then(|peer| *peer.calls.get(call.0 as usize)?);
        match sent {
            // The provider's reply ends it; until then its number is in use.
            Some(Sent::Routed(routed)) => {
                if let Some(outstanding) = self.calls.get_mut(routed.0 as usize) {
                    outstanding.cancel(routed, out);
                }
            }
            Some(Sent::Broadcast(id)) => self.cancel_broadcast(id, out),
            Some(sent @ (Sent::Waiting | Sent::Presence)) => {
                match sent {
                    Sent::Presence => self.subscribers.forget(from, call),
                    _ => self.waiting.forget(from, call),
                }
                self.refuse(from, call, Failed::Cancelled { may_have_run: false }, out);
            }
            // The answer is on its way already.
            None => {}
        }
    }

    /// Checks that a peer may use a number.
    fn claim(&mut self, from: LinkId, call: CallId) -> Result<(), Fault> {
        let Some(peer) = self.links.get_mut(from.0) else {
            return Ok(());
        };
        if call.0 >= self.limits.calls {
            return Err(Fault::Unexpected("a call number over the limit"));
        }
        let index = call.0 as usize;
        if peer.calls.len() <= index {
            peer.calls.resize(index + 1, None);
        }
        if peer.calls[index].is_some() {
            return Err(Fault::Unexpected("a call number that is in use"));
        }
        Ok(())
    }

    fn note(&mut self, from: LinkId, call: CallId, sent: Sent) {
        if let Some(slot) = self
            .links
            .get_mut(from.0)
            .and_then(|peer| peer.calls.get_mut(call.0 as usize))
        {
            *slot = Some(sent);
        }
    }

    // ------------------------------------------------------------------ the roster

    /// A process offers callbacks. As [`receive`](Self::receive) for a [`Header::Offer`], whose payload may be decoded
    /// where nobody waits for it.
    ///
    /// # Errors
    ///
    /// When no node would send it.
    pub fn offer(
        &mut self,
        from: LinkId,
        call: CallId,
        ready: bool,
        offers: Offers,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        if !self.links.contains(from.0) {
            return Ok(());
        }
        self.claim(from, call)?;
        let Offers { offered, bytes } = offers;
        let refusal = self
            .too_many(from, &offered, bytes)
            .or_else(|| self.left(from))
            .or_else(|| self.twice(from, &offered))
            .or_else(|| self.conflict(from, &offered, ready));
        if let Some(reason) = refusal {
            self.refuse(from, call, Failed::Denied { reason }, out);
            return Ok(());
        }
        let names: Vec<Box<str>> = offered
            .iter()
            .map(|offered| offered.name.as_str().into())
            .collect();
        let process_name = self.process_name(from).unwrap_or_default().to_owned();
        let each = bytes / offered.len().max(1);
        for offered in offered {
            self.directory.add(from, &process_name, offered, each);
        }
        self.answer(from, call, Status::Value, &Bytes::new(), out);
        let Some(peer) = self.links.get_mut(from.0) else {
            return Ok(());
        };
        let joins = ready && !peer.ready;
        peer.ready |= ready;
        if !peer.ready {
            return Ok(());
        }
        let name = peer.name.clone();
        self.directory.show(from);
        if joins {
            let woken = self.waiting.process_appeared(&name);
            self.wake(woken, out);
        }
        let appeared = if joins {
            self.directory.names_of(from)
        } else {
            names
        };
        for name in &appeared {
            let woken = self.waiting.function_appeared(name, from);
            self.wake(woken, out);
        }
        self.happened_offered(&name, joins, &appeared, out);
        Ok(())
    }

    /// Why a process cannot offer these beside what it offers already.
    fn too_many(&self, from: LinkId, offered: &[Offered], bytes: usize) -> Option<String> {
        let new = offered
            .iter()
            .filter(|offered| !self.directory.has(from, offered.callback));
        let count = self.directory.count_of(from) + new.count();
        if count > Limits::CALLBACKS {
            let most = Limits::CALLBACKS;
            return Some(format!("a process offers at most {most} callbacks, not {count}"));
        }
        let all = self.directory.bytes_of(from) + bytes;
        if all > Limits::OFFER_BYTES {
            let most = Limits::OFFER_BYTES;
            return Some(format!(
                "what a process offers takes at most {most} bytes, with names, types and docs, not {all}"
            ));
        }
        let long = offered
            .iter()
            .find(|offered| offered.docs.len() > Limits::DOCS_BYTES)?;
        let (name, length, most) = (&long.name, long.docs.len(), Limits::DOCS_BYTES);
        Some(format!(
            "the docs of `{name}` have {length} bytes, and at most {most} are taken"
        ))
    }

    /// Why a process that is about to leave offers nothing more.
    fn left(&self, from: LinkId) -> Option<String> {
        let peer = self.links.get(from.0)?;
        peer.leaving
            .then(|| "the process is about to stop, so nothing more is offered".to_owned())
    }

    /// Why a process cannot offer a name once more.
    fn twice(&self, from: LinkId, offered: &[Offered]) -> Option<String> {
        let mut names = HashMap::new();
        offered.iter().find_map(|offered| {
            let name = offered.name.as_str();
            let before = names.insert(name, offered.callback);
            let other = before.is_some_and(|before| before != offered.callback)
                || self.directory.has_other(from, name, offered.callback);
            other.then(|| format!("the process offers `{name}` already: a name is offered once"))
        })
    }

    /// Why a process cannot offer these beside what others offer. When it joins, that goes for all that it has offered,
    /// since others may have come before it.
    fn conflict(&self, from: LinkId, offered: &[Offered], ready: bool) -> Option<String> {
        let hidden = ready.then(|| self.directory.hidden(from)).into_iter().flatten();
        hidden.chain(offered).find_map(|offered| {
            let others = self.directory.providers(&offered.name).iter();
            let other = others
                .filter(|other| other.link != from)
                .find(|other| other.offered.balance != offered.balance)?;
            Some(format!(
                "process {:?} shares the calls of `{}` by balance = \"{}\", and process {:?} would by \"{}\": all \
                 providers of a callback say the same",
                self.process_name(other.link).unwrap_or_default(),
                offered.name,
                other.offered.balance,
                self.process_name(from).unwrap_or_default(),
                offered.balance,
            ))
        })
    }

    fn wake(&mut self, woken: Vec<(LinkId, CallId)>, out: &mut impl Outlet) {
        for (link, call) in woken {
            self.answer(link, call, Status::Value, &Bytes::new(), out);
        }
    }

    fn withdraw(
        &mut self,
        from: LinkId,
        call: CallId,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        self.claim(from, call)?;
        let callbacks: Vec<CallbackId> = proto::decode_guarded(payload)?;
        let withdrawn: Vec<_> = callbacks
            .into_iter()
            .filter_map(|callback| self.directory.remove(from, callback))
            .collect();
        self.answer(from, call, Status::Value, &Bytes::new(), out);
        self.happened_withdrawn(from, &withdrawn, out);
        Ok(())
    }

    /// A process is about to leave: it gets no more calls.
    fn leave(&mut self, from: LinkId, out: &mut impl Outlet) {
        self.directory.remove_link(from);
        let Some(peer) = self.links.get_mut(from.0) else {
            return;
        };
        peer.leaving = true;
        if std::mem::replace(&mut peer.ready, false) {
            let name = peer.name.clone();
            self.happened_left(&name, Parting::Stopped, out);
        }
    }

    fn query(
        &mut self,
        from: LinkId,
        call: CallId,
        query: &Query<'_>,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        self.claim(from, call)?;
        let answer = match *query {
            // The answer may be long (P6).
            Query::Processes | Query::Callbacks | Query::Presence if out.room(from) == 0 => {
                self.refuse(from, call, Failed::Overloaded { may_have_run: false }, out);
                return Ok(());
            }
            // It is kept as long as somebody waits for it.
            Query::WaitProcess(name) | Query::WaitFunction(name) if name.len() > Limits::NAME_BYTES => {
                let reason = format!("a name has 1 to {} bytes", Limits::NAME_BYTES);
                self.refuse(from, call, Failed::Denied { reason }, out);
                return Ok(());
            }
            Query::WaitProcess(name) => {
                let there = self.names.get(name).and_then(|link| self.links.get(link.0));
                if there.is_none_or(|peer| !peer.ready) {
                    self.waiting.for_process(name, from, call);
                    self.note(from, call, Sent::Waiting);
                    return Ok(());
                }
                Ok(Bytes::new())
            }
            Query::WaitFunction(name) => {
                if !self
                    .directory
                    .providers(name)
                    .iter()
                    .any(|provider| provider.link != from)
                {
                    self.waiting.for_function(name, from, call);
                    self.note(from, call, Sent::Waiting);
                    return Ok(());
                }
                Ok(Bytes::new())
            }
            Query::Presence if self.subscribers.count_of(from) >= SUBSCRIPTIONS => {
                self.refuse(from, call, Failed::Overloaded { may_have_run: false }, out);
                return Ok(());
            }
            Query::Presence => {
                self.note(from, call, Sent::Presence);
                self.subscribe(from, call, out);
                return Ok(());
            }
            Query::Processes => proto::encode(&self.processes()),
            Query::Callbacks => self.encoded_callbacks(),
            _ => return Err(Fault::Unexpected("an unknown question")),
        };
        match answer {
            Ok(payload) => self.answer(from, call, Status::Value, &payload, out),
            Err(error) => {
                let message = error.to_string();
                self.refuse(from, call, Failed::Encode { message }, out);
            }
        }
        Ok(())
    }

    /// All callbacks, without their docs if these make it long.
    fn encoded_callbacks(&self) -> Result<Bytes, EncodeError> {
        let mut callbacks = self.callbacks();
        let docs: usize = callbacks.iter().map(|callback| callback.docs.len()).sum();
        if docs > self.limits.frame_bytes / 4 {
            callbacks.iter_mut().for_each(|callback| callback.docs.clear());
        }
        proto::encode(&callbacks)
    }

    /// The processes on the roster, by name.
    #[must_use]
    pub fn processes(&self) -> Vec<ProcessEntry> {
        let ready = self.links.iter().filter(|(_, peer)| peer.ready);
        let mut processes: Vec<_> = ready
            .map(|(link, peer)| {
                let callbacks = self.directory.names_of(LinkId(link)).len();
                ProcessEntry {
                    name: peer.name.clone().into(),
                    pid: peer.pid,
                    callbacks: u32::try_from(callbacks).unwrap_or(u32::MAX),
                }
            })
            .collect();
        processes.sort_by(|a, b| a.name.cmp(&b.name));
        processes
    }

    /// The callbacks that can be called, by name.
    #[must_use]
    pub fn callbacks(&self) -> Vec<CallbackEntry> {
        self.directory
            .callbacks(|link| self.process_name(link).unwrap_or_default().to_owned())
    }

    /// The controller is about to stop: tells everybody.
    pub fn stop(&mut self, out: &mut impl Outlet) {
        for (link, _) in &self.links {
            let _ = out.send(LinkId(link), &Header::Goodbye, &Bytes::new());
        }
    }
}

/// The number of a call in a slab.
fn number(key: usize) -> CallId {
    // The calls of all links together stay far below 2^32: each takes memory.
    CallId(u32::try_from(key).unwrap_or(u32::MAX))
}

/// Whether a status takes but a few bytes.
const fn is_small(status: &Status<'_>) -> bool {
    match status {
        Status::Value => true,
        Status::App { .. } => false,
        Status::Failed(Failed::ProviderLost { process }) => process.len() <= Limits::NAME_BYTES,
        Status::Failed(failed) => matches!(
            failed,
            Failed::NoProvider(_)
                | Failed::Timeout { .. }
                | Failed::Cancelled { .. }
                | Failed::Overloaded { .. }
                | Failed::TooLarge { .. }
                | Failed::Disconnected { .. }
        ),
    }
}

/// Whether a callback may have run that ended so.
fn may_have_run(status: &Status<'_>) -> bool {
    match status {
        Status::Value | Status::App { .. } => true,
        Status::Failed(failed) => failed.may_have_run(),
    }
}

/// What to answer when a frame was refused.
fn refused(error: &FrameError, may_have_run: bool) -> Failed {
    match error {
        FrameError::TooLarge { size, limit } => Failed::TooLarge {
            size: *size as u64,
            limit: *limit as u64,
            may_have_run,
        },
        FrameError::Encode(error) => Failed::Encode {
            message: error.to_string(),
        },
    }
}
