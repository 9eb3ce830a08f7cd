//! What one read brought, decoded as far as that needs no router.

use bytes::Bytes;
use daffi_core::proto::{Frame, LENGTH_BYTES};

use crate::router::{Fault, Request};

/// So many frames are decoded before the router is asked.
const DECODED: usize = 128;

/// A frame.
pub(super) struct Arrived<'a> {
    pub(super) request: Request<'a>,
    pub(super) payload: Bytes,
    /// How many it has, with its length.
    pub(super) bytes: u64,
}

/// Decodes some frames, up to one that takes long or is at fault.
pub(super) fn decode<'a>(frames: &mut std::slice::Iter<'a, Frame>) -> (Vec<Arrived<'a>>, Result<(), Fault>) {
    let mut requests = Vec::with_capacity(frames.len().min(DECODED));
    for frame in frames.by_ref().take(DECODED) {
        let parsed = frame.decode().map_err(Fault::from).and_then(|(header, payload)| {
            let is_long = Request::is_long(&header);
            Ok((is_long, Request::parse(header, &payload)?, payload))
        });
        match parsed {
            Ok((is_long, request, payload)) => {
                requests.push(Arrived {
                    request,
                    payload,
                    bytes: (LENGTH_BYTES + frame.len()) as u64,
                });
                if is_long {
                    break;
                }
            }
            Err(fault) => return (requests, Err(fault)),
        }
    }
    (requests, Ok(()))
}
