#![allow(unused)]

use daffi::Global;

struct NotSerde;

#[derive(serde::Serialize)]
struct OnlySerialize;

async fn parameter(g: &Global) {
    let _ = g.register_fn("a", |value: NotSerde| async move {}).await;
    //                         ^ cannot be made a callback … not a function that processes can call … each argument is owned
}

async fn future(g: &Global) {
    let _ = g.register_fn("a", |n: i64| async move { NotSerde }).await;
    //                         ^ cannot be made a callback … it returns a value that is `serde::Serialize`
}

async fn value(g: &Global) {
    let _ = g.register_fn("a", |n: i64| OnlySerialize).await;
    //                         ^ cannot be made a callback … it returns a value that is `serde::Serialize`
}

async fn error(g: &Global) {
    let _ = g.register_fn("a", |n: i64| -> Result<i64, NotSerde> { Ok(n) }).await;
    //                         ^ cannot be made a callback … or a `Result` of one
}

async fn no_function(g: &Global) {
    let _ = g.register_fn("a", 7).await;
    //                         ^ cannot be made a callback … a callback is a function or closure
}

fn main() {}
