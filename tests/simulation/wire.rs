//! A connection that can be late, cut at any byte, dead in one direction, or frozen.

use std::collections::VecDeque;
use std::future::Future as _;
use std::io::{self, ErrorKind, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use daffi_core::transport::Wire;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::chance::Chance;

/// Which way bytes go, and at which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToController = 0,
    ToNode = 1,
}

impl Way {
    pub const BOTH: [Self; 2] = [Self::ToController, Self::ToNode];
}

/// How a connection treats what goes over it.
#[derive(Clone, Debug)]
pub struct Manner {
    /// How long bytes are on their way, at most.
    pub latest: Duration,
    /// How many are, at most.
    pub room: usize,
    /// After how many bytes each way is cut.
    pub cut_after: [u64; 2],
}

/// Both ways of a connection.
#[derive(Debug)]
pub struct Cable {
    ways: [Mutex<One>; 2],
}

/// One way.
#[derive(Debug)]
struct One {
    chance: Chance,
    latest: Duration,
    room: usize,
    left: u64,
    arriving: VecDeque<(Instant, BytesMut)>,
    queued: usize,
    /// Nothing more comes after what is on its way.
    ends: Option<Instant>,
    /// What is sent is lost, and the sender does not know it yet.
    is_cut: bool,
    /// The sender knows.
    is_over: bool,
    /// Whoever reads has closed it.
    is_unread: bool,
    /// Nothing arrives, and neither end is told.
    is_dead: bool,
    /// Nothing arrives until it does again.
    is_frozen: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Cable {
    /// A connection, and both its ends: the node's, and the controller's.
    pub fn new(manner: &Manner, chance: &mut Chance) -> (Arc<Self>, Arc<dyn Wire>, Arc<dyn Wire>) {
        let ways = [0, 1].map(|way| {
            Mutex::new(One {
                chance: chance.fork(),
                latest: manner.latest,
                room: manner.room,
                left: manner.cut_after[way],
                arriving: VecDeque::new(),
                queued: 0,
                ends: None,
                is_cut: false,
                is_over: false,
                is_unread: false,
                is_dead: false,
                is_frozen: false,
                reader: None,
                writer: None,
                alarm: None,
            })
        });
        let cable = Arc::new(Self { ways });
        let end = |out| {
            Arc::new(End {
                cable: Arc::clone(&cable),
                out,
            }) as Arc<dyn Wire>
        };
        let (node, controller) = (end(Way::ToController), end(Way::ToNode));
        (cable, node, controller)
    }

    fn way(&self, way: Way) -> MutexGuard<'_, One> {
        self.ways[way as usize].lock().unwrap()
    }

    /// It is lost: some of what is on its way still arrives.
    pub fn cut(&self) {
        for way in Way::BOTH {
            self.way(way).cut();
        }
    }

    /// The controller sees that it is lost, and the node hears of nothing any more.
    pub fn end_for_controller(&self) {
        self.way(Way::ToNode).is_dead = true;
        self.way(Way::ToController).lose();
    }

    /// It is not cut by itself any more.
    pub fn spare(&self) {
        for way in Way::BOTH {
            self.way(way).left = u64::MAX;
        }
    }

    /// Nothing goes that way any more, and nobody is told.
    pub fn half_open(&self, way: Way) {
        self.way(way).is_dead = true;
    }

    /// Nothing arrives, or it goes on.
    pub fn freeze(&self, is_frozen: bool) {
        for way in Way::BOTH {
            let mut one = self.way(way);
            one.is_frozen = is_frozen;
            one.wake();
        }
    }
}

impl One {
    fn cut(&mut self) {
        self.lose();
        // The sender may write for a while before it hears of it.
        self.is_over |= self.chance.percent(50);
    }

    /// Bytes that are lost are lost at any byte. The sender does not hear of it.
    fn lose(&mut self) {
        if self.ends.is_none() && self.chance.percent(70) {
            let mut kept = self.chance.below(self.queued + 1);
            let mut lost = 0;
            for (_, bytes) in &mut self.arriving {
                lost += bytes.len() - bytes.len().min(kept);
                bytes.truncate(kept);
                kept -= bytes.len();
            }
            self.queued -= lost;
        }
        self.is_cut = true;
        self.end();
    }

