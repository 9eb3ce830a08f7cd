//! Calls that wait for a provider with a free place (P14).
//!
//! A call waits where all that could run it run as many as they may. Whenever a place is free, it is filled before anything
//! else is done, so a call that comes finds either a free place or others that wait for one. What keeps a call that waits from
//! a free place (the provider does not read, or runs too much of others) ends without the router hearing of it; such lines
//! are looked at again from time to time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{self, Absence, Failed, Header, Moment, Status, StreamId};

use super::directory::Directory;
use super::ids::{Caller, FunctionKey, PeerId, ProviderKey, Routed, Sent, WaitId};
use super::lines::{Admission, Bound, LineKey, Parked};
use super::made::Made;
use super::outlet::Outlet;
use super::pick::{OVERLOADED, Obstacle, Unrouted, Wish};
use super::state::Router;
use super::work::{Progress, Step, Task, Turn, Work};

/// How long until calls are looked at again that wait for something that nobody tells.
const PAUSE: Duration = Duration::from_millis(20);

/// So many lines are looked at again each time.
const LOOKED_AT: usize = 256;

/// Of so many callers one is looked for whose call a provider takes.
const TRIED: usize = 8;

/// A payload that is shorter may have come with others, and keeps as much as was read with it. One that waits does not.
const SHARED_BYTES: usize = 128 * 1024;

/// A call that is to wait.
#[derive(Debug)]
pub(super) struct Wait<'a> {
    pub(super) by: PeerId,
    pub(super) caller: Caller,
    pub(super) named: Option<PeerId>,
    pub(super) made: Arc<Made>,
    pub(super) payload: &'a Bytes,
    pub(super) size: usize,
    /// It may wait for something other than the end of another call.
    pub(super) unsure: bool,
}

/// Whether a provider was given all that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Served {
    All,
    /// The turn is over.
    Some,
}

/// Providers that are new, and have places.
#[derive(Debug)]
pub(super) struct Serving(pub(super) std::vec::IntoIter<ProviderKey>);

impl Step for Serving {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        while let Some(key) = self.0.as_slice().first() {
            if router.serve_until(*key, turn, &mut out) == Served::Some {
                return Progress::More;
            }
            self.0.next();
            if !turn.spend() {
                return Progress::More;
            }
        }
        Progress::Done
    }
}

/// Calls whose line nobody serves any more.
#[derive(Debug)]
pub(super) struct Rerouting;

impl Step for Rerouting {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        while router.lines.has_adrift() {
            if !turn.spend() {
                return Progress::More;
            }
            if let Some(call) = router.lines.next_adrift() {
                router.reroute(call, turn, &mut out);
            }
        }
        Progress::Done
    }
}

/// Lines that are looked at again.
#[derive(Debug)]
struct Retrying {
    left: usize,
}

impl Step for Retrying {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        while self.left > 0
            && let Some(line) = router.lines.next_stalled()
        {
            if !router.retry(line, turn, &mut out) {
                return Progress::More;
            }
            router.lines.looked_at(line);
            self.left -= 1;
        }
        if router.lines.stalled() > 0 {
            router.look_again = Some(turn.now() + PAUSE);
        }
        Progress::Done
    }
}

impl Router {
    /// How many calls wait for a provider.
    #[must_use]
    pub fn calls_waiting(&self) -> usize {
        self.lines.len()
    }

    /// When [`on_timeout`](Self::on_timeout) is to be called, if nothing else happens.
    #[must_use]
    pub const fn next_timeout(&self) -> Option<Moment> {
        self.look_again
    }

    /// Time has passed.
    pub fn on_timeout(&mut self, turn: &mut Turn, out: &mut impl Outlet) -> Option<Work> {
        self.look_again = self.look_again.filter(|moment| *moment > turn.now());
        if self.look_again.is_some() || self.lines.stalled() == 0 {
            return None;
        }
        let left = self.lines.stalled().min(LOOKED_AT);
        self.begin(Some(Box::new(Retrying { left })), turn, out)
    }

    // ------------------------------------------------------------------ to wait

