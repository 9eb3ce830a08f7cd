//! What was found out about structures of others, kept so that it is found out once.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::described::{Front, Misfit};

/// So many are kept, and as many that cannot be read: as many as there are versions of a program at a time, and a few.
const KEPT: usize = 16;

/// And so many bytes of them, as what is known takes some times as much. Larger ones are looked into each time.
const KEPT_BYTES: usize = 64 * 1024;

/// What is known of structures, by their bytes: nobody's stand for another's. The one that was asked for last is the last.
#[derive(Debug)]
pub(crate) struct Known<T> {
    read: Mutex<VecDeque<(Front, T)>>,
    /// Those that cannot be read take nobody's place.
    refused: Mutex<VecDeque<(Front, Misfit)>>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self {
            read: Mutex::default(),
            refused: Mutex::default(),
        }
    }
}

impl<T: Clone> Known<T> {
    /// What is known of a structure, be it that it cannot be read; otherwise it is found out.
    pub(crate) fn of(
        &self,
        front: &Front,
        find_out: impl FnOnce() -> Result<T, Misfit>,
    ) -> Result<T, Misfit> {
        // It may take a while, for which nobody waits.
        self.kept(front).unwrap_or_else(|| self.keep(front, find_out()))
    }

    /// What is known of a structure.
    pub(crate) fn kept(&self, front: &Front) -> Option<Result<T, Misfit>> {
        let read = kept(&mut locked(&self.read), front);
        read.map(Ok)
            .or_else(|| kept(&mut locked(&self.refused), front).map(Err))
    }

    /// What was found out.
    pub(crate) fn keep(&self, front: &Front, found: Result<T, Misfit>) -> Result<T, Misfit> {
        match &found {
            Ok(read) => keep(&mut locked(&self.read), front, read),
            Err(misfit) => keep(&mut locked(&self.refused), front, misfit),
        }
        found
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kept<T: Clone>(known: &mut VecDeque<(Front, T)>, front: &Front) -> Option<T> {
    let place = known.iter().rposition(|(other, _)| other == front)?;
    if place + 1 < known.len() {
        let found = known.remove(place)?;
        known.push_back(found);
    }
    known.back().map(|(_, found)| found.clone())
}

fn keep<T: Clone>(known: &mut VecDeque<(Front, T)>, front: &Front, found: &T) {
    let Some(room) = KEPT_BYTES.checked_sub(front.size()) else {
        return;
    };
    let bytes = |known: &VecDeque<(Front, T)>| known.iter().map(|(other, _)| other.size()).sum::<usize>();
    while known.len() >= KEPT || bytes(known) > room {
        known.pop_front();
    }
    known.push_back((front.kept(), found.clone()));
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

    /// Whether it had to be found out, where that cannot be read whose name begins with `no`.
    fn asks(known: &Known<String>, name: &str) -> bool {
        let mut asked = false;
        let found = known.of(&front(name), || {
            asked = true;
            match name.starts_with("no") {
                true => Err(serde::de::Error::custom("no")),
                false => Ok(name.to_owned()),
            }
        });
        assert_eq!(found.ok(), (!name.starts_with("no")).then(|| name.to_owned()));
        asked
    }

    #[test]
    fn what_is_known_is_found_out_once_and_not_kept_for_ever() {
        let known = Known::default();
        for name in ["one", "none"] {
            assert!(asks(&known, name));
            assert!(!asks(&known, name));
        }
        for number in 0..KEPT {
            assert!(asks(&known, &number.to_string()));
            assert!(asks(&known, &format!("no {number}")));
        }
        assert!(asks(&known, "one"));
        assert!(asks(&known, "none"));
        // Nor many that are large.
        let large = |number: usize| format!("{number}{}", "x".repeat(KEPT_BYTES / 4));
        for number in 0..4 {
            assert!(asks(&known, &large(number)));
        }
        assert!(!asks(&known, &large(3)) && asks(&known, &large(0)));
    }

    #[test]
    fn what_is_asked_for_stays_whatever_else_is_sent() {
        let known = Known::default();
        assert!(asks(&known, "one") && asks(&known, "two"));
        for number in 0..100 {
            asks(&known, &number.to_string());
            assert!(!asks(&known, "one"), "after {number}");
        }
        assert!(asks(&known, "two"));
        // Nothing that cannot be read takes its place.
        for number in 0..100 {
            asks(&known, &format!("no {number}"));
        }
        assert!(!asks(&known, "one"));
    }
}
