//! Callbacks of which the program knows nothing before it runs: told of, and called by hand.

use std::sync::Arc;

use serde::Serialize;

use super::Global;
use crate::call::JsonCall;
use crate::description::CallbackDescription;
use crate::error::CallError;
use crate::proto::{CallbackOffers, Query};

impl Global {
    /// What there is to know of a callback: its documentation, what it takes and gives, who offers it and within what limits; and an
    /// example of its arguments for [`call_json`](Self::call_json). Several versions are told apart.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("calculate_sum", |a: i64, b: i64| async move { a + b }).await?;
    /// println!("{}", g.describe("calculate_sum").await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::NoProvider`] if nobody offers it, this process included; [`CallError::Denied`] where roles are said and this process
    /// may neither call nor observe it; [`CallError::Disconnected`] if the controller cannot be asked.
    pub async fn describe(&self, name: &str) -> Result<CallbackDescription, CallError> {
        let offers: CallbackOffers = self.query(name, Query::Describe(name)).await?;
        Ok(CallbackDescription::told(name, offers))
    }

    /// A call of a callback of which the program knows nothing before it runs, with values as JSON has them: for gateways and tools.
    ///
    /// `arguments` is a list, in the order of the parameters, or a map by their names: a `serde_json::Value`, a tuple, a struct, or whatever
    /// else is `Serialize`. They are written as the callback's provider takes them, and checked before anything is sent. Numbers and
    /// bytes may be texts: all digits of a number, `NaN`, `Infinity`, base64. What may be nothing may be left out. Streams are given by
    /// [`sending`](JsonCall::sending).
    ///
    /// The controller is asked how the callback is offered at the first call of each name, and again where that has changed: a call
    /// costs as much as another, and the conversion.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # struct Calculator;
    /// # #[daffi::callback]
    /// # impl Calculator {
    /// #     pub fn calculate_sum(&self, a: i64, b: i64) -> i64 {
    /// #         a + b
    /// #     }
    /// # }
    /// # shop.register(Calculator).await?;
    /// use std::collections::BTreeMap;
    ///
    /// let sum = g.call_json("calculate_sum", BTreeMap::from([("a", 1), ("b", 2)])).await?;
    /// assert_eq!(sum.to_string(), "3");
    /// let sum = g.call_json("calculate_sum", (1, "2")).await?;
    /// assert_eq!(sum.to_string(), "3");
    /// # Ok(()) }
    /// ```
    pub fn call_json(&self, name: &str, arguments: impl Serialize + Send + Sync + 'static) -> JsonCall {
        let node = self.node(name).map(Arc::clone);
        JsonCall::new(node, Arc::clone(&self.inner.descriptions), name, arguments)
    }
}
