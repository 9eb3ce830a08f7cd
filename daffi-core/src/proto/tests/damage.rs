//! Whatever comes in, decoding it gives a header or an error, and a header is what it was made of.

use core::time::Duration;

use proptest::prelude::*;

use super::golden::{Golden, all};
use super::*;
use crate::proto::codec::decode_prefix;
use crate::proto::quick;

fn decode_frame(bytes: &[u8]) -> Option<Header<'_>> {
    decode_prefix::<Header<'_>>(bytes).ok().map(|(header, _)| header)
}

#[test]
fn no_frame_decodes_before_it_is_complete() {
    for Golden {
        name,
        header,
        payload,
        bytes,
    } in all()
    {
        let bytes = unhex(bytes);
        let body = &bytes[LENGTH_BYTES..];
        let complete = body.len() - payload.len();
        for end in 0..complete {
            assert_eq!(decode_frame(&body[..end]), None, "{end} bytes of {name}");
        }
        assert_eq!(decode_frame(&body[..complete]), Some(header), "{name}");
    }
}

/// A `Bytes` of its own for every try would take longer than all the rest.
#[test]
fn a_frame_with_any_byte_changed_decodes_or_does_not() {
    let mut decoded = 0;
    for Golden { bytes, .. } in all() {
        let mut body = unhex(bytes)[LENGTH_BYTES..].to_vec();
        for place in 0..body.len() {
            let was = body[place];
            for byte in 0..=255 {
                body[place] = byte;
                decoded += usize::from(decode_frame(&body).is_some());
            }
            body[place] = was;
        }
    }
    assert!(decoded > 0, "some changes are to text or numbers");
}

/// Headers whose every field is made up.
fn headers() -> impl Strategy<Value = Owned> {
    let name = "\\PC{0,60}";
    let options = (
        any::<Option<String>>().prop_map(|to| to.map(|to| to.chars().take(60).collect::<String>())),
        any::<Option<Duration>>(),
        any::<Option<([u8; 16], [u8; 8], u8)>>(),
        prop::collection::vec((".{0,20}", ".{0,20}"), 0..8),
    );
    (
        0..6_u8,
        any::<(u32, u32, u64, bool)>(),
        name,
        options,
        prop::collection::vec(".{0,20}", 0..8),
    )
        .prop_map(
            |(kind, (call, callback, number, flag), name, (to, deadline, trace, metadata), causes)| {
                let trace = trace.map(|(trace_id, span_id, flags)| TraceContext {
                    trace_id,
                    span_id,
                    flags,
                });
                Owned {
                    kind,
                    call,
                    callback,
                    number,
                    flag,
                    name,
                    to,
                    deadline,
                    trace,
                    metadata,
                    causes,
                }
            },
        )
}

#[derive(Clone, Debug)]
struct Owned {
    kind: u8,
    call: u32,
    callback: u32,
    number: u64,
    flag: bool,
    name: String,
    to: Option<String>,
    deadline: Option<Duration>,
    trace: Option<TraceContext>,
    metadata: Vec<(String, String)>,
    causes: Vec<String>,
}

impl Owned {
    fn header(&self) -> Header<'_> {
        let metadata = self
            .metadata
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let (call, callback) = (CallId::first(self.call), CallbackId(self.callback));
        match self.kind {
            0 => Header::Call(CallHeader {
                versions: Vec::new(),
                call,
                name: &self.name,
                signature: self.number,
                to: self.to.as_deref(),
                deadline: self.deadline,
                trace: self.trace,
                metadata,
                key: self.deadline.map(|_| self.number),
                mode: Mode::Answered,
                within: self.flag.then_some(call),
                having: Vec::new(),
            }),
            1 => Header::Run(RunHeader {
                described: false,
                call,
                callback,
                caller: &self.name,
                identity: Who::Nobody,
                deadline: self.deadline,
                trace: self.trace,
                metadata,
                ancestors: self
                    .causes
                    .iter()
                    .map(|process| Ancestor::At(process))
                    .chain(self.flag.then_some(Ancestor::Here(call)))
                    .collect(),
            }),
            2 => {
                let causes = self.causes.iter().map(String::as_str).collect();
                Header::Reply {
                    call,
                    status: Status::App {
                        message: &self.name,
                        causes,
                        typed: match (self.flag, self.number % 2) {
                            (true, _) => Own::Payload,
                            (false, 0) => Own::None,
                            (false, _) => Own::Lost { reason: &self.name },
                        },
                    },
                }
            }
            3 => {
                let failed = Failed::TooLarge {
                    size: self.number,
                    limit: self.number,
                    may_have_run: self.flag,
                };
                Header::Reply {
                    call,
                    status: Status::Failed(failed),
                }
            }
            4 => Header::Query {
                call,
                query: Query::WaitFunction {
                    name: &self.name,
                    process: self.flag.then_some(&self.name),
                    having: Vec::new(),
                },
            },
            _ => Header::Heartbeat {
                received: self.number,
            },
        }
    }
}

/// What is encoded by hand is what serde makes of it, and nothing is read in another way.
fn check_quick(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Some((header, used)) = quick::decode(bytes) {
        let (same, all) = decode_prefix::<Header<'_>>(bytes)
            .map_err(|error| TestCaseError::fail(format!("{header:?}: {error}")))?;
        prop_assert_eq!((&header, used), (&same, all));
    }
    Ok(())
}

