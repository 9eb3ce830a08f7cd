//! A value that says itself what it is, for people: written as it is read, so that it takes no memory of its own.

use std::cell::RefCell;
use std::fmt::Display;

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::super::depth::deeper;
use super::super::float::{float, shortest};
use super::super::misfit::Misfit;
use super::ended;
use super::token::Token;

/// The value that fills some bytes, in the terms of JSON. Bytes are lists of numbers, as nothing would say of a text that it is
/// base64; maps whose keys are neither texts, numbers nor `bool`s are lists of pairs.
pub(in super::super) struct Shown<'a> {
    bytes: &'a [u8],
    /// Of each map, in the order of their beginnings, whether its keys can be those of one in JSON.
    maps: Vec<bool>,
}

impl<'a> Shown<'a> {
    /// # Errors
    ///
    /// When the bytes are no value.
    pub(in super::super) fn new(bytes: &'a [u8]) -> Result<Self, Misfit> {
        let (mut rest, mut maps) = (bytes, Vec::new());
        look(&mut rest, 0, &mut maps)?;
        ended(rest)?;
        Ok(Self { bytes, maps })
    }
}

/// Passes over a value inside of so many others, and says whether it can be a key.
fn look(rest: &mut &[u8], level: usize, maps: &mut Vec<bool>) -> Result<bool, Misfit> {
    Ok(match Token::next(rest)? {
        Token::Array(count) => {
            let level = deeper(level)?;
            for _ in 0..count {
                look(rest, level, maps)?;
            }
            false
        }
        Token::Map(count) => {
            let (level, place) = (deeper(level)?, maps.len());
            let mut are_names = true;
            maps.push(false);
            for _ in 0..count {
                are_names &= look(rest, level, maps)?;
                look(rest, level, maps)?;
            }
            maps[place] = are_names;
            false
        }
        Token::Nothing | Token::F32(_) | Token::F64(_) | Token::Bytes(_) => false,
        _ => true,
    })
}

/// What is yet to be written.
struct Rest<'a> {
    bytes: &'a [u8],
    maps: std::slice::Iter<'a, bool>,
}

/// The next value of it. It is read where it is written, so in its turn, and once.
#[derive(Clone, Copy)]
struct Next<'r, 'a>(&'r RefCell<Rest<'a>>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rest = RefCell::new(Rest {
            bytes: self.bytes,
            maps: self.maps.iter(),
        });
        Next(&rest).serialize(serializer)
    }
}

impl<'a> Next<'_, 'a> {
    fn token<E: Error>(self) -> Result<Token<'a>, E> {
        Token::next(&mut self.0.borrow_mut().bytes).map_err(E::custom)
    }

    fn map<S: Serializer>(self, count: usize, serializer: S) -> Result<S::Ok, S::Error> {
        let are_names = self.0.borrow_mut().maps.next().is_some_and(|names| *names);
        if !are_names {
            let mut list = serializer.serialize_seq(Some(count))?;
            for _ in 0..count {
                list.serialize_element(&(self, self))?;
            }
            return list.end();
        }
        let mut map = serializer.serialize_map(Some(count))?;
        for _ in 0..count {
            map.serialize_entry(&Name(self), &self)?;
        }
        map.end()
    }
}

impl Serialize for Next<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.token()? {
            Token::Nothing => serializer.serialize_unit(),
            Token::Bool(value) => serializer.serialize_bool(value),
            Token::Natural(value) => serializer.serialize_u64(value),
            Token::Integer(value) => serializer.serialize_i64(value),
            Token::HugeNatural(value) => serializer.collect_str(&value),
            Token::Huge(value) => serializer.collect_str(&value),
            Token::F32(value) => float(shortest(value), serializer),
            Token::F64(value) => float(value, serializer),
            Token::Text(value) => serializer.serialize_str(value),
            Token::Bytes(value) => serializer.collect_seq(value),
            Token::Array(count) => {
                let mut list = serializer.serialize_seq(Some(count))?;
                for _ in 0..count {
                    list.serialize_element(self)?;
                }
                list.end()
            }
            Token::Map(count) => self.map(count, serializer),
        }
    }
}

/// The next value as a key.
struct Name<'r, 'a>(Next<'r, 'a>);

impl Serialize for Name<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let token = self.0.token()?;
        let name: &dyn Display = match &token {
            Token::Text(text) => return serializer.serialize_str(text),
            Token::Bool(value) => value,
            Token::Natural(value) => value,
            Token::Integer(value) => value,
            Token::HugeNatural(value) => value,
            Token::Huge(value) => value,
            _ => return Err(S::Error::custom("this is no key")),
        };
        serializer.collect_str(name)
    }
}
