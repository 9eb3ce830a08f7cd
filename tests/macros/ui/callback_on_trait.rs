use daffi::callback;

#[callback]
trait Shopping {
    fn get_items(&self) -> Vec<String>;
}

fn main() {}
