//! How signatures are sent, and what happens to those that are made up.

use std::collections::HashMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::flat::Token;
use super::super::{DEPTH_LIMIT, ErrorType, Parameter, Returns, SIZE_LIMIT, Signature, Type, Variant, trace};
use super::{gives, takes};
use crate::proto::{decode, encode};

#[track_caller]
fn check_type(ty: &Type, expected: &str) {
    let bytes = encode(ty).unwrap();
    assert_eq!(hex(&bytes), expected, "{ty}");
    assert_eq!(decode::<Type>(&bytes).unwrap(), *ty);
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[track_caller]
fn check_refused<T: for<'de> Deserialize<'de>>(bytes: &[u8], expected: &str) {
    match decode::<T>(bytes) {
        Ok(_) => panic!("it was accepted"),
        Err(error) => assert_eq!(error.to_string(), expected),
    }
}

fn named(fields: &[(&str, Type)]) -> Type {
    let fields = fields
        .iter()
        .map(|(name, ty)| ((*name).to_owned(), ty.clone()))
        .collect();
    Type::Struct {
        name: "S".to_owned(),
        fields,
    }
}

/// These bytes are a promise to other builds: new tokens are added at the end, and a change is a change of the protocol
/// that needs a note in `docs/protocol.md`.
#[test]
fn the_bytes_of_every_kind_of_type() {
    let leaves = [
        Type::Opaque,
        Type::Unit,
        Type::Bool,
        Type::I8,
        Type::I16,
        Type::I32,
        Type::I64,
        Type::I128,
        Type::U8,
        Type::U16,
        Type::U32,
        Type::U64,
        Type::U128,
        Type::F32,
        Type::F64,
        Type::Char,
        Type::Str,
        Type::Bytes,
    ];
    for (token, leaf) in leaves.into_iter().enumerate() {
        check_type(&leaf, &format!("01 {token:02x}"));
    }
    let boxed = Box::new;
    check_type(&Type::Option(boxed(Type::U8)), "02 12 08");
    check_type(&Type::Seq(boxed(Type::U8)), "02 13 08");
    check_type(&Type::Map(boxed(Type::Str), boxed(Type::U8)), "03 14 10 08");
    check_type(&Type::Tuple(vec![Type::U8, Type::Unit]), "03 15 02 08 01");
    check_type(&Type::UnitStruct { name: "S".to_owned() }, "01 16 01 53");
    check_type(
        &Type::NewtypeStruct {
            name: "S".to_owned(),
            inner: boxed(Type::U8),
        },
        "02 17 01 53 08",
    );
    check_type(
        &Type::TupleStruct {
            name: "S".to_owned(),
            fields: vec![Type::U8],
        },
        "02 18 01 53 01 08",
    );
    check_type(
        &named(&[("a", Type::U8), ("b", Type::Str)]),
        "03 19 01 53 02 01 61 01 62 08 10",
    );
    let variants = vec![
        Variant {
            index: 0,
            name: "A".to_owned(),
            content: Type::Unit,
        },
        Variant {
            index: 7,
            name: "B".to_owned(),
            content: Type::U8,
        },
    ];
    let choice = Type::Enum {
        name: "E".to_owned(),
        variants,
        open: true,
    };
    check_type(&choice, "03 1a 01 45 02 00 01 41 07 01 42 01 01 08");
    check_type(&Type::Seq(boxed(Type::Recursive(0))), "02 13 1b 00");
    check_type(&Type::Tuple(vec![Type::Any, Type::U8]), "03 15 02 1c 08");
}

#[test]
fn the_bytes_of_a_signature() {
    let bytes = encode(&takes([("a", Type::I64), ("b", Type::Str)])).unwrap();
    assert_eq!(hex(&bytes), "01 02 01 61 01 06 01 62 01 10 01 01 00");
    let typed = gives(Type::U8, ErrorType::Typed(Type::Str));
    assert_eq!(hex(&encode(&typed).unwrap()), "01 00 01 08 02 01 10");
    assert_eq!(
        hex(&encode(&gives(Type::U8, ErrorType::Remote)).unwrap()),
        "01 00 01 08 01"
    );
    let unknown = Signature::from_arguments(Type::Opaque, typed.returns.clone());
    assert_eq!(hex(&encode(&unknown).unwrap()), "00 01 08 02 01 10");
    for signature in [
        typed,
        unknown,
        takes([("a", trace::<HashMap<String, Option<(u8, char)>>>())]),
    ] {
        assert_eq!(
            decode::<Signature>(&encode(&signature).unwrap()).unwrap(),
            signature
        );
    }
}

#[test]
fn traced_types_survive_the_way() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Json {
        Null,
        Bool(bool),
        List(Vec<Json>),
        Object(HashMap<String, Json>),
        Pair {
            left: Option<Box<Json>>,
            right: (Box<Json>, [u8; 4]),
        },
    }

    let ty = trace::<Json>();
    let received: Type = decode(&encode(&ty).unwrap()).unwrap();
    assert_eq!(received, ty);
    assert_eq!(takes([("a", received)]).number(), takes([("a", ty)]).number());
}

