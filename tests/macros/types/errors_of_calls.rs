// An error of a call that has the callback's own error is passed on as one that has words.

use daffi::{CallError, fetcher};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct SoldOut;

#[fetcher]
async fn buy() -> Result<u8, SoldOut>;

async fn passes_on() -> Result<u8, CallError> {
    Ok(buy().await?)
    //            ^ `?` couldn't convert the error to … CallError<SoldOut>>` is not implemented
}

async fn passes_on_in_words() -> Result<u8, CallError> {
    Ok(buy().await.map_err(CallError::in_words)?)
}

fn main() {}
