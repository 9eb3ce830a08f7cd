//! What two types or signatures have in common.

use super::graph::Graph;
use super::{ErrorType, Fnv, Signature, Type};

impl Signature {
    /// A number for the structure of the arguments, the result and the error, never 0.
    ///
    /// It depends on nothing but the structure: not on the build, the machine or the compiler. Signatures with
    /// equal numbers agree. Those with different numbers may still, if something about them is not known: ask
    /// [`is_compatible_with`](Self::is_compatible_with). No error and an error that travels as text count the same.
    #[must_use]
    pub fn number(&self) -> u64 {
        Graph::of_signature(self, true).number()
    }

    /// The [`number`](Self::number) with the error left out.
    ///
    /// This is what a caller has that declares a plain `T` for a callback that returns `Result<T, E>`.
    ///
    /// ```
    /// use daffi::Signature;
    /// use daffi::signature::{ErrorType, Returns, Type};
    ///
    /// let with = |error| Signature::new([], Returns { ok: Type::U64, error });
    /// let (fails, plain) = (with(ErrorType::Typed(Type::Str)), with(ErrorType::None));
    /// assert_ne!(fails.number(), plain.number());
    /// assert_eq!(fails.plain_number(), plain.number());
    /// ```
    #[must_use]
    pub fn plain_number(&self) -> u64 {
        Graph::of_signature(self, false).number()
    }

    /// A number for what the parameters are called, in their order; 0 if that is not known, or nothing could be confused
    /// because there are fewer than two.
    ///
    /// Signatures of equal structure with different ones agree, but whoever wrote them may have meant different things.
    #[must_use]
    pub fn names_number(&self) -> u64 {
        match self.parameters.as_deref() {
            Some(parameters)
                if parameters.len() > 1 && parameters.iter().all(|parameter| parameter.name != "_") =>
            {
                let mut hash = Fnv::new();
                parameters.iter().for_each(|parameter| hash.text(&parameter.name));
                hash.finish()
            }
            _ => 0,
        }
    }

    /// Whether a stream is one of the arguments or the result.
    #[must_use]
    pub fn streams(&self) -> bool {
        let parameters = self.parameters.iter().flatten();
        let mut types = parameters
            .map(|parameter| &parameter.ty)
            .chain([&self.returns.ok]);
        types.any(|ty| ty.item().is_some())
    }

    /// Whether two arguments could change places unnoticed: they are of one type, and called differently by `offered`.
    ///
    /// ```
    /// use daffi::Signature;
    /// use daffi::signature::{ErrorType, Returns, Type};
    ///
    /// let takes = |first, second| {
    ///     let returns = Returns { ok: Type::Unit, error: ErrorType::None };
    ///     Signature::new([(first, Type::U64), (second, Type::U64)], returns)
    /// };
    /// let (caller, offered) = (takes("to", "from"), takes("from", "to"));
    /// assert!(caller.is_compatible_with(&offered), "both take two numbers");
    /// assert!(caller.may_be_confused_with(&offered));
    /// assert_ne!(caller.names_number(), offered.names_number());
    /// ```
    #[must_use]
    pub fn may_be_confused_with(&self, offered: &Self) -> bool {
        let (Some(mine), Some(others)) = (&self.parameters, &offered.parameters) else {
            return false;
        };
        let alike = |place: usize| {
            let another = |(other, parameter): (usize, &super::Parameter)| {
                other != place && parameter.ty.matches(&mine[place].ty)
            };
            mine.iter().enumerate().any(another)
        };
        mine.len() == others.len()
            && (0..mine.len()).any(|place| mine[place].name != others[place].name && alike(place))
    }

    /// Whether a caller with this signature may call a callback with the `offered` one.
    ///
    /// The arguments and the result must agree. A caller that names no type of error may call a callback with
    /// any, the other way around the error must agree as well. What is not known agrees with everything.
    #[must_use]
    pub fn is_compatible_with(&self, offered: &Self) -> bool {
        let typed = matches!(self.returns.error, ErrorType::Typed(_));
        if typed && !matches!(offered.returns.error, ErrorType::Typed(_)) {
            return false;
        }
        Graph::of_signature(self, typed).matches(&Graph::of_signature(offered, typed))
    }
}

impl Type {
    /// Whether the two mean the same on the wire as far as is known, as described at [`Signature`](super::Signature).
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        Graph::of_type(self).matches(&Graph::of_type(other))
    }

    /// A number that types share which mean the same on the wire, names included, and others do not.
    pub(super) fn number(&self) -> u64 {
        Graph::of_type(self).number()
    }
}
