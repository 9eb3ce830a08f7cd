#![allow(unused)]

use daffi::fetcher;

struct NotSerde;

#[derive(serde::Serialize)]
struct OnlySerialize;

type Hidden = Result<u8, String>;

#[fetcher]
async fn value() -> NotSerde;
//                  ^ a fetcher cannot return `NotSerde` … is not `serde::Deserialize` for every lifetime … derive

#[fetcher]
async fn in_a_result() -> Result<NotSerde, String>;
//                               ^ a fetcher cannot return `NotSerde`

#[fetcher]
async fn one_way() -> Option<OnlySerialize>;
//                    ^ a fetcher cannot return … OnlySerialize

#[fetcher]
async fn error() -> Result<u8, NotSerde>;
//                             ^ a fetcher cannot return an error of type `NotSerde` … daffi::RemoteError

#[fetcher]
async fn error_of_an_alias() -> std::io::Result<u8>;
//                              ^ a fetcher cannot return an error of type `std::io::Error`

#[fetcher]
async fn both() -> Result<NotSerde, NotSerde>;
//                        ^ a fetcher cannot return `NotSerde`
//                                  ^ a fetcher cannot return an error of type `NotSerde`

#[fetcher]
async fn hidden() -> Hidden;
//                   ^ under another name … which `#[fetcher]` cannot see … write `Result<Value, Error>` here

#[fetcher]
async fn hidden_in_fmt() -> std::fmt::Result;
//                          ^ under another name

#[fetcher]
trait Shopping {
    async fn method(&self) -> NotSerde;
    //                        ^ a fetcher cannot return `NotSerde`
}

fn main() {}
