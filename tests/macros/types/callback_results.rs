#![allow(unused)]

use std::future::Future;
use std::pin::Pin;

use daffi::callback;

struct NotSerde;

#[derive(serde::Deserialize)]
struct OnlyDeserialize;

type Outcome = Result<NotSerde, String>;

#[callback]
fn value() -> NotSerde {
    //        ^ a callback cannot return `NotSerde` … is not `serde::Serialize` … derive
    NotSerde
}

#[callback]
async fn in_a_result() -> Result<NotSerde, String> {
    //                           ^ a callback cannot return `NotSerde`
    Ok(NotSerde)
}

#[callback]
async fn in_an_alias() -> Outcome {
    //                    ^ a callback cannot return `NotSerde`
    Ok(NotSerde)
}

#[callback]
fn lent() -> &'static NotSerde {
    //       ^ a callback cannot return `&NotSerde`
    &NotSerde
}

#[callback]
fn one_way() -> OnlyDeserialize {
    //          ^ a callback cannot return `OnlyDeserialize`
    OnlyDeserialize
}

#[callback]
fn future() -> Pin<Box<dyn Future<Output = u8>>> {
    //         ^ write `async fn` and the future's output as the result of this callback
    Box::pin(async { 1 })
}

// An error of any type will do: what cannot be encoded is sent in words.
#[callback]
fn any_error() -> Result<u8, NotSerde> {
    Err(NotSerde)
}

struct Service;

#[callback]
impl Service {
    pub fn method(&self) -> &Self {
        //                  ^ a callback cannot return `&Service`
        self
    }
}

fn main() {}
