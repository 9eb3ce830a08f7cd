//! Whatever the bytes and the structure are, reading ends, with a value or an error.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::dynamic::Value;
use super::*;
use crate::proto::decode_guarded;
use crate::signature::{Readable, Type, reading};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Chain(Option<Box<Chain>>);

#[track_caller]
fn refused(ty: &Type, bytes: &[u8], expected: &str) {
    let layout = Layout::new(ty);
    let misfit = decode::<Value>(&layout, bytes).expect_err("it is too much");
    assert_eq!(misfit.words(), expected);
    let misfit = decode::<IgnoredAny>(&layout, bytes).expect_err("it is too much");
    assert_eq!(misfit.words(), expected);
}

#[test]
fn nesting_is_bounded() {
    refused(
        &trace::<Chain>(),
        &[1; 1_000_000],
        "nested deeper than 128 levels",
    );
    // A newtype is a level as well.
    let mut bytes = vec![1; 63];
    bytes.push(0);
    let layout = Layout::new(&trace::<Chain>());
    assert!(decode::<Chain>(&layout, &bytes).is_ok() && decode_guarded::<Chain>(&bytes).is_ok());
    bytes.insert(0, 1);
    assert!(decode::<Chain>(&layout, &bytes).is_err() && decode_guarded::<Chain>(&bytes).is_err());
}

#[test]
fn elements_without_bytes_are_bounded() {
    let units = Type::Seq(Box::new(Type::Unit));
    let long = [253, 0, 0, 0, 0, 1, 0, 0, 0];
    let words = "4294967296 elements are announced, more than so few bytes may hold";
    refused(&units, &long, words);
    refused(&Type::Str, &long, "the bytes end in the middle of the value");
    let nested = Type::Seq(Box::new(units));
    // Each of the thousand has a thousand.
    let bytes: Vec<u8> = [251, 232, 3].repeat(1001);
    refused(&nested, &bytes, "more elements than so few bytes may hold");
}

#[test]
fn places_without_bytes_are_bounded() {
    let wide = Type::Seq(Box::new(Type::Tuple(vec![Type::Unit; 1000])));
    refused(
        &wide,
        &[251, 232, 3],
        "the structure has more places without bytes than so few bytes may hold",
    );
}

/// Such structures have no values, and come only from a peer that lies.
#[test]
fn a_structure_that_contains_nothing_but_itself_ends() {
    let selfish = Type::Tuple(vec![Type::Recursive(0), Type::Recursive(0)]);
    refused(&selfish, &[], "nested deeper than 128 levels");
    let outside = Type::Seq(Box::new(Type::Recursive(7)));
    refused(&outside, &[1], "the structure does not say what is here");
}

#[test]
fn what_is_left_over_is_told() {
    let layout = Layout::new(&Type::U8);
    let misfit = decode::<u8>(&layout, &[1, 2, 3]).expect_err("there is more");
    assert_eq!(misfit.to_string(), "2 bytes are left over after the value");
    assert_eq!(decode_next::<u8>(&layout, &[1, 2, 3]).unwrap(), (1, 1));
}

/// Nor are there more of them where bytes stand beside.
#[test]
fn bytes_are_no_room_for_elements_without_any() {
    let ty = Type::Tuple(vec![Type::Bytes, Type::Seq(Box::new(Type::Unit))]);
    let bytes = encode(&(vec![7_u8; 10_000], 2000_usize)).unwrap();
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Defaults {
        #[serde(default)]
        many: [u64; 8],
    }
    let words = "2000 elements are announced, more than so few bytes may hold";
    let misfit = decode::<(Vec<u8>, Vec<Defaults>)>(&Layout::new(&ty), &bytes).unwrap_err();
    assert_eq!(misfit.words(), words);
    refused(&ty, &bytes, words);
}

/// Where a value becomes an option, no byte is read.
#[test]
fn an_option_that_contains_nothing_but_itself_is_no_way_without_end() {
    for ty in [Type::U8, Type::Unit, Type::Opaque, Type::Seq(Box::new(Type::U8))] {
        let misfit = decode::<Chain>(&Layout::new(&ty), &[7]).expect_err("it has no end");
        assert_eq!(misfit.words(), "nested deeper than 128 levels");
    }
    assert!(!compatible(&reading::<u8>(), &reading::<Chain>()).is_compatible());
    assert!(!compatible(&reading::<Chain>(), &reading::<u8>()).is_compatible());
    assert_eq!(
        compatible(&reading::<Chain>(), &reading::<Chain>()),
        Verdict::Same
    );
}

