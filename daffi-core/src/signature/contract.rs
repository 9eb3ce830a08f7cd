//! A signature with what the values that it speaks of are held to.
//!
//! The signature travels; the forms stay with whoever writes the values.

use std::sync::Arc;

use serde::Serialize;

use super::interface::beyond;
use super::{
    Allowances, Beyond, Cause, Contradiction, ErrorType, Form, Gap, Interface, OfParameter, Readable,
    Returns, SIZE_LIMIT, Signature, Type, shape,
};

/// What was found out about a type.
#[derive(Debug)]
pub struct Findings {
    /// Its structure.
    pub ty: Type,
    /// What it allows beyond it.
    pub allows: Beyond,
    /// Whether it may be left out where it is an argument.
    pub optional: bool,
    /// What its values are held to.
    pub form: Form,
    /// Those of its types that panicked when they were read.
    pub panics: Vec<Panic>,
    /// Where this is from.
    pub origin: Origin,
    /// What was not found out.
    pub gaps: Vec<Gap>,
}

/// Where what was found out is from.
#[derive(Debug)]
pub enum Origin {
    /// The type, so that it is the same for all values.
    Type,
    /// One value, since the type cannot be read: it is another for another value.
    Value,
    /// The same, and parts of that value contradict each other.
    Contradiction(Contradiction),
}

impl Origin {
    /// That of what is from both.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Contradiction(found), _) | (_, Self::Contradiction(found)) => Self::Contradiction(found),
            (Self::Type, Self::Type) => Self::Type,
            _ => Self::Value,
        }
    }
}

/// A type panicked when a made-up value of it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    /// The Rust type.
    pub ty: &'static str,
    /// What the panic said; empty if that was no text.
    pub message: String,
}

impl Findings {
    /// Nothing is known.
    #[must_use]
    pub const fn nothing() -> Self {
        Self {
            ty: Type::Opaque,
            allows: Vec::new(),
            optional: false,
            form: Form::unknown(),
            panics: Vec::new(),
            origin: Origin::Type,
            gaps: Vec::new(),
        }
    }

    /// Nothing is known of a type that is too large.
    #[must_use]
    pub fn too_large(rust: &'static str) -> Self {
        Self {
            gaps: vec![Gap {
                place: String::new(),
                ty: rust,
                cause: Cause::Large,
            }],
            ..Self::nothing()
        }
    }

    /// Nothing is known until there is a value.
    #[must_use]
    pub fn of_no_type() -> Self {
        Self {
            origin: Origin::Value,
            ..Self::nothing()
        }
    }

    /// What a value shows of a type that cannot be read.
    #[must_use]
    pub fn of_value<T: Serialize + ?Sized>(value: &T) -> Self {
        let (ty, origin) = match shape(value) {
            Ok(ty) => (ty, Origin::Value),
            Err(contradiction) => (Type::Opaque, Origin::Contradiction(contradiction)),
        };
        let Readable { ty, allows } = Readable::unknown(ty);
        Self {
            ty,
            allows,
            origin,
            ..Self::nothing()
        }
    }

    /// The same, with its panics and gaps among others.
    fn noted(mut self, place: &str, notes: &mut Notes) -> Self {
        for panic in self.panics.drain(..) {
            if !notes.panics.contains(&panic) {
                notes.panics.push(panic);
            }
        }
        notes
            .gaps
            .extend(self.gaps.drain(..).map(|gap| gap.within(place)));
        self
    }

    /// A stream of such values.
    #[must_use]
    pub fn streamed(self) -> Self {
        let mut allows = self.allows;
        // Of what stands for the stream.
        allows.insert(0, None);
        Self {
            ty: self.ty.streamed(),
            allows,
            ..self
        }
    }

    /// An argument that may be left out: then it is its default.
    #[must_use]
    pub fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }
}

/// What was found out about the error of a callback.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for a moment")]
pub enum ErrorFindings {
    /// There is none.
    None,
    /// It travels as text.
    Remote,
    /// It travels as a value.
    Typed(Findings),
}

/// What there is to tell whoever wrote the types.
#[derive(Debug, Default)]
pub struct Notes {
    /// What panicked when it was looked into.
    pub panics: Vec<Panic>,
    /// What was not found out.
    pub gaps: Vec<Gap>,
}

impl Notes {
    /// Types of which not all can be told to the other side, since they are too many together.
    pub fn together<'t>(&mut self, returns: &Returns, parameters: impl IntoIterator<Item = &'t Type>) {
        if returns.size() + parameters.into_iter().map(Type::size).sum::<usize>() > SIZE_LIMIT {
            self.gaps.push(Gap {
                place: "arguments and result together".to_owned(),
                ty: "",
                cause: Cause::Untold,
            });
        }
    }
}

/// A signature, and what the values on their way are held to.
#[derive(Debug)]
pub struct Contract {
    /// What is compared with the other side.
    pub interface: Interface,
    /// What this side writes.
    pub forms: Forms,
    /// What there is to tell of its types.
    pub notes: Notes,
    /// Where what is known of the arguments is from.
    pub origin: Origin,
}

