// What is wrong in a body is shown there, as it would be without the attribute.
#![allow(unused)]
#![warn(unused_must_use)]

use daffi::{callback, fetcher};

#[callback]
fn function(name: &str) -> u8 {
    name
//  ^ mismatched types
}

struct Service;

#[callback]
impl Service {
    pub async fn method(&self) -> u8 {
        self.missing()
        //   ^ no method named `missing`
    }
}

#[fetcher]
async fn greet(name: &str) -> String;

async fn calls() {
    greet(1).await;
    //    ^ mismatched types
    let greeting: u8 = greet("Ann").await.unwrap();
    //                 ^ mismatched types
}

fn main() {}
