//! Methods of services, in blocks of every kind.

use std::marker::PhantomData;

use daffi::{CallContext, callback};
use serde::{Deserialize, Serialize};

use super::Pair;

/// A type with a parameter, of which some concrete ones are services.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Service<T> {
    number: u32,
    of: PhantomData<T>,
}

#[callback(auto_init, prefix = "service.")]
impl Service<u32> {
    pub fn name(&self) -> &str {
        "service"
    }

    pub fn itself(&self, other: Self) -> Result<Vec<Self>, Self> {
        if other.number == 0 {
            Err(other)
        } else {
            Ok(vec![other])
        }
    }

    pub fn lent(&self, other: &Self) -> bool {
        self == other
    }

    pub fn lends(&self) -> &Self {
        self
    }

    pub fn add(&mut self, by: u32) -> u32 {
        self.number += by;
        self.number
    }

    pub async fn add_later(&mut self, by: u32) -> &u32 {
        tokio::task::yield_now().await;
        self.number += by;
        &self.number
    }

    pub async fn named<'a>(&'a self, name: &'a str, ctx: &CallContext) -> &'a str {
        if ctx.caller().is_empty() {
            self.name()
        } else {
            name
        }
    }

    #[allow(clippy::needless_arbitrary_self_type)]
    pub fn typed(self: &Self) -> u32 {
        self.number
    }
}

#[callback(prefix = "service.")]
impl Service<u32> {
    pub fn of_another_block(&self) -> u8 {
        2
    }
}

#[callback(auto_init, prefix = "other.")]
impl Service<u64> {
    pub fn name(&self) -> &'static str {
        "another type"
    }
}

trait Storage<T> {
    type Key;
    const LIMIT: usize;

    fn store(&mut self, key: Self::Key, value: T) -> Option<T>;
    fn limit(&self) -> usize {
        Self::LIMIT
    }
    fn _hidden(&self) {}
}

#[derive(Default)]
struct Store {
    number: u8,
    text: String,
}

#[callback(auto_init, prefix = "numbers.")]
impl Storage<u8> for Store {
    type Key = Vec<u8>;
    const LIMIT: usize = 3;

    fn store(&mut self, key: Self::Key, value: u8) -> Option<u8> {
        (key == [1]).then(|| std::mem::replace(&mut self.number, value))
    }

    fn limit(&self) -> usize {
        <Self as Storage<u8>>::LIMIT
    }
}

#[callback(auto_init, prefix = "texts.")]
impl Storage<String> for Store {
    type Key = u8;
    const LIMIT: usize = 4;

    fn store(&mut self, key: Self::Key, value: String) -> Option<String> {
        (key == 1).then(|| std::mem::replace(&mut self.text, value))
    }
}

/// Annotated in a function's body, in a module there.
fn inside_of_a_function() {
    mod inside {
        #[daffi::callback(alias = "inside.function")]
        fn function() -> u8 {
            1
        }

        #[derive(Default)]
        pub(super) struct Inside;

        #[daffi::callback(auto_init, prefix = "inside.")]
        impl Inside {
            pub fn method(&self) -> u8 {
                2
            }
        }
    }

    #[callback(alias = "inside.beside")]
    fn beside() -> u8 {
        3
    }

    let _service = inside::Inside;
}

#[tokio::test]
async fn methods_are_called_on_their_service() {
    let pair = Pair::start().await;
    let g = &pair.caller;
    let other = |number| Service::<u32> {
        number,
        of: PhantomData,
    };
    assert_eq!(g.call("service.name", ()).await, Ok("service".to_owned()));
    assert_eq!(g.call("service.itself", (other(1),)).await, Ok(vec![other(1)]));
    assert!(
        g.call::<Vec<Service<u32>>>("service.itself", (other(0),))
            .await
            .is_err()
    );
    assert_eq!(g.call("service.lent", (other(0),)).await, Ok(true));
    assert_eq!(g.call("service.add", (2u32,)).await, Ok(2u32));
    assert_eq!(g.call("service.add_later", (3u32,)).await, Ok(5u32));
    assert_eq!(g.call("service.typed", ()).await, Ok(5u32));
    assert_eq!(g.call("service.lends", ()).await, Ok(other(5)));
    assert_eq!(g.call("service.named", ("Ann",)).await, Ok("Ann".to_owned()));
    assert_eq!(g.call("service.of_another_block", ()).await, Ok(2u8));
    assert_eq!(g.call("other.name", ()).await, Ok("another type".to_owned()));
    pair.stop().await;
}

#[tokio::test]
async fn traits_with_parameters_and_associated_types_are_offered() {
    let pair = Pair::start().await;
    let g = &pair.caller;
    assert_eq!(
        g.call("numbers.store", ([1u8].as_slice(), 5u8)).await,
        Ok(Some(0u8))
    );
    assert_eq!(
        g.call("numbers.store", ([1u8].as_slice(), 6u8)).await,
        Ok(Some(5u8))
    );
    assert_eq!(g.call("numbers.limit", ()).await, Ok(3usize));
    assert_eq!(g.call("texts.store", (1u8, "a")).await, Ok(Some(String::new())));
    assert_eq!(
        pair.signature("texts.store").await,
        "fn(key: u8, value: String) -> Option<String>"
    );
    let names: Vec<_> = g
        .callbacks()
        .await
        .unwrap()
        .into_iter()
        .map(|callback| callback.name)
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name == "texts.limit" || name.ends_with("_hidden")),
        "{names:?}"
    );
    pair.stop().await;
}

#[tokio::test]
async fn what_is_annotated_in_a_function_is_offered() {
    inside_of_a_function();
    let pair = Pair::start().await;
    let g = &pair.caller;
    assert_eq!(g.call("inside.function", ()).await, Ok(1u8));
    assert_eq!(g.call("inside.method", ()).await, Ok(2u8));
    assert_eq!(g.call("inside.beside", ()).await, Ok(3u8));
    pair.stop().await;
}
