//! What a `Global` offers from its start.

use super::GlobalBuilder;
use crate::registry::ServiceInstance;

impl GlobalBuilder {
    /// Offers the `#[callback]` methods of `service`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use daffi::callback;
    ///
    /// #[derive(Default)]
    /// struct ShoppingService {
    ///     items: Vec<String>,
    /// }
    ///
    /// #[callback]
    /// impl ShoppingService {
    ///     pub fn add_item(&mut self, item: String) -> usize {
    ///         self.items.push(item);
    ///         self.items.len()
    ///     }
    /// }
    ///
    /// let shop = Global::builder().service(ShoppingService::default());
    /// # let shop = shop.init_controller(true).in_memory().auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// # let g = Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// assert_eq!(g.call::<usize>("add_item", ("orange",)).await?, 1);
    /// # Ok(()) }
    /// ```
    pub fn service<S: Send + Sync + 'static>(mut self, service: S) -> Self {
        self.services.push(ServiceInstance::new(service));
        self
    }

    /// Offers one `#[callback]` function by its remote name: for a `Global` with
    /// [`auto_callbacks(false)`](Self::auto_callbacks).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use daffi::callback;
    ///
    /// #[callback(alias = "shop.open_hours")]
    /// async fn open_hours() -> (u8, u8) {
    ///     (9, 17)
    /// }
    ///
    /// // Of all the callbacks of the program, this one.
    /// let shop = Global::builder().auto_callbacks(false).callback("shop.open_hours");
    /// # let shop = shop.init_controller(true).in_memory();
    /// let shop = shop.start().await?;
    /// assert_eq!(shop.callbacks().await?.len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn callback(mut self, name: impl Into<String>) -> Self {
        self.functions.push(name.into());
        self
    }

    /// Whether all `#[callback]` functions and `auto_init` services of the program are offered, those of the libraries that it is built of
    /// among them, but for libraries of which it uses nothing (`daffi::offer!` names those). Default: yes. To have some, see
    /// [`callbacks_of`](Self::callbacks_of), [`callback`](Self::callback) and [`service`](Self::service).
    ///
    /// It is each `Global` of the program that offers them. Where there are several, as in a test, one that only calls says `false`: otherwise it
    /// offers what it calls, and answers broadcasts that are meant for others.
    ///
    /// ```standalone_crate
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// mod program {
    ///     #[daffi::callback]
    ///     async fn price(item: String) -> u64 {
    ///         item.len() as u64
    ///     }
    /// }
    ///
    /// let shop = Global::builder().init_controller(true).in_memory().start().await?;
    /// assert_eq!(shop.callbacks().await?[0].name, "price");
    ///
    /// // Another `Global` of the same process, as in a test, that only calls.
    /// let g = Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// assert_eq!(g.call::<u64>("price", ("lamp",)).await?, 4);
    /// # Ok(()) }
    /// ```
    pub fn auto_callbacks(mut self, auto: bool) -> Self {
        self.auto_callbacks = auto;
        self
    }

    /// Offers the `#[callback]` functions and `auto_init` services of these packages, and of no others, whatever
    /// [`auto_callbacks`](Self::auto_callbacks) says. Said several times, it adds to what was said before.
    ///
    /// A package goes by the name in its `Cargo.toml`; a `-` in it may be written `_`. The program's own is `env!("CARGO_PKG_NAME")`. One of
    /// which the program has no callback is a fault when it starts, since it may have been left out of the program: see `daffi::offer!`.
    ///
    /// ```standalone_crate
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// mod program {
    ///     #[daffi::callback]
    ///     async fn price(item: String) -> u64 {
    ///         item.len() as u64
    ///     }
    /// }
    ///
    /// // Those of the program itself, and none of its libraries.
    /// let shop = Global::builder().callbacks_of([env!("CARGO_PKG_NAME")]);
    /// # let shop = shop.init_controller(true).in_memory();
    /// let shop = shop.start().await?;
    /// assert_eq!(shop.callbacks().await?.len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn callbacks_of<N: Into<String>>(mut self, packages: impl IntoIterator<Item = N>) -> Self {
        let packages = packages.into_iter().map(Into::into);
        self.packages.get_or_insert_default().extend(packages);
        self
    }
}
