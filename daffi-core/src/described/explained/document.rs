//! A value that says itself what it is, for people.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::super::base64;
use super::super::document::Document;
use super::super::misfit::Misfit;

/// The value that fills `bytes`, in the terms of JSON.
///
/// # Errors
///
/// When they are no value.
pub(in super::super) fn document(bytes: &[u8]) -> Result<Document, Misfit> {
    super::read(bytes, std::marker::PhantomData)
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

/// The wider number that is written with the same digits.
fn wider(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| value.into())
}

impl<'de> Visitor<'de> for Anything {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::Nothing)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
        Ok(Document::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Document, E> {
        Ok(Document::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Document, E> {
        Ok(i64::try_from(value).map_or(Document::Natural(value), Document::Integer))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Document, E> {
        Ok(Document::Text(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Document, E> {
        Ok(Document::Text(value.to_string()))
    }

    fn visit_f32<E: Error>(self, value: f32) -> Result<Document, E> {
        self.visit_f64(wider(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Document, E> {
        Ok(match value {
            f64::INFINITY => Document::text("Infinity"),
            f64::NEG_INFINITY => Document::text("-Infinity"),
            value if value.is_nan() => Document::text("NaN"),
            value => Document::Float(value),
        })
    }

    fn visit_str<E>(self, value: &str) -> Result<Document, E> {
        Ok(Document::text(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Document, E> {
        Ok(Document::Text(base64::to_text(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Document, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Document::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Document, A::Error> {
        let mut map: Vec<(Document, Document)> = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        let named: Option<Vec<_>> = map.iter().map(|(key, _)| name(key)).collect();
        Ok(match named {
            Some(names) => {
                let values = map.into_iter().map(|(_, value)| value);
                Document::Map(names.into_iter().zip(values).collect())
            }
            // Where keys are no names, it is a list of pairs.
            None => {
                let pairs = map
                    .into_iter()
                    .map(|(key, value)| Document::List(vec![key, value]));
                Document::List(pairs.collect())
            }
        })
    }
}

/// A key that can be one of a map in JSON.
fn name(key: &Document) -> Option<String> {
    Some(match key {
        Document::Text(text) => text.clone(),
        Document::Integer(number) => number.to_string(),
        Document::Natural(number) => number.to_string(),
        Document::Bool(value) => value.to_string(),
        _ => return None,
    })
}
