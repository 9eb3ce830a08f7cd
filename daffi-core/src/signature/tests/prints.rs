//! Prints tell apart what is written in different ways.

use super::super::form::{Event, Print};

const LEAVES: [Event; 17] = [
    Event::Unit,
    Event::Bool,
    Event::I8,
    Event::I16,
    Event::I32,
    Event::I64,
    Event::I128,
    Event::U8,
    Event::U16,
    Event::U32,
    Event::U64,
    Event::U128,
    Event::F32,
    Event::F64,
    Event::Char,
    Event::Bytes,
    Event::Option,
];

fn leaf(event: Event) -> Print {
    Print::of(event, 0)
}

fn tuple(parts: &[Print]) -> Print {
    let around = Print::of(Event::Tuple, parts.len());
    parts.iter().fold(around, |around, part| around.part(*part)).end()
}

#[track_caller]
fn all_differ(prints: impl IntoIterator<Item = Print>) {
    let mut seen = Vec::new();
    for (number, print) in prints.into_iter().enumerate() {
        assert!(!seen.contains(&print), "print {number}");
        seen.push(print);
    }
}

#[test]
fn p13_kinds_and_lengths_have_prints_of_their_own() {
    let compounds = [Event::Seq, Event::Map, Event::Tuple, Event::Struct, Event::Enum];
    let variants = [
        Event::UnitVariant,
        Event::NewtypeVariant,
        Event::TupleVariant,
        Event::StructVariant,
    ];
    let lengths = (0..100).chain([1 << 24, (1 << 24) + 2, 1 << 32]);
    let all = compounds.into_iter().chain(variants);
    let of_lengths = all.flat_map(|event| lengths.clone().map(move |length| Print::of(event, length)));
    all_differ(LEAVES.into_iter().map(leaf).chain(of_lengths));
}

#[test]
fn p13_the_order_and_the_depth_of_parts_show() {
    let [a, b, c] = [Event::U8, Event::U16, Event::U32].map(leaf);
    all_differ([
        tuple(&[]),
        tuple(&[a]),
        tuple(&[tuple(&[a])]),
        tuple(&[a, b]),
        tuple(&[b, a]),
        tuple(&[a, a]),
        tuple(&[a, b, c]),
        tuple(&[tuple(&[a, b]), c]),
        tuple(&[a, tuple(&[b, c])]),
        tuple(&[tuple(&[a, b, c])]),
        tuple(&[a, tuple(&[]), b, c]),
    ]);
    // However far apart two parts are that change places.
    let long = |place: usize| {
        let mut parts = [a; 200];
        parts[place] = b;
        tuple(&parts)
    };
    all_differ((0..200).map(long));
}

#[test]
fn p13_every_letter_of_a_name_counts() {
    let named = |name: &str| Print::of(Event::Struct, 1).name(name).part(leaf(Event::U8)).end();
    let names = (0..60).flat_map(|length| {
        let plain = "n".repeat(length);
        let others = (0..length).map(move |place| {
            let mut name = "n".repeat(length);
            name.replace_range(place..=place, "m");
            name
        });
        std::iter::once(plain).chain(others)
    });
    all_differ(names.map(|name| named(&name)));
}
