#![allow(unused)]

use std::fmt::Display;

use daffi::fetcher;

struct NotSerde;

#[derive(serde::Deserialize)]
struct OnlyDeserialize;

#[fetcher]
async fn owned(value: NotSerde);
//                    ^ a fetcher cannot send an argument of type `NotSerde` … is not `serde::Serialize` … derive

#[fetcher]
async fn lent(value: &NotSerde);
//                   ^ a fetcher cannot send an argument of type `&NotSerde`

#[fetcher]
async fn slice(values: &[NotSerde]);
//                     ^ a fetcher cannot send an argument of type `&[NotSerde]`

#[fetcher]
async fn inside(value: Option<&NotSerde>);
//                     ^ a fetcher cannot send an argument of type … Option<&NotSerde>`

#[fetcher]
async fn one_way(value: OnlyDeserialize);
//                      ^ a fetcher cannot send an argument of type `OnlyDeserialize`

#[fetcher]
async fn trait_object(value: Box<dyn Display>);
//                           ^ a fetcher cannot send an argument of type `Box<dyn

#[fetcher]
fn computed(value: u8) {
    (value, NotSerde)
    //      ^ a fetcher cannot send an argument of type `NotSerde`
}

#[fetcher]
fn computed_elsewhere(value: u8) {
    //                           ^ a fetcher cannot send an argument of type `(NotSerde, u8)`
    if value == 0 { (NotSerde, 0) } else { (NotSerde, value) }
}

struct Client;

#[fetcher]
impl Client {
    async fn method(&self, value: NotSerde);
    //                            ^ a fetcher cannot send an argument of type `NotSerde`
}

#[fetcher]
trait Shopping {
    async fn method(&self, value: NotSerde);
    //                            ^ a fetcher cannot send an argument of type `NotSerde`
}

fn main() {}
