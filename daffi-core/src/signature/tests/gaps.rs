//! What stands behind a value that cannot be made up, and how what is not known is named.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::super::{Cause, Contract, ErrorFindings, SIZE_LIMIT, Type, findings};
use super::check;

/// Any text that is not likely.
#[derive(PartialEq, Eq, Hash)]
struct Secret;

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "open sesame" => Ok(Self),
            _ => Err(D::Error::custom("refused")),
        }
    }
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Verdict {
    Guilty,
    Other(Option<u16>),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Login {
    secret: Secret,
    #[serde(default)]
    verdict: Verdict2,
    secrets: Vec<Secret>,
    folder: Option<Box<Login>>,
}

#[derive(Deserialize)]
struct Verdict2(#[expect(dead_code, reason = "only traced")] Verdict);

impl Default for Verdict2 {
    fn default() -> Self {
        Self(Verdict::Guilty)
    }
}

#[test]
fn fields_with_names_are_found_behind_a_value_that_cannot_be_made_up() {
    let login = "Login { secret: String, verdict: Verdict2(Verdict { Guilty, Other(Option<u16>) }), \
                 secrets: Vec<String>, folder: Option<Login> }";
    check::<Login>(login);
    check::<Option<Login>>(&format!("Option<{login}>"));

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Around {
        first: Login,
        second: Secret,
        last: Result<Verdict, (u8, Secret)>,
    }
    check::<Vec<Around>>(&format!(
        "Vec<Around {{ first: {login}, second: String, \
         last: Result<Verdict, (u8, String)> }}>"
    ));
}

#[test]
fn fields_behind_it_are_counted_where_they_have_aliases() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Loose {
        #[serde(alias = "key")]
        secret: Secret,
        #[serde(alias = "tries", alias = "count")]
        attempts: u8,
        last: i64,
    }
    check::<Loose>("Loose { secret|key: String, attempts|count|tries: u8, last: i64 }");

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    #[serde(deny_unknown_fields)]
    struct Strict {
        #[serde(alias = "key")]
        secret: Secret,
        #[serde(alias = "tries")]
        attempts: u8,
    }
    check::<Strict>("Strict { secret|key: String, attempts|tries: u8 }");

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    #[serde(deny_unknown_fields)]
    struct Last {
        attempts: u8,
        #[serde(alias = "key")]
        secret: Secret,
    }
    check::<Last>("Last { attempts: u8, secret|key: String }");
}

/// One that knows the order of its fields only, and one that is never told a number.
#[test]
fn structs_that_cannot_be_told_numbers_are_left_alone() {
    struct InOrder;

    impl<'de> Deserialize<'de> for InOrder {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Fields;

            impl<'de> Visitor<'de> for Fields {
                type Value = InOrder;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("fields")
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<InOrder, A::Error> {
                    fields.next_element::<Secret>()?;
                    fields.next_element::<u8>()?;
                    Ok(InOrder)
                }
            }

            deserializer.deserialize_struct("InOrder", &["a", "b"], Fields)
        }
    }

    struct ByName;

    impl<'de> Deserialize<'de> for ByName {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Fields;

            impl<'de> Visitor<'de> for Fields {
                type Value = ByName;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("fields")
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<ByName, A::Error> {
                    fields.next_element::<Secret>()?;
                    fields.next_element::<u8>()?;
                    Ok(ByName)
                }

                fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ByName, A::Error> {
                    while fields.next_key::<String>()?.is_some() {
                        fields.next_value::<u8>()?;
                    }
                    Ok(ByName)
                }
            }

            deserializer.deserialize_struct("ByName", &["a", "b"], Fields)
        }
    }

    check::<InOrder>("InOrder { a: String, b: Hidden { ?: ? } }");
    check::<ByName>("ByName { a: String, b: Hidden { ?: ? } }");
    check_gaps::<InOrder>(&[("field `a`", Cause::Hides)]);
    check_gaps::<ByName>(&[("field `a`", Cause::Hides)]);
}

#[test]
fn the_values_of_a_map_are_found_though_no_key_can_be_made_up() {
    let verdict = "Verdict { Guilty, Other(Option<u16>) }";
    check::<HashMap<Secret, Verdict>>(&format!("Map<String, {verdict}>"));
    check::<Vec<(u8, HashMap<(u8, Secret), HashMap<Secret, Verdict>>)>>(&format!(
        "Vec<(u8, Map<(u8, String), Map<String, {verdict}>>)>"
    ));
    check_gaps::<HashMap<Secret, Verdict>>(&[]);
}

/// One whose visitor asks for keys and values by themselves.
#[test]
fn what_no_way_leads_to_agrees_with_nothing_else() {
    struct Slowly;

    impl<'de> Deserialize<'de> for Slowly {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Entries;

            impl<'de> Visitor<'de> for Entries {
                type Value = Slowly;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("entries")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Slowly, A::Error> {
                    while entries.next_key::<Secret>()?.is_some() {
                        entries.next_value::<u8>()?;
                    }
                    Ok(Slowly)
                }
            }

            deserializer.deserialize_map(Entries)
        }
    }

    check::<Slowly>("Map<String, Hidden { ?: ? }>");
    check_gaps::<Slowly>(&[("key", Cause::Hides)]);
    check::<(u8, Secret, u8, Vec<u8>)>("(u8, String, Hidden { ?: ? }, Hidden)");
    let pair = findings::<(Secret, u8)>().ty;
    for (other, matches) in [
        (findings::<(Secret, String)>().ty, true),
        (findings::<(String, u8)>().ty, false),
        (Type::Opaque, true),
    ] {
        assert_eq!(pair.matches(&other), matches, "{other}");
        assert_eq!(other.matches(&pair), matches, "{other}");
    }
}

