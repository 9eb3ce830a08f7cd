use daffi::callback;

#[callback(queue = 200)]
fn function() {}

struct Service;

#[callback]
impl Service {
    #[callback(alias = "other", queue = 0)]
    pub fn method(&self) {}
}

fn main() {}
