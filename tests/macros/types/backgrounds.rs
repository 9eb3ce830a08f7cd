#![allow(unused)]

use std::marker::PhantomData;
use std::rc::Rc;

use daffi::fetcher;

#[derive(serde::Serialize, serde::Deserialize)]
struct NotSend {
    inside: PhantomData<Rc<u8>>,
}

struct NotSerde;

struct Neither(Rc<u8>);

#[fetcher(bg)]
async fn value() -> NotSend;
//                  ^ a fetcher in the background cannot return `NotSend` … is not `Send + 'static` … leave `bg` out

#[fetcher(bg)]
async fn error() -> Result<u8, NotSend>;
//                             ^ a fetcher in the background cannot return `NotSend`

#[fetcher(bg)]
async fn both() -> Result<NotSend, NotSend>;
//                        ^ a fetcher in the background cannot return `NotSend`
//                                 ^ a fetcher in the background cannot return `NotSend`

#[fetcher(bg)]
async fn not_decoded() -> NotSerde;
//                        ^ a fetcher cannot return `NotSerde`

#[fetcher(bg)]
async fn neither() -> Neither;
//                    ^ a fetcher cannot return `Neither`
//                    ^ a fetcher in the background cannot return `Neither`

#[fetcher(bg)]
async fn sent(value: NotSerde);
//                   ^ a fetcher cannot send an argument of type `NotSerde`

#[fetcher(broadcast)]
async fn everywhere() -> NotSerde;
//                       ^ a fetcher cannot return `NotSerde`

// Whoever awaits these is on the same thread.
#[fetcher]
async fn awaited() -> NotSend;

#[fetcher]
trait Shopping {
    #[fetcher(bg)]
    async fn method(&self) -> NotSend;
    //                        ^ a fetcher in the background cannot return `NotSend`

    #[fetcher(broadcast)]
    async fn everywhere(&self, value: NotSerde);
    //                                ^ a fetcher cannot send an argument of type `NotSerde`
}

struct Group<T>(T);

#[fetcher]
impl<T: serde::Serialize + serde::de::DeserializeOwned> Group<T> {
    #[fetcher(bg)]
    async fn method(&self) -> T;
    //                        ^ a fetcher in the background cannot return `T`
}

fn main() {}
