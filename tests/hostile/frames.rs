//! Frames as bytes, many in a row.

use daffi_core::proto::{
    self, Balance, CallHeader, CallId, CallbackId, Described, Framing, Header, Mode, Offered, Query, Status,
    append,
};
use daffi_core::signature::{ErrorType, Returns, Signature, trace};

/// Frames in the order in which they are sent.
#[derive(Debug, Default)]
pub struct Frames(Vec<u8>);

impl AsRef<[u8]> for Frames {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Frames> for Vec<u8> {
    fn from(frames: Frames) -> Self {
        frames.0
    }
}

impl Frames {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// These, and one more without a payload.
    pub fn with(self, header: &Header<'_>) -> Self {
        self.carrying(header, &[])
    }

    /// These, and one more with a payload.
    pub fn carrying(mut self, header: &Header<'_>, payload: &[u8]) -> Self {
        append(&mut self.0, header, payload.len(), Framing::newest(usize::MAX)).unwrap();
        self.0.extend_from_slice(payload);
        self
    }

    /// These, and an offer of some callbacks.
    pub fn offer(self, call: u32, ready: bool, offered: impl IntoIterator<Item = Offered>) -> Self {
        let offered: Vec<_> = offered.into_iter().collect();
        let call = CallId::first(call);
        self.carrying(&Header::Offer { call, ready }, &proto::encode(&offered).unwrap())
    }

    /// These, and the same call under each of some numbers.
    pub fn calls(self, numbers: impl IntoIterator<Item = u32>, header: &Header<'_>, payload: &[u8]) -> Self {
        let Header::Call(call) = header else {
            panic!("{header:?} is no call")
        };
        numbers.into_iter().fold(self, |frames, number| {
            let call = CallHeader {
                call: CallId::first(number),
                ..call.clone()
            };
            frames.carrying(&Header::Call(call), payload)
        })
    }

    /// These, and a question.
    pub fn query(self, call: u32, query: Query<'_>) -> Self {
        let call = CallId::first(call);
        self.with(&Header::Query { call, query })
    }
}

/// A call that any signature matches.
pub fn call(number: u32, name: &str) -> Header<'_> {
    made(number, name, Mode::Answered)
}

/// The same, made in one of the ways.
pub fn made(number: u32, name: &str, mode: Mode) -> Header<'_> {
    Header::Call(CallHeader {
        mode,
        ..CallHeader::new(CallId::first(number), name)
    })
}

/// The answer to a call: nothing.
pub fn value<'a>(call: CallId) -> Header<'a> {
    let status = Status::Value;
    Header::Reply { call, status }
}

/// A callback that takes a number and gives one.
pub fn offered(number: u32, name: &str) -> Offered {
    Offered {
        callback: CallbackId(number),
        name: name.to_owned(),
        docs: String::new(),
        signature: Described::new(&signature()),
        concurrency: None,
        concurrency_per_caller: None,
        queue: 0,
        balance: Balance::LessLoaded,
    }
}

/// A signature that takes so many bytes, and is none.
pub fn described(bytes: usize) -> Described {
    encoded(&vec![6; bytes])
}

/// Bytes that are said to be a signature, which nobody has.
pub fn encoded(bytes: &[u8]) -> Described {
    let valid = proto::encode(&Described::new(&signature())).unwrap();
    let its_bytes = proto::encode(&proto::encode(&signature()).unwrap().to_vec()).unwrap();
    // Nothing is known beyond it.
    let numbers = valid.strip_suffix(&*[&*its_bytes, &[0]].concat()).unwrap();
    let described = [numbers, &proto::encode(bytes).unwrap(), &[0]].concat();
    let mut described: Described = proto::decode(&described).unwrap();
    (described.number, described.plain_number) = (7, 7);
    described
}

/// Of a callback that takes a number and gives one.
pub fn signature() -> Signature {
    let returns = Returns {
        ok: trace::<u32>(),
        error: ErrorType::None,
    };
    Signature::new([("number", trace::<u32>())], returns)
}
