//! Callers inside of the controller: they make the calls of schedules, in the name of those who made these.
//!
//! Such a caller is as any process to those whom it calls, and to rules and quotas. It is on no roster, has no connection, and its name
//! is also that of the process in whose name it calls.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::Right;
use daffi_core::proto::{CallHeader, CallId, Header, Query, Who};

use super::ids::PeerId;
use super::outlet::{Fault, Outlet};
use super::request::Request;
use super::state::Router;
use super::work::{Turn, Work};
use crate::access::Rights;

impl Router {
    /// A caller in the name of a process, which may do this, or everything.
    pub fn enter_inside(
        &mut self,
        process: &Arc<str>,
        identity: Who<Arc<str>>,
        rights: Option<Arc<Rights>>,
    ) -> PeerId {
        let peer = self.peers.enter_inside(process, identity);
        self.peers.permit(peer, rights);
        peer
    }

    /// Makes a call of a schedule. It is answered as that of any process.
    ///
    /// # Errors
    ///
    /// When the number is in use.
    pub fn call_inside(
        &mut self,
        from: PeerId,
        header: CallHeader<'_>,
        arguments: &Bytes,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Work>, Fault> {
        // That may have been taken away since the schedule was made.
        let checked = self
            .check_right(from, Right::Schedule, header.name, turn)
            .and_then(|()| self.check_values(&header, turn));
        if let Err(failed) = checked {
            self.refuse(from, header.call, failed, out);
            return Ok(None);
        }
        self.receive(from, Request::Frame(Header::Call(header)), arguments, turn, out)
    }

    /// Asks to be answered when a process offers what a call of a schedule wants.
    ///
    /// # Errors
    ///
    /// When the number is in use.
    pub fn await_inside(
        &mut self,
        from: PeerId,
        call: CallId,
        order: &CallHeader<'_>,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Work>, Fault> {
        let query = Query::WaitFunction {
            name: order.name,
            process: order.to,
            having: order.having.clone(),
        };
        self.receive(
            from,
            Request::Frame(Header::Query { call, query }),
            &Bytes::new(),
            turn,
            out,
        )
    }

    /// What such a caller asked for under a number is not wanted any more. It is answered all the same.
    ///
    /// # Errors
    ///
    /// None; it is a frame as any other.
    pub fn cancel_inside(
        &mut self,
        from: PeerId,
        call: CallId,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Work>, Fault> {
        let cancel = Request::Frame(Header::Cancel { call });
        self.receive(from, cancel, &Bytes::new(), turn, out)
    }
}
