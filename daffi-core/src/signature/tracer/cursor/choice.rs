//! An enum, of which a variant is given, and what that carries.

use std::any::type_name;
use std::mem::discriminant;

use serde::de::value::{StrDeserializer, U32Deserializer};
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor};

use super::super::super::Type;
use super::super::asked::Answer;
use super::super::node::{Kind, Reader};
use super::super::refused::Refused;
use super::{Cursor, read_by};

/// An enum whose variant has been chosen.
pub(super) struct Choice<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) variant: Chosen,
}

pub(super) enum Chosen {
    Number(usize),
    /// Only to see which variant goes by that name.
    Name(&'static str),
    /// The same, where the type is asked once all is known.
    Asked(&'static str),
}

/// What is the same for two values if they are the same variant of their type.
pub(super) fn mark<T>(value: &T) -> String {
    format!("{:?}", discriminant(value))
}

/// Whether it is what serde's derive makes to tell variants apart, so that its [`mark`] does. What others use may be a number.
fn is_derived<T>() -> bool {
    type_name::<T>().ends_with("::__Field")
}

impl<'a> EnumAccess<'static> for Choice<'a> {
    type Error = Refused;
    type Variant = Cursor<'a>;

    fn variant_seed<V: DeserializeSeed<'static>>(self, seed: V) -> Result<(V::Value, Cursor<'a>), Refused> {
        let Cursor { tree, spot } = self.cursor;
        let variant = match self.variant {
            Chosen::Number(variant) => variant,
            Chosen::Name(name) => {
                let deserializer: StrDeserializer<'_, Refused> = name.into_deserializer();
                let goes_by_it = seed.deserialize(deserializer).map(|value| mark(&value));
                tree.name_tried(spot, goes_by_it.ok());
                return tree.stop();
            }
            Chosen::Asked(name) => {
                let deserializer: StrDeserializer<'_, Refused> = name.into_deserializer();
                let variant = seed.deserialize(deserializer).map(|value| mark(&value));
                tree.answer(variant.map_or(Answer::No, Answer::Field));
                return tree.stop();
            }
        };
        let (Some(content), Ok(index)) = (tree.child(spot, variant), u32::try_from(variant)) else {
            return tree.stop();
        };
        let deserializer: U32Deserializer<Refused> = index.into_deserializer();
        match seed.deserialize(deserializer) {
            Ok(value) => {
                if !spot.constructing() {
                    tree.node_mut(content.node).mark = Some(mark(&value));
                    if is_derived::<V::Value>() && tree.repeats(spot.node, variant) {
                        return tree.stop();
                    }
                }
                Ok((value, Cursor::new(tree, content)))
            }
            Err(Refused) => {
                tree.no_such_variant(spot, variant);
                tree.stop()
            }
        }
    }
}

/// What the variant carries. It is part of its enum, so it cannot be a recursion of its own, hence no visitor.
impl VariantAccess<'static> for Cursor<'_> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        self.tree
            .enter(self.spot, Kind::Leaf(Type::Unit), Reader::NONE)
            .map(drop)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'static>>(mut self, seed: T) -> Result<T::Value, Refused> {
        self.spot = self.tree.enter(self.spot, Kind::Tuple(1), Reader::NONE)?;
        let Some(child) = self.tree.child(self.spot, 0) else {
            return self.tree.stop();
        };
        self.tree.node_mut(child.node).rust = read_by::<T>();
        self.tree
            .read(child, |tree| seed.deserialize(Cursor::new(tree, child)))
    }

    fn tuple_variant<V: Visitor<'static>>(mut self, length: usize, visitor: V) -> Result<V::Value, Refused> {
        self.spot = self.tree.enter(self.spot, Kind::Tuple(length), Reader::NONE)?;
        visitor.visit_seq(self.fields())
    }

    fn struct_variant<V: Visitor<'static>>(
        mut self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.spot = self
            .tree
            .enter(self.spot, Kind::Struct("", fields), Reader::NONE)?;
        self.named_fields(visitor)
    }
}
