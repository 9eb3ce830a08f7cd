//! What callbacks and fetchers have in common: functions whose parameters and results cross between processes.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{FnArg, GenericParam, Pat, PatType, Receiver, ReceiverKind, ReturnType, Safety, Signature, Type};

use crate::boxed::Boxed;
use crate::defaults;
use crate::errors::Errors;
use crate::types::{self, Part, Stream, StreamForm};

/// The most parameters: serde goes no further with tuples.
const MOST_PARAMETERS: usize = 16;

/// The side of a call that a function is on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Callback,
    Fetcher,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Fetcher => "fetcher",
        }
    }
}

/// What no function on either side can be.
pub(crate) fn check_form(side: Side, signature: &Signature, errors: &mut Errors) {
    let name = side.name();
    for parameter in &signature.generics.params {
        match parameter {
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(parameter) => errors.add(
                &parameter.ident,
                format!("a {name} has no type parameters, because one name stands for one function in every process: write it for one type, with a name for each"),
            ),
            GenericParam::Const(parameter) => errors.add(
                &parameter.ident,
                format!(
                    "a {name} has no const parameters, because one name stands for one function in every process: write it for one length, or take a `Vec`"
                ),
            ),
        }
    }
    if let Some(token) = &signature.constness {
        errors.add(
            token,
            format!("a {name} cannot be `const`, as calls come when the program runs: leave `const` out"),
        );
    }
    if let Safety::Unsafe(token) = &signature.safety {
        errors.add(
            token,
            format!("a {name} cannot be `unsafe`, as its callers are in other processes: leave `unsafe` out"),
        );
    }
    if let Some(abi) = &signature.abi {
        errors.add(
            abi,
            format!("a {name} cannot be `extern`, as calls are carried by daffi and not by the linker: leave `extern` out"),
        );
    }
    if let Some(variadic) = &signature.variadic {
        errors.add(
            variadic.dots,
            format!("a {name} has a fixed number of parameters"),
        );
    }
}

/// How a method takes its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Shared,
    Exclusive,
}

/// The access of a method that can be called from elsewhere.
pub(crate) fn access(receiver: &Receiver) -> Option<Access> {
    let mutable = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, ty) => match types::bare(ty) {
            Type::Reference(reference) => {
                let to_self =
                    matches!(types::bare(&reference.elem), Type::Path(path) if path.path.is_ident("Self"));
                if !to_self {
                    return None;
                }
                reference.mutability.is_some()
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(if mutable {
        Access::Exclusive
    } else {
        Access::Shared
    })
}

/// The parameters after the receiver.
pub(crate) fn parameters(signature: &Signature) -> impl Iterator<Item = &PatType> {
    signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    })
}

