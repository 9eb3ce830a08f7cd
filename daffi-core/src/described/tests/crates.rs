//! Types of crates that many use.

use std::fmt::Debug;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use either::Either;
use indexmap::{IndexMap, IndexSet};
use num_bigint::{BigInt, BigUint};
use semver::{Version, VersionReq};
use smallvec::SmallVec;
use uuid::Uuid;

use super::*;
use crate::signature::reading;

/// There and back by the structure, and as people write it.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug + 'static>(values: &[T]) {
    let reading = reading::<T>();
    assert!(!reading.ty.is_opaque_somewhere(), "{}", reading.ty);
    let layout = Layout::of(&reading);
    for value in values {
        let bytes = encode(value).unwrap();
        assert_eq!(&decode::<T>(&layout, &bytes).unwrap(), value);
        assert_eq!(encode_by(&layout, value).unwrap(), *bytes, "{value:?}");
        let printed = serde_json::to_string(&Printed::new(&layout, &bytes)).unwrap();
        let taken: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(encode_by_hand(&layout, &taken).unwrap(), *bytes, "{printed}");
    }
}

#[test]
fn dates_and_times() {
    let instant = DateTime::<Utc>::from_timestamp(1_700_000_000, 5).unwrap();
    check(&[instant]);
    check(&[instant.naive_utc(), NaiveDateTime::default()]);
    check(&[instant.date_naive(), NaiveDate::default()]);
    check(&[instant.time(), NaiveTime::default()]);
    check(&[TimeDelta::milliseconds(-7), TimeDelta::days(3)]);
}

#[test]
fn names_and_numbers() {
    check(&[Uuid::nil(), Uuid::from_u128(1 << 100)]);
    check(&[Version::new(1, 2, 3), "1.0.0-rc.1+7".parse().unwrap()]);
    check(&[VersionReq::parse(">=1.2, <2").unwrap()]);
    check(&[BigInt::from(-7), BigInt::from(1_u128 << 100), BigInt::ZERO]);
    check(&[BigUint::from(7_u8), BigUint::ZERO]);
}

#[test]
fn what_holds_others() {
    check(&[Either::<u8, String>::Left(7), Either::Right("text".to_owned())]);
    check(&[SmallVec::<[u16; 2]>::from_slice(&[1, 2, 3]), SmallVec::new()]);
    check(&[IndexMap::from([("b".to_owned(), 1_u8)]), IndexMap::new()]);
    check(&[IndexSet::from([3_u8, 1, 2])]);
    bitflags::bitflags! {
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        struct Flags: u32 {
            const READ = 1;
            const WRITE = 2;
        }
    }
    check(&[Flags::READ, Flags::all(), Flags::empty()]);
}
