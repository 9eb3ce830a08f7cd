//! What one read brought, decoded as far as that needs no router.

use bytes::Bytes;
use daffi_core::proto::Frame;

use crate::router::{Fault, Request};

/// So many frames are decoded before the router is asked.
const DECODED: usize = 128;

/// Decodes some frames, up to one that takes long or is at fault.
pub(super) fn decode<'a>(
    frames: &mut std::slice::Iter<'a, Frame>,
) -> (Vec<(Request<'a>, Bytes)>, Result<(), Fault>) {
    let mut requests = Vec::with_capacity(frames.len().min(DECODED));
    for frame in frames.by_ref().take(DECODED) {
        let parsed = frame.decode().map_err(Fault::from).and_then(|(header, payload)| {
            let is_long = Request::is_long(&header);
            Ok((is_long, Request::parse(header, &payload)?, payload))
        });
        match parsed {
            Ok((is_long, request, payload)) => {
                requests.push((request, payload));
                if is_long {
                    break;
                }
            }
            Err(fault) => return (requests, Err(fault)),
        }
    }
    (requests, Ok(()))
}
