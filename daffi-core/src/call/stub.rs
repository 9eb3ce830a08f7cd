//! What a fetcher knows before it is called.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tracing::warn;

use crate::described::{Front, ItemsAs, Layout, ReadAs, with_names};
use crate::node::Called;
use crate::panics::logged;
use crate::proto::{DecodeError, Described, Mode};
use crate::registry::{Known, tell};
use crate::signature::{Contract, ErrorType, Forms, Interface, Notes, Panic, Readable, Signature, Type};

/// A fetcher's own data: one static for each.
#[derive(Debug)]
pub struct Stub {
    pub(super) name: &'static str,
    pub(super) timeout: Option<Duration>,
    pub(super) to: Option<&'static str>,
    /// In ascending order, each key once.
    pub(super) having: &'static [(&'static str, &'static str)],
    pub(super) patience: Option<Duration>,
    pub(super) retries: u32,
    pub(super) idempotent: bool,
    pub(super) mode: Mode,
    pub(super) varying: bool,
    pub(super) traced: OnceLock<Traced>,
    /// What is known of it but for the arguments whose structure each value shows; instead of the former.
    pub(super) shown: OnceLock<Shown>,
    /// Of calls whose arguments positions cannot carry as they are: which of them say themselves what they are, as it was the first time.
    pub(super) explained: OnceLock<(Vec<usize>, Arc<Traced>)>,
    /// Whether the names of the parameters have been compared with a provider's.
    pub(super) compared: AtomicBool,
}

/// A signature, what is held to it, and what follows from it, computed once.
#[derive(Debug)]
pub(super) struct Traced {
    pub(super) interface: Interface,
    pub(super) forms: Arc<Forms>,
    pub(super) number: u64,
    /// The number of what the parameters are called.
    names: u64,
    /// How results are read where the callback has the same type.
    pub(super) own: ReadAs,
    /// And errors.
    pub(super) own_error: ReadAs,
    /// How the items of a stream are read where the callback has the same type.
    items: OnceLock<ItemsAs>,
    /// Its number with all that the types allow.
    version: OnceLock<u64>,
    /// What stands in front of the arguments where the callback has other types; nothing if they are not known.
    front: OnceLock<Option<Front>>,
    /// Whether a value alone has shown what the arguments are: what is not known of them is not there.
    is_shown: bool,
    /// The arguments that have positions, and can be written with names.
    nameable: OnceLock<Vec<usize>>,
    /// The arguments of which not all is known.
    unknown: OnceLock<Box<[usize]>>,
    /// How they are where a callback asks for some of them with names.
    naming: OnceLock<Naming>,
    /// How results and errors of other types are read.
    results: Known<ReadAs>,
    errors: Known<ReadAs>,
}

/// Arguments of which some are written with names.
#[derive(Debug)]
struct Naming {
    which: Vec<usize>,
    front: Option<Front>,
    /// All of them, by positions.
    layout: Layout,
}

/// What a stub knows where each value shows the structure of some arguments.
#[derive(Debug)]
pub(super) struct Shown {
    interface: Interface,
    forms: Arc<Forms>,
}

impl Shown {
    /// What there is to know without a value.
    pub(super) fn new(callback: &str, contract: Contract) -> Self {
        told(callback, contract.notes);
        Self {
            interface: contract.interface,
            forms: Arc::new(contract.forms),
        }
    }

    /// The same with what a call shows.
    pub(super) fn with(&self, shown: Signature) -> Traced {
        let interface = Interface {
            signature: self.interface.signature.shown_by(shown),
            allows: self.interface.allows.clone(),
        };
        Traced::of(interface, Arc::clone(&self.forms))
    }
}

impl Traced {
    /// What the fetcher of `callback` agreed to.
    pub(super) fn new(callback: &str, contract: Contract) -> Self {
        told(callback, contract.notes);
        Self::of(contract.interface, Arc::new(contract.forms))
    }

