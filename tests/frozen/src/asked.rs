//! The steps of the caller: what is asked of the controller, and left with it.

use std::time::Duration;

use daffi::{Global, Period, Presence, TaskState, TickOutcome, fetcher};
use serde_json::json;

use crate::{same, step, words};

#[fetcher(alias = "frozen.tick")]
async fn tick() -> u64;

pub(crate) async fn all(g: &Global) {
    step("who is there", who_is_there(g).await);
    step("what happens", what_happens(g).await);
    step("by hand", by_hand(g).await);
    step("schedules", schedules(g).await);
}

async fn who_is_there(g: &Global) -> Result<(), String> {
    g.wait_process("two").await.map_err(words)?;
    g.wait_function("frozen.add").await.map_err(words)?;
    let processes = g.processes().await.map_err(words)?;
    let names: Vec<_> = processes.iter().map(|process| &*process.name).collect();
    same(names, vec!["caller", "controller", "one", "two"])?;
    let callbacks = g.callbacks().await.map_err(words)?;
    let add = callbacks.iter().find(|callback| callback.name == "frozen.add");
    same(add.map(|add| add.providers.len()), Some(2))
}

async fn what_happens(g: &Global) -> Result<(), String> {
    let mut events = g.presence().await.map_err(words)?;
    g.register_fn("frozen.late", |number: u64| number)
        .await
        .map_err(words)?;
    g.unregister("frozen.late").await.map_err(words)?;
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        match event.map_err(words)? {
            Presence::Joined { process, .. } => seen.push(format!("{process} joined")),
            Presence::Offered { callback, .. } if callback == "frozen.late" => {
                seen.push("offered".to_owned());
            }
            Presence::Withdrawn { callback, .. } if callback == "frozen.late" => break,
            _ => {}
        }
    }
    same(seen.len(), 5)?;
    same(seen.last().map(String::as_str), Some("offered"))
}

async fn by_hand(g: &Global) -> Result<(), String> {
    let sum = g
        .call_json("frozen.add", json!({"a": 1, "b": 2}))
        .await
        .map_err(words)?;
    same(sum.to_string(), "3".to_owned())?;
    let sold = g
        .call_json("frozen.sell", json!([{"name": "milk", "price": 2}, 3]))
        .await;
    let sold = serde_json::to_value(sold.map_err(words)?).map_err(words)?;
    same(sold["price"].as_u64(), Some(6))?;
    let described = g.describe("frozen.sell").await.map_err(words)?;
    same(described.versions.len(), 2)?;
    same(
        described
            .versions
            .iter()
            .all(|version| version.docs == "What is to be paid."),
        true,
    )
}

async fn schedules(g: &Global) -> Result<(), String> {
    let period = Period::every(Duration::from_millis(5)).limit(3).named("frozen");
    let task = tick().on(g).period(period).await.map_err(words)?;
    let mut ticks = task.ticks();
    while let Some(tick) = ticks.next().await {
        let outcome = tick.map_err(words)?.outcome;
        // On a machine that is busy, the call of one may still run when the next is due.
        if !matches!(outcome, TickOutcome::Ok { .. } | TickOutcome::Skipped(_)) {
            return Err(format!("{outcome:?}"));
        }
    }
    let described = task.describe().await.map_err(words)?;
    same(
        (described.info.counts.ok, described.info.state),
        (3, TaskState::Ended),
    )?;

    let task = tick()
        .on(g)
        .period(Period::every(Duration::from_secs(3600)))
        .await
        .map_err(words)?;
    task.pause().await.map_err(words)?;
    task.resume().await.map_err(words)?;
    task.trigger().await.map_err(words)?;
    while task.describe().await.map_err(words)?.info.counts.ok == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let listed = g.scheduled_tasks().await.map_err(words)?;
    same(listed.iter().any(|info| info.id == task.id()), true)?;
    task.cancel().await.map_err(words)
}
