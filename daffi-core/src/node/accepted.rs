//! What is offered of callbacks by other signatures than the caller's, and goes together with it.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::described::{Verdict, agreement, compatible};
use crate::proto::{Described, Failed, Limits, stable_hash};
use crate::registry::{Effort, For};
use crate::signature::{Interface, Readable};

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
    /// The same, where these arguments are written with names.
    Named(Arc<[u64]>, Arc<[usize]>),
}

/// All the time is spent that there is for structures of others: what a call goes together with is not known, and may be later.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoTime;

impl From<NoTime> for Failed {
    fn from(NoTime: NoTime) -> Self {
        Self::Overloaded { may_have_run: false }
    }
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
    /// Those of its arguments that are no streams, have positions, and can be written with names.
    pub(crate) nameable: &'a [usize],
}

/// What a caller goes together with depends on its version, and on which of its arguments can be written with names.
type Key = (u64, u64);

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
    /// By the keys of callers.
    terms: HashMap<Key, Option<Terms>>,
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
            Self::Versions(versions) | Self::Named(versions, _) => versions,
        }
    }

    /// The arguments that are written with names though they have positions.
    pub(crate) fn named(&self) -> &[usize] {
        match self {
            Self::Named(_, named) => named,
            Self::Number(_) | Self::Versions(_) => &[],
        }
    }

    /// Whether a call goes to who offers that.
    fn fit(&self, offered: &Described) -> bool {
        match self {
            Self::Number(number) => offered.accepts(*number),
            Self::Versions(versions) | Self::Named(versions, _) => versions.contains(&offered.version()),
        }
    }
}

impl Called<'_> {
    /// What goes together with it depends on that.
    fn key(&self) -> Key {
        let nameable = self.nameable.iter();
        let nameable = nameable.fold(0, |all, argument| all | 1 << (argument % 64));
        (self.version, nameable)
    }

    /// In which terms it goes to as many as possible of those who offer a callback; nothing if it goes to nobody.
    fn terms(&self, offers: &Offers) -> Option<Terms> {
        let known = offers.signatures.iter();
        let known: Vec<_> = known
            .filter_map(|offered| Some((offered, offered.interface().ok()?)))
            .collect();
        if let Some(terms) = self.naming(&known) {
            return Some(terms);
        }
        let (mut same, mut compatible) = (Vec::new(), Vec::new());
        for (offered, interface) in &known {
            match agreement(self.interface, interface) {
                Verdict::Same => same.push(*offered),
                Verdict::Compatible if self.is_describable => compatible.push(offered.version()),
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
        Some(Terms::Versions(listed(
            [self.version].into_iter().chain(same).chain(compatible),
        )))
    }

    /// In which terms it goes to those who ask for some of its arguments with names, and to all others who read these so as well.
    fn naming(&self, offers: &[(&Described, Interface)]) -> Option<Terms> {
        let is_asked = |argument: &usize| {
            offers
                .iter()
                .any(|(_, offered)| self.is_asked(*argument, offered))
        };
        let named: Vec<_> = self.nameable.iter().copied().filter(is_asked).collect();
        if named.is_empty() || !self.is_describable {
            return None;
        }
        let interface = self.interface.explaining(&named);
        let goes = |offered: &Interface| agreement(&interface, offered).is_compatible();
        let told = offers.iter().filter(|(_, offered)| goes(offered));
        let told: Vec<_> = told.map(|(offered, _)| offered.version()).collect();
        if told.is_empty() {
            return None;
        }
        // It may be there though it was not told.
        let own = goes(self.interface).then_some(self.version);
        Some(Terms::Named(listed(own.into_iter().chain(told)), named.into()))
    }

    /// Whether an argument with positions is read with names alone: by a type that asks, or as a value shows too little of a variant.
    fn is_asked(&self, argument: usize, offered: &Interface) -> bool {
        let own = self.interface.signature.parameters.iter().flatten();
        let mut values = own.enumerate().filter(|(_, own)| own.ty.item().is_none());
        let Some((place, own)) = values.nth(argument) else {
            return false;
        };
        let offered = offered.parameters().unwrap_or_default();
        let Some((_, read, _)) = offered.get(place) else {
            return false;
        };
        let may_be = read.ty.explains() || own.ty.is_open();
        may_be && !compatible(&Readable::unknown(own.ty.clone()), read).is_compatible()
    }
}

/// The first of them, in ascending order.
fn listed(all: impl IntoIterator<Item = u64>) -> Arc<[u64]> {
    let mut versions = Vec::new();
    for version in all {
        if versions.len() < Limits::COMPATIBLE && !versions.contains(&version) {
            versions.push(version);
        }
    }
    versions.sort_unstable();
    versions.into()
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
    fn terms_of(&mut self, name: &str, offered: &Arc<Offers>) -> Option<&mut HashMap<Key, Option<Terms>>> {
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
        let agreed = self.agreed(name, &called(), &offered);
        // Whoever is not it says what it offers.
        agreed.unwrap_or_default().unwrap_or(own)
    }

    /// These are all that is offered of a callback.
    pub(crate) fn tell(&self, name: &str, mut signatures: Vec<Described>) {
        signatures.truncate(Limits::COMPATIBLE);
        let are_all = true;
        self.locked().put(name, Offers { signatures, are_all });
        self.any.store(true, Ordering::Release);
    }

    /// A call in those terms was refused by those who offer this, and perhaps others: in which terms it is worth calling them.
    ///
    /// # Errors
    ///
    /// When there is no time to find that out.
    pub(crate) fn refused(
        &self,
        name: &str,
        sent: &Terms,
        called: &Called<'_>,
        told: &[&Described],
    ) -> Result<Option<Terms>, NoTime> {
        let offered = self.locked().add(name, told);
        self.any.store(true, Ordering::Release);
        let terms = self.agreed(name, called, &offered)?;
        Ok(terms.filter(|terms| terms != sent && told.iter().any(|offered| terms.fit(offered))))
    }

    /// What a caller and those who offer that agree on, found out once.
    fn agreed(
        &self,
        name: &str,
        called: &Called<'_>,
        offered: &Arc<Offers>,
    ) -> Result<Option<Terms>, NoTime> {
        if let Some(terms) = self.locked().terms_of(name, offered)
            && let Some(known) = terms.get(&called.key())
        {
            return Ok(known.clone());
        }
        // It may take a while, for which nobody waits.
        let agreed = self
            .effort
            .spend(For::Known(stable_hash(name.as_bytes())), || called.terms(offered))
            .ok_or(NoTime)?;
        if let Some(terms) = self.locked().terms_of(name, offered) {
            if terms.len() >= CALLERS {
                terms.clear();
            }
            terms.insert(called.key(), agreed.clone());
        }
        Ok(agreed)
    }

    fn locked(&self) -> MutexGuard<'_, Callbacks> {
        self.callbacks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
