//! The bytes that are left, and how much more may come of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::layout::At;
use super::misfit::Misfit;
use crate::signature::NAMES as NAMES_OF_ONE;

/// How many elements of a value may take no bytes.
pub(super) const FREE_ELEMENTS: usize = 1024;

/// How many places that take no bytes a value may have for each of its bytes, and beside: their number is for the
/// structure to say, and that may come from a peer.
const FREE_PLACES: (usize, usize) = (8, 1 << 16);

/// How many bytes of names there may be for each byte of a value, and beside, for those that ask for all names: what these are is
/// for the structure to say, and how often they come for the bytes.
const NAMES: (usize, usize) = (64, 1 << 20);

/// How many names of fields that have several may be looked up for each byte, and beside: one place has no more, and which is meant is
/// found out once for a value.
const LOOKS: (usize, usize) = (NAMES_OF_ONE, 1 << 17);

/// The same of an item of a stream, beside: there may be very many in few bytes.
const OF_ITEM: Beside = Beside {
    places: 64,
    names: 1024,
    looks: 64,
};

/// What there may be beside what there is for each byte.
#[derive(Clone, Copy)]
struct Beside {
    places: usize,
    names: usize,
    looks: usize,
}

/// What is left of a value's bytes.
pub(super) struct Input<'de> {
    rest: &'de [u8],
    /// How many more elements there may be that take no bytes, of all sequences and maps together.
    free: usize,
    /// How many more places that take no bytes themselves.
    places: usize,
    /// How many more bytes of names.
    names: usize,
    /// How many more names may be looked up.
    looks: usize,
    /// Which names are meant where there are several, by where they stand, and those that the reader knows.
    meant: BTreeMap<(At, usize, usize), Arc<[u8]>>,
    /// The same of variants, by their numbers as well.
    variants: BTreeMap<(At, u32, usize, usize), usize>,
}

type Read<T> = Result<T, Misfit>;

#[cold]
fn ends_early() -> Misfit {
    Misfit::new("the bytes end in the middle of the value")
}

#[cold]
fn too_large() -> Misfit {
    Misfit::new("an integer is larger than its type")
}

#[cold]
fn too_many() -> Misfit {
    Misfit::new("more elements than so few bytes may hold")
}

#[cold]
fn too_many_names() -> Misfit {
    Misfit::new("there are more names than so few bytes may hold")
}

impl<'de> Input<'de> {
    pub(super) const fn new(bytes: &'de [u8]) -> Self {
        let beside = Beside {
            places: FREE_PLACES.1,
            names: NAMES.1,
            looks: LOOKS.1,
        };
        Self::beside(bytes, beside)
    }

    /// The same, of an item that others follow.
    pub(super) const fn of_item(bytes: &'de [u8]) -> Self {
        Self::beside(bytes, OF_ITEM)
    }

    const fn beside(bytes: &'de [u8], beside: Beside) -> Self {
        let length = bytes.len();
        Self {
            rest: bytes,
            free: FREE_ELEMENTS,
            places: length.saturating_mul(FREE_PLACES.0).saturating_add(beside.places),
            names: length.saturating_mul(NAMES.0).saturating_add(beside.names),
            looks: length.saturating_mul(LOOKS.0).saturating_add(beside.looks),
            meant: BTreeMap::new(),
            variants: BTreeMap::new(),
        }
    }

    /// An item was read: what follows it was none of its own.
    pub(super) fn end_item(&self) -> Read<()> {
        let left = self.rest.len();
        let borrowed = self.places < left.saturating_mul(FREE_PLACES.0)
            || self.names < left.saturating_mul(NAMES.0)
            || self.looks < left.saturating_mul(LOOKS.0);
        if borrowed {
            return Err(Misfit::new("an item has more places than so few bytes may hold"));
        }
        Ok(())
    }

    /// Which names are meant there, as is found out once by looking up so many.
    pub(super) fn meant(
        &mut self,
        key: (At, usize, usize),
        looks: impl FnOnce() -> usize,
        find: impl FnOnce() -> Arc<[u8]>,
    ) -> Read<Arc<[u8]>> {
        if let Some(meant) = self.meant.get(&key) {
            return Ok(Arc::clone(meant));
        }
        self.looks = self.looks.checked_sub(looks()).ok_or_else(too_many_names)?;
        let meant = find();
        self.meant.insert(key, Arc::clone(&meant));
        Ok(meant)
    }

    /// Which of the names of a variant is meant there, as is found out once.
    pub(super) fn meant_of_variant(
        &mut self,
        key: (At, u32, usize, usize),
        find: impl FnOnce() -> usize,
    ) -> usize {
        *self.variants.entry(key).or_insert_with(find)
    }

