//! Uses the list of `shopping_service`, by a group of fetchers.

use std::error::Error;

use daffi::{Global, fetcher};

struct Shopper;

#[fetcher]
impl Shopper {
    pub async fn get_items(&self) -> Vec<String>;
    pub async fn add_item(&self, item: &str);
    pub async fn clear_items(&self);
}

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("shopper").start().await?;
    g.wait_process("shopping service").await?;

    let shopper = Shopper;
    println!("The list is empty at first:\n{:?}", shopper.get_items().await?);
    shopper.add_item("orange").await?;
    println!("An orange was added:\n{:?}", shopper.get_items().await?);
    shopper.add_item("milk").await?;
    println!("Milk was added:\n{:?}", shopper.get_items().await?);
    shopper.clear_items().await?;
    println!("All items were removed:\n{:?}", shopper.get_items().await?);

    g.stop().await;
    Ok(())
}
