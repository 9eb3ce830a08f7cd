use daffi::callback;

unsafe trait Unsafe {
    fn method(&self);
}

struct Service;

#[callback]
unsafe impl Unsafe for Service {
    fn method(&self) {}
}

fn main() {}
