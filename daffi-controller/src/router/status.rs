//! What statuses mean to whoever passes them on.

use daffi_core::proto::{Failed, FrameError, Limits, Status};

/// What to answer when a frame was refused.
pub(super) fn refused(error: &FrameError, may_have_run: bool) -> Failed {
    match error {
        FrameError::TooLarge { size, limit } => Failed::TooLarge {
            size: *size as u64,
            limit: *limit as u64,
            may_have_run,
        },
        FrameError::Encode(error) => Failed::Encode {
            message: error.to_string(),
        },
    }
}

/// Whether a status takes but a few bytes.
pub(super) const fn is_small(status: &Status<'_>) -> bool {
    match status {
        Status::Value => true,
        Status::App { .. } => false,
        Status::Failed(Failed::ProviderLost { process }) => process.len() <= Limits::NAME_BYTES,
        Status::Failed(failed) => matches!(
            failed,
            Failed::NoProvider(_)
                | Failed::Timeout { .. }
                | Failed::Cancelled { .. }
                | Failed::Overloaded { .. }
                | Failed::TooLarge { .. }
                | Failed::Disconnected { .. }
        ),
    }
}

/// Whether a callback may have run that ended so.
pub(super) fn may_have_run(status: &Status<'_>) -> bool {
    match status {
        Status::Value | Status::App { .. } => true,
        Status::Failed(failed) => failed.may_have_run(),
    }
}
