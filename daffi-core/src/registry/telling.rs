//! Says that some values are sent in the slower form, and why.

use tracing::info;

use crate::proto::EncodeError;
use crate::signature::Form;

/// Says once of each form that some values of it are sent with names, and `why`; whose callback's, unless the span says that.
pub(crate) fn tell_named(callback: Option<&str>, what: &str, form: &Form, why: &EncodeError) {
    if form.is_first_named() {
        info!(
            callback,
            "{what} is sent with names, which is slower and longer, as positions cannot carry it: {why}"
        );
    }
}
