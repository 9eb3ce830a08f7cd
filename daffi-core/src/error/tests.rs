use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt;

use super::{CallError, CallErrorKind, RemoteError};
use crate::signature::{ErrorType, Returns, Signature, Type};

/// Without words of its own, and declared by no fetcher.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wordless;

fn signature() -> Signature {
    let returns = Returns {
        ok: Type::Opaque,
        error: ErrorType::None,
    };
    Signature::new([], returns)
}

/// One of each, as users make them, and whether the callback may have run.
fn all() -> Vec<(CallError<Wordless>, bool)> {
    vec![
        (CallError::App(Wordless), true),
        (CallError::no_provider("pay"), false),
        (CallError::provider_lost("pay", "bank"), true),
        (CallError::lagged("pay", "bank"), true),
        (CallError::timeout("pay", true), true),
        (CallError::cancelled("pay", false), false),
        (CallError::overloaded("pay", false), false),
        (CallError::panicked("pay", "no money"), true),
        (
            CallError::signature_mismatch("pay", signature(), signature()),
            false,
        ),
        (CallError::denied("pay", "not you"), false),
        (CallError::too_large("pay", 2, 1, false), false),
        (CallError::disconnected("pay", true), true),
        (CallError::not_started("pay"), false),
        (CallError::blocking("pay"), false),
        (
            CallError::stopped("pay", 0, CallError::timeout("pay", false)),
            false,
        ),
        (CallError::ambiguous("pay", ["shop", "bank"]), false),
        (CallError::invalid("pay", "it is free"), false),
        (CallError::encode("pay", "no number", true), true),
        (CallError::decode("pay", "no number", false), false),
    ]
}

#[test]
fn words_have_no_gaps() {
    for (error, _) in all() {
        let words = error.to_string();
        assert!(
            words.lines().all(|line| !line.trim_start().contains("   ")),
            "{words}"
        );
    }
}

#[test]
fn each_case_has_a_kind_of_its_own() {
    let kinds: BTreeSet<_> = all().iter().map(|(error, _)| error.kind()).collect();
    assert_eq!(kinds.len(), all().len());
    for (error, _) in all() {
        let kind = error.kind();
        // The name of the variant, in snake case.
        let variant = format!("{kind:?}");
        let words: String = variant
            .char_indices()
            .map(|(index, letter)| match letter {
                'A'..='Z' if index > 0 => format!("_{}", letter.to_ascii_lowercase()),
                _ => letter.to_ascii_lowercase().to_string(),
            })
            .collect();
        assert_eq!(kind.to_string(), words);
        assert!(
            format!("{error:?}").starts_with(&format!("{variant}: ")),
            "{error:?}"
        );
    }
    assert_eq!(format!("{:>8}", CallErrorKind::App), "     app");
}

#[test]
fn errors_made_by_hand_say_what_real_ones_say() {
    for (error, may_have_run) in all() {
        assert_eq!(error.may_have_run(), may_have_run, "{error:?}");
        if error.kind() != CallErrorKind::App {
            assert!(error.to_string().contains("`pay`"), "{error}");
        }
    }
    let error: CallError = CallError::no_process("pay", "bank");
    assert!(
        error.to_string().contains("\"bank\", which is not there"),
        "{error}"
    );
}

#[test]
fn whoever_writes_a_number_without_a_type_is_told_what_to_write() {
    let signature = |parameters: &[(&str, Type)]| {
        let returns = Returns {
            ok: Type::Unit,
            error: ErrorType::None,
        };
        Signature::new(parameters.iter().cloned(), returns)
    };
    let check = |called: &[(&str, Type)], offered: &[(&str, Type)], expected: Option<&str>| {
        let error: CallError = CallError::signature_mismatch("pay", signature(called), signature(offered));
        let words = error.to_string();
        let hint = words.lines().find_map(|line| {
            line.trim()
                .strip_prefix("a number without a type of its own is an ")
        });
        assert_eq!(hint, expected, "{words}");
    };
    let cents = |ty| [("cents", ty)];
    let written = |ty| [("_", ty)];
    check(
        &written(Type::I32),
        &cents(Type::U64),
        Some("`i32`: write `1u64`, or `as u64`"),
    );
    check(
        &written(Type::F64),
        &cents(Type::F32),
        Some("`f64`: write `1.0f32`, or `as f32`"),
    );
    check(
        &[("_", Type::Str), ("_", Type::I32)],
        &[("to", Type::Str), ("cents", Type::I64)],
        Some("`i32`: write `1i64`, or `as i64`"),
    );
    // A declaration means what it says, and what is no number is not one.
    check(&cents(Type::I32), &cents(Type::U64), None);
    check(&written(Type::U8), &cents(Type::U64), None);
    check(&written(Type::I32), &cents(Type::Str), None);
    check(&written(Type::I32), &[], None);
}

#[test]
fn the_callbacks_own_error_is_shown_in_its_own_words() {
    fn check<E: fmt::Debug + 'static>(error: E, expected: &str) {
        assert_eq!(CallError::App(error).to_string(), expected);
    }
    check("no milk".to_owned(), "no milk");
    check("no milk", "no milk");
    check(RemoteError::new("no milk", vec!["no cow".to_owned()]), "no milk");
    check(Wordless, "Wordless");
    assert_eq!(format!("{:>9}", CallError::App("no milk")), "  no milk");
    let debug = format!("{:?}", CallError::App("no milk"));
    assert_eq!(debug, "App: \"no milk\"");
}

#[test]
fn the_cause_of_the_callbacks_own_error_is_the_source() {
    let app = || CallError::App(RemoteError::new("no milk", vec!["no cow".to_owned()]));
    let stopped = CallError::stopped("pour", 1, app());
    for error in [app(), stopped] {
        let source = error.source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("no cow"), "{error}");
    }
    assert!(CallError::App("no milk".to_owned()).source().is_none());
    assert!(
        CallError::<RemoteError>::timeout("pour", false)
            .source()
            .is_none()
    );
}

#[cfg(feature = "runtime")]
#[test]
fn what_was_tried_before_is_said_of_every_case_that_has_attempts() {
    use CallErrorKind::{
        Ambiguous, App, Blocking, Cancelled, Disconnected, NoProvider, NotStarted, Overloaded, Panicked,
        ProviderLost, Stopped,
    };

    for (error, ran) in all() {
        let (kind, words) = (error.kind(), error.to_string());
        let told = error.clone().having_run().map_app(|app| app);
        let never_made = matches!(kind, NotStarted | Ambiguous | Blocking | Stopped);
        assert_eq!(told.may_have_run(), ran || !never_made, "{told}");
        let has_words = !matches!(kind, App | Panicked | ProviderLost);
        if has_words {
            assert_eq!(told.to_string() == words, ran || never_made, "{told}");
        }

        let told = error.not_made_again().map_app(|app| app);
        let is_retried = matches!(
            kind,
            NoProvider | ProviderLost | Cancelled | Overloaded | Disconnected
        );
        assert_eq!(told.retries_spent(), is_retried, "{told}");
        assert_eq!(told.to_string() != words, is_retried, "{told}");
    }
}

#[cfg(feature = "runtime")]
#[test]
fn why_nothing_was_registered_is_said_as_that_of_others() {
    use super::RegisterError;

    let error = RegisterError::unknown("pour");
    assert_eq!(format!("{error:?}"), format!("Unknown: {error}"));
    let error = RegisterError::Call(CallError::not_started("pour"));
    assert!(
        format!("{error:?}").starts_with("Call: NotStarted: "),
        "{error:?}"
    );
}
