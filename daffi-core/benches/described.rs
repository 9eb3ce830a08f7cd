//! What it costs to read a value by the structure of who wrote it. Run it with `cargo bench -p daffi-core --bench described`, alone on the
//! machine.
//!
//! The same bytes are read in turn by positions, as all programs do whose types are the same; by the structure of the same type;
//! and by a type whose fields have another order, of which one is not written, and which does not know another one. What is
//! shown is the best time of the first, and what the others take of it: the median of what was found turn by turn.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is a program"
)]

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use daffi_core::described::{Layout, decode};
use daffi_core::proto;
use daffi_core::signature::trace;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// So often each is measured.
const ROUNDS: usize = 200;

/// So many bytes are about read in a round.
const BYTES: usize = 400_000;

mod written {
    use super::*;

    #[derive(Clone, Serialize, Deserialize)]
    pub(super) struct Small {
        pub(super) id: u64,
        pub(super) count: u32,
        pub(super) fresh: bool,
        pub(super) name: String,
    }

    #[derive(Clone, Serialize, Deserialize)]
    pub(super) enum Event {
        Began,
        Read(u32),
        Said { who: u8, words: String },
    }

    #[derive(Clone, Serialize, Deserialize)]
    pub(super) struct Point {
        pub(super) x: f64,
        pub(super) y: f64,
        pub(super) z: f64,
    }

    #[derive(Clone, Serialize, Deserialize)]
    pub(super) struct Order {
        pub(super) id: u64,
        pub(super) items: Vec<Small>,
        pub(super) at: Option<Point>,
        pub(super) tags: HashMap<String, u32>,
        pub(super) events: Vec<Event>,
    }
}

#[expect(dead_code, reason = "it is only read")]
mod read {
    use super::*;

    #[derive(Deserialize)]
    pub(super) struct Small {
        name: String,
        count: u64,
        id: u64,
        note: Option<String>,
    }

    #[derive(Deserialize)]
    pub(super) enum Event {
        Said {
            words: String,
            who: u16,
            #[serde(default)]
            loud: bool,
        },
        Began,
        Read(u64),
        Ended,
    }

    #[derive(Deserialize)]
    pub(super) struct Point {
        z: f64,
        y: f64,
        #[serde(default)]
        w: f64,
    }

    #[derive(Deserialize)]
    pub(super) struct Order {
        tags: HashMap<String, u64>,
        items: Vec<Small>,
        id: u64,
        events: Vec<Event>,
        #[serde(default)]
        urgent: bool,
    }
}

fn small(id: u64) -> written::Small {
    written::Small {
        id: id * 1000,
        count: 300,
        fresh: true,
        name: format!("item {id}"),
    }
}

fn measure<W: Serialize + DeserializeOwned + 'static, R: DeserializeOwned>(name: &str, value: &W) {
    let bytes = proto::encode(value).unwrap();
    let layout = Layout::new(&trace::<W>());
    let times = (BYTES / (bytes.len() + 20)).max(5);
    let time = |read: &dyn Fn()| {
        let began = Instant::now();
        for _ in 0..times {
            read();
        }
        began.elapsed().as_secs_f64()
    };
    let mut best = f64::MAX;
    let mut ratios = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        let plain = time(&|| drop(black_box(proto::decode::<W>(black_box(&bytes)).unwrap())));
        let same = time(&|| {
            drop(black_box(
                decode::<W>(black_box(&layout), black_box(&bytes)).unwrap(),
            ));
        });
        let foreign = time(&|| {
            drop(black_box(
                decode::<R>(black_box(&layout), black_box(&bytes)).unwrap(),
            ));
        });
        best = best.min(plain);
        ratios[0].push(same / plain);
        ratios[1].push(foreign / plain);
    }
    #[expect(clippy::cast_precision_loss, reason = "it is small")]
    let nanoseconds = best * 1e9 / times as f64;
    let [same, foreign] = ratios.map(|mut ratios| {
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    });
    println!(
        "{name:<22} {:>7} bytes {nanoseconds:>10.0} ns   same type {same:>5.2}   foreign type {foreign:>5.2}",
        bytes.len()
    );
}

fn main() {
    let point = |x: f64| written::Point { x, y: 1.5, z: -x };
    measure::<_, read::Small>("a struct", &small(7));
    measure::<_, Vec<read::Small>>("a thousand structs", &(0..1000).map(small).collect::<Vec<_>>());
    let points: Vec<_> = (0..1000_u16).map(|x| point(x.into())).collect();
    measure::<_, Vec<read::Point>>("a thousand points", &points);
    measure::<_, Vec<u64>>("a thousand numbers", &(0..1000_u32).collect::<Vec<_>>());
    let texts: Vec<_> = (0..1000).map(|number| format!("text {number}")).collect();
    measure::<_, Vec<Option<String>>>("a thousand texts", &texts);
    let events = |number: usize| match number % 3 {
        0 => written::Event::Began,
        1 => written::Event::Read(70_000),
        _ => written::Event::Said {
            who: 7,
            words: "some words".to_owned(),
        },
    };
    let events: Vec<_> = (0..1000).map(events).collect();
    measure::<_, Vec<read::Event>>("a thousand variants", &events);
    let order = written::Order {
        id: 1 << 40,
        items: (0..20).map(small).collect(),
        at: Some(point(2.5)),
        tags: (0..5_u32)
            .map(|number| (format!("tag {number}"), number))
            .collect(),
        events: events[..10].to_vec(),
    };
    measure::<_, read::Order>("an order", &order);
    let bytes = serde_bytes_like(&[7; 65536]);
    measure::<_, Bytes>("64 KiB of bytes", &bytes);
}

/// Bytes that serde takes as such.
#[derive(Clone)]
struct Bytes(Vec<u8>);

fn serde_bytes_like(bytes: &[u8]) -> Bytes {
    Bytes(bytes.to_vec())
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(|bytes| Self(bytes.to_vec()))
    }
}
