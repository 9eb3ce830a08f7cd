//! Numbers with a point in the terms of JSON, which has not all of them.

use serde::ser::Serializer;

/// A number, or the text that stands for it.
pub(super) fn float<S: Serializer>(number: f64, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        f64::INFINITY => serializer.serialize_str("Infinity"),
        f64::NEG_INFINITY => serializer.serialize_str("-Infinity"),
        number if number.is_nan() => serializer.serialize_str("NaN"),
        number => serializer.serialize_f64(number),
    }
}

/// The wider number that is written with the same digits: a tenth stays one, in formats that know no narrower ones.
pub(super) fn shortest(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| number.into())
}
