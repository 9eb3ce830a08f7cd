//! What is offered of callbacks by other signatures than the caller's, and goes together with it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::described::{Verdict, agreement};
use crate::proto::{Described, Limits, stable_hash};
use crate::registry::Effort;
use crate::signature::Interface;

/// Of so many callbacks it is known what is offered, and so many bytes of that: call sites are few, but calls by name may have as many
/// names as there are.
const CALLBACKS: usize = 4096;
const BYTES: usize = 8 * 1024 * 1024;

/// So many signatures of callers are known for each: calls by name may have as many as they have values.
const CALLERS: usize = 64;

/// In which terms a call is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    /// By the number of a signature, whose positions the arguments have.
    Number(u64),
    /// By the versions that may run it, in ascending order: the arguments have their structure in front.
    Versions(Arc<[u64]>),
}

/// A caller, as it is compared with what is offered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Called<'a> {
    pub(crate) interface: &'a Interface,
    pub(crate) number: u64,
    /// The number with all that its types allow: what goes together with it depends on that.
    pub(crate) version: u64,
    /// Whether its arguments can have their structure in front.
    pub(crate) is_describable: bool,
}

/// In which terms callbacks are called.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    callbacks: Mutex<Callbacks>,
    /// Most processes never have any.
    any: AtomicBool,
    /// What is spent on structures of others.
    effort: Effort,
}

#[derive(Debug, Default)]
struct Callbacks {
    by_name: HashMap<Box<str>, Callback>,
    bytes: usize,
}

/// What is offered of a callback, as far as it was told, and what follows from that.
#[derive(Debug)]
struct Callback {
    offered: Arc<Offers>,
    /// By the versions of callers.
    terms: HashMap<u64, Option<Terms>>,
}

#[derive(Debug, Default, PartialEq)]
struct Offers {
    /// The newest first.
    signatures: Vec<Described>,
    /// There are no others. Otherwise, those may have gone that are not the newest.
    are_all: bool,
}

impl Terms {
    pub(crate) fn versions(&self) -> &[u64] {
        match self {
            Self::Number(_) => &[],
            Self::Versions(versions) => versions,
        }
    }

    /// Whether a call goes to who offers that.
    fn fit(&self, offered: &Described) -> bool {
        match self {
            Self::Number(number) => offered.accepts(*number),
            Self::Versions(versions) => versions.contains(&offered.version()),
        }
    }
}

impl Called<'_> {
    /// In which terms it goes to as many as possible of those who offer a callback; nothing if it goes to nobody.
    fn terms(&self, offers: &Offers) -> Option<Terms> {
        let (mut same, mut compatible) = (Vec::new(), Vec::new());
        for offered in &offers.signatures {
            let verdict = offered
                .interface()
                .map(|interface| agreement(self.interface, &interface));
            match verdict {
                Ok(Verdict::Same) => same.push(offered),
                Ok(Verdict::Compatible) if self.is_describable => compatible.push(offered.version()),
                _ => {}
            }
        }
        if compatible.is_empty() {
            let newest = same.first()?;
            let considered = if offers.are_all { &*same } else { &same[..1] };
            let own = considered.iter().any(|same| same.accepts(self.number));
            return Some(Terms::Number(if own { self.number } else { newest.number }));
        }
        // Those of the same signature read it as their own; and its own version may be there though it was not told.
        let same = same.iter().map(|same| same.version());
        let mut versions: Vec<_> = [self.version].into_iter().chain(same).collect();
        versions.dedup();
        versions.extend(compatible);
        versions.truncate(Limits::COMPATIBLE);
        versions.sort_unstable();
        versions.dedup();
        Some(Terms::Versions(versions.into()))
    }
}

impl Callback {
    fn bytes(&self) -> usize {
        self.offered.signatures.iter().map(Described::size).sum()
    }
}

impl Callbacks {
    /// What is offered of a callback is this.
    fn put(&mut self, name: &str, offered: Offers) -> Arc<Offers> {
        if let Some(known) = self.by_name.get(name)
            && *known.offered == offered
        {
            return Arc::clone(&known.offered);
        }
        let callback = Callback {
            offered: Arc::new(offered),
            terms: HashMap::new(),
        };
        let offered = Arc::clone(&callback.offered);
        if let Some(former) = self.by_name.remove(name) {
            self.bytes -= former.bytes();
        }
        let bytes = callback.bytes();
        if self.by_name.len() >= CALLBACKS || self.bytes.saturating_add(bytes) > BYTES {
            *self = Self::default();
        }
        self.bytes += bytes;
        self.by_name.insert(name.into(), callback);
        offered
    }

