use daffi::callback;

trait Shopping {}

#[callback]
impl dyn Shopping {
    pub fn get_items(&self) {}
}

fn main() {}
