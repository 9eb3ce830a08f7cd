//! What was found out about structures of others, kept so that it is found out once.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::described::{Front, Misfit};

/// So many are kept: as many as there are versions of a program at a time, and a few.
const KEPT: usize = 16;

/// Larger ones are looked into each time.
const KEPT_BYTES: usize = 64 * 1024;

/// What is known of structures, by their bytes: nobody's stand for another's.
#[derive(Debug)]
pub(crate) struct Known<T>(Mutex<VecDeque<(Front, T)>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Known<T> {
    /// What is known of a structure; otherwise it is found out.
    pub(crate) fn of(
        &self,
        front: &Front,
        find_out: impl FnOnce() -> Result<T, Misfit>,
    ) -> Result<T, Misfit> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = known().iter().find(|(other, _)| other == front) {
            return Ok(known.clone());
        }
        // It may take a while, for which nobody waits.
        let found = find_out()?;
        if front.size() <= KEPT_BYTES {
            let mut known = known();
            if known.len() == KEPT {
                known.pop_front();
            }
            known.push_back((front.kept(), found.clone()));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{ErrorType, Interface, Returns, Signature, trace};

    fn front(name: &str) -> Front {
        let returns = Returns {
            ok: trace::<()>(),
            error: ErrorType::None,
        };
        let ty = crate::signature::Type::Struct {
            name: name.to_owned(),
            fields: Vec::new(),
        };
        Front::of_arguments(&Interface::from(Signature::new([("a", ty)], returns))).unwrap()
    }

    #[test]
    fn what_is_known_is_found_out_once_and_not_kept_for_ever() {
        let known = Known::default();
        let ask = |name: &str| {
            let mut asked = false;
            let found = known.of(&front(name), || {
                asked = true;
                Ok(name.to_owned())
            });
            assert_eq!(found.unwrap(), name);
            asked
        };
        assert!(ask("one"));
        assert!(!ask("one"));
        for number in 0..KEPT {
            assert!(ask(&number.to_string()));
        }
        assert!(ask("one"));
        let failed = known.of(&front("none"), || {
            Err::<String, _>(serde::de::Error::custom("no"))
        });
        assert!(failed.is_err());
    }
}
