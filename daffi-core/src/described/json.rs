//! A value, or a document, that is written as JSON.

use std::fmt;
use std::sync::Arc;

use serde::ser::{Serialize, Serializer};

use super::document::Document;
use super::input::Input;
use super::layout::Layout;
use super::misfit::Misfit;
use super::printed::Printed;
use super::skip::skip;
use super::text;

/// A value as JSON has it: what [`Global::call_json`](crate::Global::call_json) gives, and what a
/// [description](crate::CallbackVersion) shows.
///
/// It is written as text by `Display`, in one line, or with `{:#}` in several; and it is `Serialize`, so that
/// `serde_json::to_value` takes it, and what answers with JSON, without a detour. Fields have the order of their type.
///
/// Numbers of up to 64 bits have all their digits; larger ones, NaN and the infinities are texts. Bytes, and sequences of `u8`,
/// are texts in base64. Where `null` could mean two things, as for an `Option<Option<_>>`, something is a map with the one key
/// `Some`. Maps whose keys are neither texts nor numbers are lists of pairs.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// shop.register_fn("stock", || async { vec![("lamp".to_owned(), 2_u8)] }).await?;
///
/// let answer = g.call_json("stock", ()).await?;
/// assert_eq!(answer.to_string(), r#"[["lamp",2]]"#);
/// let value = serde_json::to_value(&answer)?;
/// assert_eq!(value[0][0], "lamp");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Json(Inner);

#[derive(Clone)]
enum Inner {
    /// A value that somebody sent, which was looked through.
    Value(Arc<Layout>, Arc<[u8]>),
    Document(Arc<Document>),
}

impl Json {
    /// The value that fills `bytes`, which were written by the structure in `layout`.
    ///
    /// # Errors
    ///
    /// When they are none.
    #[doc(hidden)]
    pub fn new(layout: &Arc<Layout>, bytes: &[u8]) -> Result<Self, Misfit> {
        let (value, used) = Self::next(layout, bytes)?;
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
    /// As [`new`](Self::new).
    #[doc(hidden)]
    pub fn next(layout: &Arc<Layout>, bytes: &[u8]) -> Result<(Self, usize), Misfit> {
        let mut input = Input::new(bytes);
        skip(&mut input, layout, layout.root(), 0)?;
        let used = bytes.len() - input.left();
        let value = Inner::Value(Arc::clone(layout), bytes[..used].into());
        Ok((Self(value), used))
    }
}

impl From<Document> for Json {
    fn from(document: Document) -> Self {
        Self(Inner::Document(Arc::new(document)))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Inner::Value(layout, bytes) => Printed::new(layout, bytes).serialize(serializer),
            Inner::Document(document) => document.serialize(serializer),
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(self, f)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
