//! The words of a call that nobody could be asked to answer.

use std::fmt;

use super::lacking::Lacks;
use crate::proto::{Absence, Heard};

/// Who is missing, and what to do.
pub(super) struct Absent<'a> {
    pub(super) callback: &'a str,
    /// The process that was named.
    pub(super) process: Option<&'a str>,
    pub(super) absence: &'a Absence,
    /// The call has waited for somebody.
    pub(super) waited: bool,
}

impl fmt::Display for Absent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let &Self {
            callback,
            process: named,
            absence,
            waited,
        } = self;
        let process = named.unwrap_or("?");
        match absence {
            Absence::Nobody { similar } => {
                write!(f, "nobody offers `{callback}` now: ")?;
                if let Some(similar) = similar {
                    write!(f, "did you mean `{}`, which is offered? If not, ", Heard(similar))?;
                }
                write!(
                    f,
                    "start a process with a #[callback] of that name, or have the call wait {} with .wait_for_provider(…); if such a \
                     one runs, its log says what it offers (`node started`): a service has to be given to it with .service(…), and a \
                     library that it uses nothing else of has to be named with daffi::offer!(…)",
                    if waited { "longer" } else { "for one" }
                )
            }
            Absence::OnlyCaller => write!(
                f,
                "nobody but this process offers `{callback}`: to call it here, name this process with .to(…) or .to_each(…)"
            ),
            Absence::ProcessUnknown => write!(
                f,
                "`{callback}` was called at process {process:?}, which is not there: check the name, or wait for it with \
                 wait_process({process:?})"
            ),
            Absence::NotOffered => write!(
                f,
                "process {process:?} does not offer `{callback}`: name a process that does, or none to have any that does"
            ),
            Absence::Lacking(lacking) => Lacks {
                callback,
                process: named,
                lacking,
                waited,
            }
            .fmt(f),
        }
    }
}