    pub(super) const fn rest(&self) -> &'de [u8] {
        self.rest
    }

    /// How many bytes are left.
    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Read<u8> {
        let (first, rest) = self.rest.split_first().ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(*first)
    }

    #[inline]
    fn chunk<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (first, rest) = self.rest.split_first_chunk::<N>().ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(*first)
    }

    /// So many bytes.
    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Read<&'de [u8]> {
        let (first, rest) = self.rest.split_at_checked(count).ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(first)
    }

    #[inline]
    pub(super) fn u16(&mut self) -> Read<u16> {
        match self.byte()? {
            small @ ..=250 => Ok(small.into()),
            251 => Ok(u16::from_le_bytes(self.chunk()?)),
            _ => Err(too_large()),
        }
    }

    #[inline]
    pub(super) fn u32(&mut self) -> Read<u32> {
        match self.byte()? {
            small @ ..=250 => Ok(small.into()),
            251 => Ok(u16::from_le_bytes(self.chunk()?).into()),
            252 => Ok(u32::from_le_bytes(self.chunk()?)),
            _ => Err(too_large()),
        }
    }

    #[inline]
    pub(super) fn u64(&mut self) -> Read<u64> {
        match self.byte()? {
            small @ ..=250 => Ok(small.into()),
            251 => Ok(u16::from_le_bytes(self.chunk()?).into()),
            252 => Ok(u32::from_le_bytes(self.chunk()?).into()),
            253 => Ok(u64::from_le_bytes(self.chunk()?)),
            _ => Err(too_large()),
        }
    }

    pub(super) fn u128(&mut self) -> Read<u128> {
        match self.rest.first() {
            Some(254) => {
                self.byte()?;
                Ok(u128::from_le_bytes(self.chunk()?))
            }
            _ => self.u64().map(u128::from),
        }
    }

    #[inline]
    pub(super) fn u8(&mut self) -> Read<u8> {
        self.byte()
    }

    #[inline]
    pub(super) fn i8(&mut self) -> Read<i8> {
        self.byte().map(u8::cast_signed)
    }

    #[inline]
    pub(super) fn i16(&mut self) -> Read<i16> {
        let number = self.u16()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    #[inline]
    pub(super) fn i32(&mut self) -> Read<i32> {
        let number = self.u32()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    #[inline]
    pub(super) fn i64(&mut self) -> Read<i64> {
        let number = self.u64()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn i128(&mut self) -> Read<i128> {
        let number = self.u128()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    #[inline]
    pub(super) fn f32(&mut self) -> Read<f32> {
        self.chunk().map(f32::from_le_bytes)
    }

    #[inline]
    pub(super) fn f64(&mut self) -> Read<f64> {
        self.chunk().map(f64::from_le_bytes)
    }

    pub(super) fn bool(&mut self) -> Read<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            byte => Err(Misfit::new(format_args!("a bool is 0 or 1, not {byte}"))),
        }
    }

    /// Whether an option has something inside.
    pub(super) fn is_some(&mut self) -> Read<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            byte => Err(Misfit::new(format_args!(
                "an option begins with 0 or 1, not {byte}"
            ))),
        }
    }

    pub(super) fn char(&mut self) -> Read<char> {
        let length = match self.rest.first() {
            Some(..0x80) | None => 1,
            Some(..0xe0) => 2,
            Some(..0xf0) => 3,
            Some(_) => 4,
        };
        let letters = str::from_utf8(self.take(length)?).ok();
        letters
            .and_then(|letters| letters.chars().next())
            .ok_or_else(|| Misfit::new("a char is not valid UTF-8"))
    }

    fn length(&mut self) -> Read<usize> {
        let length = self.u64()?;
        usize::try_from(length).map_err(|_| {
            Misfit::new(format_args!(
                "a length of {length} is more than this machine can hold"
            ))
        })
    }

    /// Bytes with their length in front.
    #[inline]
    pub(super) fn bytes(&mut self) -> Read<&'de [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    #[inline]
    pub(super) fn str(&mut self) -> Read<&'de str> {
        str::from_utf8(self.bytes()?)
            .map_err(|fault| Misfit::new(format_args!("a string is not valid UTF-8: {fault}")))
    }

    /// How many elements or entries follow.
    #[inline]
    pub(super) fn elements(&mut self) -> Read<usize> {
        let length = self.length()?;
        if length > self.rest.len().saturating_add(self.free) {
            return Err(Misfit::new(format_args!(
                "{length} elements are announced, more than so few bytes may hold"
            )));
        }
        Ok(length)
    }

    /// An element was read when so many bytes were left.
    #[inline]
    pub(super) fn element(&mut self, left: usize) -> Read<()> {
        if self.rest.len() < left {
            return Ok(());
        }
        self.free = self.free.checked_sub(1).ok_or_else(too_many)?;
        Ok(())
    }

    /// A name is told that stands in the structure.
    pub(super) fn name(&mut self, name: &str) -> Read<()> {
        self.names = self.names.checked_sub(name.len()).ok_or_else(too_many_names)?;
        Ok(())
    }

    /// A place is passed that takes no bytes itself.
    #[inline]
    pub(super) fn pass(&mut self) -> Read<()> {
        match self.places.checked_sub(1) {
            Some(left) => {
                self.places = left;
                Ok(())
            }
            None => Err(Misfit::new(
                "the structure has more places without bytes than so few bytes may hold",
            )),
        }
    }

    /// For how many of so many elements it makes sense to take memory beforehand.
    #[inline]
    pub(super) fn room(&self, elements: usize) -> usize {
        elements.min(self.rest.len())
    }
}
