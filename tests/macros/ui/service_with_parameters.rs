use daffi::callback;

struct Service<T>(T);

#[callback]
impl<T: Send> Service<T> {
    pub fn method(&self) {}
}

struct Borrowed<'a>(&'a str);

#[callback]
impl<'a> Borrowed<'a> {
    pub fn method(&self) {}
}

#[callback]
impl Borrowed<'_> {
    pub fn other(&self) {}
}

fn main() {}
