use daffi::callback;

struct Service;

#[callback]
impl Service {
    pub fn with<T>(&self, run: impl Fn(&str) -> T) -> T {
        run("service")
    }

    #[callback(alias = "swap")]
    pub fn with_attribute(&self, _items: &mut Vec<u8>) {}
}

fn main() {}
