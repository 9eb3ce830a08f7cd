//! Telling those who asked what happens to processes and callbacks.
//!
//! Only they are told, and only of what has changed: a thousand processes that join cost nothing where nobody asks.

use std::collections::BTreeSet;

use bytes::Bytes;
use daffi_core::proto::{self, CallId, Change, Failed, Header, Parting};

use super::{LinkId, Outlet, Router};

/// How many events go in one frame: names are short, and frames may be.
const EVENTS: usize = 64;

/// Who wants to be told, and under what number.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    asked: BTreeSet<(LinkId, CallId)>,
}

impl Subscribers {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    pub(super) fn forget(&mut self, link: LinkId, call: CallId) {
        self.asked.remove(&(link, call));
    }

    pub(super) fn forget_link(&mut self, link: LinkId) {
        self.asked.retain(|(asked, _)| *asked != link);
    }

    /// How many questions of a process are open.
    pub(super) fn count_of(&self, link: LinkId) -> usize {
        self.asked
            .range((link, CallId(0))..=(link, CallId(u32::MAX)))
            .count()
    }
}

impl Router {
    /// Tells a process what is there, and from now on what happens.
    pub(super) fn subscribe(&mut self, from: LinkId, call: CallId, out: &mut impl Outlet) {
        let mut there = Vec::new();
        for process in self.processes() {
            let Some(link) = self.names.get(process.name.as_str()) else {
                continue;
            };
            let mut callbacks = self.directory.names_of(*link);
            callbacks.sort();
            there.push(Change::Joined {
                process: process.name.clone(),
            });
            there.extend(callbacks.into_iter().map(|callback| Change::Offered {
                process: process.name.clone(),
                callback: callback.into(),
            }));
        }
        // Several frames where there is much, and one where there is nothing: the asker knows then that it is told.
        let frames = there.len().div_ceil(EVENTS).max(1);
        for number in 0..frames {
            let rest = &there[number * EVENTS..];
            let Ok(payload) = proto::encode(&rest[..rest.len().min(EVENTS)]) else {
                continue;
            };
            if !self.tell((from, call), &payload, out) {
                return;
            }
        }
        self.subscribers.asked.insert((from, call));
    }

    pub(super) fn happened_offered(
        &mut self,
        process: &str,
        joins: bool,
        callbacks: &[Box<str>],
        out: &mut impl Outlet,
    ) {
        let joined = joins.then(|| Change::Joined {
            process: process.to_owned(),
        });
        let offered = callbacks.iter().map(|callback| Change::Offered {
            process: process.to_owned(),
            callback: (**callback).to_owned(),
        });
        self.happened(|| joined.into_iter().chain(offered).collect(), out);
    }

    pub(super) fn happened_withdrawn(&mut self, from: LinkId, callbacks: &[Box<str>], out: &mut impl Outlet) {
        let process = self.process_name(from).unwrap_or_default().to_owned();
        let withdrawn = callbacks.iter().map(|callback| Change::Withdrawn {
            process: process.clone(),
            callback: (**callback).to_owned(),
        });
        self.happened(|| withdrawn.collect(), out);
    }

    pub(super) fn happened_left(&mut self, process: &str, reason: Parting, out: &mut impl Outlet) {
        self.happened(
            || {
                vec![Change::Left {
                    process: process.to_owned(),
                    reason,
                }]
            },
            out,
        );
    }

    fn happened(&mut self, what: impl FnOnce() -> Vec<Change>, out: &mut impl Outlet) {
        if self.subscribers.asked.is_empty() {
            return;
        }
        for events in what().chunks(EVENTS) {
            let Ok(payload) = proto::encode(events) else {
                continue;
            };
            let mut asked = std::mem::take(&mut self.subscribers.asked);
            asked.retain(|asked| self.tell(*asked, &payload, out));
            self.subscribers.asked = asked;
        }
    }

    /// Tells one of them. If it does not keep up it is told that, and `false` is answered: it is not told any more, since
    /// nothing is left out silently.
    fn tell(&mut self, (link, call): (LinkId, CallId), payload: &Bytes, out: &mut impl Outlet) -> bool {
        let told = out.room(link) > 0 && out.send(link, &Header::Happened { call }, payload).is_ok();
        if !told {
            self.refuse(link, call, Failed::Overloaded { may_have_run: false }, out);
        }
        told
    }
}
