//! What a process says of itself beside its name: keys with values.

use serde::{Deserialize, Serialize};

use super::{Limits, fields};

/// What a process says of itself: keys with values, each key once, in the order of the keys. It is proven by nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes(#[serde(deserialize_with = "fields::attributes")] Vec<(String, String)>);

impl Attributes {
    /// Sets a value; one that the key had before is gone.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let (key, value) = (key.into(), value.into());
        match self.0.binary_search_by(|(other, _)| other.cmp(&key)) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (key, value)),
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let place = self.0.binary_search_by(|(other, _)| other.as_str().cmp(key));
        place.ok().map(|place| self.0[place].1.as_str())
    }

    /// The keys with their values, in the order of the keys.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether each of these keys has that value.
    #[must_use]
    pub fn have<'a>(&self, wanted: impl IntoIterator<Item = (&'a str, &'a str)>) -> bool {
        wanted
            .into_iter()
            .all(|(key, value)| self.get(key) == Some(value))
    }

    /// Whether it says nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes its keys and values have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(key, value)| key.len() + value.len()).sum()
    }

    /// What is wrong with them, if they are more than a process may say, or not as they are to be written.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        if self.0.len() > Limits::ATTRIBUTES {
            return Some(format!(
                "{} attributes, and a process has at most {}",
                self.0.len(),
                Limits::ATTRIBUTES
            ));
        }
        if self.bytes() > Limits::ATTRIBUTE_BYTES {
            return Some(format!(
                "attributes of {} bytes, and all keys and values together have at most {}",
                self.bytes(),
                Limits::ATTRIBUTE_BYTES
            ));
        }
        if self.0.iter().any(|(key, _)| key.is_empty()) {
            return Some("an attribute without a key".to_owned());
        }
        let in_order = self.0.is_sorted_by(|(one, _), (next, _)| one < next);
        (!in_order).then(|| "attributes that are not in the order of their keys".to_owned())
    }
}

impl From<Attributes> for Vec<(String, String)> {
    fn from(attributes: Attributes) -> Self {
        attributes.0
    }
}
