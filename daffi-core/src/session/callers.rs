//! The names of callers, and who they are.

use std::sync::Arc;

use crate::identity::Identity;
use crate::mixing::{Mixing, Table};
use crate::proto::Who;

/// How many are kept.
const CALLERS: usize = 1024;

/// A process that called.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) name: Arc<str>,
    /// Who the controller says that it is.
    pub(super) identity: Option<Arc<Identity>>,
}

impl Caller {
    fn is(&self, who: Who<&str>) -> bool {
        match &self.identity {
            Some(identity) => identity.is(who),
            None => who == Who::Nobody,
        }
    }
}

/// Callers by their names, so that each is kept once.
#[derive(Debug)]
pub(super) struct Callers(Table<Box<str>, Caller>);

impl Callers {
    pub(super) fn new(mixing: Mixing) -> Self {
        Self(Table::with_hasher(mixing))
    }

    /// A caller, which is shared with whoever asked for it before.
    pub(super) fn caller(&mut self, name: &str, who: Who<&str>) -> Caller {
        if let Some(caller) = self.0.get(name).filter(|caller| caller.is(who)) {
            return caller.clone();
        }
        if self.0.len() >= CALLERS {
            self.0.clear();
        }
        let caller = Caller {
            name: name.into(),
            identity: Identity::told(&who).map(Arc::new),
        };
        // Somebody else may have had the name.
        self.0.insert(name.into(), caller.clone());
        caller
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p6_callers_are_kept_once_and_not_for_ever() {
        let mut callers = Callers::new(Mixing::new(7));
        let mut nobody = |name: &str| callers.caller(name, Who::Nobody);
        assert!(Arc::ptr_eq(&nobody("a").name, &nobody("a").name));
        for number in 0..3 * CALLERS {
            let name = number.to_string();
            assert_eq!(&*callers.caller(&name, Who::Nobody).name, name);
            assert!(callers.0.len() <= CALLERS);
        }
    }

    #[test]
    fn whoever_takes_a_name_over_is_not_who_had_it() {
        let mut callers = Callers::new(Mixing::new(7));
        let mut name = |who| {
            callers
                .caller("shopper", who)
                .identity
                .map(|identity| identity.to_string())
        };
        assert_eq!(name(Who::Nobody), None);
        assert_eq!(name(Who::Token("one")).as_deref(), Some("one (token)"));
        assert_eq!(name(Who::Key("one")).as_deref(), Some("one (key)"));
        assert_eq!(name(Who::User(7)).as_deref(), Some("uid:7"));
        assert_eq!(name(Who::Nobody), None);
        let first = callers.caller("shopper", Who::User(7)).identity.unwrap();
        let again = callers.caller("shopper", Who::User(7)).identity.unwrap();
        assert!(Arc::ptr_eq(&first, &again));
    }
}
