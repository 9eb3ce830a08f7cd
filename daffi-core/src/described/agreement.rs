//! Whether a caller and a callback go together: what the one writes the other reads, in both directions.

use super::compatible::{Verdict, is_read};
use super::misfit::Misfit;
use crate::signature::{ErrorType, Interface, Readable, Type};

/// Whether a call by `called` can be made of what is `offered`: arguments are read by the callback's types, results and errors by
/// the caller's.
///
/// ```
/// use daffi_core::described::{Verdict, agreement};
/// use daffi_core::signature::{ErrorType, Returns, Signature, trace};
///
/// let returns = |ok| Returns { ok, error: ErrorType::None };
/// let old = Signature::new([("id", trace::<u32>())], returns(trace::<u64>())).into();
/// let new = Signature::new([("id", trace::<u64>())], returns(trace::<u64>())).into();
/// assert_eq!(agreement(&old, &new), Verdict::Compatible);
/// let Verdict::Incompatible(misfit) = agreement(&new, &old) else {
///     panic!("the callback would have to make it narrower")
/// };
/// assert_eq!(misfit.path(), "id");
/// ```
#[must_use]
pub fn agreement(called: &Interface, offered: &Interface) -> Verdict {
    if called.signature.is_compatible_with(&offered.signature) {
        return Verdict::Same;
    }
    match both_ways(called, offered) {
        Ok(()) => Verdict::Compatible,
        Err(misfit) => Verdict::Incompatible(misfit),
    }
}

fn both_ways(called: &Interface, offered: &Interface) -> Result<(), Misfit> {
    let (Some(sent), Some(taken)) = (&called.signature.parameters, offered.parameters()) else {
        return Err(Misfit::new(
            "the arguments are not known on both sides, so they have to be the same",
        ));
    };
    arguments(sent.iter().map(|parameter| &parameter.ty), &taken)?;
    let returns = &offered.signature.returns;
    item(&returns.ok, &called.ok()).map_err(|misfit| misfit.at("result"))?;
    match (called.error(), &returns.error) {
        (None, _) => Ok(()),
        (Some(read), ErrorType::Typed(written)) => {
            item(written, &read).map_err(|misfit| misfit.at("error"))?;
            Ok(())
        }
        (Some(_), ErrorType::None | ErrorType::Remote) => Err(Misfit::new(
            "an error of this type is expected, and the callback gives none; leave `Result` out of the fetcher, or give the \
             callback the error",
        )),
    }
}

/// Whether any of the arguments has to be read by the structure of who sent them, if all can be read.
pub(super) fn arguments<'t>(
    sent: impl ExactSizeIterator<Item = &'t Type>,
    taken: &[(&str, Readable, bool)],
) -> Result<bool, Misfit> {
    if sent.len() > taken.len() {
        return Err(Misfit::new(format_args!(
            "{} arguments are sent, and the callback takes {}; let callbacks take a new argument, with \
             `#[callback(default)]` or as an `Option`, before it is sent",
            sent.len(),
            taken.len()
        )));
    }
    let mut unknown = None;
    let count = sent.len();
    let mut differs = count != taken.len();
    for (number, (written, (name, read, _))) in sent.zip(taken).enumerate() {
        let at = |misfit: Misfit| misfit.at(&shown(name, number));
        match item(written, read).map_err(at)? {
            // Where one of them differs, all are read by their structure.
            Verdict::Same if written.is_opaque_somewhere() && read.ty.is_opaque_somewhere() => {
                unknown.get_or_insert((*name, number));
            }
            Verdict::Same => {}
            _ => differs = true,
        }
    }
    let left_out = taken.iter().enumerate().skip(count);
    for (number, (name, _, optional)) in left_out {
        if !optional {
            return Err(Misfit::new(
                "the callback needs this argument, and it is not sent; give it `#[callback(default)]`, or make it an \
                 `Option`",
            )
            .at(&shown(name, number)));
        }
    }
    match unknown.filter(|_| differs) {
        Some((name, number)) => Err(Misfit::new(
            "not all is known of this type, so all arguments have to be the same on both sides",
        )
        .at(&shown(name, number))),
        None => Ok(differs),
    }
}

/// A value, or the items of a stream: how it is read, if it can be.
pub(super) fn item(written: &Type, read: &Readable) -> Result<Verdict, Misfit> {
    let is_unknown = written.is_unknown() || read.ty.is_unknown();
    if is_unknown && !written.explains() && !read.ty.explains() {
        return Ok(Verdict::Same);
    }
    match is_read(written, read) {
        Verdict::Incompatible(misfit) => Err(misfit),
        verdict => Ok(verdict),
    }
}

fn shown(name: &str, number: usize) -> String {
    match name {
        "_" => format!("argument {}", number + 1),
        name => name.to_owned(),
    }
}
