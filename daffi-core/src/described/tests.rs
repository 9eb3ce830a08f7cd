mod agreement;
mod arguments;
mod bounds;
mod by_hand;
mod changed;
mod changes;
mod crates;
mod documents;
mod dynamic;
mod explained;
mod generated;
mod halves;
mod meeting;
mod paths;
mod reading;
mod types;
mod writing;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::proto::encode;
use crate::signature::trace;

/// What `R` reads of a value that was written as a `W`.
fn read<W: Serialize + DeserializeOwned + 'static, R: DeserializeOwned>(value: &W) -> Result<R, Misfit> {
    let bytes = encode(value).expect("the value can be written");
    decode(&Layout::new(&trace::<W>()), &bytes)
}
