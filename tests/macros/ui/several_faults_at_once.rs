use daffi::{callback, fetcher};

#[callback(aliass = "a", timeout = "soon", inline)]
async fn function<T>(_items: &mut Vec<T>, _name: &'static str) -> ! {
    loop {}
}

#[fetcher(concurrency = 1, timeout = "0s")]
async fn fetched<T>((a, b): (T, T), ctx: &daffi::CallContext) -> &'static str;

struct Service;

#[callback(alias = "b")]
impl Service {
    #[callback(alias = "")]
    pub fn first(&self) {}

    #[callback(local, inline)]
    pub fn second(&self) {}

    pub fn third(self) {}
}

fn main() {}
