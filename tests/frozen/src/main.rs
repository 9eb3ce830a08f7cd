//! A process that takes part in a conversation: the controller, one of two providers, or the caller, who goes through all that there is to
//! ask for. A program of an older release takes some of the parts, and one of today the others.
//!
//! What a part says is for the test: `port 4711` is where the controller listens, `ready` says that it can be called, and the caller says
//! `ok add` or `failed add: …` for each step. A part ends when its standard input does.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    unreachable_pub,
    reason = "it is a test's: it talks to that by its output, and fails by panicking"
)]

mod asked;
mod calls;
mod offers;

use std::io;
use std::time::Duration;

use daffi::{Global, GlobalBuilder};

/// Everybody has it: proofs are a part of the conversation.
const TOKEN: &str = "daffi_token_000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    // Where something stands in between, proofs are not for one connection alone.
    let is_through = arguments.last() == Some(&"through");
    let builder = |port| builder(port).insecure(is_through);
    match arguments[..arguments.len() - usize::from(is_through)] {
        ["controller"] => controller(builder("0")).await,
        ["provider", name, port] => provider(name, builder(port)).await,
        ["caller", port] => caller(builder(port)).await,
        _ => panic!("usage: controller | provider NAME PORT | caller PORT, and `through` behind"),
    }
}

fn builder(port: &str) -> GlobalBuilder {
    Global::builder()
        .host("localhost")
        .port(port.parse().unwrap())
        .token(TOKEN)
        // Nothing here depends on how fast a machine is.
        .connect_timeout(Duration::from_secs(60))
        .resume_grace(Duration::from_secs(60))
}

async fn controller(builder: GlobalBuilder) {
    let g = builder.process_name("controller").init_controller(true);
    let g = g.auto_callbacks(false).start().await.unwrap();
    println!("port {}", g.address().port().unwrap());
    ended().await;
    g.stop().await;
}

async fn provider(name: &str, builder: GlobalBuilder) {
    let builder = builder.process_name(name).attribute("number", name);
    // Of these, one has older types and one newer ones.
    let builder = match name {
        "one" => builder.service(offers::Older),
        _ => builder.service(offers::Newer),
    };
    let g = builder.start().await.unwrap();
    println!("ready");
    ended().await;
    g.stop().await;
}

async fn caller(builder: GlobalBuilder) {
    let g = builder.process_name("caller").auto_callbacks(false);
    let g = g.attribute("kind", "caller").start().await.unwrap();
    calls::all(&g).await;
    asked::all(&g).await;
    g.stop().await;
    println!("end");
}

/// Says what became of a step.
fn step(name: &str, outcome: Result<(), String>) {
    match outcome {
        Ok(()) => println!("ok {name}"),
        Err(what) => println!("failed {name}: {what}"),
    }
}

/// What came, if it is what was expected.
fn same<T: PartialEq + std::fmt::Debug>(came: T, expected: T) -> Result<(), String> {
    if came == expected {
        return Ok(());
    }
    Err(format!("{came:?} came, and not {expected:?}"))
}

/// Why not, in words.
fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Waits for the end of the standard input, which is that of the test.
async fn ended() {
    let _ = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await;
}