    /// A call waits.
    pub(super) fn park(
        &mut self,
        wait: Wait<'_>,
        turn: &Turn,
        out: &mut impl Outlet,
    ) -> Result<WaitId, Failed> {
        let function = self.directory.function(&wait.made.name);
        let (line, calls) = function
            .and_then(|(key, function)| self.line(key, wait.named, wait.made.signature, function.queue()))
            .ok_or(Failed::NoProvider(Absence::Nobody))?;
        let bytes = self.limits.queue_bytes;
        match self
            .lines
            .admission(line, wait.by, wait.size, Bound { calls, bytes })
        {
            Admission::Granted => {}
            Admission::Instead(other) => {
                if let Some(parked) = self.unpark(other) {
                    self.end_parked(&parked, OVERLOADED, out);
                }
            }
            Admission::Denied => return Err(OVERLOADED),
        }
        let payload = if wait.payload.len() < SHARED_BYTES {
            Bytes::copy_from_slice(wait.payload)
        } else {
            wait.payload.clone()
        };
        let id = self.lines.insert(Parked {
            line,
            caller: wait.caller,
            by: wait.by,
            named: wait.named,
            made: wait.made,
            payload,
            size: wait.size,
            since: turn.now(),
            closed: Vec::new(),
        });
        if let Some(caller) = self.peers.get_mut(wait.by) {
            caller.made += 1;
        }
        if wait.unsure {
            self.stall(line, turn);
        }
        Ok(id)
    }

    /// Where a call waits, and how many may.
    fn line(
        &self,
        function: FunctionKey,
        named: Option<PeerId>,
        signature: u64,
        queue: u32,
    ) -> Option<(LineKey, u32)> {
        match named {
            None => Some((LineKey::Any(function, signature), queue)),
            Some(named) => {
                let (key, provider) = self.directory.offer_of(named, function)?;
                Some((LineKey::One(key), provider.queue))
            }
        }
    }

    /// A call waits no longer.
    pub(super) fn unpark(&mut self, id: WaitId) -> Option<Parked> {
        let parked = self.lines.remove(id)?;
        if let Some(caller) = self.peers.get_mut(parked.by) {
            caller.made -= 1;
        }
        Some(parked)
    }

    /// Tells the caller of a call that waited why nobody has run it.
    pub(super) fn end_parked(&mut self, parked: &Parked, failed: Failed, out: &mut impl Outlet) {
        let (status, nothing) = (Status::Failed(failed), Bytes::new());
        match parked.caller {
            Caller::Call(caller, call) => self.answer(caller, call, status, &nothing, out),
            Caller::HandedOver(caller) => self.answer(caller, parked.made.number, status, &nothing, out),
            Caller::Part(part) => self.end_part(part, status, &nothing, out),
            Caller::Nobody => {}
        }
    }

    /// Nobody wants the answer to a call that waits.
    pub(super) fn cancel_parked(&mut self, id: WaitId, out: &mut impl Outlet) {
        if let Some(parked) = self.unpark(id) {
            self.end_parked(&parked, Failed::Cancelled { may_have_run: false }, out);
        }
    }

    /// The caller of a call that waits has ended one of its streams already.
    pub(super) fn close_early(
        &mut self,
        id: WaitId,
        stream: StreamId,
        status: &Status<'_>,
        out: &mut impl Outlet,
    ) {
        let kept = proto::encode(status).is_ok_and(|status| self.lines.keep_close(id, stream, status));
        if !kept && let Some(parked) = self.unpark(id) {
            self.end_parked(&parked, OVERLOADED, out);
        }
    }

    fn stall(&mut self, line: LineKey, turn: &Turn) {
        self.lines.stall(line, true);
        self.look_again.get_or_insert(turn.now() + PAUSE);
    }

    // ------------------------------------------------------------------ to be served

    /// Whether calls of a caller wait for a place that a provider has.
    pub(super) fn waits_for(&self, caller: PeerId, provider: ProviderKey) -> bool {
        !self.lines.is_empty()
            && lines_of(&self.directory, provider).is_some_and(|(peer, mut lines)| {
                // It does not run what it calls of anybody.
                lines.retain(|line| peer != caller || matches!(line, LineKey::One(_)));
                self.lines.has_of(caller, &lines)
            })
    }