/// Structs inside of each other, the innermost of which contains the outermost, with those fields.
fn ring(length: u32, names: &[&str]) -> Type {
    let field = |ty: &Type| {
        names
            .iter()
            .map(|name| ((*name).to_owned(), ty.clone()))
            .collect()
    };
    let mut ty = Type::Recursive(length - 1);
    for number in 0..length {
        let mut fields: Vec<_> = field(&Type::U8);
        fields[0].1 = ty;
        if number > 0 {
            fields.truncate(1);
        }
        ty = Type::Struct {
            name: String::new(),
            fields,
        };
    }
    ty
}

/// Pairs of places may be inside of each other for much longer than types.
#[test]
fn comparing_takes_no_more_stack_than_there_is() {
    let compared = || {
        let written = Readable {
            ty: ring(127, &["a", "x"]),
            allows: Vec::new(),
        };
        let read = Readable {
            ty: ring(128, &["a"]),
            allows: Vec::new(),
        };
        let verdict = compatible(&written, &read);
        assert_eq!(verdict, Verdict::Compatible);
        let Verdict::Incompatible(misfit) = compatible(&read, &written) else {
            panic!("a field is missing");
        };
        assert!(
            misfit.path().len() < 2000 && misfit.path().contains('…'),
            "{misfit}"
        );
        assert_eq!(
            misfit.words(),
            "the reader needs this field, and it is not written; give it `#[serde(default)]`, or make it an `Option`"
        );
    };
    let small = std::thread::Builder::new().stack_size(1 << 20);
    small.spawn(compared).unwrap().join().expect("it ends");
}

/// However long they go on, it is not looked at more than some times as much as a structure may have.
#[test]
fn comparing_takes_no_more_looks_than_structures_are_large() {
    let readable = |ty| Readable {
        ty,
        allows: Vec::new(),
    };
    let verdict = |names: usize| {
        let several: Vec<_> = (0..names).rev().map(|name| format!("n{name}")).collect();
        let several = several.join("\u{1f}");
        compatible(&readable(ring(127, &[&several])), &readable(ring(128, &["n0"])))
    };
    assert!(verdict(1).is_compatible());
    let Verdict::Incompatible(misfit) = verdict(16) else {
        panic!("it takes very long")
    };
    assert_eq!(misfit.words(), "the structures are too large to be compared");
}

/// They may come once for each element.
#[test]
fn names_are_bounded() {
    let named = |name: String| Type::Struct {
        name: String::new(),
        fields: vec![(name, Type::U8)],
    };
    let received = |ty: Type| decode_guarded::<Type>(&encode(&ty).unwrap());
    assert!(received(named("x".repeat(255))).is_ok());
    assert!(received(named("x".repeat(256))).is_err());
    assert!(received(named(vec!["x"; 16].join("\u{1f}"))).is_ok());
    assert!(received(named(vec!["x"; 17].join("\u{1f}"))).is_err());
    let variant = |name: String| Type::Enum {
        name: String::new(),
        variants: vec![crate::signature::Variant {
            index: 0,
            name,
            content: Type::Unit,
        }],
        open: false,
    };
    assert!(received(variant("x".repeat(256))).is_err());
    let mut bytes = vec![252];
    bytes.extend(100_000_u32.to_le_bytes());
    bytes.extend([0; 100_000]);
    for ty in [named("x".repeat(255)), variant("x".repeat(255))] {
        let layout = Layout::new(&Type::Seq(Box::new(ty)));
        let misfit = decode::<Value>(&layout, &bytes).unwrap_err();
        assert_eq!(misfit.words(), "there are more names than so few bytes may hold");
        assert!(serde_json::to_string(&Printed::new(&layout, &bytes)).is_err());
        assert!(decode::<Vec<String>>(&layout, &bytes).is_err());
        assert!(decode::<Vec<std::collections::HashMap<String, u8>>>(&layout, &bytes).is_err());
        assert!(decode::<IgnoredAny>(&layout, &bytes).is_ok());
    }
}

