use std::sync::Arc;

use daffi::callback;

struct Service;

#[callback]
impl Service {
    pub fn by_value(self) {}

    pub fn by_box(self: Box<Self>) {}

    pub fn by_arc(self: Arc<Self>) {}
}

fn main() {}