    fn end(&mut self) {
        let at = self.next_arrival();
        self.ends.get_or_insert(at);
        self.wake();
    }

    fn wake(&mut self) {
        let (reader, writer) = (self.reader.take(), self.writer.take());
        reader.into_iter().chain(writer).for_each(Waker::wake);
    }

    /// When what is sent now arrives: not before what was sent before.
    fn next_arrival(&mut self) -> Instant {
        let latest = u64::try_from(self.latest.as_millis()).unwrap();
        let at = Instant::now() + self.chance.millis(0..latest + 1);
        self.arriving.back().map_or(at, |(last, _)| at.max(*last))
    }

    fn has_room(&self) -> bool {
        self.is_cut || self.is_over || self.ends.is_some() || self.queued < self.room
    }
}

/// One end.
#[derive(Debug)]
struct End {
    cable: Arc<Cable>,
    out: Way,
}

impl End {
    const fn back(&self) -> Way {
        match self.out {
            Way::ToController => Way::ToNode,
            Way::ToNode => Way::ToController,
        }
    }
}

impl Wire for End {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let offered: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut one = self.cable.way(self.out);
        if one.is_over {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if one.is_cut {
            return Ok(offered);
        }
        if one.ends.is_some() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if !one.has_room() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut taken = offered.min(one.room - one.queued);
        if one.chance.percent(20) {
            taken = one.chance.below(taken) + 1;
        }
        let kept = taken.min(usize::try_from(one.left).unwrap_or(usize::MAX));
        one.left -= kept as u64;
        let mut bytes = BytesMut::with_capacity(kept);
        for slice in slices {
            let rest = kept - bytes.len();
            bytes.extend_from_slice(&slice[..slice.len().min(rest)]);
        }
        let at = one.next_arrival();
        one.queued += kept;
        one.arriving.push_back((at, bytes));
        let is_cut = one.left == 0;
        if is_cut {
            one.is_cut = true;
            one.end();
        }
        if let Some(reader) = one.reader.take() {
            reader.wake();
        }
        drop(one);
        if is_cut {
            self.cable.way(self.back()).cut();
        }
        Ok(taken)
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut one = self.cable.way(self.out);
        if one.has_room() {
            return Poll::Ready(Ok(()));
        }
        one.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    fn poll_read(&self, cx: &mut Context<'_>, room: usize, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        let mut one = self.cable.way(self.back());
        let one = &mut *one;
        if one.is_unread {
            return Poll::Ready(Ok(0));
        }
        one.reader = Some(cx.waker().clone());
        if one.is_dead || one.is_frozen {
            return Poll::Pending;
        }
        let mut read = 0;
        let now = Instant::now();
        while read < room
            && let Some((at, bytes)) = one.arriving.front_mut()
            && *at <= now
        {
            let taken = bytes.len().min(room - read);
            buffer.extend_from_slice(&bytes[..taken]);
            read += taken;
            bytes.advance(taken);
            if bytes.is_empty() {
                one.arriving.pop_front();
            }
        }
        if read > 0 {
            one.queued -= read;
            if let Some(writer) = one.writer.take() {
                writer.wake();
            }
            return Poll::Ready(Ok(read));
        }
        let next = one.arriving.front().map(|(at, _)| *at).or(one.ends);
        let Some(next) = next else {
            return Poll::Pending;
        };
        if one.arriving.is_empty() && next <= now {
            return Poll::Ready(if one.is_cut && one.chance.percent(50) {
                Err(ErrorKind::ConnectionReset.into())
            } else {
                Ok(0)
            });
        }
        let alarm = one.alarm.get_or_insert_with(|| Box::pin(sleep_until(next)));
        alarm.as_mut().reset(next);
        match alarm.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            // Timers may be a little early of what they were asked for; it is looked at again.
            Poll::Ready(()) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn shutdown(&self, how: Shutdown) {
        if how != Shutdown::Read {
            self.cable.way(self.out).end();
        }
        if how != Shutdown::Write {
            // What comes is not read any more, and the other end hears of that if it hears anything.
            let is_heard = !self.cable.way(self.out).is_dead;
            let mut one = self.cable.way(self.back());
            one.is_unread = true;
            one.is_cut = true;
            one.is_over |= is_heard;
            one.arriving.clear();
            one.queued = 0;
            one.wake();
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.shutdown(Shutdown::Both);
    }
}
