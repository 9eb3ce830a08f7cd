//! Types that contain themselves.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::super::{Type, trace};
use super::check;

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Chain {
    value: u8,
    next: Option<Box<Chain>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Folder {
    name: String,
    inside: Vec<Folder>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Expression {
    Number(i64),
    Negative(Box<Expression>),
    Sum(Box<Expression>, Box<Expression>),
    Let {
        name: String,
        value: Box<Expression>,
        body: Box<Expression>,
    },
}

#[test]
fn a_type_inside_of_itself_is_mentioned_by_name() {
    check::<Chain>("Chain { value: u8, next: Option<Chain> }");
    check::<Folder>("Folder { name: String, inside: Vec<Folder> }");
    check::<Json>(
        "Json { Null, Bool(bool), Number(f64), Text(String), List(Vec<Json>), Object(Map<String, Json>) }",
    );
    check::<Expression>(
        "Expression { Number(i64), Negative(Expression), Sum(Expression, Expression), \
         Let { name: String, value: Expression, body: Expression } }",
    );
}

#[test]
fn the_first_variant_may_be_the_recursive_one() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Nut {
        Shell(Box<Nut>),
        Pair(Box<Nut>, Box<Nut>),
        Both { left: Box<Nut>, right: Option<Box<Nut>> },
        Kernel,
    }

    check::<Nut>("Nut { Shell(Nut), Pair(Nut, Nut), Both { left: Nut, right: Option<Nut> }, Kernel }");
    check::<(u8, Nut, String)>(
        "(u8, Nut { Shell(Nut), Pair(Nut, Nut), Both { left: Nut, right: Option<Nut> }, Kernel }, String)",
    );
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Egg {
    laid_by: Option<Box<Hen>>,
    weight: u16,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Hen {
    Young,
    Lays(Vec<Egg>),
    Coop {
        hens: HashMap<String, Hen>,
        eggs: [Option<Box<Egg>>; 2],
    },
}

#[test]
fn types_inside_of_each_other() {
    check::<Egg>(
        "Egg { laid_by: Option<Hen { Young, Lays(Vec<Egg>), Coop { hens: Map<String, Hen>, \
         eggs: (Option<Egg>, Option<Egg>) } }>, weight: u16 }",
    );
    check::<Hen>(
        "Hen { Young, Lays(Vec<Egg { laid_by: Option<Hen>, weight: u16 }>), Coop { hens: Map<String, Hen>, \
         eggs: (Option<Egg { laid_by: Option<Hen>, weight: u16 }>, Option<Egg { laid_by: Option<Hen>, weight: u16 }>) } }",
    );
}

/// Wherever one starts to look, it is the same type.
#[test]
fn a_recursion_is_the_same_from_every_side() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Unrolled {
        value: u8,
        next: Option<Box<Chain>>,
    }

    assert!(trace::<Chain>().matches(&trace::<Unrolled>()));
    let Type::Struct { fields, .. } = trace::<Egg>() else {
        panic!("an egg is a struct")
    };
    let Type::Option(hen) = &fields[0].1 else {
        panic!("laid by a hen or none")
    };
    assert!(hen.matches(&trace::<Hen>()), "{hen}");
    assert_ne!(trace::<Egg>(), trace::<Hen>());
    assert!(!trace::<Egg>().matches(&trace::<Hen>()));
}

#[test]
fn a_generic_recursive_type_with_different_parameters_is_several_types() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Tree<T> {
        value: T,
        children: Vec<Tree<T>>,
    }

    check::<(Tree<u8>, Tree<String>)>(
        "(Tree { value: u8, children: Vec<Tree> }, Tree { value: String, children: Vec<Tree> })",
    );
    check::<Tree<Tree<u8>>>("Tree { value: Tree { value: u8, children: Vec<Tree> }, children: Vec<Tree> }");
    assert!(!trace::<Tree<u8>>().matches(&trace::<Tree<u16>>()));
}

#[test]
fn a_type_that_grows_inside_of_itself_is_known_to_some_depth() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Growing<T> {
        End(T),
        More(Box<Pair<T>>),
    }

    /// Each level has another type: what is in it twice.
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Pair<T>(T, Option<Box<Growing<u8>>>);

    check::<Growing<u16>>(
        "Growing { End(u16), More(Pair(u16, Option<Growing { End(u8), More(Pair(u8, Option<Growing>)) }>)) }",
    );
}

#[test]
fn recursion_through_newtypes_and_plain_containers() {
    #[derive(Deserialize)]
    struct Nest(#[expect(dead_code)] Vec<Nest>);

    #[derive(Deserialize)]
    struct Maybe(#[expect(dead_code)] Option<Box<Maybe>>);

    #[derive(Deserialize)]
    struct Map(#[expect(dead_code)] HashMap<String, Map>);

    check::<Nest>("Nest(Vec<Nest>)");
    check::<Maybe>("Maybe(Option<Maybe>)");
    check::<Map>("Map(Map<String, Map>)");
    check::<Vec<Nest>>("Vec<Nest(Vec<Nest>)>");
    assert!(
        trace::<Nest>().matches(&trace::<Vec<Nest>>()),
        "a newtype is what it wraps"
    );
}

#[test]
fn a_type_without_finite_values_ends() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Endless {
        value: u8,
        next: Box<Endless>,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Never {
        More(Box<Never>),
    }

    check::<Endless>("Endless { value: u8, next: Endless }");
    check::<Never>("Never { More(Never) }");
    check::<(Endless, u8)>("(Endless { value: u8, next: Endless }, Hidden { ?: ? })");
}

/// Values of recursive types that are checked.
#[test]
fn recursive_types_that_check_their_values() {
    use serde::de::{Deserializer, Error};

    /// Not empty, and sorted by the first child.
    struct Checked;

    impl<'de> Deserialize<'de> for Checked {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            #[derive(Deserialize)]
            struct Raw {
                name: String,
                children: Vec<Checked>,
            }
            let raw = Raw::deserialize(deserializer)?;
            if raw.name.is_empty() || raw.children.len() > 2 {
                return Err(D::Error::custom("refused"));
            }
            Ok(Self)
        }
    }

    check::<Checked>("Raw { name: String, children: Vec<Raw> }");
    check::<Option<(Checked, Checked)>>("Option<(Raw { name: String, children: Vec<Raw> }, Raw)>");
}
