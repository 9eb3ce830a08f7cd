//! Nine processes that offer the same callback, and a tenth that asks all of them five hundred times at the same time.

use std::collections::BTreeMap;

use daffi::{CallContext, callback};
use tokio::task::JoinSet;

use crate::cast::{NINE, over_each};

/// What each process offers.
pub const OFFERED: &str = "get_menu";

const BROADCASTS: u32 = 500;

#[callback]
async fn get_menu(day: u32, ctx: &CallContext) -> Vec<String> {
    menu(ctx.process_name(), day)
}

mod call {
    #[daffi::fetcher]
    pub async fn get_menu(day: u32) -> Vec<String>;
}

fn menu(process_name: &str, day: u32) -> Vec<String> {
    (0..day % 4)
        .map(|dish| format!("{process_name}'s dish {dish} of day {day}"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_broadcasts_to_nine_processes_are_complete_and_right() {
    over_each(async |g| {
        let mut tasks = JoinSet::new();
        for day in 0..BROADCASTS {
            let menus = call::get_menu(day).on(&g).broadcast();
            tasks.spawn(async move { (day, menus.await) });
        }
        let mut answered = 0;
        while let Some(task) = tasks.join_next().await {
            let (day, menus) = task.unwrap();
            let expected: BTreeMap<_, _> = NINE
                .into_iter()
                .map(|name| (name.to_owned(), Ok(menu(name, day))))
                .collect();
            assert_eq!(menus.unwrap().into_map(), expected);
            answered += 1;
        }
        assert_eq!(answered, BROADCASTS);
    })
    .await;
}
