//! What a process asks of the router, decoded as far as that needs no router.

use bytes::Bytes;
use daffi_core::proto::{CallId, CallbackId, Header, Limits, Offered, decode_guarded, decode_next};

use super::outlet::Fault;

/// A frame whose payload is decoded where it is for the controller. That may take long, so it is done before the router is
/// asked.
#[derive(Debug)]
pub enum Request<'a> {
    /// Callbacks are offered.
    Offer {
        /// The reply's number.
        call: CallId,
        /// The process is complete.
        ready: bool,
        /// What is offered.
        offers: Offers,
    },
    /// Callbacks are taken back.
    Withdraw {
        /// The reply's number.
        call: CallId,
        /// Which.
        callbacks: Vec<CallbackId>,
    },
    /// Anything else.
    Frame(Header<'a>),
}

/// Callbacks that a process offers.
#[derive(Debug)]
pub struct Offers {
    /// Each with its [version](daffi_core::proto::Described::version), which is a look at all bytes of its signature.
    pub(super) offered: Vec<(Offered, u64)>,
    /// How many bytes they took.
    pub(super) bytes: usize,
}

impl<'a> Request<'a> {
    /// Decodes the payload of a frame.
    ///
    /// # Errors
    ///
    /// When no node would send it.
    #[inline]
    pub fn parse(header: Header<'a>, payload: &Bytes) -> Result<Self, Fault> {
        Ok(match header {
            Header::Offer { call, ready } => Self::Offer {
                call,
                ready,
                offers: Offers::decode(payload)?,
            },
            Header::Withdraw { call } => {
                check_length(payload)?;
                let callbacks = decode_guarded(payload)?;
                Self::Withdraw { call, callbacks }
            }
            header => return Ok(Self::Frame(header)),
        })
    }

    /// Whether decoding it takes longer than routing does.
    #[must_use]
    pub const fn is_long(header: &Header<'_>) -> bool {
        matches!(header, Header::Offer { .. } | Header::Withdraw { .. })
    }
}

impl Offers {
    fn decode(payload: &Bytes) -> Result<Self, Fault> {
        check_length(payload)?;
        let offered: Vec<Offered> = decode_guarded(payload)?;
        let is_named = |offered: &Offered| (1..=Limits::NAME_BYTES).contains(&offered.name.len());
        if !offered.iter().all(is_named) {
            return Err(Fault::Unexpected("a callback's name has 1 to 255 bytes"));
        }
        let versioned = offered.into_iter().map(|offered| {
            let version = offered.signature.version();
            (offered, version)
        });
        Ok(Self {
            offered: versioned.collect(),
            bytes: payload.len(),
        })
    }
}

/// A list of more callbacks than a process may offer is not looked at: decoded, it takes many times its bytes.
fn check_length(payload: &Bytes) -> Result<(), Fault> {
    let (length, _) = decode_next::<u64>(payload, false)?;
    if length > Limits::CALLBACKS as u64 {
        return Err(Fault::Unexpected(
            "a list of more callbacks than a process may offer",
        ));
    }
    Ok(())
}