    /// A provider may have a place: fills it.
    pub(super) fn serve(&mut self, key: ProviderKey, turn: &mut Turn, out: &mut impl Outlet) {
        if self.serve_until(key, turn, out) == Served::Some
            && let Some((_, lines)) = lines_of(&self.directory, key)
        {
            lines.into_iter().for_each(|line| self.stall(line, turn));
        }
    }

    /// Fills the places of a provider, the first of them in any turn.
    fn serve_until(&mut self, key: ProviderKey, turn: &mut Turn, out: &mut impl Outlet) -> Served {
        if self.lines.is_empty() {
            return Served::All;
        }
        let Some((peer, lines)) = lines_of(&self.directory, key) else {
            return Served::All;
        };
        let mut is_over = false;
        loop {
            let next = self.lines.next_of(&lines, Some(peer), TRIED);
            if next.is_empty() {
                return Served::All;
            }
            let mut taken = None;
            for id in next {
                let Some((provider, parked)) = self.directory.provider(key).zip(self.lines.get(id)) else {
                    return Served::All;
                };
                match self.wish(parked).obstacle(provider, &self.peers, out) {
                    None => {
                        taken = Some((id, parked.by));
                        break;
                    }
                    Some(Obstacle::Clogged) => {}
                    Some(_) => return Served::All,
                }
            }
            let Some((id, by)) = taken else {
                lines.into_iter().for_each(|line| self.stall(line, turn));
                return Served::All;
            };
            if is_over {
                return Served::Some;
            }
            is_over = !turn.spend();
            self.begin_parked(id, key, turn, out);
            self.lines.postpone(by, &lines);
        }
    }

    fn wish(&self, parked: &Parked) -> Wish {
        Wish {
            signature: parked.made.signature,
            caller: parked.by,
            named: parked.named,
            key: parked.made.key,
            size: parked.size,
            needed: self.needed_room(parked.size),
        }
    }

    /// Gives a call that waits to a provider.
    fn begin_parked(&mut self, id: WaitId, via: ProviderKey, turn: &mut Turn, out: &mut impl Outlet) {
        let Some(parked) = self.unpark(id) else { return };
        if self.peers.live(parked.by).is_none() {
            // Nobody wants it any more.
            return;
        }
        let mut header = parked.made.header();
        let waited = turn.now().since(parked.since);
        // What it has waited is taken off.
        header.deadline = header.deadline.map(|deadline| deadline.saturating_sub(waited));
        if header.deadline.is_some_and(|left| left.is_zero()) {
            return self.end_parked(&parked, Failed::Timeout { may_have_run: false }, out);
        }
        let number = match self.run(parked.by, &header, &parked.payload, via, parked.caller, out) {
            Ok(number) => number,
            Err(failed) => return self.end_parked(&parked, failed, out),
        };
        match parked.caller {
            Caller::Call(caller, call) => {
                if let Some(caller) = self.peers.live(caller) {
                    caller.sent.insert(call, Sent::Routed(Routed::Run(number)));
                }
                for (stream, status) in parked.closed {
                    if let Ok(status) = proto::decode_guarded(&status) {
                        let close = Header::Close { call, stream, status };
                        self.pass_to_provider(caller, call, close, stream, out);
                    }
                }
            }
            Caller::HandedOver(caller) => {
                self.answer(caller, parked.made.number, Status::Value, &Bytes::new(), out);
            }
            Caller::Part(part) => self.broadcasts.route(part, Routed::Run(number)),
            Caller::Nobody => {}
        }
    }

    /// Whom to ask now for a call that waits.
    fn pick_again(
        &mut self,
        parked: WaitId,
        turn: &mut Turn,
        out: &impl Outlet,
    ) -> Result<ProviderKey, Unrouted> {
        let nobody = || Failed::NoProvider(Absence::Nobody);
        let parked = self.lines.get(parked).ok_or_else(nobody)?;
        if let Some(named) = parked.named {
            let peer = self.peers.get(named).filter(|peer| peer.is_callable());
            peer.ok_or(Failed::NoProvider(Absence::ProcessUnknown))?;
        }
        let (wish, name) = (self.wish(parked), Arc::clone(&parked.made));
        self.choose(&name.name, &wish, turn, out)
    }

