//! The variants of enums, held to a form.

use super::super::{Fields, Kind, owner};
use super::place::{Check, Checked, Mismatch};
use super::words::{Part, Written, counted, same_name};

impl<'f> Check<'f> {
    /// The content of a variant.
    pub(super) fn variant(self, name: &'static str, index: u32, variant: &'static str) -> Checked<Self> {
        self.found.tell_variant(index);
        let within = self.unwrapped();
        let content = within.inside().within(name, Part::Variant(variant));
        if within.may_be_misread() {
            return Err(within.unknown_names(Written { what: "enum", name }));
        }
        let Some(node) = within.node() else {
            return Ok(content);
        };
        match &node.kind {
            Kind::Unknown => Ok(content),
            Kind::Refused(_) => self.refuses(node),
            Kind::Enum(_, variants) => {
                let read = variants.get(index as usize);
                let by_name = owner(variants, variant).filter(|read| *read <= index as usize);
                if self.found.has_names() {
                    if let Some(read) = by_name {
                        return Ok(content.to(content.at.after(read)));
                    }
                } else if read.is_some_and(|names| names.iter().any(|read| same_name(read, variant))) {
                    return Ok(content.to(content.at.after(index as usize)));
                }
                let read = match read.map(Vec::as_slice) {
                    None => "no variant".to_owned(),
                    Some([read]) => format!("`{read}`"),
                    Some(_) => "another variant".to_owned(),
                };
                let place = self.place;
                let mismatch = Mismatch::new(format!(
                    "variant `{variant}` of `{name}` is written with the number {index}, which is read as {read}\
                     {place}: #[serde(skip)], #[serde(skip_deserializing)] or #[serde(other)] leaves out a variant \
                     when reading, or a rename differs between writing and reading; put variants that are left out \
                     last"
                ));
                match by_name {
                    // Some before it are not read.
                    Some(read) => {
                        self.found.tell_by_names(mismatch);
                        Ok(content.to(content.at.after(read)))
                    }
                    None => Err(mismatch),
                }
            }
            _ => self.differs(Written { what: "enum", name }),
        }
    }

    /// The content of a variant with one field or none.
    pub(super) fn small_variant(
        self,
        (name, index, variant): (&'static str, u32, &'static str),
        length: usize,
    ) -> Checked<Self> {
        let content = self.variant(name, index, variant)?;
        let count = match content.node().map(|node| &node.kind) {
            None | Some(Kind::Unknown | Kind::Refused(_)) => length,
            Some(Kind::Tuple(count) | Kind::Struct(_, Fields { count, .. })) => *count,
            Some(_) => 0,
        };
        if count != length {
            return Err(Mismatch::new(format!(
                "variant `{variant}` of `{name}` is written with {} and read with {count}: #[serde(skip_serializing)] \
                 or #[serde(skip_deserializing)] leaves a field out on one side only",
                counted(length)
            )));
        }
        Ok(content)
    }
}
