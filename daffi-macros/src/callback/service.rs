//! An `impl` block that is offered, checked.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::{GenericParam, LitStr, Type, Visibility};

use super::model::Callback;
use super::places;
use crate::arguments::{Arguments, Key};
use crate::attributes;
use crate::errors::Errors;
use crate::item::{Block, Function, Member};
use crate::name;
use crate::signature::{self, Access};
use crate::types::{self, SelfType};

/// The callbacks of one `impl` block.
pub(crate) struct Service<'a> {
    pub(crate) block: &'a Block,
    pub(crate) auto_init: Option<Span>,
    pub(crate) methods: Vec<OfferedMethod<'a>>,
}

/// A method that is offered.
pub(crate) struct OfferedMethod<'a> {
    pub(crate) callback: Callback<'a>,
    pub(crate) access: Access,
}

impl<'a> Service<'a> {
    /// Checks a block, out of which our attributes are taken.
    pub(crate) fn of_block(block: &'a mut Block, arguments: &Arguments, errors: &mut Errors) -> Option<Self> {
        let before = errors.count();
        let given: Vec<_> = block
            .members
            .iter_mut()
            .map(|member| take_arguments(member, errors))
            .collect();
        let block: &Block = block;
        check_header(block, errors);
        let prefix = arguments.text(Key::Prefix);
        name::check_text("prefix", prefix, errors);

        let self_type = SelfType {
            ty: &block.self_type,
            trait_: block.trait_.as_ref().map(|(path, _)| path),
        };
        let mut methods = Vec::new();
        for (member, given) in block.members.iter().zip(&given) {
            if let (Member::Function(function), Some(given)) = (member, given) {
                methods.extend(offered(function, given, prefix, &self_type, errors));
            }
        }
        check_names(&methods, errors);
        if methods.is_empty() && errors.count() == before {
            errors.add(&block.self_type, nothing_offered(block));
        }
        (errors.count() == before).then_some(Self {
            block,
            auto_init: arguments.span(Key::AutoInit),
            methods,
        })
    }

    pub(crate) fn trait_path(&self) -> Option<&'a syn::Path> {
        self.block.trait_.as_ref().map(|(path, _)| path)
    }

    pub(crate) fn self_type(&self) -> &'a Type {
        &self.block.self_type
    }
}

/// The arguments of a method's own attribute.
struct MethodArguments {
    /// Where the attribute is, if there is one.
    span: Option<Span>,
    arguments: Arguments,
}

fn take_arguments(member: &mut Member, errors: &mut Errors) -> Option<MethodArguments> {
    let Member::Function(function) = member else {
        return None;
    };
    let (span, tokens) = attributes::take_one(&mut function.attributes, "callback", errors)?;
    Some(MethodArguments {
        span,
        arguments: Arguments::parse(tokens, &places::METHOD, errors),
    })
}

const CANNOT_BORROW: &str = "a service outlives the place where it is made, so its type cannot borrow: have it own what \
                             it holds, such as a `String` for a `&str` or an `Arc<T>` for a `&T`, and write the block \
                             without lifetimes, such as `impl Service`";

fn check_header(block: &Block, errors: &mut Errors) {
    let only_borrows = |parameter: &GenericParam| matches!(parameter, GenericParam::Lifetime(_));
    let parameters = &block.generics.params;
    if !parameters.is_empty() && parameters.iter().all(only_borrows) {
        errors.add(parameters, CANNOT_BORROW);
    } else if !parameters.is_empty() {
        errors.add(
            parameters,
            "a service has no parameters, because one name stands for one function in every process: write the block \
             for one type, such as `impl Service<u32>`",
        );
    } else if let Some(span) = types::borrowed_lifetime(&block.self_type) {
        errors.add_at(span, CANNOT_BORROW);
    }
    if types::is_unsized(&block.self_type) {
        errors.add(
            &block.self_type,
            "a service is a value, and those of this type have no size of their own: write the block for a struct that holds one",
        );
    }
    if let Some(unsafety) = block.unsafety {
        errors.add(
            unsafety,
            "the methods of an unsafe trait cannot be offered, as their callers are in other processes: offer them from a block without a trait",
        );
    }
}

/// Said of methods that are offered although nothing is said at them.
const OFFERED_UNLESS_LOCAL: &str =
    "this method is offered by its block; keep it to this process with `#[callback(local)]`";

/// The method as a callback, if it is to be one and can be.
fn offered<'a>(
    function: &'a Function,
    given: &MethodArguments,
    prefix: Option<&LitStr>,
    self_type: &SelfType<'_>,
    errors: &mut Errors,
) -> Option<OfferedMethod<'a>> {
    let arguments = &given.arguments;
    if arguments.span(Key::Local).is_some() {
        if let Some(span) = arguments.other_than(Key::Local) {
            errors.add_at(
                span,
                "this is for methods that are offered, and this one is `local`: keep one of the two",
            );
        }
        return None;
    }
    let ident = &function.signature.ident;
    let is_public = matches!(function.visibility, Visibility::Public(_)) || self_type.trait_.is_some();
    let has_local_name = name::is_local(ident) && arguments.text(Key::Alias).is_none();
    let Some(receiver) = function.signature.receiver() else {
        if let Some(span) = given.span {
            errors.add_at(
                span,
                format!(
                    "`{ident}` does not take `self`, and functions without it are not offered by a block\n\
                         give it `&self`, or move it out of the block"
                ),
            );
        }
        return None;
    };
    if let Some(span) = given.span.filter(|_| !is_public) {
        errors.add_at(
            span,
            format!("only methods that are `pub` are offered, and `{ident}` is not: make it `pub`, or take the attribute off"),
        );
        return None;
    }
    if !is_public || (has_local_name && given.span.is_none()) {
        return None;
    }
    let access = signature::access(receiver);
    if access.is_none() {
        errors.add(
            receiver,
            "a method that is offered takes `&self` or `&mut self`, because the service goes on after the call\n\
             keep it to this process with `#[callback(local)]`",
        );
    }
    let check = |errors: &mut Errors| Callback::checked(function, arguments, prefix, Some(self_type), errors);
    let callback = match given.span {
        Some(_) => check(errors),
        None => errors.with_hint(OFFERED_UNLESS_LOCAL, check),
    };
    Some(OfferedMethod {
        callback: callback?,
        access: access?,
    })
}

fn check_names(methods: &[OfferedMethod<'_>], errors: &mut Errors) {
    let mut seen = HashMap::new();
    for method in methods {
        let callback = &method.callback;
        // Of two methods under different conditions only one may exist.
        if attributes::condition(&callback.function.attributes).is_some() {
            continue;
        }
        let ident = callback.ident();
        if let Some(first) = seen.insert(callback.name.as_str(), ident) {
            errors.add(
                ident,
                format!(
                    "`{}` is offered already, by `{first}`: give one of them another `alias`",
                    callback.name.as_str()
                ),
            );
        }
    }
}

fn nothing_offered(block: &Block) -> &'static str {
    if block.trait_.is_some() {
        "this block offers nothing: it has no method that takes `&self` or `&mut self`, has a name without `_` before it \
         and is not `local`"
    } else {
        "this block offers nothing: it has no method that is `pub`, takes `&self` or `&mut self`, has a name without `_` \
         before it and is not `local`"
    }
}
