//! One callback, checked.

use std::time::Duration;

use proc_macro2::Ident;
use syn::{PatType, Signature, Type};

use crate::arguments::{Arguments, Key};
use crate::balance::Balance;
use crate::defaults;
use crate::errors::Errors;
use crate::item::Function;
use crate::name::RemoteName;
use crate::signature::{self, Side};
use crate::types::{self, SelfType, StreamForm};

/// A function, or a method of a service, that other processes can call.
pub(crate) struct Callback<'a> {
    pub(crate) function: &'a Function,
    pub(crate) name: RemoteName,
    pub(crate) concurrency: Option<u32>,
    pub(crate) concurrency_per_caller: Option<u32>,
    pub(crate) queue: Option<u32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) balance: Balance,
    /// Its types are not looked into.
    pub(crate) untraced: bool,
    pub(crate) runs_on: RunsOn,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) result: Type,
    /// The result is a stream.
    pub(crate) stream: Option<Streamed>,
}

/// A stream that is returned.
pub(crate) struct Streamed {
    pub(crate) form: StreamForm,
    pub(crate) item: Type,
    /// It is in a `Result` with this error.
    pub(crate) error: Option<Type>,
}

/// Where a callback runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunsOn {
    /// Where the call arrived.
    Inline,
    /// On the blocking pool.
    Blocking,
    /// On the runtime.
    Async,
}

/// A parameter of a callback, and where its value is from.
#[expect(clippy::large_enum_variant, reason = "nearly all of them are arguments")]
pub(crate) enum Parameter {
    /// The call's context.
    Context { lent: bool },
    /// An argument: what it is called, what is decoded, and what of it crosses the wire. It is then given away, or lent.
    Argument {
        name: String,
        decoded: Type,
        wire: Type,
        lent: bool,
        /// It is its default where it was not sent.
        default: bool,
    },
    /// A stream from the caller: what it is called, and what its items are.
    Stream { name: String, item: Type },
}

impl<'a> Callback<'a> {
    /// Checks a free function.
    pub(crate) fn of_function(
        function: &'a Function,
        arguments: &Arguments,
        errors: &mut Errors,
    ) -> Option<Self> {
        if let Some(receiver) = function.signature.receiver() {
            errors.add(
                receiver,
                "a method is offered by its block: put `#[callback]` on the `impl` block, which offers its public methods",
            );
        }
        if function.body.group().is_none() {
            errors.add(
                &function.body,
                "a callback has a body, which is what its callers run; `#[fetcher]` declares a function that runs elsewhere",
            );
        }
        Self::checked(function, arguments, None, None, errors)
    }

    /// Checks what all callbacks have in common.
    pub(crate) fn checked(
        function: &'a Function,
        arguments: &Arguments,
        prefix: Option<&syn::LitStr>,
        self_type: Option<&SelfType<'_>>,
        errors: &mut Errors,
    ) -> Option<Self> {
        let before = errors.count();
        let signature = &function.signature;
        signature::check_form(Side::Callback, signature, errors);
        let name = RemoteName::new(&signature.ident, arguments.text(Key::Alias), prefix, errors);
        let result = signature::result_type(signature);
        let stream = signature::stream_result(&result);
        let runs_on = runs_on(
            signature,
            arguments,
            stream.as_ref().map(|stream| stream.stream.form),
            errors,
        );
        let parameters: Vec<_> = signature::parameters(signature)
            .filter_map(|parameter| Parameter::new(parameter, self_type, errors))
            .collect();
        defaults::check_order(signature::parameters(signature), errors);
        signature::check_count(
            Side::Callback,
            parameters.iter().filter_map(Parameter::wire),
            errors,
        );
        signature::check_result(Side::Callback, &signature.output, errors);
        let limited = arguments
            .span(Key::Concurrency)
            .or(arguments.span(Key::ConcurrencyPerCaller));
        if let (Some(queue), None) = (arguments.span(Key::Queue), limited) {
            errors.add_at(
                queue,
                "`queue` is how many calls wait that are beyond `concurrency` or `concurrency_per_caller`, and without these there is no limit: say \
                 how many may run at once, such as `concurrency = 8`, or leave `queue` out",
            );
        }
        if errors.count() > before {
            return None;
        }
        Some(Self {
            function,
            name: name?,
            concurrency: arguments.count(Key::Concurrency),
            concurrency_per_caller: arguments.count(Key::ConcurrencyPerCaller),
            queue: arguments.count(Key::Queue),
            timeout: arguments.time(Key::Timeout),
            balance: arguments.balance().unwrap_or_default(),
            untraced: arguments.span(Key::Untraced).is_some(),
            runs_on,
            parameters,
            stream: stream.and_then(|stream| {
                Some(Streamed {
                    form: stream.stream.form,
                    item: outside(stream.stream.item?, self_type),
                    error: stream.error.map(|error| outside(error, self_type)),
                })
            }),
            result: outside(&result, self_type),
        })
    }

