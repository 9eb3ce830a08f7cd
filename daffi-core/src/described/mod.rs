//! Values that explain themselves: bytes are read, and written, by the structure of whoever wrote them, or will read them.
//!
//! What goes over the wire has positions, and no names. With the structure of the writer's type the names are back: a
//! [`Layout`] is such a structure, made ready. [`decode`] hands structs to the reader's own `Deserialize` field by field,
//! and variants by name, so that `#[serde(default)]`, `rename` and `alias` do what they do with a format such as JSON.
//!
//! Pure: knows serde's data model, structures, and the bytes of numbers.

mod agreement;
mod arguments;
mod asking;
mod base64;
mod comparison;
mod compatible;
mod depth;
mod document;
mod example;
mod explained;
mod float;
mod front;
mod input;
mod json;
mod key;
mod layout;
mod misfit;
mod names;
#[cfg(any(feature = "runtime", test))]
mod naming;
mod output;
mod printed;
mod reader;
mod reading;
mod schema;
mod skip;
#[cfg(test)]
mod tests;
mod text;
mod wider;
mod words;
mod writer;

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

pub use agreement::agreement;
pub use arguments::{Arguments, Encoded};
pub use compatible::{Verdict, compatible};
pub use document::Document;
pub use front::{Front, Fronts};
pub use json::Json;
pub use layout::Layout;
pub use misfit::Misfit;
#[cfg(any(feature = "runtime", test))]
pub(crate) use naming::with_names;
pub use output::Elsewhere;
pub use printed::Printed;
pub use reader::{DEFAULT, NOT_SENT};
pub use reading::{DecodeItem, ItemsAs, ReadAs, Readings};

use input::Input;
use output::Output;
use reader::{Arguments as Sent, Reader};
use writer::Writer;

/// The value that fills `bytes`, which were written by the structure in `layout`.
///
/// Whether `T` reads such values is what [`compatible`] says, once for all of them. Where it says no, some may be read all the same,
/// and one that may be either of two fields or variants by its names as the first.
///
/// # Errors
///
/// When the bytes are no such value, or not all of one, it nests too deep or has too many elements, or `T` does not take
/// what there is. The message begins with the path to the place, as `order.lines[3].price`.
///
/// ```
/// use daffi_core::described::{Layout, decode};
/// use daffi_core::proto::encode;
/// use daffi_core::signature::trace;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Written {
///     name: String,
///     stock: u32,
///     shelf: u8,
/// }
///
/// #[derive(Deserialize)]
/// struct Read {
///     stock: u64,
///     #[serde(default)]
///     price: u32,
///     name: String,
/// }
///
/// let layout = Layout::new(&trace::<Written>());
/// let bytes = encode(&Written { name: "lamp".to_owned(), stock: 3, shelf: 7 })?;
/// let read: Read = decode(&layout, &bytes)?;
/// assert_eq!((read.stock, read.price, &*read.name), (3, 0, "lamp"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn decode<'de, T: Deserialize<'de>>(layout: &Layout, bytes: &'de [u8]) -> Result<T, Misfit> {
    let mut input = Input::new(bytes);
    let value = Reader::new(&mut input, layout).read(PhantomData)?;
    match input.left() {
        0 => Ok(value),
        left => Err(Misfit::new(format_args!(
            "{left} bytes are left over after the value"
        ))),
    }
}

/// The value at the start of `bytes`, where others may follow, and how many bytes it took.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_next<'de, T: Deserialize<'de>>(
    layout: &Layout,
    bytes: &'de [u8],
) -> Result<(T, usize), Misfit> {
    let mut input = Input::of_item(bytes);
    let value = Reader::new(&mut input, layout).read(PhantomData)?;
    input.end_item()?;
    Ok((value, bytes.len() - input.left()))
}

/// The arguments that fill `bytes`, as a tuple: of its last ones some may be missing, if they are options or have a
/// [`DEFAULT`].
///
/// # Errors
///
/// As [`decode`].
pub fn decode_arguments<'de, A: Deserialize<'de>>(layout: &Layout, bytes: &'de [u8]) -> Result<A, Misfit> {
    let mut input = Input::new(bytes);
    let arguments = A::deserialize(Sent(Reader::new(&mut input, layout)))?;
    match input.left() {
        0 => Ok(arguments),
        left => Err(Misfit::new(format_args!(
            "{left} bytes are left over after the arguments"
        ))),
    }
}

/// The bytes of `value` in the positions of the structure in `layout`.
///
/// The value may be of any shape that has what the structure needs: a map, or a struct whose fields have another order.
/// A number may be of another type if it fits, and what is missing and an `Option` there is `None`. Nothing is lost: what
/// the structure has no place for is refused.
///
/// # Errors
///
/// When the value does not fit; or its `Serialize` fails.
pub fn encode_by<T: Serialize + ?Sized>(layout: &Layout, value: &T) -> Result<Vec<u8>, Misfit> {
    encode_within(layout, value, usize::MAX)
}

/// As [`encode_by`], in no more than so many bytes.
///
/// # Errors
///
/// As [`encode_by`], and when it would take more bytes.
pub fn encode_within<T: Serialize + ?Sized>(
    layout: &Layout,
    value: &T,
    limit: usize,
) -> Result<Vec<u8>, Misfit> {
    let mut out = Output::new(limit, false);
    Writer::new(&mut out, layout).write(value)?;
    out.check(0)?;
    Ok(out.bytes)
}

/// As [`encode_by`], for a value that people wrote, as in JSON, which has less kinds of values.
///
/// There, a text may be a number, which keeps all its digits, NaN or an infinity; or bytes, in base64. A map whose keys are
/// neither texts nor numbers may be a list of pairs. `null` is no value for an `Option`, and where it could be something as well,
/// as for an `Option<Option<_>>`, that is a map with the one key `Some`. [`Printed`] writes the same.
///
/// # Errors
///
/// As [`encode_by`].
///
/// ```
/// use std::collections::BTreeMap;
///
/// use daffi_core::described::{Layout, encode_by_hand};
/// use daffi_core::signature::trace;
///
/// let layout = Layout::new(&trace::<BTreeMap<u8, Vec<u8>>>());
/// let bytes = encode_by_hand(&layout, &BTreeMap::from([("7", "AQI=")]))?;
/// assert_eq!(bytes, [1, 7, 2, 1, 2]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn encode_by_hand<T: Serialize + ?Sized>(layout: &Layout, value: &T) -> Result<Vec<u8>, Misfit> {
    encode_with(layout, value, None)
}

/// As [`encode_by_hand`]; bytes may be a text that begins with `@`, which names bytes that are elsewhere, as in a file.
///
/// # Errors
///
/// As [`encode_by_hand`], and when there are none.
pub fn encode_with<T: Serialize + ?Sized>(
    layout: &Layout,
    value: &T,
    elsewhere: Option<&Elsewhere>,
) -> Result<Vec<u8>, Misfit> {
    let mut out = Output::new(usize::MAX, true);
    out.elsewhere = elsewhere.cloned();
    Writer::new(&mut out, layout).write(value)?;
    Ok(out.bytes)
}