    /// A call whose line nobody serves any more is given to somebody, waits elsewhere, or ends.
    fn reroute(&mut self, id: WaitId, turn: &mut Turn, out: &mut impl Outlet) {
        let Some(parked) = self.lines.get(id) else { return };
        let (named, made) = (parked.named, Arc::clone(&parked.made));
        let failed = match self.pick_again(id, turn, out) {
            Ok(via) => return self.begin_parked(id, via, turn, out),
            Err(Unrouted::Busy { unsure }) => {
                let function = self.directory.function(&made.name);
                let line = function.and_then(|(key, _)| self.line(key, named, made.signature, 0));
                match line {
                    Some((line, _)) => {
                        self.lines.transfer(id, line);
                        if unsure {
                            self.stall(line, turn);
                        }
                        return;
                    }
                    None => OVERLOADED,
                }
            }
            Err(Unrouted::Failed(failed)) => failed,
        };
        if let Some(parked) = self.unpark(id) {
            self.end_parked(&parked, failed, out);
        }
    }

    /// Looks again whether somebody takes what waits in a line; `false` if the turn is over before that is known.
    fn retry(&mut self, line: LineKey, turn: &mut Turn, out: &mut impl Outlet) -> bool {
        let mut unsure = false;
        'next: loop {
            for id in self.lines.next_of(&[line], None, TRIED) {
                if !turn.spend() {
                    return false;
                }
                match self.pick_again(id, turn, out) {
                    Ok(via) => {
                        let waiting = self.lines.len();
                        // Whoever has waited longest for that place.
                        self.serve(via, turn, out);
                        if self.lines.len() < waiting {
                            continue 'next;
                        }
                        unsure = true;
                    }
                    Err(Unrouted::Busy { unsure: more }) => unsure |= more,
                    Err(Unrouted::Failed(OVERLOADED)) => unsure = true,
                    Err(Unrouted::Failed(failed)) => {
                        if let Some(parked) = self.unpark(id) {
                            self.end_parked(&parked, failed, out);
                        }
                        continue 'next;
                    }
                }
            }
            self.lines.stall(line, unsure);
            return true;
        }
    }

    // ------------------------------------------------------------------ providers that go

    /// Takes a callback of a process out of the directory. What waited for it finds out what that means in [`Rerouting`].
    pub(super) fn take_away<T>(&mut self, key: ProviderKey, take: impl FnOnce(&mut Directory) -> T) -> T {
        if self.lines.is_empty() {
            return take(&mut self.directory);
        }
        let lines = lines_of(&self.directory, key);
        let taken = take(&mut self.directory);
        for line in lines.into_iter().flat_map(|(_, lines)| lines) {
            let LineKey::Any(function, number) = line else {
                self.lines.cast_off(line, None);
                continue;
            };
            let function = self.directory.function_of(function);
            let is_served = function.is_some_and(|function| function.accepting(number) > 0);
            let only = function.and_then(|function| function.only_accepting(number));
            let only = only.and_then(|key| self.directory.provider(key));
            if !is_served {
                self.lines.cast_off(line, None);
            } else if let Some(only) = only {
                // It does not run what it calls itself.
                self.lines.cast_off(line, Some(only.peer));
            }
        }
        taken
    }

    /// What is left to do for calls whose line nobody serves any more.
    pub(super) fn rerouting(&self) -> Option<Task> {
        self.lines.has_adrift().then(|| Box::new(Rerouting) as Task)
    }
}

/// The process that a provider belongs to, and the lines that wait for its places.
fn lines_of(directory: &Directory, key: ProviderKey) -> Option<(PeerId, Vec<LineKey>)> {
    let provider = directory.provider(key)?;
    provider.shown?;
    let any = provider.numbers().chain([0]);
    let lines = any.map(|number| LineKey::Any(provider.function, number));
    Some((provider.peer, lines.chain([LineKey::One(key)]).collect()))
}
