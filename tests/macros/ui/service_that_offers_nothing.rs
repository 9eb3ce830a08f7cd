use daffi::callback;

struct Service;

#[callback]
impl Service {
    pub fn new() -> Self {
        Self
    }

    fn private(&self) {}

    pub fn _hidden(&self) {}

    #[callback(local)]
    pub fn local(&self) {}
}

struct Empty;

#[callback]
impl Empty {}

trait Named {
    const NAME: &'static str;
}

#[callback]
impl Named for Service {
    const NAME: &'static str = "service";
}

fn main() {}
