#![allow(unused)]

use daffi::fetcher;

#[fetcher]
async fn menu() -> u8;

#[fetcher(broadcast)]
async fn menus() -> u8;

fn of_a_call() {
    let _ = menu().broadcast().to("Ann");
    //                            ^ a broadcast goes to many processes, and `.to(…)` names one … `.to_each(["Ann", "Bob"])`
}

fn of_a_fetcher() {
    let _ = menus().to(String::new());
    //                 ^ a broadcast goes to many processes
}

fn main() {}