/// What is written under a signature.
#[derive(Debug)]
pub struct Forms {
    /// The tuple of the arguments that are no streams.
    pub arguments: Form,
    /// The items of each argument that is a stream, in order.
    pub streams: Vec<Arc<Form>>,
    /// The result, or the items of it.
    pub ok: Arc<Form>,
    /// The error.
    pub error: Form,
}

impl Forms {
    /// Those of which nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            arguments: Form::unknown(),
            streams: Vec::new(),
            ok: Arc::new(Form::unknown()),
            error: Form::unknown(),
        }
    }
}

impl From<Signature> for Contract {
    /// Nothing is known of what is written.
    fn from(signature: Signature) -> Self {
        Self {
            interface: signature.into(),
            forms: Forms::unknown(),
            notes: Notes::default(),
            origin: Origin::Type,
        }
    }
}

impl Contract {
    /// That of a callback, or of a fetcher whose arguments are known one by one.
    #[must_use]
    pub fn new<const N: usize>(
        parameters: [(&str, Findings); N],
        ok: Findings,
        error: ErrorFindings,
    ) -> Self {
        let mut notes = Notes::default();
        let (returns, mut allows, ok, error) = given(ok, error, &mut notes);
        let mut arguments = Vec::with_capacity(N);
        let mut streams = Vec::new();
        let mut origin = Origin::Type;
        let mut parameters = parameters;
        explain_all(parameters.iter_mut().map(|(_, found)| found));
        let parameters = parameters.map(|(name, found)| {
            let Findings {
                ty,
                allows: beyond,
                optional,
                form,
                origin: of,
                ..
            } = found.noted(&format!("argument `{name}`"), &mut notes);
            allows.parameters.push(OfParameter::new(beyond, optional));
            origin = std::mem::replace(&mut origin, Origin::Type).and(of);
            if ty.item().is_some() {
                streams.push(Arc::new(form));
            } else {
                arguments.push(form);
            }
            (name, ty)
        });
        notes.together(&returns, parameters.iter().map(|(_, ty)| ty));
        Self {
            interface: Interface {
                signature: Signature::new(parameters, returns),
                allows,
            },
            forms: Forms {
                arguments: Form::tuple(arguments),
                streams,
                ok,
                error,
            },
            notes,
            origin,
        }
    }

    /// That of a fetcher whose arguments are known as one tuple.
    #[cfg(any(feature = "runtime", test))]
    #[must_use]
    pub fn of_tuple(arguments: Findings, ok: Findings, error: ErrorFindings) -> Self {
        let mut notes = Notes::default();
        let (returns, mut allows, ok, error) = given(ok, error, &mut notes);
        let arguments = arguments.noted("arguments", &mut notes);
        notes.together(&returns, [&arguments.ty]);
        if let Type::Tuple(types) = &arguments.ty {
            let mut beyond = arguments.allows.into_iter();
            let of = |ty: &Type| OfParameter::new(beyond.by_ref().take(ty.named()).collect(), false);
            allows.parameters = types.iter().map(of).collect();
        }
        Self {
            origin: arguments.origin,
            interface: Interface {
                signature: Signature::from_arguments(arguments.ty, returns),
                allows,
            },
            forms: Forms {
                arguments: arguments.form,
                streams: Vec::new(),
                ok,
                error,
            },
            notes,
        }
    }
}

/// Where some arguments say themselves what they are, the others are read by their structure. So those do as well of which not all
/// is known.
pub(crate) fn explain_all<'f>(arguments: impl Iterator<Item = &'f mut Findings>) {
    let arguments: Vec<_> = arguments.filter(|found| found.ty.item().is_none()).collect();
    if !arguments.iter().any(|found| found.ty.explains()) {
        return;
    }
    for found in arguments {
        if found.ty.is_opaque_somewhere() {
            found.ty = Type::Any;
            found.allows.clear();
            found.form = std::mem::take(&mut found.form).with_names();
        }
    }
}

/// What a callback gives.
fn given(ok: Findings, error: ErrorFindings, notes: &mut Notes) -> (Returns, Allowances, Arc<Form>, Form) {
    let ok = ok.noted("result", notes);
    let mut of_error = Vec::new();
    let (error, error_form) = match error {
        ErrorFindings::None => (ErrorType::None, Form::unknown()),
        ErrorFindings::Remote => (ErrorType::Remote, Form::unknown()),
        ErrorFindings::Typed(found) => {
            let found = found.noted("error", notes);
            of_error = found.allows;
            (ErrorType::Typed(found.ty), found.form)
        }
    };
    let returns = Returns { ok: ok.ty, error };
    let allows = Allowances::of_returns(&returns, ok.allows, of_error);
    (returns, allows, Arc::new(ok.form), error_form)
}

impl Allowances {
    /// What is known of what a callback gives.
    pub(crate) fn of_returns(returns: &Returns, ok: Beyond, error: Beyond) -> Self {
        Self {
            parameters: Vec::new(),
            ok: beyond(ok),
            error: match &returns.error {
                ErrorType::Typed(_) => beyond(error),
                ErrorType::None | ErrorType::Remote => Vec::new(),
            },
        }
    }
}

impl OfParameter {
    /// What is known of a parameter whose type allows that.
    pub(crate) fn new(allows: Beyond, optional: bool) -> Self {
        Self {
            beyond: beyond(allows),
            optional,
        }
    }
}