// ------------------------------------------------------------------ made up by a peer

fn bytes_of(tokens: &[Token<'_>]) -> Vec<u8> {
    encode(tokens).unwrap().to_vec()
}

#[test]
fn tokens_that_are_no_type_are_refused() {
    check_refused::<Type>(&bytes_of(&[]), "a type ends early");
    check_refused::<Type>(&bytes_of(&[Token::Option]), "a type ends early");
    check_refused::<Type>(&bytes_of(&[Token::Map, Token::U8]), "a type ends early");
    check_refused::<Type>(
        &bytes_of(&[Token::Tuple(3), Token::U8, Token::U8]),
        "a type ends early",
    );
    check_refused::<Type>(&bytes_of(&[Token::U8, Token::U8]), "something follows a type");
    let choice = |first, second| {
        let variants = vec![(first, "A".into()), (second, "B".into())];
        bytes_of(&[
            Token::Enum {
                name: "".into(),
                variants,
                open: true,
            },
            Token::Unit,
            Token::Unit,
        ])
    };
    assert!(decode::<Type>(&choice(3, 7)).is_ok());
    check_refused::<Type>(
        &choice(7, 3),
        "the variants of an enum are not in the order of their numbers",
    );
    check_refused::<Type>(
        &choice(3, 3),
        "the variants of an enum are not in the order of their numbers",
    );
    assert!(
        decode::<Type>(&[1, 29])
            .unwrap_err()
            .to_string()
            .contains("variant index")
    );
}

#[test]
fn a_type_nested_too_deep_is_refused() {
    let nested = |depth: usize| {
        let mut tokens = vec![Token::Option; depth];
        tokens.push(Token::U8);
        bytes_of(&tokens)
    };
    assert!(decode::<Type>(&nested(DEPTH_LIMIT)).is_ok());
    check_refused::<Type>(&nested(DEPTH_LIMIT + 1), "a type is nested too deep");
    check_refused::<Type>(&nested(8_000), "a type is nested too deep");
}

#[test]
fn a_type_that_is_too_large_is_refused_before_it_is_read() {
    const TOO_MANY: &str = "a signature is made of too many types";
    let mut fits = vec![Token::Tuple(8191)];
    fits.resize(SIZE_LIMIT, Token::U8);
    assert!(decode::<Type>(&bytes_of(&fits)).is_ok());
    // Nothing but the announcement is there.
    check_refused::<Type>(&bytes_of(&[Token::Tuple(8192)]), TOO_MANY);
    check_refused::<Type>(&bytes_of(&[Token::Tuple(u32::MAX)]), TOO_MANY);
    check_refused::<Type>(&bytes_of(&[Token::TupleStruct("".into(), u32::MAX)]), TOO_MANY);
    check_refused::<Type>(&bytes_of(&[Token::Tuple(5_000), Token::Tuple(5_000)]), TOO_MANY);
    check_refused::<Type>(
        &bytes_of(&vec![Token::Struct("".into(), vec!["".into(); 100]); 100]),
        TOO_MANY,
    );
    check_refused::<Type>(&bytes_of(&vec![Token::Option; SIZE_LIMIT + 1]), TOO_MANY);
    check_refused::<Type>(&bytes_of(&vec![Token::U8; 1_000_000]), TOO_MANY);
    check_refused::<Type>(
        &bytes_of(&[Token::Struct("".into(), vec!["".into(); 1_000_000])]),
        TOO_MANY,
    );
    let variants = vec![(0, "".into()); 1_000_000];
    check_refused::<Type>(
        &bytes_of(&[Token::Enum {
            name: "".into(),
            variants,
            open: false,
        }]),
        TOO_MANY,
    );
}

#[derive(Serialize)]
struct MadeUp {
    parameters: Option<Vec<(String, Type)>>,
    returns: Returns,
}

#[test]
fn a_signature_that_is_too_large_is_refused() {
    let half = Type::Tuple(vec![Type::U8; SIZE_LIMIT / 2]);
    let made_up = |parameters| {
        let returns = Returns {
            ok: Type::Unit,
            error: ErrorType::None,
        };
        encode(&MadeUp {
            parameters: Some(parameters),
            returns,
        })
        .unwrap()
    };
    assert!(decode::<Signature>(&made_up(vec![("a".to_owned(), half.clone())])).is_ok());
    let two = made_up(vec![
        ("a".to_owned(), half.clone()),
        ("b".to_owned(), half.clone()),
    ]);
    check_refused::<Signature>(&two, "a signature is made of too many types");
    let many = made_up(vec![(String::new(), Type::Unit); 1_000_000]);
    check_refused::<Signature>(&many, "a signature is made of too many types");
    let returns = Returns {
        ok: half.clone(),
        error: ErrorType::Typed(half),
    };
    let result = encode(&MadeUp {
        parameters: None,
        returns,
    })
    .unwrap();
    check_refused::<Signature>(&result, "a signature is made of too many types");
}

#[test]
fn a_signature_that_would_be_refused_is_not_made() {
    let large = |size: usize| Type::Tuple(vec![Type::U8; size - 1]);
    let signature = Signature::new(
        [("a", large(3_000)), ("b", large(5_000)), ("c", Type::U8)],
        Returns {
            ok: large(1_000),
            error: ErrorType::Typed(large(500)),
        },
    );
    let parameters = signature.parameters.as_deref().unwrap();
    assert_eq!(
        parameters[1],
        Parameter {
            name: "b".to_owned(),
            ty: Type::Opaque
        },
        "the largest goes"
    );
    assert_eq!(parameters[0].ty, large(3_000));
    assert_eq!(
        decode::<Signature>(&encode(&signature).unwrap()).unwrap(),
        signature
    );
    let many = Signature::from_arguments(Type::Tuple(vec![Type::Opaque; 10_000]), signature.returns.clone());
    assert_eq!(many.parameters, None);
    assert_eq!(many.returns, signature.returns);
}

#[test]
fn recursions_that_lead_nowhere_are_opaque() {
    let nowhere = [
        Type::Recursive(0),
        Type::Option(Box::new(Type::Recursive(1))),
        Type::Tuple(vec![Type::U8, Type::Recursive(u32::MAX)]),
        Type::NewtypeStruct {
            name: "N".to_owned(),
            inner: Box::new(Type::Recursive(0)),
        },
    ];
    for ty in nowhere {
        let ty: Type = decode(&encode(&ty).unwrap()).unwrap();
        let _ = (
            ty.to_string(),
            takes([("a", ty.clone())]).number(),
            takes([("a", ty.clone())]).needs_guard(),
        );
        assert!(ty.matches(&ty));
        assert!(ty.matches(&Type::Opaque));
    }
    assert!(Type::Recursive(0).matches(&Type::U8));
    assert!(!Type::Option(Box::new(Type::Recursive(1))).matches(&Type::U8));
}

/// A ring of pairs, from each of which a long way leads one back, so that two of them are told apart only by going all
/// the way around. Refining step by step would take as many rounds as there are types.
fn ring() -> Type {
    const WAY: u32 = 60;
    let mut ty = Type::Recursive(0);
    for place in (0..64_u32).rev() {
        let mut back = match place {
            0 => Type::Str,
            _ => Type::Recursive(WAY + 1),
        };
        for _ in 0..WAY {
            back = Type::Option(Box::new(back));
        }
        ty = Type::Tuple(vec![back, ty]);
    }
    ty
}

#[test]
fn a_signature_made_to_be_slow_is_as_quick_as_any() {
    let bytes = encode(&takes([("a", ring())])).unwrap();
    let ring: Signature = decode(&bytes).unwrap();
    assert_eq!(ring.number(), ring.number());
    assert!(ring.is_compatible_with(&ring));
    let wide = |count| {
        takes([(
            "a",
            Type::Tuple((0..count).map(|_| Type::Option(Box::new(Type::U8))).collect()),
        )])
    };
    assert_ne!(wide(4_000).number(), wide(4_001).number());
    assert!(!wide(4_000).is_compatible_with(&wide(4_001)));
    assert!(ring.to_string().len() < 1_000_000);
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_a_signature_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(signature) = decode::<Signature>(&bytes) {
            let _ = (signature.number(), signature.to_string(), signature.first_opaque());
            prop_assert!(signature.is_compatible_with(&signature));
            prop_assert_eq!(decode::<Signature>(&encode(&signature).unwrap()).unwrap(), signature);
        }
    }

    #[test]
    fn arbitrary_tokens_are_a_type_or_an_error(bytes in prop::collection::vec(0..0x1c_u8, 1..60)) {
        let mut tokens = vec![u8::try_from(bytes.len()).unwrap()];
        tokens.extend(bytes);
        if let Ok(ty) = decode::<Type>(&tokens) {
            prop_assert!(ty.size() <= SIZE_LIMIT);
            prop_assert!(ty.matches(&ty), "{}", ty);
            let signature = takes([("a", ty)]);
            let _ = (signature.number(), signature.needs_guard(), signature.first_opaque());
        }
    }
}
