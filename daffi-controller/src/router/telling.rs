//! Telling those who want to know.
//!
//! Nobody else is told, and only of what has changed: a thousand processes that join cost nothing where nobody asks.

use std::collections::VecDeque;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{self, Attributes, CallId, Change, Failed, Header, Parting, Status, Who};

use super::ids::{PeerId, Sent};
use super::outlet::Outlet;
use super::peers::Stage;
use super::questions::{Asker, Offering};
use super::state::Router;
use super::watchers::{BACKLOG, Subscriber};
use super::work::{Progress, Step, Task, Turn};

/// How many events go in one frame: names are short, and frames may be.
const EVENTS: usize = 64;

/// About so many bytes of what processes say of themselves.
const ATTRIBUTE_BYTES: usize = 8 * 1024;

/// Those are told who waited for something.
#[derive(Debug)]
pub(super) struct Waking {
    /// The process that is there.
    pub(super) peer: PeerId,
    /// Its name, if it has just come.
    pub(super) process: Option<Arc<str>>,
    /// The callbacks that it offers from now on, of which the first ones are done.
    pub(super) callbacks: Arc<[Arc<str>]>,
    pub(super) next: usize,
}

impl Step for Waking {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.wake(self, turn, &mut out)
    }
}

/// Who a process is that comes.
#[derive(Debug)]
pub(super) struct Newcomer {
    pub(super) identity: Who<Arc<str>>,
    /// What it says of itself.
    pub(super) attributes: Arc<Attributes>,
}

impl Newcomer {
    fn joined(&self, process: String) -> Change {
        Change::Joined {
            process,
            identity: self.identity.map(ToString::to_string),
            attributes: Attributes::clone(&self.attributes),
        }
    }
}

/// Something that has happened to a process.
#[derive(Debug)]
pub(super) enum News {
    /// It offers callbacks from now on.
    Offers {
        /// Who it is, if it has just come.
        joined: Option<Newcomer>,
        callbacks: Arc<[Arc<str>]>,
    },
    /// It stays and offers callbacks no more.
    Withdraws { callbacks: Vec<Arc<str>> },
    /// It is there no more.
    Left(Parting),
    /// Its connection is lost, and it may come back.
    Away,
    /// It is back.
    Back,
}

impl News {
    /// So many events, after so many others.
    fn events(&self, process: &str, after: usize) -> Vec<Change> {
        let process = || process.to_owned();
        match self {
            Self::Offers { joined, callbacks } => {
                let joined_now = joined.as_ref().filter(|_| after == 0);
                let first = joined_now.map(|newcomer| newcomer.joined(process()));
                // What was told before is not gone through again.
                let told = after.saturating_sub(usize::from(joined.is_some()));
                let left = callbacks.get(told..).unwrap_or_default();
                let offered = left.iter().map(|callback| Change::Offered {
                    process: process(),
                    callback: callback.to_string(),
                });
                first.into_iter().chain(offered).take(EVENTS).collect()
            }
            Self::Withdraws { callbacks } => {
                let withdrawn = callbacks.iter().skip(after).take(EVENTS);
                let change = |callback: &Arc<str>| Change::Withdrawn {
                    process: process(),
                    callback: callback.to_string(),
                };
                withdrawn.map(change).collect()
            }
            Self::Left(_) | Self::Away | Self::Back if after > 0 => Vec::new(),
            Self::Away => vec![Change::Away { process: process() }],
            Self::Back => vec![Change::Back { process: process() }],
            Self::Left(reason) => vec![Change::Left {
                process: process(),
                reason: *reason,
            }],
        }
    }
}

/// Those are told of something who asked for it.
#[derive(Debug)]
pub(super) struct Telling {
    peer: PeerId,
    process: Arc<str>,
    news: News,
    /// Which change it is, of all that there have been.
    stamp: u64,
    /// How many events are told, and the last who was told of the next ones.
    told: usize,
    last: Option<Asker>,
}

impl Step for Telling {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.tell_news(self, turn, &mut out)
    }
}

