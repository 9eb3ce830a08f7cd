//! Uses the list of `trait_service`, by the client that `#[fetcher]` made for the trait.

use std::error::Error;
use std::time::Duration;

use daffi::Global;
use daffi_examples::shopping::ShoppingClient;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("shopper").start().await?;
    g.wait_process("shopping service").await?;

    let shopping = ShoppingClient::new(&g);
    println!("The list is empty at first:\n{:?}", shopping.get_items().await?);
    shopping.add_item("orange".to_owned()).await?;
    println!("An orange was added:\n{:?}", shopping.get_items().await?);
    shopping
        .add_item("milk".to_owned())
        .timeout(Duration::from_secs(5))
        .await?;
    println!("Milk was added:\n{:?}", shopping.get_items().await?);
    shopping.clear_items().await?;
    println!("All items were removed:\n{:?}", shopping.get_items().await?);

    g.stop().await;
    Ok(())
}
