//! The headers that nearly all frames have, encoded and decoded by hand.
//!
//! A call, its run and its answer in their plain forms are a few numbers and names; to go through serde for them costs several times
//! as much as routing them. The bytes are the same, which tests hold for every header: what is not plain is left to
//! [`codec`](super::codec).

use core::time::Duration;

use super::{CallHeader, CallId, CallbackId, Header, Limits, Mode, RunHeader, Status, Who};

/// What stands in front of each, and how each is answered with a value.
const CALL: u8 = 0x04;
const RUN: u8 = 0x05;
const REPLY: u8 = 0x06;
const VALUE: u8 = 0x00;

/// Numbers from here on take more than one byte.
const WIDE: u8 = 251;

/// The header at the start of `bytes` and how many bytes it takes, if it is a plain one.
#[inline]
pub(super) fn decode(bytes: &[u8]) -> Option<(Header<'_>, usize)> {
    let mut reader = Reader(bytes);
    let header = match reader.byte()? {
        CALL => Header::Call(reader.call()?),
        RUN => Header::Run(reader.run()?),
        REPLY => {
            let call = reader.call_id()?;
            reader.is(VALUE)?;
            Header::Reply {
                call,
                status: Status::Value,
            }
        }
        _ => return None,
    };
    Some((header, bytes.len() - reader.0.len()))
}

/// Appends a header, if it is a plain one.
pub(super) fn encode(header: &Header<'_>, out: &mut Vec<u8>) -> bool {
    match header {
        Header::Call(CallHeader {
            call,
            name,
            signature,
            to: None,
            having,
            deadline,
            trace: None,
            metadata,
            key: None,
            mode: Mode::Answered,
            within,
            versions,
        }) if metadata.is_empty() && having.is_empty() && versions.is_empty() => {
            out.push(CALL);
            call_id(*call, out);
            text(name, out);
            number(*signature, out);
            out.extend_from_slice(&[0; 2]);
            time(*deadline, out);
            out.extend_from_slice(&[0; 4]);
            match within {
                None => out.push(0),
                Some(within) => {
                    out.push(1);
                    call_id(*within, out);
                }
            }
            out.push(0);
        }
        Header::Run(RunHeader {
            call,
            callback,
            caller,
            identity,
            deadline,
            trace: None,
            metadata,
            ancestors,
            described: false,
        }) if metadata.is_empty() && ancestors.is_empty() => {
            out.push(RUN);
            call_id(*call, out);
            number(u64::from(callback.0), out);
            text(caller, out);
            who(*identity, out);
            time(*deadline, out);
            out.extend_from_slice(&[0; 4]);
        }
        Header::Reply {
            call,
            status: Status::Value,
        } => {
            out.push(REPLY);
            call_id(*call, out);
            out.push(VALUE);
        }
        _ => return false,
    }
    true
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    #[inline]
    fn call(&mut self) -> Option<CallHeader<'a>> {
        let call = self.call_id()?;
        let name = self.name()?;
        let signature = self.number()?;
        // No process is named, and no attributes.
        self.are([0, 0])?;
        let deadline = self.time()?;
        // No trace, no metadata, no key, and an answer is wanted.
        self.are([0, 0, 0, 0])?;
        let within = match self.byte()? {
            0 => None,
            1 => Some(self.call_id()?),
            _ => return None,
        };
        // No versions.
        self.is(0)?;
        Some(CallHeader {
            call,
            name,
            signature,
            to: None,
            having: Vec::new(),
            deadline,
            trace: None,
            metadata: Vec::new(),
            key: None,
            mode: Mode::Answered,
            within,
            versions: Vec::new(),
        })
    }

    #[inline]
    fn run(&mut self) -> Option<RunHeader<'a>> {
        let call = self.call_id()?;
        let callback = CallbackId(self.u32()?);
        let caller = self.name()?;
        let identity = self.who()?;
        let deadline = self.time()?;
        // No trace, no metadata, no ancestors, and no structure.
        self.are([0, 0, 0, 0])?;
        Some(RunHeader {
            call,
            callback,
            caller,
            identity,
            deadline,
            trace: None,
            metadata: Vec::new(),
            ancestors: Vec::new(),
            described: false,
        })
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn is(&mut self, byte: u8) -> Option<()> {
        (self.byte()? == byte).then_some(())
    }

    fn are<const N: usize>(&mut self, bytes: [u8; N]) -> Option<()> {
        (self.array()? == bytes).then_some(())
    }

    fn number(&mut self) -> Option<u64> {
        match self.byte()? {
            small @ 0..WIDE => Some(u64::from(small)),
            WIDE => Some(u64::from(u16::from_le_bytes(self.array()?))),
            252 => Some(u64::from(u32::from_le_bytes(self.array()?))),
            253 => Some(u64::from_le_bytes(self.array()?)),
            _ => None,
        }
    }

    fn u32(&mut self) -> Option<u32> {
        match self.byte()? {
            small @ 0..WIDE => Some(u32::from(small)),
            WIDE => Some(u32::from(u16::from_le_bytes(self.array()?))),
            252 => Some(u32::from_le_bytes(self.array()?)),
            _ => None,
        }
    }

    fn call_id(&mut self) -> Option<CallId> {
        let (slot, generation) = (self.u32()?, self.u32()?);
        Some(CallId { slot, generation })
    }

    fn name(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        if length > Limits::NAME_BYTES {
            return None;
        }
        let (name, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        core::str::from_utf8(name).ok()
    }

    fn who(&mut self) -> Option<Who<&'a str>> {
        Some(match self.byte()? {
            0 => Who::Nobody,
            1 => Who::User(self.u32()?),
            2 => Who::Token(self.name()?),
            3 => Who::Key(self.name()?),
            4 => Who::Certificate(self.name()?),
            _ => return None,
        })
    }

    #[allow(
        clippy::option_option,
        reason = "to have no deadline and to be no plain header are different things"
    )]
    fn time(&mut self) -> Option<Option<Duration>> {
        match self.byte()? {
            0 => Some(None),
            1 => {
                let (seconds, nanoseconds) = (self.number()?, self.u32()?);
                (nanoseconds < 1_000_000_000).then(|| Some(Duration::new(seconds, nanoseconds)))
            }
            _ => None,
        }
    }
}

