//! The trait that `trait_service` implements and `trait_shopper` calls.

/// A shopping list that many processes share.
#[daffi::fetcher]
pub trait Shopping {
    /// Returns all items that are on the list.
    async fn get_items(&self) -> Vec<String>;

    /// Adds an item to the list.
    async fn add_item(&self, item: String);

    /// Removes all items from the list.
    async fn clear_items(&self);
}