#[test]
fn paths_are_bounded() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Node {
        #[serde(alias = "\u{1b}[31m")]
        next: Option<Box<Node>>,
    }
    let name = ["\u{1b}[31m", &*"x".repeat(255), "next"].join("\u{1f}");
    let ty = Type::Struct {
        name: String::new(),
        fields: vec![(name, Type::Option(Box::new(Type::Recursive(1))))],
    };
    let misfit = decode::<Node>(&Layout::new(&ty), &[1; 100]).expect_err("it ends early");
    let path = misfit.path();
    assert!(path.len() < 2000, "{path}");
    assert!(path.contains(".….") && !path.contains('\u{1b}'), "{path}");
    let long = misfit.at(&"y".repeat(100_000)).to_string();
    assert!(long.len() < 3000, "{}", long.len());
}

/// A level is what it is without a structure.
#[test]
fn values_nest_as_deep_as_without_a_structure() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Tree {
        Neg(Box<Tree>),
        List(Vec<Tree>),
        Num(u8),
        Named { inside: Box<Tree> },
        Wrapped(Around),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Around(Box<Tree>);
    let makers: [fn(Tree) -> Tree; 4] = [
        |tree| Tree::Neg(Box::new(tree)),
        |tree| Tree::List(vec![tree]),
        |tree| Tree::Named {
            inside: Box::new(tree),
        },
        |tree| Tree::Wrapped(Around(Box::new(tree))),
    ];
    let layout = Layout::new(&trace::<Tree>());
    for make in makers {
        let mut tree = Tree::Num(1);
        let mut deepest = 0;
        for depth in 0..140 {
            let bytes = crate::proto::by_the_library(&tree);
            let plain = decode_guarded::<Tree>(&bytes);
            assert_eq!(
                decode::<Tree>(&layout, &bytes).ok(),
                plain.as_ref().ok().map(|_| tree_of(&bytes))
            );
            if plain.is_ok() {
                deepest = depth;
            }
            tree = make(tree);
        }
        assert!((60..139).contains(&deepest), "{deepest}");
    }
    fn tree_of(bytes: &[u8]) -> Tree {
        crate::proto::decode::<Tree>(bytes).expect("it was read before")
    }
}

/// There may be very many in a frame, and each may have places without bytes.
#[test]
fn an_item_of_a_stream_has_few_places_without_bytes() {
    let units = |count| Type::Tuple(vec![Type::Unit; count]);
    let read = |count, bytes: &[u8]| {
        decode_next::<IgnoredAny>(&Layout::new(&units(count)), bytes).map(|(_, used)| used)
    };
    assert_eq!(read(60, &[]).unwrap(), 0);
    assert_eq!(read(60, &[7; 1000]).unwrap(), 0);
    for rest in [0, 10, 1000] {
        let misfit = read(1000, &vec![7; rest]).unwrap_err();
        assert!(misfit.words().contains("than so few bytes may hold"), "{misfit}");
    }
    // With bytes of its own it may have more.
    let wide = Type::Tuple(vec![units(1000), Type::Bytes]);
    let bytes = encode(&vec![7_u8; 200]).unwrap();
    let (_, used) = decode_next::<IgnoredAny>(&Layout::new(&wide), &bytes).unwrap();
    assert_eq!(used, bytes.len());
    // A value by itself is not one of many.
    decode::<IgnoredAny>(&Layout::new(&units(1000)), &[]).unwrap();
}