    /// What is known of a call whose arguments are held to nothing, and are the same for people as for machines or not.
    pub(super) fn unheld(interface: Interface, is_alike: bool) -> Self {
        let mut forms = Forms::unknown();
        forms.arguments = forms.arguments.written_alike(is_alike);
        Self {
            is_shown: true,
            ..Self::of(interface, Arc::new(forms))
        }
    }

    fn of(interface: Interface, forms: Arc<Forms>) -> Self {
        let signature = &interface.signature;
        Self {
            number: signature.number(),
            names: signature.names_number(),
            own: ReadAs::of_type(&signature.returns.ok, signature.needs_guard()),
            own_error: match &signature.returns.error {
                ErrorType::Typed(error) => ReadAs::of_type(error, true),
                ErrorType::None | ErrorType::Remote => ReadAs::Guarded,
            },
            interface,
            items: OnceLock::new(),
            version: OnceLock::new(),
            is_shown: false,
            nameable: OnceLock::new(),
            unknown: OnceLock::new(),
            naming: OnceLock::new(),
            front: OnceLock::new(),
            results: Known::default(),
            errors: Known::default(),
            forms,
        }
    }
}

/// Says what was in the way when the fetcher of `callback` was looked into.
pub(super) fn told(callback: &str, Notes { panics, gaps }: Notes) {
    logged(|| tell(callback, &gaps));
    for Panic { ty, message } in panics {
        logged(|| {
            warn!(
                callback,
                ty,
                message,
                "this type panicked when a made-up value of it was read, so not all is known about it: let its conversion \
                 return an error, or write #[fetcher(untraced)]"
            );
        });
    }
}

impl Traced {
    /// Its number with all that the types allow, by which is kept what goes together with it.
    fn version(&self) -> u64 {
        *self
            .version
            .get_or_init(|| Described::of(&self.interface).version())
    }

    /// It, as it is compared with what is offered.
    pub(super) fn called(&self) -> Called<'_> {
        Called {
            interface: &self.interface,
            number: self.number,
            version: self.version(),
            is_describable: self.front().is_some(),
            nameable: self.nameable(),
        }
    }

    /// The arguments that are no streams, by their structure.
    fn values(&self) -> impl Iterator<Item = &Type> {
        let parameters = self.interface.signature.parameters.iter().flatten();
        parameters
            .map(|parameter| &parameter.ty)
            .filter(|ty| ty.item().is_none())
    }

    /// The arguments that have positions, and can be written with names.
    fn nameable(&self) -> &[usize] {
        self.nameable.get_or_init(|| {
            let is_known = |ty: &Type| self.is_shown || !ty.is_opaque_somewhere();
            let values = self.values().enumerate();
            let nameable = values.filter(|(argument, ty)| {
                self.forms.arguments.is_alike(*argument) && !ty.explains() && is_known(ty)
            });
            nameable.map(|(argument, _)| argument).collect()
        })
    }

    /// The arguments with their structure in front, where these are written with names.
    pub(super) fn described(&self, arguments: &Bytes, named: &[usize]) -> Option<Result<Bytes, String>> {
        if named.is_empty() {
            return Some(Ok(self.front()?.before(arguments)));
        }
        let make = || Naming {
            which: named.to_vec(),
            front: Front::of_arguments(&self.interface.explaining(named)),
            layout: Layout::new(&Type::Tuple(self.values().cloned().collect())),
        };
        let known = self.naming.get_or_init(make);
        let other;
        let naming = if known.which == named {
            known
        } else {
            other = make();
            &other
        };
        let front = naming.front.as_ref()?;
        let written = with_names(&naming.layout, arguments, named);
        Some(match written {
            Ok(arguments) => Ok(front.before(&arguments)),
            Err(misfit) => Err(format!("the arguments cannot be sent with names: {misfit}")),
        })
    }

    /// What stands in front of the arguments.
    pub(super) fn front(&self) -> Option<&Front> {
        let front = self.front.get_or_init(|| Front::of_arguments(&self.interface));
        front.as_ref()
    }

    /// A result behind its structure, and how it is read.
    pub(super) fn result(&self, bytes: &Bytes) -> Result<(Bytes, ReadAs), DecodeError> {
        let (front, value) = Front::split(bytes)?;
        let reading = self
            .results
            .of(&front, || front.value(&self.interface.ok(), self.own.clone()))?;
        Ok((value, reading))
    }

    /// How the items of a stream are read, of which those that have positions are read so.
    pub(super) fn items(&self, positions: ReadAs) -> ItemsAs {
        let own = || ItemsAs::new(self.own.clone(), &self.interface.ok());
        self.items.get_or_init(own).by(positions)
    }

    /// An error behind its structure, and how it is read.
    pub(super) fn error(&self, bytes: &Bytes) -> Result<(Bytes, ReadAs), DecodeError> {
        let (front, value) = Front::split(bytes)?;
        let reading = self.errors.of(&front, || {
            // Who expects none reads it as what was sent.
            let own = self.interface.error();
            let own = own.unwrap_or_else(|| Readable::unknown(Type::Opaque));
            front.value(&own, self.own_error.clone())
        })?;
        Ok((value, reading))
    }

    /// Of the arguments that are no streams, those of which not all is known.
    pub(super) fn unknown(&self) -> &[usize] {
        self.unknown.get_or_init(|| {
            let parameters = self.interface.signature.parameters.iter().flatten();
            let values = parameters.filter(|parameter| parameter.ty.item().is_none());
            let unknown = values
                .enumerate()
                .filter(|(_, value)| value.ty.is_opaque_somewhere());
            unknown.map(|(argument, _)| argument).collect()
        })
    }

    /// The same, where these of the arguments that are no streams say themselves what they are.
    pub(super) fn explaining(&self, arguments: &[usize]) -> Self {
        Self::of(self.interface.explaining(arguments), Arc::clone(&self.forms))
    }

    /// The number to send instead of that of the signature to have the names of the parameters compared, if there are any.
    pub(super) fn named(&self) -> Option<u64> {
        (self.names != 0).then(|| Described::named(self.number, self.names))
    }
}

