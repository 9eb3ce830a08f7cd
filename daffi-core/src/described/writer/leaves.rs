//! Values without anything inside.

use super::super::base64;
use super::super::layout::Place;
use super::super::misfit::Misfit;
use super::super::output::{Integer, float, said, whole};
use super::{Writer, Written};

impl Writer<'_, '_> {
    pub(super) fn integer(self, value: Integer) -> Written {
        let writer = self.filled()?;
        if writer.out.integer(writer.place(), value) {
            return Ok(());
        }
        let came = match value {
            Integer::Small(value) => format!("integer `{value}`"),
            Integer::Huge(value) => format!("integer `{value}`"),
        };
        writer.differs(&came)
    }

    pub(super) fn float(self, value: f64) -> Written {
        let writer = self.filled()?;
        let place = writer.place();
        if writer.out.float(place, value) {
            return Ok(());
        }
        match whole(value) {
            // There, `1e3` is an integer.
            Some(integer) if writer.out.by_hand && writer.out.integer(place, integer) => Ok(()),
            _ => writer.differs(&format!("floating point `{value}`")),
        }
    }

    pub(super) fn text(self, text: &str) -> Written {
        let mut writer = self.filled()?;
        let place = writer.place();
        let by_hand = writer.out.by_hand;
        let mut letters = text.chars();
        match (place, letters.next(), letters.next()) {
            (Place::Str, ..) => writer.out.block(text.as_bytes()),
            (Place::Char, Some(_), None) => {
                writer.out.bytes.extend_from_slice(text.as_bytes());
                Ok(())
            }
            (Place::Enum(_), ..) => writer.empty_variant(text),
            (Place::Bytes, ..) if by_hand => writer.base64(text),
            (Place::Seq(element), ..) if by_hand && *writer.layout.place(*element) == Place::U8 => {
                writer.base64(text)
            }
            (Place::Bool, ..) if by_hand && writer.is_key && matches!(text, "true" | "false") => {
                writer.out.bytes.push((text == "true").into());
                Ok(())
            }
            _ if by_hand && writer.said(text) => Ok(()),
            _ => writer.differs(&format!("string {text:?}")),
        }
    }

    /// A number that was written as a text; whether it is one, and fits.
    fn said(&mut self, text: &str) -> bool {
        let place = self.place();
        match place {
            Place::F32 => float(text).is_some_and(|value| self.out.narrow(value)),
            Place::F64 => float(text).is_some_and(|value| self.out.float(place, value)),
            _ => said(text).is_some_and(|value| self.out.integer(place, value)),
        }
    }

    fn base64(self, text: &str) -> Written {
        if let (Some(name), Some(elsewhere)) = (text.strip_prefix('@'), &self.out.elsewhere) {
            let bytes = elsewhere(name).map_err(Misfit::new)?;
            return self.out.block(&bytes);
        }
        match base64::from_text(text) {
            Some(bytes) => self.out.block(&bytes),
            None => self.differs(&format!("string {text:?}, which is no base64,")),
        }
    }

    pub(super) fn octets(self, bytes: &[u8]) -> Written {
        let writer = self.filled()?;
        match writer.place() {
            Place::Bytes => writer.out.block(bytes),
            Place::Seq(element) if *writer.layout.place(*element) == Place::U8 => writer.out.block(bytes),
            _ => writer.differs("bytes"),
        }
    }

    /// Neither something nor a number.
    pub(super) fn nothing(self, is_some: bool) -> Written {
        match self.place() {
            // People write both in the same way.
            Place::Option(inner) => {
                let is_some = is_some && !self.out.by_hand && *self.layout.place(*inner) == Place::Unit;
                self.out.bytes.push(is_some.into());
                Ok(())
            }
            Place::Unit => Ok(()),
            Place::Struct(structure) if structure.fields.is_empty() => Ok(()),
            _ => self.differs("nothing"),
        }
    }
}
