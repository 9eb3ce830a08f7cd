//! Parameters of callbacks.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use daffi::{CallContext, callback, fetcher};
use serde::{Deserialize, Serialize};

use super::{Item, Pair, item};

#[derive(Serialize, Deserialize)]
struct Borrowed<'a> {
    name: &'a str,
    #[serde(borrow)]
    alias: Cow<'a, str>,
}

#[allow(
    clippy::needless_pass_by_value,
    clippy::boxed_local,
    reason = "callbacks may take what they only look at"
)]
mod offered {
    use super::*;

    #[callback]
    fn none() {}

    #[callback]
    async fn patterns((a, b): (i32, i32), _: u8, mut x: i32, r#type: u8) -> i32 {
        x += a + b;
        x + i32::from(r#type)
    }

    #[callback]
    async fn lent(
        text: &str,
        bytes: &[u8],
        path: &Path,
        words: &[String],
        item: &Item,
        pair: &(Item, u8),
        twice: &&str,
    ) -> String {
        tokio::task::yield_now().await;
        let path = path.display();
        format!(
            "{text} {bytes:?} {path} {words:?} {} {} {twice}",
            item.name, pair.1
        )
    }

    #[callback]
    async fn lent_inside(
        text: Option<&str>,
        bytes: Option<&[u8]>,
        words: Vec<&str>,
        cow: Cow<'_, str>,
        map: HashMap<&str, Cow<'_, str>>,
        borrowed: Borrowed<'_>,
    ) -> String {
        tokio::task::yield_now().await;
        format!(
            "{text:?} {bytes:?} {words:?} {cow} {map:?} {} {}",
            borrowed.name, borrowed.alias
        )
    }

    #[callback]
    fn fixed(array: [u8; 32], boxed: Box<Item>, bytes: Option<Vec<u8>>) -> usize {
        array.len() + boxed.name.len() + bytes.map_or(0, |bytes| bytes.len())
    }

    #[callback]
    fn contexts(owned: CallContext, x: u8, lent: &CallContext, path: daffi::CallContext) -> String {
        format!("{} {} {} {x}", owned.caller(), lent.process_name(), path.caller())
    }

    #[callback(inline)]
    #[allow(clippy::too_many_arguments)]
    fn sixteen(
        p0: u8,
        p1: u8,
        p2: u8,
        p3: u8,
        p4: u8,
        p5: u8,
        p6: u8,
        p7: u8,
        ctx: &CallContext,
        p8: u8,
        p9: u8,
        p10: u8,
        p11: u8,
        p12: u8,
        p13: u8,
        p14: u8,
        p15: u8,
    ) -> Option<u8> {
        let sum = [
            p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15,
        ]
        .iter()
        .sum();
        (!ctx.is_cancelled()).then_some(sum)
    }
}

#[fetcher]
async fn none();

#[fetcher]
async fn patterns(pair: (i32, i32), ignored: u8, mut x: i32, r#type: u8) -> i32;

#[fetcher]
async fn lent(
    text: &str,
    bytes: &[u8],
    path: &Path,
    words: &[String],
    item: &Item,
    pair: &(Item, u8),
    twice: &&str,
) -> String;

#[fetcher(alias = "lent")]
async fn lent_as_owned(
    text: String,
    bytes: Vec<u8>,
    path: String,
    words: Vec<String>,
    item: Item,
    pair: (Item, u8),
    twice: &str,
) -> String;

#[fetcher]
async fn lent_inside<'a>(
    text: Option<&'a str>,
    bytes: Option<&[u8]>,
    words: Vec<&'a str>,
    cow: Cow<'a, str>,
    map: HashMap<&str, Cow<'_, str>>,
    borrowed: Borrowed<'_>,
) -> String;

#[fetcher]
async fn fixed(array: [u8; 32], boxed: Item, bytes: Option<&Vec<u8>>) -> usize;

#[fetcher]
async fn contexts(x: u8) -> String;

#[fetcher]
#[allow(clippy::too_many_arguments)]
async fn sixteen(
    p0: u8,
    p1: u8,
    p2: u8,
    p3: u8,
    p4: u8,
    p5: u8,
    p6: u8,
    p7: u8,
    p8: u8,
    p9: u8,
    p10: u8,
    p11: u8,
    p12: u8,
    p13: u8,
    p14: u8,
    p15: u8,
) -> Option<u8>;

#[tokio::test]
async fn parameters_are_values_patterns_or_lent() {
    let pair = Pair::start().await;
    let g = &pair.caller;
    assert_eq!(none().on(g).await, Ok(()));
    assert_eq!(patterns((1, 2), 9, 3, 4).on(g).await, Ok(10));
    assert_eq!(
        pair.signature("patterns").await,
        "fn(_: (i32, i32), _: u8, x: i32, type: u8) -> i32"
    );

    let (milk, words) = (item("milk", 2), ["a".to_owned()]);
    let expected = Ok("x [1, 2] a/b [\"a\"] milk 7 y".to_owned());
    let path = Path::new("a/b");
    let call = lent("x", &[1, 2], path, &words, &milk, &(milk.clone(), 7), &"y");
    assert_eq!(call.on(g).await, expected);
    let owned = (milk.clone(), 7);
    let call = lent_as_owned(
        "x".into(),
        vec![1, 2],
        "a/b".into(),
        words.to_vec(),
        milk.clone(),
        owned,
        "y",
    );
    assert_eq!(call.on(g).await, expected);

    let map = HashMap::from([("k", Cow::Borrowed("v"))]);
    let borrowed = Borrowed {
        name: "n",
        alias: Cow::Owned("a".to_owned()),
    };
    let call = lent_inside(Some("t"), Some(&[3]), vec!["w"], "c".into(), map, borrowed);
    assert_eq!(
        call.on(g).await,
        Ok("Some(\"t\") Some([3]) [\"w\"] c {\"k\": \"v\"} n a".to_owned())
    );

    assert_eq!(fixed([1; 32], milk, Some(&vec![1, 2])).on(g).await, Ok(38));
    pair.stop().await;
}

#[tokio::test]
async fn contexts_are_filled_in_and_not_counted() {
    let pair = Pair::start().await;
    let g = &pair.caller;
    assert_eq!(contexts(5).on(g).await, Ok("caller service caller 5".to_owned()));
    assert_eq!(pair.signature("contexts").await, "fn(x: u8) -> String");
    let sum = sixteen(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
        .on(g)
        .await;
    assert_eq!(sum, Ok(Some(120)));
    pair.stop().await;
}