    /// What follows from that, if it is still all that is offered of a callback.
    fn terms_of(&mut self, name: &str, offered: &Arc<Offers>) -> Option<&mut HashMap<u64, Option<Terms>>> {
        let callback = self.by_name.get_mut(name)?;
        Arc::ptr_eq(&callback.offered, offered).then_some(&mut callback.terms)
    }

    /// This is offered, too.
    fn add(&mut self, name: &str, told: &[&Described]) -> Arc<Offers> {
        let known = self
            .by_name
            .get(name)
            .map(|callback| Arc::clone(&callback.offered));
        let known = known.unwrap_or_default();
        let mut signatures: Vec<Described> = Vec::new();
        for offered in told.iter().copied().chain(&known.signatures) {
            if signatures.len() < Limits::COMPATIBLE && !signatures.contains(offered) {
                signatures.push(offered.clone());
            }
        }
        let are_all = false;
        self.put(name, Offers { signatures, are_all })
    }
}

impl Accepted {
    /// The terms of a call: those in which it goes to others than those of the same number, if that is known.
    pub(crate) fn terms<'c>(&self, name: &str, number: u64, called: impl FnOnce() -> Called<'c>) -> Terms {
        let own = Terms::Number(number);
        if !self.any.load(Ordering::Acquire) {
            return own;
        }
        let offered = match self.locked().by_name.get(name) {
            None => return own,
            Some(callback) => Arc::clone(&callback.offered),
        };
        self.agreed(name, &called(), &offered).unwrap_or(own)
    }

    /// These are all that is offered of a callback.
    pub(crate) fn tell(&self, name: &str, mut signatures: Vec<Described>) {
        signatures.truncate(Limits::COMPATIBLE);
        let are_all = true;
        self.locked().put(name, Offers { signatures, are_all });
        self.any.store(true, Ordering::Release);
    }

    /// A call in those terms was refused by those who offer this, and perhaps others: in which terms it is worth calling them.
    pub(crate) fn refused(
        &self,
        name: &str,
        sent: &Terms,
        called: &Called<'_>,
        told: &[&Described],
    ) -> Option<Terms> {
        let offered = self.locked().add(name, told);
        self.any.store(true, Ordering::Release);
        let terms = self.agreed(name, called, &offered)?;
        (terms != *sent && told.iter().any(|offered| terms.fit(offered))).then_some(terms)
    }

    /// What a caller and those who offer that agree on, found out once.
    fn agreed(&self, name: &str, called: &Called<'_>, offered: &Arc<Offers>) -> Option<Terms> {
        if let Some(terms) = self.locked().terms_of(name, offered)
            && let Some(known) = terms.get(&called.version)
        {
            return known.clone();
        }
        // It may take a while, for which nobody waits.
        let agreed = self
            .effort
            .spend(stable_hash(name.as_bytes()), || called.terms(offered))?;
        if let Some(terms) = self.locked().terms_of(name, offered) {
            if terms.len() >= CALLERS {
                terms.clear();
            }
            terms.insert(called.version, agreed.clone());
        }
        agreed
    }

    fn locked(&self) -> MutexGuard<'_, Callbacks> {
        self.callbacks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{ErrorType, Returns, Signature, Type, trace};

    fn interface(parameters: &[(&str, Type)]) -> Interface {
        let returns = Returns {
            ok: trace::<u8>(),
            error: ErrorType::None,
        };
        let mut interface = Interface::from(Signature::new(parameters.iter().cloned(), returns));
        // What comes after the first has a default.
        for parameter in interface.allows.parameters.iter_mut().skip(1) {
            parameter.optional = true;
        }
        interface
    }

    /// What is offered by versions: the first takes one argument, and the others one more that may be missing.
    fn versions() -> [(Interface, Described); 3] {
        let number = || ("n", trace::<u32>());
        let of = |more: Type| interface(&[number(), ("more", more)]);
        [interface(&[number()]), of(trace::<bool>()), of(trace::<String>())].map(|interface| {
            let described = Described::of(&interface);
            (interface, described)
        })
    }

    const NAME: &str = "add";

    fn called(version: &(Interface, Described)) -> Called<'_> {
        Called {
            interface: &version.0,
            number: version.1.number,
            version: version.1.version(),
            is_describable: true,
        }
    }

    fn terms(accepted: &Accepted, version: &(Interface, Described)) -> Terms {
        accepted.terms(NAME, version.1.number, || called(version))
    }

    fn of(versions: &[&(Interface, Described)]) -> Terms {
        let mut versions: Vec<_> = versions.iter().map(|version| version.1.version()).collect();
        versions.sort_unstable();
        Terms::Versions(versions.into())
    }

    #[test]
    fn a_call_goes_to_all_versions_that_it_goes_together_with_and_back_to_its_own_number() {
        let [one, two, three] = &versions();
        let (accepted, own) = (Accepted::default(), Terms::Number(one.1.number));
        let tell = |versions: &[&(Interface, Described)]| {
            accepted.tell(NAME, versions.iter().map(|version| version.1.clone()).collect());
        };
        assert_eq!(terms(&accepted, one), own);
        tell(&[one, two]);
        assert_eq!(terms(&accepted, one), of(&[one, two]));
        tell(&[two, one, three]);
        assert_eq!(terms(&accepted, one), of(&[one, two, three]));
        // Also to its own, if that is not among those that it was told of.
        tell(&[two]);
        assert_eq!(terms(&accepted, one), of(&[one, two]));
        // To who sends two arguments, those who take one are of no use.
        assert_eq!(terms(&accepted, two), Terms::Number(two.1.number));
        tell(&[one]);
        assert_eq!(terms(&accepted, one), own);
        assert_eq!(
            accepted.terms("other", 7, || panic!("nobody knows it")),
            Terms::Number(7)
        );
        // Who cannot say what its arguments are goes by numbers alone.
        tell(&[one, two]);
        let untraced = Called {
            is_describable: false,
            version: 1,
            ..called(one)
        };
        assert_eq!(accepted.terms(NAME, one.1.number, || untraced), own);
    }

    #[test]
    fn who_is_refused_calls_those_who_refused_it_and_forgets_nobody_else() {
        let [one, two, three] = &versions();
        let accepted = Accepted::default();
        let own = Terms::Number(one.1.number);
        let refused = |sent: &Terms, by: &[&(Interface, Described)]| {
            let told: Vec<_> = by.iter().map(|version| &version.1).collect();
            accepted.refused(NAME, sent, &called(one), &told)
        };
        let to_two = refused(&own, &[two]).unwrap();
        assert_eq!(to_two, of(&[one, two]));
        assert_eq!(terms(&accepted, one), to_two);
        // One that was named, of another version.
        let to_both = refused(&to_two, &[three]).unwrap();
        assert_eq!(to_both, of(&[one, two, three]));
        // It has refused what it takes: it is not called again and again.
        assert_eq!(refused(&of(&[one, two, three]), &[two]), None);
        // Nobody who would have it is called instead of those who would not.
        let narrow = interface(&[("n", trace::<u8>())]);
        let narrow = (narrow.clone(), Described::of(&narrow));
        assert_eq!(refused(&own, &[&narrow]), None);
    }

    /// Where not all could be traced, the number is another one's, and the bytes are the same.
    #[test]
    fn who_is_refused_by_a_number_goes_by_that_of_who_refused_it() {
        let of = |ty: Type| {
            let interface = interface(&[("n", ty)]);
            let described = Described::of(&interface);
            (interface, described)
        };
        let (own, loose) = (of(trace::<u32>()), of(Type::Opaque));
        let accepted = Accepted::default();
        let by = |version: &(Interface, Described)| Terms::Number(version.1.number);
        accepted.tell(NAME, vec![loose.1.clone(), own.1.clone()]);
        assert_eq!(terms(&accepted, &own), by(&own));
        let refused = |sent: &Terms, told: &(Interface, Described)| {
            accepted.refused(NAME, sent, &called(&own), &[&told.1])
        };
        assert_eq!(refused(&by(&own), &loose), Some(by(&loose)));
        assert_eq!(terms(&accepted, &own), by(&loose));
        assert_eq!(refused(&by(&loose), &own), Some(by(&own)));
        assert_eq!(refused(&by(&own), &own), None);
    }

    #[test]
    fn no_more_is_kept_than_is_of_use() {
        let accepted = Accepted::default();
        let long = |number: usize| {
            let name = format!("{number}{}", "x".repeat(100_000));
            let parameter: [(&str, Type); 1] = [(&name, trace::<u8>())];
            Described::of(&interface(&parameter))
        };
        for number in 0..200 {
            accepted.tell(&number.to_string(), vec![long(number)]);
            let callbacks = accepted.locked();
            let bytes: usize = callbacks.by_name.values().map(Callback::bytes).sum();
            assert_eq!(bytes, callbacks.bytes);
            assert!(bytes <= BYTES, "{bytes}");
        }
        for number in 0..2 * CALLBACKS {
            accepted.tell(&number.to_string(), Vec::new());
            assert!(accepted.locked().by_name.len() <= CALLBACKS);
        }
        // Of one, the newest are known.
        let [one, ..] = &versions();
        for number in 0..20 {
            let narrow = Described::of(&interface(&[(&format!("n{number}"), trace::<u8>())]));
            accepted.refused(NAME, &Terms::Number(1), &called(one), &[&narrow]);
            let callbacks = accepted.locked();
            let offered = &callbacks.by_name[NAME].offered.signatures;
            assert_eq!(
                (offered.len(), &offered[0]),
                ((number + 1).min(Limits::COMPATIBLE), &narrow)
            );
        }
    }
}
