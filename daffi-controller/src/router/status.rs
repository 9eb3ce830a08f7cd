//! What statuses mean to whoever passes them on.

use bytes::Bytes;
use daffi_core::proto::{Absence, Described, Failed, FrameError, Header, Limits, Own, Status};

use super::ids::PeerId;
use super::outlet::Outlet;

/// Tells a process how something ended: in few bytes if its queue has not the room that is needed for more (P6), or if more is
/// over the limit of its frames.
pub(super) fn tell<'a>(
    to: PeerId,
    header: impl Fn(Status<'a>) -> Header<'a>,
    status: Status<'a>,
    (payload, needed): (&Bytes, usize),
    out: &mut impl Outlet,
) {
    let may_have_run = may_have_run(&status);
    let is_short = payload.is_empty() && is_small(&status);
    let failed = if is_short || out.room(to) >= needed {
        match out.send(to, &header(status), payload) {
            Ok(()) => return,
            Err(error) => refused(&error, may_have_run),
        }
    } else {
        Failed::Overloaded { may_have_run }
    };
    // Without a payload it fits every limit.
    let _ = out.send(to, &header(Status::Failed(failed)), &Bytes::new());
}

/// What to answer when a frame was refused.
pub(super) fn refused(error: &FrameError, may_have_run: bool) -> Failed {
    match error {
        FrameError::TooLarge { size, limit } => Failed::TooLarge {
            size: *size as u64,
            limit: *limit as u64,
            may_have_run,
        },
        FrameError::NotSpoken { .. } => Failed::Invalid {
            reason: error.to_string(),
        },
        FrameError::Encode(error) => Failed::Encode {
            message: error.to_string(),
        },
    }
}

/// Whether a status takes but a few bytes.
pub(super) const fn is_small(status: &Status<'_>) -> bool {
    match status {
        Status::Value | Status::Explained => true,
        Status::App { .. } => false,
        Status::Failed(Failed::ProviderLost { process }) => process.len() <= Limits::NAME_BYTES,
        Status::Failed(Failed::NoProvider(Absence::Lacking(_))) => false,
        Status::Failed(failed) => matches!(
            failed,
            Failed::NoProvider(_)
                | Failed::Timeout { .. }
                | Failed::Cancelled { .. }
                | Failed::Overloaded { .. }
                | Failed::Recursive
                | Failed::NoThread { .. }
                | Failed::OverQuota(_)
                | Failed::TooLarge { .. }
                | Failed::ItemTooLarge { .. }
                | Failed::Unread { .. }
                | Failed::Disconnected { .. }
        ),
    }
}

/// Whether a callback may have run that ended so.
fn may_have_run(status: &Status<'_>) -> bool {
    match status {
        Status::Value | Status::Explained | Status::App { .. } => true,
        Status::Failed(failed) => failed.may_have_run(),
    }
}

/// How many bytes of words a status has.
pub(super) fn words(status: &Status<'_>) -> usize {
    match status {
        Status::Value | Status::Explained => 0,
        Status::App {
            message,
            causes,
            typed,
        } => {
            let reason = match typed {
                Own::Lost { reason } => reason.len(),
                Own::None | Own::Payload | Own::Explained => 0,
            };
            message.len() + causes.iter().map(|cause| cause.len()).sum::<usize>() + reason
        }
        Status::Failed(failed) => match failed {
            Failed::ProviderLost { process: words }
            | Failed::Panicked { message: words, .. }
            | Failed::Denied { reason: words, .. }
            | Failed::Decode { message: words }
            | Failed::Encode { message: words }
            | Failed::Invalid { reason: words } => words.len(),
            Failed::SignatureMismatch { offered, others } => {
                offered.size() + others.iter().map(Described::size).sum::<usize>()
            }
            Failed::NoProvider(Absence::Lacking(lacking)) => lacking.bytes(),
            Failed::NoProvider(Absence::Nobody {
                similar: Some(words), ..
            }) => words.len(),
            _ => 0,
        },
    }
}
