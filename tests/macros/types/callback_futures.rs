#![allow(unused)]

use std::rc::Rc;
use std::sync::Mutex;

use daffi::callback;

#[callback]
async fn function() {
    //   ^ future cannot be sent between threads safely … has type `Rc<i32>` which is not `Send`
    let value = Rc::new(1);
    async {}.await;
    drop(value);
}

struct Service {
    state: Mutex<u8>,
}

#[callback]
impl Service {
    pub async fn shared(&self) {
        //       ^ future cannot be sent between threads safely … MutexGuard
        let guard = self.state.lock().unwrap();
        async {}.await;
        drop(guard);
    }

    pub async fn exclusive(&mut self) {
        //       ^ future cannot be sent between threads safely … Rc<i32>
        let value = Rc::new(1);
        async {}.await;
        drop(value);
    }
}

trait Shopping {
    async fn get_items(&self);
}

#[callback]
impl Shopping for Service {
    async fn get_items(&self) {
        //   ^ future cannot be sent between threads safely … Rc<i32>
        let value = Rc::new(1);
        async {}.await;
        drop(value);
    }
}

fn main() {}
