//! What is known of a `Result` that is a type parameter, and what is in one that was encoded.

use std::any::type_name;

use bytes::Bytes;

use crate::error::RemoteError;
use crate::proto;
use crate::signature::Type;

/// Whether `R` is a `Result`. Stable Rust can be asked that of a type parameter by its name only.
pub(super) fn is_result<R>() -> bool {
    type_name::<R>().starts_with(name_without_parameters::<Result<(), ()>>())
}

/// Whether the error of `R`, a `Result`, is one in words already.
pub(super) fn has_remote_error<R>() -> bool {
    type_name::<R>()
        .strip_suffix('>')
        .and_then(|name| name.strip_suffix(type_name::<RemoteError>()))
        .is_some_and(|name| name.ends_with(", "))
}

fn name_without_parameters<T>() -> &'static str {
    let name = type_name::<T>();
    name.find('<').map_or(name, |end| &name[..=end])
}

/// Whether an encoded `Result` is `Ok`, and what is in it: an enum is the number of its variant and what that carries.
pub(super) fn split(encoded: &Bytes) -> Option<(bool, Bytes)> {
    [true, false].into_iter().find_map(|is_ok| {
        let number = proto::encode(&u32::from(!is_ok)).ok()?;
        encoded
            .starts_with(&number)
            .then(|| (is_ok, encoded.slice(number.len()..)))
    })
}

/// What is in the two sides of a `Result`; not known if not both are.
pub(super) fn sides(result: Type) -> (Type, Type) {
    if let Type::Enum { variants, .. } = result
        && let Ok([ok, error]) = <[_; 2]>::try_from(variants)
        && let (Type::Tuple(ok), Type::Tuple(error)) = (ok.content, error.content)
        && let (Ok([ok]), Ok([error])) = (<[_; 1]>::try_from(ok), <[_; 1]>::try_from(error))
    {
        return (ok, error);
    }
    (Type::Opaque, Type::Opaque)
}
