#![allow(unused)]

use std::cell::Cell;
use std::rc::Rc;

use daffi::callback;

struct NotSync(Cell<u8>);

#[callback]
impl NotSync {
//   ^ `NotSync` cannot be a service … is not `Send + Sync + 'static` … use `Arc` and `Mutex`
    pub fn shared(&self) {}

    pub fn exclusive(&mut self) {}

    pub async fn asynchronous(&self) {}

    pub async fn asynchronous_exclusive(&mut self) {}
}

struct NotSend(Rc<u8>);

trait Shopping {
    fn get_items(&self);
}

#[callback]
impl Shopping for NotSend {
    //            ^ `NotSend` cannot be a service
    fn get_items(&self) {}
}

struct NotDefault(u8);

#[callback(auto_init)]
//         ^ `NotDefault` cannot be built by `auto_init` … is not `Default` … Global::builder().service(…)
impl NotDefault {
    pub fn method(&self) {}
}

#[derive(Default)]
struct OnlyDefault(Rc<u8>);

#[callback(auto_init)]
impl OnlyDefault {
//   ^ `OnlyDefault` cannot be a service
    pub fn method(&self) {}
}

fn main() {}