/// Somebody is told what there is.
#[derive(Debug)]
pub(super) struct Subscribing {
    asker: Asker,
    there: Vec<There>,
    /// It is sorted.
    prepared: bool,
    /// Where the next frame begins: the process, and how many of its events are told.
    process: usize,
    event: usize,
    began: bool,
}

/// A process that is there, and its callbacks.
#[derive(Debug)]
struct There {
    process: Arc<str>,
    who: Newcomer,
    callbacks: Arc<[Arc<str>]>,
    is_away: bool,
}

impl Step for Subscribing {
    fn preparation(&self) -> usize {
        let callbacks = self.there.iter().map(|there| there.callbacks.len());
        self.there.len() + callbacks.sum::<usize>()
    }

    fn prepare(&mut self) {
        if std::mem::replace(&mut self.prepared, true) {
            return;
        }
        self.there.sort_by(|a, b| a.process.cmp(&b.process));
        for there in &mut self.there {
            let mut callbacks = there.callbacks.to_vec();
            callbacks.sort();
            there.callbacks = callbacks.into();
        }
    }

    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.subscribe_some(self, turn, &mut out)
    }
}

impl Subscribing {
    /// The next frame's events; none when all is told.
    fn next(&mut self) -> Vec<Change> {
        let (mut events, mut bytes) = (Vec::new(), 0);
        while events.len() < EVENTS
            && bytes < ATTRIBUTE_BYTES
            && let Some(there) = self.there.get(self.process)
        {
            let process = there.process.to_string();
            match self.event.checked_sub(1).map(|place| there.callbacks.get(place)) {
                None => {
                    bytes += there.who.attributes.bytes();
                    events.push(there.who.joined(process));
                }
                Some(Some(callback)) => events.push(Change::Offered {
                    process,
                    callback: callback.to_string(),
                }),
                // After all that it offers, as it goes on offering that.
                Some(None) if there.is_away && self.event == there.callbacks.len() + 1 => {
                    events.push(Change::Away { process });
                }
                Some(None) => {
                    (self.process, self.event) = (self.process + 1, 0);
                    continue;
                }
            }
            self.event += 1;
        }
        events
    }
}

impl Router {
    /// Tells those who waited for something that is there now.
    fn wake(&mut self, waking: &mut Waking, turn: &mut Turn, out: &mut impl Outlet) -> Progress {
        loop {
            let peer = self.peers.get(waking.peer);
            let Some(peer) = peer.filter(|peer| peer.stage == Stage::Present) else {
                return Progress::Done;
            };
            if !turn.spend() {
                return Progress::More;
            }
            let questions = &mut self.watchers.questions;
            let woken = match (&waking.process, waking.callbacks.get(waking.next)) {
                (Some(process), _) => questions.next_for_process(process),
                (None, Some(callback)) => {
                    let offering = Offering {
                        peer: waking.peer,
                        process: &peer.name,
                        attributes: &peer.attributes,
                    };
                    let (woken, looks) = questions.next_for_function(callback, offering);
                    turn.spend_looks(looks);
                    woken
                }
                (None, None) => return Progress::Done,
            };
            match woken {
                Some((peer, call)) => self.answer(peer, call, Status::Value, &Bytes::new(), out),
                None if waking.process.is_some() => waking.process = None,
                None => waking.next += 1,
            }
        }
    }

    /// Something has happened to a process: what is to be done so that those are told who asked for it.
    pub(super) fn happened(&mut self, peer: PeerId, process: Arc<str>, news: News) -> Option<Task> {
        self.watchers.changes += 1;
        if self.watchers.subscribers.is_empty() {
            return None;
        }
        Some(Box::new(Telling {
            peer,
            process,
            news,
            stamp: self.watchers.changes,
            told: 0,
            last: None,
        }))
    }

