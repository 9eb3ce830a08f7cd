use daffi::callback;

struct Service;

impl Service {
    #[callback]
    pub fn get_items(&self) -> Vec<String> {
        Vec::new()
    }
}

fn main() {}
