//! What is said of a value that does not fit, and where.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::*;

#[derive(Serialize, Deserialize)]
struct Order {
    id: u64,
    lines: Vec<Line>,
    notes: BTreeMap<String, Note>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    item: String,
    price: u32,
}

#[derive(Serialize, Deserialize)]
enum Note {
    Said { words: String },
    Count(u8),
    Nothing,
}

fn order(note: Note) -> Order {
    let line = |item: &str| Line {
        item: item.to_owned(),
        price: 7,
    };
    Order {
        id: 1,
        lines: vec![line("lamp"), line("bulb")],
        notes: BTreeMap::from([("late".to_owned(), note)]),
    }
}

#[track_caller]
fn check<R: DeserializeOwned>(note: Note, expected: &str) {
    let misfit = read::<_, R>(&order(note)).err().expect("it does not fit");
    assert_eq!(misfit.at("order").to_string(), expected);
}

#[test]
fn the_path_leads_to_the_place() {
    #[derive(Deserialize)]
    struct TextPrice {
        #[serde(rename = "lines")]
        _lines: Vec<TextLine>,
    }
    #[derive(Deserialize)]
    struct TextLine {
        #[serde(rename = "price")]
        _price: String,
    }
    check::<TextPrice>(
        Note::Nothing,
        "`order.lines[0].price`: a string is expected, and u32 came",
    );

    #[derive(Deserialize)]
    struct Notes {
        #[serde(rename = "notes")]
        _notes: HashMap<String, Known>,
    }
    #[derive(Deserialize)]
    enum Known {
        Nothing,
        Said {
            #[serde(rename = "words")]
            _words: u8,
        },
    }
    check::<Notes>(
        Note::Said {
            words: "soon".to_owned(),
        },
        "`order.notes[\"late\"].Said.words`: u8 is expected, and a string came",
    );
    check::<Notes>(
        Note::Count(3),
        "`order.notes[\"late\"].Count`: there is no variant `Count`; there is `Nothing`, `Said`",
    );
    assert!(read::<_, Notes>(&order(Note::Nothing)).is_ok());
}

#[test]
fn what_is_missing_is_named() {
    #[derive(Deserialize)]
    struct More {
        #[serde(rename = "lines")]
        _lines: Vec<Taxed>,
    }
    #[derive(Deserialize)]
    struct Taxed {
        #[serde(rename = "tax")]
        _tax: u32,
    }
    check::<More>(
        Note::Nothing,
        "`order.lines[0]`: field `tax` is missing, and has no default",
    );
}

#[test]
fn words_are_bounded_whatever_the_value_is() {
    let long = "ö".repeat(100_000);
    let misfit = read::<_, u8>(&long).expect_err("it is no number");
    assert!(misfit.words().len() < 600, "{}", misfit.words().len());
    assert_eq!(misfit.path(), "");
}
