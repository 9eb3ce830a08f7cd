//! The steps of the caller: calls of all kinds.

use std::collections::BTreeSet;
use std::time::Duration;

use daffi::{CallError, Global, Replies, Stream, Streaming, fetcher};
use futures_util::future::join_all;
use futures_util::{TryStreamExt as _, stream};

use crate::offers::{Event, NewerItem, OlderItem, Ran, Refused, Sparse};
use crate::{same, step, words};

/// As the older program declares what is sold.
mod older {
    use super::*;

    #[fetcher(alias = "frozen.sell")]
    pub(super) async fn sell(item: &OlderItem, count: u32) -> Result<OlderItem, Refused>;
    #[fetcher(alias = "frozen.all")]
    pub(super) async fn all(from: u32) -> impl Stream<Item = OlderItem>;
}

/// And as the newer one does.
mod newer {
    use super::*;

    #[fetcher(alias = "frozen.sell")]
    pub(super) async fn sell(item: &NewerItem, count: u32) -> Result<NewerItem, Refused>;
    #[fetcher(alias = "frozen.all")]
    pub(super) async fn all(from: u32) -> impl Stream<Item = NewerItem>;
}

#[fetcher(alias = "frozen.add")]
async fn add(a: i64, b: i64) -> i64;
/// Nobody goes together with this.
#[fetcher(alias = "frozen.add")]
async fn add_texts(a: &str, b: &str) -> String;
#[fetcher(alias = "frozen.divide")]
async fn divide(a: i64, by: i64) -> Result<i64, Refused>;
#[fetcher(alias = "frozen.parse")]
async fn parse(text: &str) -> u64;
#[fetcher(alias = "frozen.panics")]
async fn panics();
#[fetcher(alias = "frozen.never")]
async fn never();
#[fetcher(alias = "frozen.too_long")]
async fn too_long();
#[fetcher(alias = "frozen.cancelled")]
async fn cancelled() -> u64;
#[fetcher(alias = "frozen.ran")]
async fn ran() -> Ran;
#[fetcher(alias = "frozen.event")]
async fn event(event: &Event) -> Event;
#[fetcher(alias = "frozen.sparse")]
async fn sparse(sparse: &Sparse) -> Sparse;
#[fetcher(alias = "frozen.echo")]
async fn echo(bytes: &[u8]) -> Vec<u8>;
#[fetcher(alias = "frozen.count")]
async fn count(to: u64) -> impl Stream<Item = u64>;
#[fetcher(alias = "frozen.breaks")]
async fn breaks(after: u64) -> impl Stream<Item = Vec<u8>>;
#[fetcher(alias = "frozen.total")]
async fn total(numbers: impl Stream<Item = u64>) -> Result<u64, String>;
#[fetcher(alias = "frozen.shout")]
async fn shout(words: impl Stream<Item = String>) -> impl Stream<Item = String>;
#[fetcher(alias = "frozen.put", each)]
async fn put_all(items: impl Stream<Item = String>) -> Result<usize, String>;
#[fetcher(alias = "frozen.one_at_a_time")]
async fn one_at_a_time(number: u64) -> u64;
#[fetcher(alias = "frozen.again")]
async fn again();
#[fetcher(alias = "frozen.passes_on")]
async fn passes_on(a: i64) -> i64;

pub(crate) async fn all(g: &Global) {
    step("values", values(g).await);
    step("errors", errors(g).await);
    step("who runs it", who_runs_it(g).await);
    step("cancelled", is_cancelled(g).await);
    step("changed types", changed_types(g).await);
    step("with names", with_names(g).await);
    step("large", large(g).await);
    step("streams", streams(g).await);
    step("each", each(g).await);
    step("to all", to_all(g).await);
    step("in line", in_line(g).await);
    step("chains", chains(g).await);
}

async fn values(g: &Global) -> Result<(), String> {
    same(add(1, 2).on(g).await, Ok(3))?;
    same(divide(9, 3).on(g).await, Ok(3))?;
    same(divide(9, 0).on(g).await, Err(CallError::App(Refused::ByZero)))?;
    let too_large = Err(CallError::App(Refused::TooLarge { limit: 1000 }));
    same(divide(2000, 2).on(g).await, too_large)?;
    same(add(20, 22).on(g).bg().await, Ok(42))?;
    add(1, 1).on(g).send().await.map_err(words)
}

