//! The shopping list once more: implements a trait that the shopper knows, too, so the compiler holds both to it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use daffi::{Global, StartError, callback};
use daffi_examples::shopping::Shopping;

#[derive(Default)]
struct ShoppingService {
    items: Mutex<Vec<String>>,
}

impl ShoppingService {
    fn items(&self) -> MutexGuard<'_, Vec<String>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[callback]
impl Shopping for ShoppingService {
    async fn get_items(&self) -> Vec<String> {
        self.items().clone()
    }

    async fn add_item(&self, item: String) {
        self.items().push(item);
    }

    async fn clear_items(&self) {
        self.items().clear();
    }
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("shopping service")
        .init_controller(true)
        .service(ShoppingService::default())
        .start()
        .await?;
    g.join().await;
    Ok(())
}