    fn tell_news(&mut self, telling: &mut Telling, turn: &mut Turn, out: &mut impl Outlet) -> Progress {
        loop {
            // What is told of one that is there is not true any more once it is gone.
            if !matches!(telling.news, News::Left(_)) && self.peers.live(telling.peer).is_none() {
                return Progress::Done;
            }
            let events = telling.news.events(&telling.process, telling.told);
            let Some(payload) = proto::encode(&events).ok().filter(|_| !events.is_empty()) else {
                return Progress::Done;
            };
            loop {
                if !turn.spend() {
                    return Progress::More;
                }
                let beyond = telling.last.map_or(Unbounded, Excluded);
                let mut subscribers = self.watchers.subscribers.range((beyond, Unbounded));
                let Some((asker, subscriber)) = subscribers.next() else {
                    break;
                };
                let (asker, knows) = (*asker, subscriber.since >= telling.stamp);
                telling.last = Some(asker);
                if !knows {
                    self.tell(asker, &payload, out);
                }
            }
            telling.told += events.len();
            telling.last = None;
        }
    }

    /// Tells one of them, or keeps it until it has been told what was before. If it does not keep up it is told that, and
    /// nothing more, since nothing is left out silently.
    fn tell(&mut self, asker: Asker, payload: &Bytes, out: &mut impl Outlet) {
        let Some(subscriber) = self.watchers.subscribers.get_mut(&asker) else {
            return;
        };
        let told = match &mut subscriber.backlog {
            Some(backlog) => {
                backlog.push_back(payload.clone());
                backlog.len() <= BACKLOG
            }
            None => send(asker, payload, out),
        };
        if !told {
            self.give_up(asker, out);
        }
    }

    /// One that does not keep up is told no more.
    fn give_up(&mut self, (peer, call): Asker, out: &mut impl Outlet) {
        self.watchers.forget_subscriber(peer, call);
        self.refuse(peer, call, Failed::Overloaded { may_have_run: false }, out);
    }

    /// Somebody wants to be told: of what there is now, and then of what happens.
    pub(super) fn subscribe(&mut self, peer: PeerId, call: CallId) -> Task {
        self.note(peer, call, Sent::Presence);
        let subscriber = Subscriber {
            since: self.watchers.changes,
            backlog: Some(VecDeque::new()),
        };
        self.watchers.subscribers.insert((peer, call), subscriber);
        let present = self
            .peers
            .from(0)
            .filter(|(_, peer)| peer.stage == Stage::Present);
        Box::new(Subscribing {
            asker: (peer, call),
            there: present
                .map(|(id, peer)| There {
                    process: Arc::clone(&peer.name),
                    who: Newcomer {
                        identity: peer.identity.clone(),
                        attributes: Arc::clone(&peer.attributes),
                    },
                    callbacks: Arc::clone(&peer.listing),
                    is_away: self.peers.is_away(id),
                })
                .collect(),
            prepared: false,
            process: 0,
            event: 0,
            began: false,
        })
    }

    fn subscribe_some(
        &mut self,
        subscribing: &mut Subscribing,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Progress {
        subscribing.prepare();
        let asker = subscribing.asker;
        loop {
            if !self.watchers.subscribers.contains_key(&asker) {
                return Progress::Done;
            }
            if !turn.spend() {
                return Progress::More;
            }
            let events = subscribing.next();
            // There is one frame even if there is nothing: the asker knows then that it is told.
            let payload = if events.is_empty() && subscribing.began {
                let subscriber = self.watchers.subscribers.get_mut(&asker);
                let backlog = subscriber.and_then(|subscriber| {
                    let next = subscriber.backlog.as_mut()?.pop_front();
                    if next.is_none() {
                        subscriber.backlog = None;
                    }
                    next
                });
                match backlog {
                    Some(payload) => Ok(payload),
                    None => return Progress::Done,
                }
            } else {
                proto::encode(&events)
            };
            subscribing.began = true;
            if !payload.is_ok_and(|payload| send(asker, &payload, out)) {
                self.give_up(asker, out);
            }
        }
    }
}

/// Sends events to somebody who reads them; `false` if they do not.
fn send((peer, call): Asker, payload: &Bytes, out: &mut impl Outlet) -> bool {
    out.room(peer) >= payload.len().max(1) && out.send(peer, &Header::Happened { call }, payload).is_ok()
}
