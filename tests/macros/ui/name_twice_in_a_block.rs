use daffi::callback;

struct Service;

#[callback]
impl Service {
    pub fn get_items(&self) {}

    #[callback(alias = "get_items")]
    pub fn all_items(&self) {}
}

fn main() {}
