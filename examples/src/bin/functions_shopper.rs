//! Uses the list of `functions_service`, by functions without a body.

use std::error::Error;

use daffi::{Global, fetcher};

#[fetcher]
async fn get_items() -> Vec<String>;

#[fetcher]
async fn add_item(item: &str);

#[fetcher]
async fn clear_items();

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("shopper").start().await?;
    g.wait_function("get_items").await?;

    println!("The list is empty at first:\n{:?}", get_items().await?);
    add_item("orange").await?;
    println!("An orange was added:\n{:?}", get_items().await?);
    add_item("milk").await?;
    println!("Milk was added:\n{:?}", get_items().await?);
    clear_items().await?;
    println!("All items were removed:\n{:?}", get_items().await?);

    g.stop().await;
    Ok(())
}