    /// Whether what it returns is waited for.
    pub(crate) const fn is_async(&self) -> bool {
        self.function.signature.asyncness.is_some()
    }

    /// Whether some argument has a default.
    pub(crate) fn has_defaults(&self) -> bool {
        let mut parameters = self.parameters.iter();
        parameters.any(|parameter| matches!(parameter, Parameter::Argument { default: true, .. }))
    }

    pub(crate) fn ident(&self) -> &Ident {
        &self.function.signature.ident
    }
}

fn runs_on(
    signature: &Signature,
    arguments: &Arguments,
    stream: Option<StreamForm>,
    errors: &mut Errors,
) -> RunsOn {
    if let (Some(_), Some(inline)) = (stream, arguments.span(Key::Inline)) {
        errors.add_at(
            inline,
            "`inline` is for callbacks that are done at once, and a stream takes its time: leave `inline` out",
        );
        return RunsOn::Async;
    }
    match (stream, signature.asyncness) {
        // Making a stream takes no time; what takes time is in the stream.
        (Some(StreamForm::Stream), _) => return RunsOn::Async,
        (Some(StreamForm::Iterator), Some(asyncness)) => errors.add(
            asyncness,
            "an iterator may block between its items, so it runs on the blocking pool: write `fn`, or return `impl Stream`",
        ),
        _ => {}
    }
    match (signature.asyncness, arguments.span(Key::Inline)) {
        (None, Some(_)) => RunsOn::Inline,
        (None, None) => RunsOn::Blocking,
        (Some(_), None) => RunsOn::Async,
        (Some(_), Some(inline)) => {
            errors.add_at(
                inline,
                "`inline` is for synchronous functions, and an asynchronous one is begun where its call arrived anyway: leave `inline` out",
            );
            RunsOn::Async
        }
    }
}

impl Parameter {
    fn new(parameter: &PatType, self_type: Option<&SelfType<'_>>, errors: &mut Errors) -> Option<Self> {
        let before = errors.count();
        signature::check_parameter(Side::Callback, parameter, errors);
        let default = defaults::default(parameter, errors);
        if errors.count() > before {
            return None;
        }
        let ty = types::bare(&parameter.ty);
        let is_context = types::is_context(types::referent(ty).unwrap_or(ty));
        if let Some(default) = default
            && (is_context || types::stream(ty).is_some())
        {
            errors.add_at(default, "a default is for an argument that is a value: a context is never sent, and a stream always is");
            return None;
        }
        let default = default.is_some();
        if types::is_context(ty) {
            return Some(Self::Context { lent: false });
        }
        let name = signature::parameter_name(parameter).map_or_else(|| "_".to_owned(), signature::text);
        if let Some(item) = types::stream(ty).and_then(|stream| stream.item) {
            let item = outside(item, self_type);
            return Some(Self::Stream { name, item });
        }
        let Some(referent) = types::referent(ty) else {
            let decoded = outside(ty, self_type);
            return Some(Self::Argument {
                name,
                wire: decoded.clone(),
                decoded,
                lent: false,
                default,
            });
        };
        if types::is_context(referent) {
            return Some(Self::Context { lent: true });
        }
        let wire = types::owned(&outside(referent, self_type));
        Some(if types::is_view(referent) {
            Self::Argument {
                name,
                decoded: outside(ty, self_type),
                wire,
                lent: false,
                default,
            }
        } else {
            Self::Argument {
                name,
                decoded: wire.clone(),
                wire,
                lent: true,
                default,
            }
        })
    }

    /// The type of what crosses the wire, if anything does.
    pub(crate) fn wire(&self) -> Option<&Type> {
        match self {
            Self::Context { .. } => None,
            Self::Argument { wire, .. } => Some(wire),
            Self::Stream { item, .. } => Some(item),
        }
    }
}

/// A type as it is written outside of the function and its block.
fn outside(ty: &Type, self_type: Option<&SelfType<'_>>) -> Type {
    let ty = types::with_inferred_lifetimes(ty);
    match self_type {
        Some(self_type) => self_type.replace_in(&ty),
        None => ty,
    }
}
