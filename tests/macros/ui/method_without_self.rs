use daffi::callback;

struct Service;

#[callback]
impl Service {
    #[callback]
    pub fn new() -> Self {
        Self
    }
}

fn main() {}