/// What no parameter can be whose value crosses between processes.
pub(crate) fn check_parameter(side: Side, parameter: &PatType, errors: &mut Errors) {
    let name = side.name();
    if let Some(condition) = parameter
        .attrs
        .iter()
        .find(|attribute| attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr"))
    {
        errors.add(
            condition,
            format!("the parameters of a {name} are the same in every build: put `#[cfg]` on the function"),
        );
    }
    if let (Side::Fetcher, Some(ours)) = (side, defaults::said(parameter)) {
        errors.add(
            ours,
            "it is the callback that has a default for what is not sent: a fetcher sends all its arguments",
        );
    }
    check_type(side, &parameter.ty, errors);
}

/// What no type of a parameter can be.
fn check_type(side: Side, ty: &Type, errors: &mut Errors) {
    let name = side.name();
    if let Some(stream) = types::stream(ty) {
        return check_argument_stream(side, ty, stream, errors);
    }
    if types::is_unsized(ty) {
        return errors.leave_to_compiler();
    }
    if let Type::Reference(reference) = types::bare(ty) {
        if types::is_context(&reference.elem) && reference.mutability.is_some() && side == Side::Callback {
            return errors.add(
                ty,
                "the context of a call is lent as `&CallContext`: it is not changed",
            );
        }
        if types::is_trait_object(&reference.elem) {
            let message = format!(
                "a {name} cannot take a trait object, as only a type that both sides know can be decoded: write that type, or an enum of several"
            );
            return errors.add(ty, message);
        }
    }
    if side == Side::Fetcher && (types::is_context(ty) || types::referent(ty).is_some_and(types::is_context))
    {
        return errors.add(
            ty,
            "the context of a call is the callback's: leave this parameter out, it is not sent; a callback without one asks \
             `CallContext::current()`",
        );
    }
    types::visit_parts(ty, &mut |part| match part {
        Part::MutableReference(reference) => {
            let message = format!(
                "a {name} cannot borrow mutably from another process: take the value, and return what becomes of \
                 it"
            );
            errors.add(reference, message);
        }
        Part::Reference(reference) if types::is_static(reference) && side == Side::Callback => {
            errors.add(reference, NOT_FOR_EVER);
        }
        Part::ImplTrait(bounds) => {
            let message = format!(
                "the parameters of a {name} need a type of their own, not `impl Trait`: write the type that is sent, such as `String`"
            );
            errors.add(bounds, message);
        }
        Part::Infer(_) => errors.leave_to_compiler(),
        Part::SelfType(_) | Part::Reference(_) | Part::Lifetime(_) | Part::Never(_) => {}
    });
}

const NOT_FOR_EVER: &str = "arguments are decoded for one call, so none is borrowed for `'static`: leave the lifetime \
                            out, or take an owned type";

/// That not too much is sent, which are parameters or what stands for them.
pub(crate) fn check_count<T: ToTokens>(side: Side, sent: impl Iterator<Item = T>, errors: &mut Errors) {
    if let Some(excess) = sent.into_iter().nth(MOST_PARAMETERS) {
        let name = side.name();
        errors.add(
            excess,
            format!("a {name} has at most {MOST_PARAMETERS} arguments: put some into a struct"),
        );
    }
}

/// What no result can be.
pub(crate) fn check_result(side: Side, output: &ReturnType, errors: &mut Errors) {
    let ReturnType::Type(_, ty) = output else { return };
    let name = side.name();
    if let Some(result) = stream_result(ty) {
        check_result_stream(side, ty, &result, errors);
        if let Some(error) = result.error {
            check_result_parts(side, error, errors);
        }
        return;
    }
    let boxed = Boxed::of(ty);
    if is_future(ty) || matches!(boxed, Some(Boxed::Future)) {
        return errors.add(
            ty,
            format!("write `async fn` and the future's output as the result of this {name}"),
        );
    }
    let boxed = boxed.or_else(|| Boxed::of(value_of_result(ty)?.0));
    if let Some(Boxed::Stream(form)) = boxed {
        let kind = match (side, form) {
            (Side::Callback, StreamForm::Iterator) => "Iterator",
            _ => "Stream",
        };
        return errors.add(
            ty,
            format!("write `impl {kind}<Item = T>` for the stream that this {name} returns, also where it comes in a box"),
        );
    }
    if types::is_unsized(ty) {
        return errors.leave_to_compiler();
    }
    check_result_parts(side, ty, errors);
}

/// Whether this is `impl Future`.
fn is_future(ty: &Type) -> bool {
    matches!(types::bare(ty), Type::ImplTrait(bounds) if types::bound(bounds, &["Future", "IntoFuture"]).is_some())
}

fn check_result_parts(side: Side, ty: &Type, errors: &mut Errors) {
    let name = side.name();
    types::visit_parts(ty, &mut |part| {
        match part {
        Part::Never(span) => errors.add_at(span, format!("a {name} returns, or nobody would ever be answered: write the type of the result, or leave it out")),
        Part::ImplTrait(bounds) => {
            let message = format!(
                "the result of a {name} needs a type of its own, not `impl Trait`: write the type that is sent, such as `String`"
            );
            errors.add(bounds, message);
        }
        Part::Infer(_) if side == Side::Callback => errors.leave_to_compiler(),
        Part::Infer(span) => errors.add_at(span, "the result of a fetcher needs a type of its own: write what the callback returns"),
        Part::Reference(reference) if side == Side::Fetcher => {
            errors.add(reference, format!("{COMES_FROM_ELSEWHERE}: `String`, not `&str`"));
        }
        Part::Lifetime(lifetime) if side == Side::Fetcher && lifetime.ident != "static" => {
            let message = format!("{COMES_FROM_ELSEWHERE}: nothing is borrowed for this lifetime");
            errors.add(lifetime, message);
        }
        _ => {}
    }
    });
}

const COMES_FROM_ELSEWHERE: &str = "the result of a fetcher comes from another process and is owned";

/// A result that is a stream, or a stream in a `Result`.
pub(crate) struct StreamResult<'a> {
    pub(crate) stream: Stream<'a>,
    pub(crate) error: Option<&'a Type>,
}

