use daffi::callback;

struct Service;

#[callback]
impl Service {
    #[callback]
    fn private(&self) {}

    #[callback(alias = "crate_only")]
    pub(crate) fn crate_only(&self) {}
}

fn main() {}