/// A plain header, with numbers of all widths.
fn plain() -> impl Strategy<Value = OwnedPlain> {
    let number = prop_oneof![
        0..300_u64,
        65_000..66_000_u64,
        any::<u64>(),
        Just(u64::from(u32::MAX)),
        Just(1 << 32)
    ];
    let narrow = prop_oneof![0..300_u32, 65_000..66_000_u32, any::<u32>()];
    let time = prop::option::of((any::<u64>(), 0..1_000_000_000_u32));
    (0..3_u8, narrow.clone(), narrow, number, "[a-zß]{0,300}", time)
}

type OwnedPlain = (u8, u32, u32, u64, String, Option<(u64, u32)>);

fn plain_header((kind, call, callback, signature, name, time): &OwnedPlain) -> Header<'_> {
    let call = CallId::first(*call);
    let deadline = time.map(|(seconds, nanoseconds)| Duration::new(seconds, nanoseconds));
    match kind {
        0 => Header::Call(CallHeader {
            versions: Vec::new(),
            call,
            name,
            signature: *signature,
            to: None,
            deadline,
            trace: None,
            metadata: Vec::new(),
            key: None,
            mode: Mode::Answered,
            within: callback.is_multiple_of(2).then(|| CallId::first(*callback)),
            having: Vec::new(),
        }),
        1 => Header::Run(RunHeader {
            described: false,
            call,
            callback: CallbackId(*callback),
            caller: name,
            identity: Who::Nobody,
            deadline,
            trace: None,
            metadata: Vec::new(),
            ancestors: Vec::new(),
        }),
        _ => Header::Reply {
            call,
            status: Status::Value,
        },
    }
}

proptest! {
    #[test]
    fn plain_headers_have_the_bytes_that_all_have(owned in plain()) {
        let header = plain_header(&owned);
        let mut bytes = Vec::new();
        prop_assert!(quick::encode(&header, &mut bytes));
        prop_assert_eq!(&bytes, &encode(&header).unwrap());
        let is_short = owned.0 == 2 || owned.4.len() <= Limits::NAME_BYTES;
        let decoded = quick::decode(&bytes);
        prop_assert_eq!(decoded, is_short.then_some((header, bytes.len())));
    }

    #[test]
    fn plain_headers_that_are_damaged_are_read_as_all_are(
        owned in plain(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&plain_header(&owned)).unwrap().to_vec();
        check_quick(&bytes[..cut.index(bytes.len() + 1)])?;
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check_quick(&bytes)?;
    }

    #[test]
    fn headers_that_are_not_plain_are_left_alone(owned in headers()) {
        let header = owned.header();
        let mut bytes = Vec::new();
        if quick::encode(&header, &mut bytes) {
            prop_assert_eq!(&bytes, &encode(&header).unwrap());
        } else {
            prop_assert!(bytes.is_empty());
        }
        check_quick(&encode(&header).unwrap())?;
    }

    #[test]
    fn a_header_is_what_it_was_before_it_was_sent(
        owned in headers(),
        payload in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let header = owned.header();
        let payload = Bytes::from(payload);
        for frame in [Frame::joined(body(&header, &payload)), Frame::split(&header, payload.clone(), Framing::newest(usize::MAX)).unwrap()] {
            prop_assert_eq!(frame.decode().unwrap(), (header.clone(), payload.clone()));
        }
    }

    #[test]
    fn arbitrary_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let frame = Frame::joined(bytes.into());
        if let Ok((header, payload)) = frame.decode() {
            prop_assert!(payload.len() < frame.len());
            // What is understood can be said again.
            let again = Frame::joined(body(&header, &payload));
            prop_assert_eq!(again.decode().unwrap(), (header, payload));
        }
    }

    /// Most arbitrary bytes end at the first: these get further in.
    #[test]
    fn arbitrary_fields_are_a_frame_or_an_error(
        kind in 0..0x15_u8,
        fields in prop::collection::vec(prop_oneof![4 => 0..8_u8, 1 => any::<u8>()], 0..120),
    ) {
        let mut bytes = vec![kind];
        bytes.extend(fields);
        let frame = Frame::joined(bytes.into());
        if let Ok((header, payload)) = frame.decode() {
            let again = Frame::joined(body(&header, &payload));
            prop_assert_eq!(again.decode().unwrap(), (header, payload));
        }
    }

    #[test]
    fn arbitrary_payloads_are_lists_or_errors(
        bytes in prop::collection::vec(prop_oneof![4 => 0..32_u8, 1 => any::<u8>()], 0..200),
    ) {
        let _ = decode_guarded::<Vec<Offered>>(&bytes);
        let _ = decode_guarded::<Vec<CallbackId>>(&bytes);
        let _ = decode_guarded::<Vec<ProcessEntry>>(&bytes);
        let _ = decode_guarded::<Vec<CallbackEntry>>(&bytes);
        let _ = decode_guarded::<RemoteError>(&bytes);
        let _ = Tally::decode(&bytes);
        let _ = decode_arguments(&bytes);
    }
}
