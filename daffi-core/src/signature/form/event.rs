//! The kinds of things that are written.

/// What is written, in the terms of serde; the same for what has the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Event {
    Unit = 1,
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    /// A string or bytes.
    Bytes,
    Option,
    Seq,
    Map,
    /// A tuple, or a struct whose fields have no names.
    Tuple,
    Struct,
    /// One of the variants of an enum.
    Enum,
    UnitVariant,
    NewtypeVariant,
    TupleVariant,
    StructVariant,
}
