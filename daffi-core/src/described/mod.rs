//! Values that explain themselves: bytes are read, and written, by the structure of whoever wrote them, or will read them.
//!
//! What goes over the wire has positions, and no names. With the structure of the writer's type the names are back: a
//! [`Layout`] is such a structure, made ready. [`decode`] hands structs to the reader's own `Deserialize` field by field,
//! and variants by name, so that `#[serde(default)]`, `rename` and `alias` do what they do with a format such as JSON.
//!
//! Pure: knows serde's data model, structures, and the bytes of numbers.

mod input;
mod layout;
mod misfit;
mod reader;
mod skip;
#[cfg(test)]
mod tests;

use serde::Deserialize;

pub use layout::Layout;
pub use misfit::Misfit;

use input::Input;
use reader::Reader;

/// The value that fills `bytes`, which were written by the structure in `layout`.
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
    let (value, used) = decode_next(layout, bytes)?;
    match bytes.len() - used {
        0 => Ok(value),
        left => Err(Misfit::new(format_args!(
            "{left} bytes are left over after the value"
        ))),
    }
}

/// The value at the start of `bytes`, and how many bytes it took.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_next<'de, T: Deserialize<'de>>(
    layout: &Layout,
    bytes: &'de [u8],
) -> Result<(T, usize), Misfit> {
    let mut input = Input::new(bytes);
    let value = T::deserialize(Reader::new(&mut input, layout))?;
    Ok((value, bytes.len() - input.left()))
}