/// The stream that is returned, if one is.
pub(crate) fn stream_result(result: &Type) -> Option<StreamResult<'_>> {
    if let Some(stream) = types::stream(result) {
        return Some(StreamResult { stream, error: None });
    }
    let (value, error) = value_of_result(result)?;
    Some(StreamResult {
        stream: types::stream(value)?,
        error: Some(error),
    })
}

/// The value and the error, if this is a `Result` of two.
fn value_of_result(result: &Type) -> Option<(&Type, &Type)> {
    let segment = types::last_segment(result).filter(|segment| segment.ident == "Result")?;
    match types::type_arguments(segment)[..] {
        [value, error] => Some((value, error)),
        _ => None,
    }
}

/// What no argument can be that is a stream.
fn check_argument_stream(side: Side, ty: &Type, stream: Stream<'_>, errors: &mut Errors) {
    match (side, stream.form) {
        (Side::Callback, StreamForm::Streaming) | (Side::Fetcher, StreamForm::Stream) => {
            check_items(side, ty, stream, errors);
        }
        (Side::Callback, _) => errors.add(
            ty,
            "a callback takes a stream as `Streaming<T>`: its items come from another process, and each may be an error",
        ),
        (Side::Fetcher, StreamForm::Streaming) => errors.add(
            ty,
            "a fetcher takes a stream as `impl Stream<Item = T>`, of whatever kind it is",
        ),
        (Side::Fetcher, StreamForm::Iterator) => errors.add(
            ty,
            "a fetcher takes a stream as `impl Stream<Item = T>`: make one of an iterator with `futures::stream::iter`",
        ),
    }
}

/// What no result can be that is a stream.
fn check_result_stream(side: Side, ty: &Type, result: &StreamResult<'_>, errors: &mut Errors) {
    match (side, result.stream.form) {
        (Side::Callback, StreamForm::Streaming) => errors.add(
            ty,
            "a callback returns a stream as `impl Stream<Item = T>`, or an iterator as `impl Iterator<Item = T>`",
        ),
        (Side::Fetcher, StreamForm::Iterator) => errors.add(
            ty,
            "a fetcher returns a stream as `impl Stream<Item = T>`, whatever the callback makes it of: its items come \
             from another process",
        ),
        _ => check_items(side, ty, result.stream, errors),
    }
}

/// What no stream can give.
fn check_items(side: Side, ty: &Type, stream: Stream<'_>, errors: &mut Errors) {
    let name = side.name();
    let Some(item) = stream.item else {
        let form = match stream.form {
            StreamForm::Streaming => "Streaming<u64>",
            StreamForm::Stream => "impl Stream<Item = u64>",
            StreamForm::Iterator => "impl Iterator<Item = u64>",
        };
        return errors.add(
            ty,
            format!("say what the items of the stream are, as in `{form}`"),
        );
    };
    types::visit_parts(item, &mut |part| match part {
        Part::Reference(reference) | Part::MutableReference(reference) => errors.add(
            reference,
            format!("the items of a {name}'s stream are owned: `String`, not `&str`"),
        ),
        Part::Lifetime(lifetime) if lifetime.ident != "static" => errors.add(
            lifetime,
            format!("the items of a {name}'s stream are owned: nothing is borrowed for this lifetime"),
        ),
        Part::ImplTrait(bounds) => errors.add(
            bounds,
            format!("the items of a {name}'s stream need a type of their own, not `impl Trait`"),
        ),
        Part::Infer(span) => errors.add_at(span, "the items of a stream need a type of their own"),
        _ => {}
    });
}

/// The name of a parameter, if it is only a name.
pub(crate) fn parameter_name(parameter: &PatType) -> Option<&Ident> {
    match &*parameter.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => Some(&pattern.ident),
        _ => None,
    }
}

/// What a parameter is called, for people.
pub(crate) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The types of the parameters and of the result.
pub(crate) fn types(signature: &Signature) -> impl Iterator<Item = &Type> {
    let result = match &signature.output {
        ReturnType::Type(_, ty) => Some(&**ty),
        ReturnType::Default => None,
    };
    parameters(signature)
        .map(|parameter| &*parameter.ty)
        .chain(result)
}

/// The result's type.
pub(crate) fn result_type(signature: &Signature) -> Type {
    match &signature.output {
        ReturnType::Default => types::unit(signature.paren_token.span.close().span()),
        ReturnType::Type(_, ty) => types::bare(ty).clone(),
    }
}
