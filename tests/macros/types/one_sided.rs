#![allow(unused)]

use daffi::{Stream, callback, fetcher};

#[derive(serde::Serialize)]
struct OnlySerialize;

type Outcome = Result<OnlySerialize, String>;

#[callback]
fn value() -> OnlySerialize {
    //        ^ `OnlySerialize` is only `serde::Serialize` … is not `serde::Deserialize` … derive … or write `untraced`
    OnlySerialize
}

#[callback]
async fn in_a_result() -> Result<Vec<OnlySerialize>, String> {
    //                    ^ is only `serde::Serialize`
    Ok(vec![OnlySerialize])
}

#[callback]
async fn in_an_alias() -> Outcome {
    //                    ^ `OnlySerialize` is only `serde::Serialize`
    Ok(OnlySerialize)
}

#[callback]
fn lent() -> &'static OnlySerialize {
    //                ^ `OnlySerialize` is only `serde::Serialize`
    &OnlySerialize
}

#[callback]
fn error() -> Result<u8, OnlySerialize> {
    //        ^ `OnlySerialize` is only `serde::Serialize`
    Err(OnlySerialize)
}

#[callback]
fn items() -> impl Iterator<Item = OnlySerialize> {
    //                             ^ `OnlySerialize` is only `serde::Serialize`
    [OnlySerialize].into_iter()
}

#[callback]
fn error_before_items() -> Result<impl Iterator<Item = u8>, OnlySerialize> {
    //                                                      ^ `OnlySerialize` is only `serde::Serialize`
    Ok([1].into_iter())
}

#[callback(untraced)]
fn unchecked() -> Result<OnlySerialize, OnlySerialize> {
    Ok(OnlySerialize)
}

#[callback(untraced)]
fn unchecked_items() -> impl Iterator<Item = OnlySerialize> {
    [OnlySerialize].into_iter()
}

mod there {
    use super::*;

    #[fetcher]
    async fn argument(value: OnlySerialize, others: &[OnlySerialize]);

    #[fetcher]
    async fn items(items: impl Stream<Item = OnlySerialize>);
    //                                       ^ `OnlySerialize` is only `serde::Serialize` … or write `untraced`

    #[fetcher(each)]
    async fn each(items: impl Stream<Item = OnlySerialize>);
    //                                      ^ `OnlySerialize` is only `serde::Serialize`

    #[fetcher(untraced)]
    async fn unchecked(items: impl Stream<Item = OnlySerialize>);

    #[fetcher(each, untraced)]
    async fn unchecked_each(items: impl Stream<Item = OnlySerialize>);
}

fn main() {}