#[track_caller]
fn check_gaps<T: Deserialize<'static>>(expected: &[(&str, Cause)]) {
    let gaps = findings::<T>().gaps;
    let seen: Vec<_> = gaps.iter().map(|gap| (&*gap.place, gap.cause)).collect();
    assert_eq!(seen, expected, "{gaps:?}");
}

/// The one to blame is named, not the one that nothing is known of.
#[test]
fn what_stands_in_the_way_is_named() {
    let hides = |place| [(place, Cause::Hides)];
    check_gaps::<(u8, Option<(Login, u8)>)>(&hides("element 1, value, element 0, field `secret`"));
    check_gaps::<Result<u8, (Secret, u8)>>(&hides("variant `Err`, element 0, element 0"));
    let gaps = findings::<(Secret, u8)>().gaps;
    assert_eq!(gaps[0].ty, std::any::type_name::<Secret>());
    // Nothing follows.
    check_gaps::<(u8, Secret)>(&[]);
    check_gaps::<Login>(&[]);
    check_gaps::<(Option<Secret>, Vec<Secret>, u8)>(&[]);
    check_gaps::<(String, u8)>(&[]);

    let arguments = [("login", findings::<(Login, u8)>())];
    let contract = Contract::new(arguments, findings::<(Secret, u8)>(), ErrorFindings::None);
    let places: Vec<_> = contract.notes.gaps.iter().map(|gap| &*gap.place).collect();
    assert_eq!(
        places,
        ["result, element 0", "argument `login`, element 0, field `secret`"]
    );
}

macro_rules! nested {
    ($($outer:ident of $inner:ident;)*) => {$(
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "only traced")]
        struct $outer {
            a: $inner,
            b: Option<Box<$inner>>,
            c: Vec<$inner>,
        }
    )*};
}

nested! {
    One of Verdict;
    Two of One;
    Three of Two;
    Four of Three;
    Five of Four;
    Six of Five;
    Seven of Six;
    Eight of Seven;
    Nine of Eight;
    Ten of Nine;
}

#[test]
fn a_type_too_large_to_be_told_is_looked_into_all_the_same() {
    let found = findings::<Ten>();
    assert!(found.ty.size() <= SIZE_LIMIT);
    assert!(found.ty.is_opaque_somewhere());
    let [gap] = &found.gaps[..] else {
        panic!("{:?}", found.gaps)
    };
    assert_eq!(gap.cause, Cause::Untold);
    assert!(gap.place.starts_with("field `a`, field `a`"), "{gap:?}");
    assert!(
        !format!("{:?}", found.form).contains("Unknown"),
        "{:?}",
        found.form
    );
    let Type::Struct { fields, .. } = &found.ty else {
        panic!("{}", found.ty)
    };
    let (Type::Option(b), Type::Seq(c)) = (&fields[1].1, &fields[2].1) else {
        panic!("{}", found.ty)
    };
    assert!(b.matches(c) && fields[0].1.matches(b));
}

/// Where types are looked into together, one that stands inside of itself in one place need not do so in another.
#[test]
fn types_inside_of_each_other_are_told_apart_by_where_they_stand() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Folder {
        files: Vec<File>,
        deep: In<In<In<In<Ten>>>>,
    }

    #[derive(Deserialize)]
    struct In<T>(T);

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct File {
        folder: Option<Box<Folder>>,
        size: u64,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Both {
        folder: Folder,
        file: File,
    }

    let found = findings::<Both>();
    let Type::Struct { fields, .. } = &found.ty else {
        panic!("{}", found.ty)
    };
    let told: Vec<_> = fields.iter().map(|(_, ty)| ty.to_string()).collect();
    let starts = [
        "Folder { files: Vec<File { folder: Option<Folder>, size: u64 }>, deep: In(In(In(In(Ten {",
        "File { folder: Option<Folder { files: Vec<File>, deep: In(In(In(In(Ten {",
    ];
    for (told, start) in told.iter().zip(starts) {
        assert!(told.starts_with(start), "{told}");
    }
    assert!(!format!("{:?}", found.form).contains("Unknown"));
}

#[test]
fn what_is_too_large_to_be_looked_into_is_named() {
    struct Long;

    impl<'de> Deserialize<'de> for Long {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Elements;

            impl<'de> Visitor<'de> for Elements {
                type Value = Long;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("elements")
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Long, A::Error> {
                    while elements.next_element::<u8>()?.is_some() {}
                    Ok(Long)
                }
            }

            deserializer.deserialize_tuple(2000, Elements)
        }
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Page {
        bytes: Long,
        number: u8,
    }

    check_gaps::<Page>(&[("field `bytes`", Cause::Large)]);
    check::<Page>("Page { bytes: ?, number: u8 }");
}

/// Whoever starts is warned that values of it do not arrive.
#[test]
fn a_type_that_says_itself_what_it_is_is_told_of() {
    #[derive(Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only traced")]
    enum Either {
        Number(u64),
        Text(String),
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Order {
        number: u64,
        what: Either,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Flat {
        number: u64,
        #[serde(flatten)]
        order: Order,
    }

    check_gaps::<Either>(&[("", Cause::Asks)]);
    check_gaps::<(u8, Option<Order>)>(&[("element 1, value, field `what`", Cause::Asks)]);
    check_gaps::<Flat>(&[("", Cause::Asks)]);
    check_gaps::<Vec<String>>(&[]);
}
