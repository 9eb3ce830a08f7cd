//! What it costs that a value arrives as it was sent. Run it with `cargo bench -p daffi-core --bench values`, alone on the machine.
//!
//! The same values are encoded in three ways, again and again in turn: by plain bincode, by daffi's own encoder where it looks at
//! nothing, and by it where each value is held to what its type reads, as every argument and result of a program is. What is shown is the
//! best time of each, and what holding costs beside the other two: the median of what was found turn by turn.
//!
//! `cargo bench -p daffi-core --bench values -- WAY VALUE TIMES` does one of them so often and nothing else (`library`, `unheld` or
//! `held`, and a name as it is shown), for a tool that counts instructions.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is a program"
)]

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::hint::black_box;
use std::time::Instant;

use daffi_core::proto::{encode_held_into, encode_into};
use daffi_core::signature::{Form, findings};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// So often each is measured.
const ROUNDS: usize = 200;

/// So many bytes are about encoded in a round.
const BYTES: usize = 400_000;

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Decision {
    Approve,
    Reject,
    Defer,
}

#[derive(Clone, Serialize, Deserialize)]
struct Small {
    id: u64,
    count: u32,
    fresh: bool,
    name: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Point {
    x: f64,
    y: f64,
    z: f64,
}

#[derive(Clone, Serialize, Deserialize)]
enum Event {
    Began,
    Read(u32),
    Said { who: u8, words: String },
    Moved(u8, u8),
}

#[derive(Clone, Serialize, Deserialize)]
struct Order {
    id: u64,
    items: Vec<Small>,
    at: Option<Point>,
    tags: HashMap<String, u32>,
    last: Event,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Library,
    Unheld,
    Held,
}

const WAYS: [Way; 3] = [Way::Library, Way::Unheld, Way::Held];

impl Way {
    fn of(name: &str) -> Self {
        match name {
            "library" => Self::Library,
            "unheld" => Self::Unheld,
            "held" => Self::Held,
            _ => panic!("`{name}` is none of library, unheld, held"),
        }
    }

    fn encode<T: Serialize>(self, value: &T, form: &Form, out: &mut Vec<u8>) {
        match self {
            Self::Library => {
                bincode::serde::encode_into_std_write(value, out, bincode::config::standard()).unwrap();
            }
            Self::Unheld => encode_into(value, out).unwrap(),
            Self::Held => encode_held_into(value, form, out).unwrap(),
        }
    }

    /// Does it so often.
    #[inline(never)]
    fn repeat<T: Serialize>(self, value: &T, form: &Form, times: usize, out: &mut Vec<u8>) {
        // What is decided is not part of it.
        macro_rules! repeat {
            ($way:ident) => {
                for _ in 0..times {
                    out.clear();
                    Self::$way.encode(black_box(value), black_box(form), out);
                    black_box(&out);
                }
            };
        }
        match self {
            Self::Library => repeat!(Library),
            Self::Unheld => repeat!(Unheld),
            Self::Held => repeat!(Held),
        }
    }
}

/// What is asked for: all of it, or one way with one value, so often.
type Asked = Option<(Way, String, usize)>;

fn values<T: Serialize + DeserializeOwned>(asked: &Asked, name: &str, value: &T) {
    let form = findings::<T>().form;
    let mut out = Vec::new();
    encode_held_into(value, &form, &mut out).unwrap();
    let size = out.len();
    if let Some((way, asked, times)) = asked {
        if asked == name {
            way.repeat(value, &form, *times, &mut out);
        }
        return;
    }
    let times = (BYTES / (size + 20)).max(5);
    let mut best = [f64::MAX; 3];
    let mut ratios = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        let took = WAYS.map(|way| {
            let began = Instant::now();
            way.repeat(value, &form, times, &mut out);
            began.elapsed().as_secs_f64()
        });
        for (best, took) in best.iter_mut().zip(took) {
            *best = best.min(took);
        }
        ratios[0].push(took[2] / took[0]);
        ratios[1].push(took[2] / took[1]);
    }
    #[expect(clippy::cast_precision_loss, reason = "it is small")]
    let [library, unheld, held] = best.map(|took| took * 1e9 / times as f64);
    let [to_library, to_unheld] = ratios.map(|mut ratios| {
        ratios.sort_by(f64::total_cmp);
        ratios[ROUNDS / 2]
    });
    println!(
        "{name:<22} {size:>6} {library:>10.1} {unheld:>10.1} {held:>10.1} {to_library:>9.2} {to_unheld:>9.2}"
    );
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let asked: Asked = match &arguments[..] {
        [] => None,
        [way, name, times] => Some((Way::of(way), name.clone(), times.parse().unwrap())),
        _ => panic!("say nothing, or a way, a value and how often"),
    };
    if asked.is_none() {
        println!(
            "{:<22} {:>6} {:>10} {:>10} {:>10} {:>9} {:>9}",
            "value", "bytes", "bincode", "unheld", "held", "/bincode", "/unheld"
        );
        println!("{:>29} {:>10} {:>10} {:>10}", "", "ns", "ns", "ns");
    }
    let small = Small {
        id: 5,
        count: 70_000,
        fresh: true,
        name: "calculator".to_owned(),
    };
    let point = Point {
        x: 1.0,
        y: 2.0,
        z: 3.0,
    };
    let decision = |number: u32| match number % 3 {
        0 => Decision::Approve,
        1 => Decision::Reject,
        _ => Decision::Defer,
    };
    let event = |number: u32| match number % 4 {
        0 => Event::Began,
        1 => Event::Read(number),
        2 => Event::Said {
            who: 1,
            words: "hello".to_owned(),
        },
        _ => Event::Moved(1, 2),
    };
    let some = |number: u32| number.is_multiple_of(2).then_some(number);
    values(&asked, "(i64, i64)", &(1_i64, 2_i64));
    values(&asked, "(enum,)", &(Decision::Reject,));
    values(&asked, "(option,)", &(Some(5_u32),));
    values(&asked, "struct", &small);
    values(&asked, "point", &point);
    values(
        &asked,
        "order",
        &Order {
            id: 1,
            items: vec![small.clone(); 5],
            at: Some(point),
            tags: [("a".to_owned(), 1), ("b".to_owned(), 2)].into(),
            last: Event::Read(3),
        },
    );
    values(
        &asked,
        "1000 tiny enums",
        &(0..1000).map(decision).collect::<Vec<_>>(),
    );
    values(&asked, "1000 enums", &(0..1000).map(event).collect::<Vec<_>>());
    values(&asked, "1000 options", &(0..1000).map(some).collect::<Vec<_>>());
    values(
        &asked,
        "map of 1000 options",
        &(0..1000)
            .map(|number| (number, some(number)))
            .collect::<BTreeMap<_, _>>(),
    );
    values(&asked, "1000 structs", &vec![small; 1000]);
    values(&asked, "1000 points", &vec![point; 1000]);
    values(&asked, "1000 (u8, u8)", &vec![(1_u8, 2_u8); 1000]);
    values(
        &asked,
        "1000 u64",
        &(0..1000_u64).map(|number| number * 1_000_003).collect::<Vec<_>>(),
    );
    values(&asked, "1000 strings", &vec!["hello world".to_owned(); 1000]);
    values(&asked, "4096 u8", &vec![7_u8; 4096]);
    values(&asked, "1000 letters", &"x".repeat(1000));
}