async fn errors(g: &Global) -> Result<(), String> {
    let error = parse("x").on(g).await.unwrap_err();
    same(error.to_string(), "invalid digit found in string".to_owned())?;
    let error = panics().on(g).await.unwrap_err();
    if !matches!(&error, CallError::Panicked { message, .. } if message == "on purpose") {
        return Err(format!("panicked: {error:?}"));
    }
    let error = g.call::<u8>("frozen.nobody", ()).await.unwrap_err();
    if !matches!(error, CallError::NoProvider { .. }) {
        return Err(format!("nobody: {error:?}"));
    }
    let error = add_texts("a", "b").on(g).await.unwrap_err();
    if !matches!(error, CallError::SignatureMismatch { .. }) {
        return Err(format!("other types: {error:?}"));
    }
    let error = too_long().on(g).await.unwrap_err();
    if !matches!(error, CallError::Timeout { .. }) {
        return Err(format!("too long: {error:?}"));
    }
    let error = add(1, 2).on(g).to("nobody").await.unwrap_err();
    if !matches!(error, CallError::NoProvider { .. }) {
        return Err(format!("to nobody: {error:?}"));
    }
    Ok(())
}

async fn who_runs_it(g: &Global) -> Result<(), String> {
    let call = ran().on(g).to("one").timeout(Duration::from_secs(60));
    let expected = Ran {
        by: "one".to_owned(),
        caller: "caller".to_owned(),
        identity: Some("shared-token".to_owned()),
        tenant: Some("acme".to_owned()),
        has_deadline: true,
    };
    same(call.metadata("tenant", "acme").await, Ok(expected))?;
    let two = ran().on(g).to_where("number", "two").await.map_err(words)?;
    same(
        (two.by, two.tenant, two.has_deadline),
        ("two".to_owned(), None, false),
    )?;
    let first = ran().on(g).key("milk").await.map_err(words)?.by;
    same(ran().on(g).key("milk").await.map_err(words)?.by, first)
}

