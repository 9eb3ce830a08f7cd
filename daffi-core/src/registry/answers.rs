//! How a callback answers: by positions, or with the structure in front.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::telling::tell_named;
use crate::described::{Front, Fronts};
use crate::proto::{self, EncodeError, Failed, Failure, Outcome, explained};
use crate::signature::{Form, Forms};

/// What the answers of a call are held to, and what stands in front of them.
#[derive(Clone, Debug)]
pub struct Answers {
    forms: Arc<Forms>,
    fronts: Option<Arc<Fronts>>,
}

impl Answers {
    /// Those to a call that knows their positions, or to one that has `fronts` in front of them.
    pub(crate) const fn new(forms: Arc<Forms>, fronts: Option<Arc<Fronts>>) -> Self {
        Self { forms, fronts }
    }

    /// What the result, or each item of it, is held to.
    #[must_use]
    pub fn ok(&self) -> &Arc<Form> {
        &self.forms.ok
    }

    /// What stands in front of the items of a stream.
    #[must_use]
    pub fn front(&self) -> Bytes {
        let fronts = self.fronts.as_ref();
        fronts.map_or_else(Bytes::new, |fronts| fronts.ok.before(&[]))
    }

    /// The result, encoded.
    ///
    /// # Errors
    ///
    /// What to answer when it cannot be encoded.
    pub fn value<T: Serialize + ?Sized>(&self, value: &T) -> Outcome {
        match proto::encode_held(value, &self.forms.ok) {
            Err(error) if error.is_told_by_names() => {
                tell_named(None, "a result", &self.forms.ok, &error);
                self.with_names(value, &self.forms.ok)
            }
            encoded => Ok(self.before_value(encoded.map_err(|error| unencodable(&error))?)),
        }
    }

    /// Something that positions cannot carry as it is, in a form that says itself what it is.
    #[cold]
    fn with_names<T: Serialize + ?Sized>(&self, value: &T, form: &Form) -> Outcome {
        let mut bytes = Vec::new();
        explained::write_by_names(value, form, &mut bytes).map_err(|error| unencodable(&error))?;
        self.explained(&bytes)
    }

    /// The same, which is encoded.
    pub(super) fn explained(&self, value: &[u8]) -> Outcome {
        let value = Front::explained().before(value);
        match self.fronts {
            // Whoever asked reads whatever stands in front.
            Some(_) => Ok(value),
            None => Err(Failure::Explained(value)),
        }
    }

    /// The callback's error, encoded.
    ///
    /// # Errors
    ///
    /// What to answer when it cannot be encoded.
    pub fn error<T: Serialize + ?Sized>(&self, error: &T) -> Result<Bytes, Failure> {
        match proto::encode_held(error, &self.forms.error) {
            Err(fault) if fault.is_told_by_names() => {
                tell_named(None, "an error", &self.forms.error, &fault);
                self.with_names(error, &self.forms.error)
            }
            encoded => Ok(self.before_error(encoded.map_err(|error| unencodable(&error))?)),
        }
    }

    /// A result that is encoded.
    pub(super) fn before_value(&self, value: Bytes) -> Bytes {
        before(self.fronts.as_ref().map(|fronts| &fronts.ok), value)
    }

    /// An error that is encoded.
    pub(super) fn before_error(&self, error: Bytes) -> Bytes {
        before(self.fronts.as_ref().map(|fronts| &fronts.error), error)
    }
}

fn before(front: Option<&Front>, value: Bytes) -> Bytes {
    match front {
        Some(front) => front.before(&value),
        None => value,
    }
}

/// Encodes what is sent to the controller, held to its form.
///
/// # Errors
///
/// What to answer when the value cannot be encoded.
pub fn encode_value<T: Serialize + ?Sized>(value: &T, form: &Form) -> Result<Bytes, Failure> {
    proto::encode_held(value, form).map_err(|error| unencodable(&error))
}

/// What to answer when a value cannot be encoded.
fn unencodable(error: &EncodeError) -> Failure {
    let message = error.to_string();
    Failure::Failed(Failed::Encode { message })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;
    use crate::described::ReadAs;
    use crate::signature::{Readable, Type, findings};

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Rule {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u8>,
        level: u8,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all(serialize = "camelCase"))]
    struct Cased {
        user_id: Option<u64>,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Wide {
        Number(u128),
        Text(String),
    }

    /// Also what stands behind the first that positions do not carry, and beside what says itself what it is.
    #[test]
    fn p13_all_of_a_result_that_goes_with_names_is_held_to_them() {
        fn answered<T: Serialize + serde::de::DeserializeOwned>(value: &T) -> Outcome {
            let mut forms = Forms::unknown();
            forms.ok = Arc::new(findings::<T>().form);
            Answers::new(Arc::new(forms), None).value(value)
        }
        let rule = |limit| Rule { limit, level: 3 };
        let fine = (rule(None), json!([1, null]), rule(Some(1)));
        let Err(Failure::Explained(bytes)) = answered(&fine) else {
            panic!("it goes with names")
        };
        let (front, bytes) = Front::split(&bytes).unwrap();
        let readable = Readable::unknown(Type::Any);
        let came: (Rule, Value, Rule) = front
            .value(&readable, ReadAs::of_type(&Type::Any, true))
            .unwrap()
            .decode(&bytes)
            .unwrap();
        assert_eq!(came, fine);
        // serde reads no such number there, wherever it stands.
        for outcome in [
            answered(&(rule(None), Wide::Number(1))),
            answered(&(Wide::Number(1), rule(None))),
        ] {
            let Err(Failure::Failed(Failed::Encode { message })) = outcome else {
                panic!("{outcome:?}")
            };
            assert!(
                message.contains("128 bits") && message.contains("Wide"),
                "{message}"
            );
        }
        let cased = || Cased { user_id: Some(5) };
        assert!(answered(&(rule(Some(1)), cased())).is_ok());
        for outcome in [
            answered(&(rule(None), cased())),
            answered(&(rule(None), cased(), json!(1))),
        ] {
            let Err(Failure::Failed(Failed::Encode { message })) = outcome else {
                panic!("{outcome:?}")
            };
            assert!(
                message.contains("`userId`") && message.contains("`user_id`"),
                "{message}"
            );
        }
    }
}
