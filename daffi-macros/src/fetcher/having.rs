//! What a process says of itself that runs the calls of a fetcher.

use syn::LitStr;

use crate::arguments::{Arguments, Key};
use crate::errors::Errors;

/// The most that a call names; the protocol's limit.
const LIMIT: usize = 8;
/// The most bytes that all of them have together; the protocol's limit.
const LIMIT_BYTES: usize = 1024;

/// A key that has a value at the process.
#[derive(Clone)]
pub(crate) struct Attribute {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// What is given beside that which holds for all, in ascending order of the keys, each once.
pub(super) fn checked(arguments: &Arguments, for_all: &[Attribute], errors: &mut Errors) -> Vec<Attribute> {
    let mut all = for_all.to_vec();
    for (key, value) in arguments.pairs(Key::ToWhere) {
        add(&mut all, key, value, errors);
    }
    let bytes: usize = all
        .iter()
        .map(|Attribute { key, value }| key.len() + value.len())
        .sum();
    let fault = if all.len() > LIMIT {
        format!(
            "a call names {LIMIT} attributes at most, and here are {}",
            all.len()
        )
    } else if bytes > LIMIT_BYTES {
        format!("the attributes that a call names have {LIMIT_BYTES} bytes at most, and these have {bytes}")
    } else {
        return all;
    };
    if let Some(span) = arguments.span(Key::ToWhere) {
        errors.add_at(span, fault);
    }
    all
}

fn add(all: &mut Vec<Attribute>, key: &LitStr, value: &LitStr, errors: &mut Errors) {
    let (name, wanted) = (key.value(), value.value());
    if name.is_empty() {
        errors.add(key, "the key of an attribute is not empty: write what processes say of themselves, as in `to_where(\"kind\", \"resizer\")`");
        return;
    }
    match all.binary_search_by(|attribute| attribute.key.cmp(&name)) {
        Ok(place) if all[place].value != wanted => errors.add(
            value,
            format!(
                "no process has two values of `{name}`, and it is `{}` already: all that is said must hold at one process",
                all[place].value
            ),
        ),
        Ok(_) => {}
        Err(place) => all.insert(
            place,
            Attribute {
                key: name,
                value: wanted,
            },
        ),
    }
}