async fn is_cancelled(g: &Global) -> Result<(), String> {
    let never = || never().on(g).to("one");
    let error = never().timeout(Duration::from_millis(20)).await.unwrap_err();
    if !matches!(error, CallError::Timeout { .. }) {
        return Err(format!("{error:?}"));
    }
    let job = never().bg();
    tokio::time::sleep(Duration::from_millis(20)).await;
    job.cancel();
    // The first may not have come before its time was over.
    while cancelled().on(g).to("one").await.map_err(words)? == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let _ = never().timeout(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn changed_types(g: &Global) -> Result<(), String> {
    let older = OlderItem {
        name: "milk".to_owned(),
        price: 2,
    };
    let newer = NewerItem {
        name: "milk".to_owned(),
        price: 2,
        tags: vec!["fresh".to_owned()],
    };
    for process in ["one", "two", "", "", ""] {
        let (mut by_older, mut by_newer) = (older::sell(&older, 3).on(g), newer::sell(&newer, 3).on(g));
        if !process.is_empty() {
            (by_older, by_newer) = (by_older.to(process), by_newer.to(process));
        }
        same(by_older.await.map_err(words)?.price, 6)?;
        same(by_newer.await.map_err(words)?.price, 6)?;
    }
    for process in ["one", "two"] {
        let items = older::all(1).on(g).to(process).await.map_err(words)?;
        let items: Vec<_> = items.try_collect().await.map_err(words)?;
        same(items.iter().map(|item| item.price).collect(), vec![1, 2])?;
        let items = newer::all(1).on(g).to(process).await.map_err(words)?;
        let items: Vec<_> = items.try_collect().await.map_err(words)?;
        same(items.iter().map(|item| item.price).collect(), vec![1, 2])?;
    }
    Ok(())
}

async fn with_names(g: &Global) -> Result<(), String> {
    for said in [
        Event::Closed,
        Event::Sold {
            item: "milk".to_owned(),
            count: None,
        },
        Event::Sold {
            item: "bread".to_owned(),
            count: Some(3),
        },
    ] {
        same(event(&said).on(g).await, Ok(said))?;
    }
    for note in [None, Some("it is old".to_owned())] {
        let said = Sparse { note, number: 300 };
        same(sparse(&said).on(g).await, Ok(said))?;
    }
    Ok(())
}

async fn large(g: &Global) -> Result<(), String> {
    for size in [0, 1000, 100_000, 1_000_000] {
        let bytes: Vec<u8> = (0..size).map(|number: u32| number.to_le_bytes()[0]).collect();
        let came = echo(&bytes).on(g).await.map_err(words)?;
        if came != bytes {
            return Err(format!("{size} bytes are others"));
        }
    }
    let bytes = vec![3; 300_000];
    let all = echo(&bytes).on(g).broadcast().await.map_err(words)?;
    same(all.len(), 2)?;
    let whole = |(_, came): (_, &Result<Vec<u8>, _>)| came.as_ref().is_ok_and(|came| *came == bytes);
    same(all.iter().all(whole), true)
}

async fn streams(g: &Global) -> Result<(), String> {
    let numbers: Streaming<u64> = count(50_000).on(g).await.map_err(words)?;
    let numbers: Vec<u64> = numbers.try_collect().await.map_err(words)?;
    same(numbers.into_iter().eq(0..50_000), true)?;

    same(total(stream::iter(0..50_000)).on(g).await, Ok(1_249_975_000))?;

    let said = stream::iter((0..1000).map(|number| format!("word {number}")));
    let shouted = shout(said).on(g).await.map_err(words)?;
    let shouted: Vec<String> = shouted.try_collect().await.map_err(words)?;
    same((shouted.len(), &*shouted[999]), (1000, "WORD 999"))?;

    let mut broken = breaks(5).on(g).await.map_err(words)?;
    // Those that were not sent when it broke do not come.
    let error = loop {
        match broken.next().await {
            Some(Ok(item)) => same(item.len(), 100_000)?,
            Some(Err(error)) => break error,
            None => return Err("broken: it ended".to_owned()),
        }
    };
    if !matches!(error, CallError::Panicked { .. }) {
        return Err(format!("broken: {error:?}"));
    }

    // Dropped in the middle.
    let mut numbers = count(u64::MAX).on(g).await.map_err(words)?;
    same(numbers.next().await.unwrap(), Ok(0))
}

async fn each(g: &Global) -> Result<(), String> {
    let items = |last: &str| stream::iter(["milk".to_owned(), "bread".to_owned(), last.to_owned()]);
    put_all(items("pie")).on(g).await.map_err(words)?;
    match put_all(items("")).on(g).await {
        Err(CallError::Stopped { done: 2, .. }) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

async fn to_all(g: &Global) -> Result<(), String> {
    let names = |replies: Replies<Ran>| -> BTreeSet<String> {
        let all = replies.into_iter();
        all.filter_map(|(_, ran)| Some(ran.ok()?.by)).collect()
    };
    let both: BTreeSet<_> = ["one".to_owned(), "two".to_owned()].into();
    same(names(ran().on(g).broadcast().await.map_err(words)?), both.clone())?;
    same(
        names(ran().on(g).to_each(["one", "two"]).await.map_err(words)?),
        both,
    )?;
    ran().on(g).broadcast().send().await.map_err(words)?;

    let totals = total(stream::iter(0..1000))
        .on(g)
        .broadcast()
        .await
        .map_err(words)?;
    same(totals.iter().all(|(_, total)| *total == Ok(499_500)), true)?;

    let mut items = count(100).on(g).broadcast().items().await.map_err(words)?;
    let mut sum = 0;
    while let Some((_, item)) = items.next().await {
        sum += item.map_err(words)?;
    }
    same(sum, 2 * 4950)
}

async fn in_line(g: &Global) -> Result<(), String> {
    let calls = (0..6).map(|number| one_at_a_time(number).on(g).to("two"));
    let came: Result<Vec<_>, _> = join_all(calls).await.into_iter().collect();
    same(came.map_err(words)?, (0..6).collect())?;
    // One leaves the line.
    let (first, second) = (
        one_at_a_time(1).on(g).to("two").bg(),
        one_at_a_time(2).on(g).to("two").bg(),
    );
    second.cancel();
    same(first.await, Ok(1))
}

async fn chains(g: &Global) -> Result<(), String> {
    same(passes_on(41).on(g).await, Ok(42))?;
    let error = again().on(g).await.unwrap_err();
    let words = error.to_string();
    same(
        words.contains("would wait for itself") || words.contains("waits for"),
        true,
    )
    .map_err(|_| format!("{error:?}"))
}
