//! What is compared at a position while a value is written: numbers, of which most are equal.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::{Form, Kind, NOWHERE};
use crate::signature::Type;

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
    /// An enum of so many variants. What is written is one of them.
    Enum,
    UnitVariant,
    NewtypeVariant,
    TupleVariant,
    StructVariant,
}

impl Event {
    /// More fields than anybody looks into.
    const MANY: u64 = 0x00FF_FFFF;

    /// The number that stands for it with so many fields. It takes four bytes.
    #[inline]
    const fn number(self, length: usize) -> u64 {
        let length = length as u64;
        (self as u64) << 24 | if length < Self::MANY { length } else { Self::MANY }
    }

    /// The one that writes something without anything inside.
    pub(super) const fn of_leaf(ty: &Type) -> Option<Self> {
        Some(match ty {
            Type::Unit | Type::UnitStruct { .. } => Self::Unit,
            Type::Bool => Self::Bool,
            Type::I8 => Self::I8,
            Type::I16 => Self::I16,
            Type::I32 => Self::I32,
            Type::I64 => Self::I64,
            Type::I128 => Self::I128,
            Type::U8 => Self::U8,
            Type::U16 => Self::U16,
            Type::U32 => Self::U32,
            Type::U64 => Self::U64,
            Type::U128 => Self::U128,
            Type::F32 => Self::F32,
            Type::F64 => Self::F64,
            Type::Char => Self::Char,
            Type::Str | Type::Bytes => Self::Bytes,
            _ => return None,
        })
    }

    /// What is written for values that are read as `kind`, by number; 0 if there are names in it that have to be compared.
    pub(super) fn usual(kind: &Kind) -> u64 {
        match kind {
            Kind::Leaf(ty) => Self::of_leaf(ty).map_or(0, |event| event.number(0)),
            Kind::Option => Self::Option.number(0),
            Kind::Seq => Self::Seq.number(0),
            Kind::Map => Self::Map.number(0),
            Kind::Tuple(length) => Self::Tuple.number(*length),
            Kind::Enum(_, variants) => Self::Enum.number(variants.len()),
            Kind::Unknown => ANYTHING,
            Kind::Asks | Kind::Struct(..) => 0,
        }
    }
}

/// What agrees with a position of which nothing is known, and where nothing can be compared: everything.
const ANYTHING: u64 = u32::MAX as u64;

/// What [`Mark::name`] says of what has no name.
const NAMELESS: usize = 0;

/// What [`Mark::name`] says of what has one that was not compared yet.
const NEVER_NAMED: usize = usize::MAX;

/// What was found to agree at a position.
#[derive(Debug)]
pub(super) struct Mark {
    /// What is written there, as [`Event::number`]; [`ANYTHING`] where nothing can be compared, 0 if nothing has been
    /// found yet. In the upper half, how long the name is.
    written: AtomicU64,
    /// Of a field or variant that has a name, where that is in memory: a comparison that costs nothing, and a name that
    /// the compiler keeps twice is only looked at more often.
    name: AtomicUsize,
    /// Where the first of its children stands; the others follow.
    pub(super) first: u32,
}

/// What stands for all positions of which nothing is known.
static UNKNOWN: Mark = Mark::new(ANYTHING, false, NOWHERE);

/// How far up a mark keeps the length of a name.
const ABOVE: u32 = 32;

impl Mark {
    /// What agrees with it before anything was found out, whether it has a name, and where the first of its children is.
    pub(super) const fn new(written: u64, has_name: bool, first: u32) -> Self {
        Self {
            written: AtomicU64::new(written),
            name: AtomicUsize::new(if has_name { NEVER_NAMED } else { NAMELESS }),
            first,
        }
    }

    /// The same with something else at the position.
    pub(super) fn set(&mut self, written: u64, first: u32) {
        self.written = AtomicU64::new(written);
        self.first = first;
    }

    pub(super) fn settle(&self, event: Event, length: usize) {
        let _ = self
            .written
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |written| {
                let name = written >> ABOVE << ABOVE;
                (written - name != ANYTHING).then_some(name | event.number(length))
            });
    }

    pub(super) fn settle_name(&self, name: &'static str) {
        self.name.store(name.as_ptr().addr(), Ordering::Relaxed);
        let _ = self
            .written
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |written| {
                Some(written & ANYTHING | (name.len() as u64) << ABOVE)
            });
    }

    #[inline]
    fn at(&self) -> At<'_> {
        At {
            mark: self,
            expects: self.written.load(Ordering::Relaxed) & ANYTHING,
        }
    }

    /// The position of what is written with this name, which is compared with what is written.
    #[inline]
    fn at_named(&self, name: &'static str) -> At<'_> {
        if self.name.load(Ordering::Relaxed) == name.as_ptr().addr() {
            At {
                mark: self,
                expects: self.written.load(Ordering::Relaxed) ^ (name.len() as u64) << ABOVE,
            }
        } else {
            self.at_other_name()
        }
    }

    #[cold]
    fn at_other_name(&self) -> At<'_> {
        match self.name.load(Ordering::Relaxed) {
            NAMELESS => self.at(),
            _ => At {
                mark: self,
                expects: NOTHING,
            },
        }
    }
}

/// No number of an event.
const NOTHING: u64 = u64::MAX;

/// A position while a value is written, and what agrees with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'f> {
    mark: &'f Mark,
    /// The number of what is to be written.
    expects: u64,
}

impl<'f> At<'f> {
    /// The position of a whole value.
    pub(crate) fn root(form: &'f Form) -> Self {
        form.marks.first().unwrap_or(&UNKNOWN).at()
    }

    /// A position of which nothing is known.
    #[inline]
    pub(crate) fn nowhere() -> Self {
        Self {
            mark: &UNKNOWN,
            expects: ANYTHING,
        }
    }

    /// Whether this has been found to agree.
    #[inline]
    pub(crate) const fn agrees(self, event: Event, length: usize) -> bool {
        self.expects == event.number(length) || self.expects == ANYTHING
    }

    /// The positions of so many parts of what is here.
    #[inline]
    pub(crate) fn inside(self, form: &'f Form, parts: usize) -> Inside<'f> {
        let first = self.mark.first as usize;
        Inside(
            first
                .checked_add(parts)
                .and_then(|end| form.marks.get(first..end))
                .unwrap_or_default(),
        )
    }

    /// The content of a variant, whose name is compared with what is written.
    #[inline]
    pub(crate) fn variant(self, form: &'f Form, index: u32, name: &'static str) -> Option<Self> {
        if self.expects == ANYTHING {
            return Some(Self::nowhere());
        }
        let variants = self.expects.wrapping_sub(Event::Enum.number(0));
        if u64::from(index) >= variants || variants > Event::MANY {
            return None;
        }
        let content = form.marks.get(self.mark.first as usize + index as usize)?;
        Some(content.at_named(name))
    }
}

/// The positions of the parts of something, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inside<'f>(&'f [Mark]);

impl<'f> Inside<'f> {
    /// Those of something of which nothing is known.
    pub(crate) const NOWHERE: Self = Self(&[]);

    #[inline]
    fn mark(&mut self) -> Option<&'f Mark> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// The next one.
    #[inline]
    pub(crate) fn next(&mut self) -> At<'f> {
        self.mark().map_or_else(At::nowhere, Mark::at)
    }

    /// The next one, of what is written with this name.
    #[inline]
    pub(crate) fn next_named(&mut self, name: &'static str) -> At<'f> {
        self.mark().map_or_else(At::nowhere, |mark| mark.at_named(name))
    }
}
