//! What it costs that a value is sent with names, beside positions. Run it with `cargo bench -p daffi-core --bench names`, alone on the
//! machine.
//!
//! The same value is written and read in turn by positions, as types are that ask nothing, and with names, as those are that do, or
//! of which a field is left out. What is shown is the best time of the former, and what the latter takes of it: the median of what
//! was found turn by turn; and the bytes of both.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is a program"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use daffi_core::described::ReadAs;
use daffi_core::proto::{decode, encode_held};
use daffi_core::signature::{Form, Type, findings};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// So often each is measured.
const ROUNDS: usize = 200;

/// So many bytes are about read in a round.
const BYTES: usize = 400_000;

#[derive(Clone, Serialize, Deserialize)]
struct Small {
    id: u64,
    count: u32,
    fresh: bool,
    name: String,
}

#[derive(Clone, Serialize, Deserialize)]
enum Event {
    Began,
    Read(u32),
    Said { who: u8, words: String },
}

#[derive(Clone, Serialize, Deserialize)]
struct Order {
    id: u64,
    items: Vec<Small>,
    at: Option<(f64, f64)>,
    tags: BTreeMap<String, u32>,
    events: Vec<Event>,
}

fn small(id: u64) -> Small {
    Small {
        id: id * 1000,
        count: 300,
        fresh: true,
        name: format!("item {id}"),
    }
}

fn order() -> Order {
    let events = (0..30).map(|number| match number % 3 {
        0 => Event::Began,
        1 => Event::Read(number),
        _ => Event::Said {
            who: 7,
            words: "all of it".to_owned(),
        },
    });
    Order {
        id: 7,
        items: (0..50).map(small).collect(),
        at: Some((0.5, 1.5)),
        tags: (0..20).map(|tag| (format!("tag {tag}"), tag)).collect(),
        events: events.collect(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "they are small")]
fn measure<T: Serialize + DeserializeOwned + 'static>(name: &str, value: &T) {
    let forms = [findings::<T>().form, Form::explained("a benchmark")];
    let [positions, named] = forms.each_ref().map(|form| encode_held(value, form).unwrap());
    let reading = ReadAs::of_type(&Type::Any, false);
    let times = (BYTES / (positions.len() + 20)).max(5);
    let time = |work: &dyn Fn()| {
        let began = Instant::now();
        for _ in 0..times {
            work();
        }
        began.elapsed().as_secs_f64()
    };
    let write = |form: &Form| time(&|| drop(black_box(encode_held(black_box(value), form).unwrap())));
    let mut best = [f64::MAX; 2];
    let mut ratios = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        let pairs = [
            [write(&forms[0]), write(&forms[1])],
            [
                time(&|| drop(black_box(decode::<T>(black_box(&positions)).unwrap()))),
                time(&|| drop(black_box(reading.decode::<T>(black_box(&named)).unwrap()))),
            ],
        ];
        for (number, [plain, with_names]) in pairs.into_iter().enumerate() {
            best[number] = best[number].min(plain);
            ratios[number].push(with_names / plain);
        }
    }
    let [written, read] = best.map(|best| best * 1e9 / times as f64);
    let [writes, reads] = ratios.map(|mut ratios| {
        ratios.sort_by(f64::total_cmp);
        ratios[ROUNDS / 2]
    });
    println!(
        "{name:<24} written in {written:>8.0} ns, with names {writes:>5.2}x; read in {read:>8.0} ns, with names {reads:>5.2}x; \
         {} bytes, with names {}",
        positions.len(),
        named.len()
    );
}

fn main() {
    measure("a small struct", &small(3));
    measure("a thousand of them", &(0..1000).map(small).collect::<Vec<_>>());
    measure("an order", &order());
    measure("a thousand numbers", &(0..1000_u32).collect::<Vec<_>>());
    measure("100 KiB of text", &"milk and bread ".repeat(7000));
}
