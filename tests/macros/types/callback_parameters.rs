#![allow(unused)]

use std::fmt::Display;

use daffi::{CallContext, callback};

struct NotSerde;

#[derive(serde::Serialize)]
struct OnlySerialize;

#[derive(serde::Serialize, serde::Deserialize)]
struct Wrapper<T> {
    inside: T,
}

#[callback]
fn owned(value: NotSerde) {}
//              ^ a callback cannot take a parameter of type `NotSerde` … is not `serde::Deserialize` … derive

#[callback]
async fn lent(value: &NotSerde) {}
//                    ^ a callback cannot take a parameter of type `NotSerde`

#[callback]
fn slice(values: &[NotSerde]) {}
//                ^ a callback cannot take a parameter of type `Vec<NotSerde>`

#[callback]
fn inside(value: Option<Wrapper<NotSerde>>) {}
//               ^ a callback cannot take a parameter of type … Option<Wrapper<NotSerde>>`

#[callback]
fn one_way(value: OnlySerialize) {}
//                ^ a callback cannot take a parameter of type `OnlySerialize`

#[callback]
fn trait_object(value: Box<dyn Display>) {}
//                     ^ a callback cannot take a parameter of type `Box<dyn

#[callback]
fn lent_inside(value: Option<&String>) {}
//                    ^ a callback cannot take a parameter of type … only `&str` and `&[u8]` can be borrowed

#[callback]
fn context_inside(value: Option<CallContext>) {}
//                       ^ a callback cannot take a parameter of type

#[callback]
fn two_faults(first: NotSerde, good: u8, second: &NotSerde) {}
//                   ^ a callback cannot take a parameter of type `NotSerde`
//                                                ^ a callback cannot take a parameter of type `NotSerde`

#[derive(serde::Serialize, serde::Deserialize)]
struct NoDefault;

#[callback]
fn no_default(#[callback(default)] given: u8, #[callback(default)] value: NoDefault) {}
//                                                                        ^ an argument of type `NoDefault` has no default … is not `Default` … make it an `Option`

struct Service;

#[callback]
impl Service {
    pub fn method(&self, value: NotSerde) {}
    //                          ^ a callback cannot take a parameter of type `NotSerde`

    pub async fn of_self(&mut self, value: &Self) {}
    //                                      ^ a callback cannot take a parameter of type `Service`
}

fn main() {}
