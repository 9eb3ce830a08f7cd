use daffi::callback;

struct Service;

#[callback]
impl Service {
    #[callback = "sum"]
    pub fn method(&self) {}
}

fn main() {}
