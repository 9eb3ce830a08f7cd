//! The variants of enums, held to a form.

use super::super::{Event, Fields, Kind, Node, Spot};
use super::place::{Check, Checked, Mismatch};
use super::words::{Part, Written, counted, same_name};

impl<'f> Check<'f> {
    /// The content of a variant.
    pub(super) fn variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Checked<(Self, Option<&'f Node>)> {
        let inside = self.within(name, Part::Variant(variant));
        let Some(node) = self.node() else {
            return Ok((inside, None));
        };
        match &node.kind {
            Kind::Unknown => Ok((inside.to(Spot::NOWHERE), None)),
            Kind::Asks => self.asks(node),
            Kind::Enum(_, variants) => {
                let read = variants.get(index as usize);
                if read.is_some_and(|names| names.iter().any(|read| same_name(read, variant))) {
                    let content = Spot(node.first + index);
                    return Ok((inside.to(content), self.form.node(content)));
                }
                let read = match read.map(Vec::as_slice) {
                    None => "no variant".to_owned(),
                    Some([read]) => format!("`{read}`"),
                    Some(_) => "another variant".to_owned(),
                };
                let place = self.place;
                Err(Mismatch(format!(
                    "variant `{variant}` of `{name}` is written with the number {index}, which is read as {read}\
                     {place}: #[serde(skip)], #[serde(skip_deserializing)] or #[serde(other)] leaves out a variant \
                     when reading, or a rename differs between writing and reading; put variants that are left out \
                     last"
                )))
            }
            Kind::Tuple(1) | Kind::Struct(_, Fields { count: 1, .. }) => {
                self.to(Spot(node.first)).variant(name, index, variant)
            }
            _ => self.differs(Written { what: "enum", name }),
        }
    }

    /// A variant with one field or none; what is inside starts at the spot.
    pub(super) fn small_variant(
        self,
        event: Event,
        (name, index, variant): (&'static str, u32, &'static str),
        length: usize,
    ) -> Checked<Self> {
        let (inside, node) = self.variant(name, index, variant)?;
        let Some(node) = node else {
            return Ok(inside.to(Spot::NOWHERE));
        };
        let count = match &node.kind {
            Kind::Unknown | Kind::Asks => length,
            Kind::Tuple(count) | Kind::Struct(_, Fields { count, .. }) => *count,
            _ => 0,
        };
        if count != length {
            return Err(Mismatch(format!(
                "variant `{variant}` of `{name}` is written with {} and read with {count}: #[serde(skip_serializing)] \
                 or #[serde(skip_deserializing)] leaves a field out on one side only",
                counted(length)
            )));
        }
        Ok(Self {
            at: if length == 0 {
                Spot::NOWHERE
            } else {
                Spot(node.first)
            },
            ..inside
        })
        .inspect(|_| {
            if length == 0 {
                self.form.settle(node, event, length);
            }
        })
    }
}
