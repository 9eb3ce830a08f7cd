//! The names of callers.

use std::collections::HashMap;
use std::sync::Arc;

/// How many are kept.
const CALLERS: usize = 1024;

/// Names, so that each is kept once.
#[derive(Debug, Default)]
pub(super) struct Callers(HashMap<Box<str>, Arc<str>>);

impl Callers {
    /// A name that is shared with whoever asked for it before.
    pub(super) fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(caller) = self.0.get(name) {
            return Arc::clone(caller);
        }
        if self.0.len() >= CALLERS {
            self.0.clear();
        }
        let caller: Arc<str> = name.into();
        self.0.insert(name.into(), Arc::clone(&caller));
        caller
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p6_the_names_of_callers_are_kept_once_and_not_for_ever() {
        let mut callers = Callers::default();
        assert!(Arc::ptr_eq(&callers.name("a"), &callers.name("a")));
        for number in 0..3 * CALLERS {
            assert_eq!(&*callers.name(&number.to_string()), number.to_string());
            assert!(callers.0.len() <= CALLERS);
        }
    }
}