#[inline]
fn number(number: u64, out: &mut Vec<u8>) {
    match u8::try_from(number) {
        Ok(small) if small < WIDE => out.push(small),
        _ => wide(number, out),
    }
}

fn wide(number: u64, out: &mut Vec<u8>) {
    if let Ok(number) = u16::try_from(number) {
        let [a, b] = number.to_le_bytes();
        out.extend_from_slice(&[WIDE, a, b]);
    } else if let Ok(number) = u32::try_from(number) {
        out.push(252);
        out.extend_from_slice(&number.to_le_bytes());
    } else {
        out.push(253);
        out.extend_from_slice(&number.to_le_bytes());
    }
}

#[inline]
fn call_id(call: CallId, out: &mut Vec<u8>) {
    number(u64::from(call.slot), out);
    number(u64::from(call.generation), out);
}

#[inline]
fn text(text: &str, out: &mut Vec<u8>) {
    number(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

#[inline]
fn who(who: Who<&str>, out: &mut Vec<u8>) {
    let (kind, name) = match who {
        Who::Nobody => return out.push(0),
        Who::User(uid) => {
            out.push(1);
            return number(u64::from(uid), out);
        }
        Who::Token(name) => (2, name),
        Who::Key(name) => (3, name),
        Who::Certificate(name) => (4, name),
    };
    out.push(kind);
    text(name, out);
}

#[inline]
fn time(time: Option<Duration>, out: &mut Vec<u8>) {
    match time {
        None => out.push(0),
        Some(time) => {
            out.push(1);
            number(time.as_secs(), out);
            number(u64::from(time.subsec_nanos()), out);
        }
    }
}
