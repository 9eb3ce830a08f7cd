//! Questions that the router does not answer itself: it looks whether they may be asked, and keeps the number until somebody has.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::Right;
use daffi_core::proto::{CallHeader, CallId, Failed, Header, Limits, Mode, Query, Status, TaskId};

use super::calling::metadata_bytes;
use super::errand::{Asked, Asks, Errand, Listed};
use super::fit::Fit;
use super::ids::{PeerId, Sent};
use super::made::Made;
use super::outlet::{Fault, Outlet};
use super::provider::Provider;
use super::query::WAITS;
use super::state::Router;
use super::work::Turn;
use crate::access::Rights;

impl Router {
    /// A process asks for a schedule.
    pub(super) fn ask_for_schedule(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        instead_of: Option<TaskId>,
        payload: &Bytes,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        self.claim(from, header.call)?;
        let size = metadata_bytes(header) + payload.len();
        turn.spend_words(size);
        let checked = if size > Limits::SCHEDULED_BYTES {
            Err(Failed::TooLarge {
                size: size as u64,
                limit: Limits::SCHEDULED_BYTES as u64,
                may_have_run: false,
            })
        } else if !matches!(header.mode, Mode::Answered | Mode::Broadcast) {
            Err(Failed::Invalid {
                reason: "a schedule makes calls that are answered, and broadcasts: nothing else can be made again and again".to_owned(),
            })
        } else {
            self.check_right(from, Right::Schedule, header.name, turn)
                .and_then(|()| self.check_call(from, header, turn))
                .and_then(|()| self.check_values(header, turn))
        };
        let asked = Asked {
            made: Made::new(header),
            to: header.to.map(Into::into),
            payload: payload.clone(),
            instead_of,
        };
        self.keep_errand(from, header.call, Asks::Make(asked), checked, out);
        Ok(())
    }

    /// Checks that nothing of a scheduled call is a stream, as far as it is known: nobody would send its items, or read them.
    pub(super) fn check_values(&self, header: &CallHeader<'_>, turn: &mut Turn) -> Result<(), Failed> {
        let function = self.directory.function(header.name).map(|(_, function)| function);
        let Some(function) = function.filter(|function| function.streaming > 0) else {
            return Ok(());
        };
        turn.spend_looks(function.shown().len());
        let shown = function.shown().iter();
        let shown = shown.filter_map(|key| self.directory.provider(*key));
        let mut called = shown
            .filter(|provider| Fit::of(header).accepts(provider))
            .peekable();
        if called.peek().is_none() || !called.all(Provider::streams) {
            return Ok(());
        }
        Err(Failed::Invalid {
            reason: format!(
                "`{}` takes or gives a stream, and nobody would send its items or read them where a schedule calls it: schedule a callback that takes \
                 values and gives one",
                header.name
            ),
        })
    }

    /// A process asks about schedules.
    pub(super) fn ask_about_schedules(
        &mut self,
        from: PeerId,
        call: CallId,
        query: &Query<'_>,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        let asks = match *query {
            Query::Tasks {
                process,
                callback,
                from,
            } => Asks::List(Listed {
                process: process.map(Into::into),
                callback: callback.map(Into::into),
                from,
            }),
            Query::Task(task) => Asks::Describe(task),
            Query::ChangeTask(task, change) => Asks::Change(task, change),
            Query::Ticks(task) => Asks::Ticks(task),
            _ => return Err(Fault::Unexpected("an unknown question")),
        };
        self.keep_errand(from, call, asks, Ok(()), out);
        Ok(())
    }

    fn keep_errand(
        &mut self,
        from: PeerId,
        call: CallId,
        asks: Asks,
        checked: Result<(), Failed>,
        out: &mut impl Outlet,
    ) {
        let questions = self.peers.get(from).map_or(0, |peer| peer.questions);
        let checked = checked.and_then(|()| {
            // The answer may be long, and many may wait for one (P6).
            let has_room = out.room(from) > 0 && questions < WAITS;
            has_room
                .then_some(())
                .ok_or(Failed::Overloaded { may_have_run: false })
        });
        if let Err(failed) = checked {
            return self.refuse(from, call, failed, out);
        }
        self.note(from, call, Sent::Errand);
        self.errands.push(Errand {
            peer: from,
            call,
            asks,
        });
    }

    /// What was asked since the last look.
    #[must_use]
    pub fn take_errands(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }

    /// Answers an errand, if it is still asked for.
    pub fn end_errand(
        &mut self,
        to: PeerId,
        call: CallId,
        outcome: Result<Bytes, Failed>,
        out: &mut impl Outlet,
    ) {
        if !self.is_asked(to, call) {
            return;
        }
        match outcome {
            Ok(payload) => self.answer(to, call, Status::Value, &payload, out),
            Err(failed) => self.refuse(to, call, failed, out),
        }
    }

    /// Tells whoever asks something of what it asks; `false` if it asks no more, or does not keep up and is told so.
    pub fn tell_errand(
        &mut self,
        to: PeerId,
        header: (CallId, &Header<'_>),
        payload: &Bytes,
        out: &mut impl Outlet,
    ) -> bool {
        let (call, header) = header;
        if !self.is_asked(to, call) {
            return false;
        }
        if out.room(to) >= self.needed_room(payload.len()) && out.send(to, header, payload).is_ok() {
            return true;
        }
        self.refuse(to, call, Failed::Overloaded { may_have_run: false }, out);
        false
    }

    /// Whether a process still waits for what it asked.
    #[must_use]
    pub fn is_asked(&self, peer: PeerId, call: CallId) -> bool {
        let peer = self.peers.get(peer);
        peer.is_some_and(|peer| peer.sent.get(&call) == Some(&Sent::Errand))
    }

    /// Whether a process may know what the controller calls, which is told to nobody.
    pub fn may_schedule(&mut self, peer: PeerId, callback: &str) -> bool {
        let rights = self.rights(peer);
        rights.is_none_or(|rights| rights.know_schedules_of(callback))
    }

    /// What a process may do, unless that is everything.
    pub fn rights(&mut self, peer: PeerId) -> Option<Arc<Rights>> {
        let permission = self.peers.permission_mut(peer)?;
        Some(Arc::clone(&permission.rights))
    }

    /// Checks that a process may do something with a schedule that another one has made.
    ///
    /// # Errors
    ///
    /// What to answer. Whoever runs the controller is told.
    pub fn check_schedule(&mut self, peer: PeerId, callback: &str, turn: &mut Turn) -> Result<(), Failed> {
        self.check_right(peer, Right::Schedule, callback, turn)
    }
}
