//! How a callback is offered: what its providers say of it, those together that say the same.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::Right;
use daffi_core::proto::{
    self, Absence, Attributes, CallId, CallbackOffers, Described, EncodeError, Failed, Limits, OfferedBy,
    OfferedVersion, Status,
};

use super::ids::{PeerId, ProviderKey};
use super::outlet::Outlet;
use super::provider::Provider;
use super::state::Router;
use super::work::{Progress, Step, Task, Turn};

/// So many bytes are encoded at once; for more, nobody waits.
const FEW: usize = 64 * 1024;

/// Whether two signatures are the same to the last byte. Those that are known to be are shared.
fn is_same(one: &Arc<Described>, other: &Arc<Described>, turn: &mut Turn) -> bool {
    if Arc::ptr_eq(one, other) {
        return true;
    }
    let may_be = one.number == other.number && one.size() == other.size();
    if may_be {
        turn.spend_words(one.size());
    }
    may_be && one == other
}

/// A description that is put together.
#[derive(Debug)]
struct Describing {
    peer: PeerId,
    call: CallId,
    name: Arc<str>,
    /// Those who offered it when that was asked, and have not been looked at.
    left: Vec<ProviderKey>,
    offers: CallbackOffers,
    /// The signature of each version.
    signatures: Vec<Arc<Described>>,
    /// Who offers it is told.
    names: bool,
    /// How many bytes it takes, about, and how many it may.
    bytes: usize,
    limit: usize,
    encoded: Option<Result<Bytes, EncodeError>>,
}

impl Step for Describing {
    fn prepare(&mut self) {
        if self.left.is_empty() && self.encoded.is_none() {
            self.encode();
        }
    }

    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        router.describe(self, turn, &mut out)
    }
}

impl Describing {
    fn encode(&mut self) {
        // Freed here, and not where somebody waits for it.
        let mut offers = std::mem::take(&mut self.offers);
        for version in &mut offers.versions {
            version.providers.sort_by(|a, b| a.name.cmp(&b.name));
        }
        self.encoded = Some(proto::encode(&offers));
    }

    /// Adds somebody who offers it.
    fn add(&mut self, provider: &Provider, process: &str, turn: &mut Turn) {
        let Some(signature) = &provider.signature else {
            return;
        };
        turn.spend_looks(self.offers.versions.len());
        let per_caller = provider.per_caller.as_ref().map(|per_caller| per_caller.limit);
        let mut is_so = |(version, theirs): (&OfferedVersion, &Arc<Described>)| {
            *version.docs == *provider.docs
                && (version.concurrency, version.queue, version.balance)
                    == (provider.concurrency, provider.queue, provider.balance)
                && version.concurrency_per_caller == per_caller
                && is_same(signature, theirs, turn)
        };
        let known = self.offers.versions.iter().zip(&self.signatures);
        let place = match known.enumerate().find(|(_, known)| is_so(*known)) {
            Some((place, _)) => place,
            None => {
                let bytes = signature.size() + provider.docs.len();
                turn.spend_words(bytes);
                if self.offers.versions.len() == Limits::VERSIONS || self.bytes + bytes > self.limit {
                    self.offers.more += 1;
                    return;
                }
                self.bytes += bytes;
                self.signatures.push(Arc::clone(signature));
                self.offers.versions.push(OfferedVersion {
                    signature: Described::clone(signature),
                    docs: provider.docs.to_string(),
                    concurrency: provider.concurrency,
                    concurrency_per_caller: per_caller,
                    queue: provider.queue,
                    balance: provider.balance,
                    count: 0,
                    providers: Vec::new(),
                });
                self.offers.versions.len() - 1
            }
        };
        let version = &mut self.offers.versions[place];
        version.count += 1;
        let bytes = process.len() + provider.attributes.bytes();
        turn.spend_words(bytes);
        if self.names && self.bytes + bytes <= self.limit {
            self.bytes += bytes;
            version.providers.push(OfferedBy {
                name: process.to_owned(),
                attributes: Attributes::clone(&provider.attributes),
            });
        }
    }
}

impl Router {
    /// Begins to put together how a callback is offered; tells who asks if nobody offers it.
    pub(super) fn describing(
        &mut self,
        peer: PeerId,
        call: CallId,
        name: &str,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Option<Task> {
        let function = self.directory.function(name);
        // All of them at once, as nothing else says how far one has come in a list that changes: four bytes for each.
        let Some((name, left)) =
            function.map(|(_, function)| (Arc::clone(&function.name), function.shown().to_vec()))
        else {
            let nobody = Failed::NoProvider(self.absent(peer, name, turn));
            self.refuse(peer, call, nobody, out);
            return None;
        };
        let permission = self.peers.permission_mut(peer);
        Some(Box::new(Describing {
            peer,
            call,
            name,
            left,
            offers: CallbackOffers::default(),
            signatures: Vec::new(),
            names: permission.is_none_or(|permission| permission.rights.allow_all(Right::Observe)),
            bytes: 0,
            // There is more to a frame than what is counted.
            limit: self.limits.frame_bytes / 4 * 3,
            encoded: None,
        }))
    }

    fn describe(&mut self, describing: &mut Describing, turn: &mut Turn, out: &mut impl Outlet) -> Progress {
        let (peer, call) = (describing.peer, describing.call);
        // That may have been taken away meanwhile.
        if let Err(failed) = self.check_known(peer, &describing.name, turn) {
            self.refuse(peer, call, failed, out);
            return Progress::Done;
        }
        while let Some(key) = describing.left.last().copied() {
            if !turn.spend() {
                return Progress::More;
            }
            describing.left.pop();
            // Another may have the place meanwhile.
            let provider = self.directory.provider(key);
            let provider =
                provider.filter(|provider| provider.name == describing.name && self.is_there(provider));
            if let Some(provider) = provider
                && let Some(process) = self.process_name(provider.peer)
            {
                describing.add(provider, process, turn);
            }
        }
        if describing.encoded.is_none() {
            if describing.bytes > FEW {
                return Progress::More;
            }
            if describing.offers.versions.is_empty() && describing.offers.more == 0 {
                self.refuse(peer, call, Failed::NoProvider(Absence::nobody()), out);
                return Progress::Done;
            }
            describing.encode();
        }
        match describing.encoded.take() {
            Some(Err(error)) => {
                let message = error.to_string();
                self.refuse(peer, call, Failed::Encode { message }, out);
            }
            encoded => {
                let payload = encoded.and_then(Result::ok).unwrap_or_default();
                self.answer(peer, call, Status::Value, &payload, out);
            }
        }
        Progress::Done
    }
}
