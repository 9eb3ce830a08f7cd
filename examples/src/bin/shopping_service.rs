//! A shopping list that other processes see and change: the methods of a type. Runs the controller, too.

use daffi::{Global, StartError, callback};

#[derive(Default)]
struct ShoppingService {
    items: Vec<String>,
}

#[callback]
impl ShoppingService {
    /// Returns all items that are on the list.
    pub fn get_items(&self) -> Vec<String> {
        self.items.clone()
    }

    /// Adds an item to the list.
    pub fn add_item(&mut self, item: String) {
        self.items.push(item);
    }

    /// Removes all items from the list.
    pub fn clear_items(&mut self) {
        self.items.clear();
    }
}

#[tokio::main]
pub(crate) async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("shopping service")
        .init_controller(true)
        .service(ShoppingService::default())
        .start()
        .await?;
    // Until it is told to end: Ctrl-C, or SIGTERM.
    g.join().await;
    Ok(())
}