/// Nor has it many names that are looked up among those that its reader knows.
#[test]
fn an_item_of_a_stream_has_few_names_to_look_up() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Few {
        #[serde(default)]
        f7: u8,
    }
    let names = |number: usize, count| {
        let names: Vec<_> = (0..count)
            .map(|name| format!("f{}", number * 16 + name))
            .collect();
        names.join("\u{1f}")
    };
    let fields = |count, names_of_each, ty: &Type| {
        let fields = (1..=count).map(|number| (names(number, names_of_each), ty.clone()));
        Layout::new(&Type::Struct {
            name: String::new(),
            fields: fields.collect(),
        })
    };
    let read = |layout: &Layout, bytes: &[u8]| {
        decode_next::<Few>(layout, bytes).map(|(Few { f7 }, used)| (f7, used))
    };
    assert_eq!(read(&fields(60, 1, &Type::Unit), &[7; 100]), Ok((0, 0)));
    assert_eq!(read(&fields(4, 16, &Type::Unit), &[7; 100]), Ok((0, 0)));
    for rest in [0, 10, 1000] {
        let misfit = read(&fields(60, 16, &Type::Unit), &vec![7; rest]).unwrap_err();
        assert!(misfit.words().contains("than so few bytes may hold"), "{misfit}");
    }
    // As many as there may be where each takes a byte, or which are of a value that is not one of many.
    assert_eq!(read(&fields(60, 16, &Type::U8), &[7; 100]), Ok((0, 60)));
    assert_eq!(
        decode::<Few>(&fields(600, 16, &Type::Unit), &[]),
        Ok(Few { f7: 0 })
    );
}

/// A variant goes by the name that its reader knows, however many others there are, which are not looked at.
#[test]
fn a_variant_goes_by_the_name_that_its_reader_knows() {
    #[derive(Debug, PartialEq, Deserialize)]
    enum Few {
        #[serde(alias = "v7_15", alias = "v3999_1")]
        Seven,
        #[serde(other)]
        Other,
    }
    let names = |number| {
        (0..16)
            .map(|name| format!("v{number}_{name}"))
            .collect::<Vec<_>>()
    };
    let variant = |number| crate::signature::Variant {
        index: number,
        name: names(number).join("\u{1f}"),
        content: Type::Unit,
    };
    let layout = Layout::new(&Type::Enum {
        name: "Many".to_owned(),
        variants: (0..4000).map(variant).collect(),
        open: false,
    });
    let items = [7, 8].repeat(5_000);
    let mut rest = &items[..];
    while !rest.is_empty() {
        let (item, used) = decode_next::<Few>(&layout, rest).unwrap();
        assert_eq!(item, if rest[0] == 7 { Few::Seven } else { Few::Other });
        rest = &rest[used..];
    }
    let last = encode(&3999_u32).unwrap();
    assert_eq!(decode::<Few>(&layout, &last), Ok(Few::Seven));
}

/// It is looked up once for all items of a stream, and may be another one for another reader.
#[test]
fn which_name_of_a_variant_is_meant_is_kept_with_the_structure() {
    use super::super::layout::{Choice, Place};

    static OWN: &[&str] = &["other", "b"];
    static OTHERS: &[&str] = &["c", "a"];
    /// Whoever knows these names.
    struct By(&'static [&'static str]);
    impl<'de> serde::de::DeserializeSeed<'de> for By {
        type Value = String;
        fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
            deserializer.deserialize_enum("Letter", self.0, self)
        }
    }
    impl<'de> serde::de::Visitor<'de> for By {
        type Value = String;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a variant")
        }
        fn visit_enum<A: serde::de::EnumAccess<'de>>(self, access: A) -> Result<String, A::Error> {
            let (name, content) = access.variant::<String>()?;
            serde::de::VariantAccess::unit_variant(content)?;
            Ok(name)
        }
    }
    let layout = Layout::new(&Type::Enum {
        name: "Letter".to_owned(),
        variants: vec![crate::signature::Variant {
            index: 0,
            name: ["a", "b", "c"].join("\u{1f}"),
            content: Type::Unit,
        }],
        open: false,
    });
    let read = |known| {
        let mut input = super::super::input::Input::of_item(&[0]);
        let reader = super::super::reader::Reader::new(&mut input, &layout);
        reader.read(By(known)).unwrap()
    };
    let Place::Enum(choices) = layout.place(layout.root()) else {
        panic!("it is an enum")
    };
    let Choice { meant, .. } = choices.choice(0).unwrap();
    assert_eq!(meant.of(OWN), None);
    for _ in 0..2 {
        assert_eq!(read(OWN), "b");
        assert_eq!(
            (meant.of(OWN), meant.of(&OWN[..1]), meant.of(OTHERS)),
            (Some(1), None, None)
        );
        assert_eq!(read(OTHERS), "a");
    }
}