impl Stub {
    /// A fetcher of the callback `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            timeout: None,
            to: None,
            having: &[],
            patience: None,
            retries: 0,
            idempotent: false,
            mode: Mode::Answered,
            varying: false,
            traced: OnceLock::new(),
            shown: OnceLock::new(),
            explained: OnceLock::new(),
            compared: AtomicBool::new(false),
        }
    }

    /// Every call ends after `timeout`, unless it says otherwise.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Every call goes to `process`, unless it says otherwise.
    #[must_use]
    pub const fn to(mut self, process: &'static str) -> Self {
        self.to = Some(process);
        self
    }

    /// Every call goes to a process that says all of this of itself; in ascending order, each key once. See
    /// [`Call::to_where`](crate::Call::to_where).
    #[must_use]
    pub const fn having(mut self, attributes: &'static [(&'static str, &'static str)]) -> Self {
        self.having = attributes;
        self
    }

    /// Every call waits so long for somebody who offers the callback, unless it says otherwise; see
    /// [`Call::wait_for_provider`](crate::Call::wait_for_provider).
    #[must_use]
    pub const fn wait(mut self, wait: Duration) -> Self {
        self.patience = Some(wait);
        self
    }

    /// Every call that fails for a reason which may pass is made again up to so many times; see
    /// [`Call::retry`](crate::Call::retry).
    #[must_use]
    pub const fn retry(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The callback may run more than once for one call; see [`Call::idempotent`](crate::Call::idempotent).
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Every call runs the callback once for each item of a stream.
    #[must_use]
    pub const fn each(mut self) -> Self {
        self.mode = Mode::Each;
        self
    }

    /// Its types depend on parameters of the block that it stands in: its static is shared by all of them.
    #[must_use]
    pub const fn varying(mut self) -> Self {
        self.varying = true;
        self
    }

    pub(super) fn traced(&self) -> Option<&Traced> {
        self.traced.get()
    }
}
