//! The shopping list again, by functions: each annotated function is offered as soon as a `Global` starts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use daffi::{Global, StartError, callback};

static ITEMS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn items() -> MutexGuard<'static, Vec<String>> {
    ITEMS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[callback]
fn get_items() -> Vec<String> {
    items().clone()
}

#[callback]
fn add_item(item: String) {
    items().push(item);
}

#[callback]
fn clear_items() {
    items().clear();
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("shopping service")
        .init_controller(true)
        .start()
        .await?;
    g.join().await;
    Ok(())
}
