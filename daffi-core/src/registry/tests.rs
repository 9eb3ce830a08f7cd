//! Callbacks as data: names that are unique, values that are shared, methods that run together or alone.

mod catalog;
mod object;
mod service;
mod words;

use std::any::{TypeId, type_name};
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::*;
use crate::context::{CallContext, Chain, ContextParts};
use crate::described::{ReadAs, Readings};
use crate::proto::{self, Balance, CallbackId, Described, Failed, Offered};
use crate::signature::{Contract, ErrorType, Form, Forms, Returns, Signature, Type, trace};

/// The signature of all callbacks here.
fn signature() -> Signature {
    Signature::new(
        [("n", trace::<u32>())],
        Returns {
            ok: trace::<u32>(),
            error: ErrorType::None,
        },
    )
}

/// What a macro would say of the callback `name` on `line`.
const fn description(name: &'static str, line: u32) -> Declaration {
    Declaration {
        package: Some("shop-list"),
        name,
        docs: "",
        item: "shop::Shop::method",
        file: "shop.rs",
        line,
        concurrency: None,
        concurrency_per_caller: None,
        queue: None,
        timeout: None,
        balance: Balance::LessLoaded,
        signature: || signature().into(),
    }
}

/// What a macro would say of an impl block of `T`.
const fn block<T: 'static>(mutable: bool, bind: fn(&ServiceInstance) -> Vec<BoundCallback>) -> ServiceEntry {
    ServiceEntry {
        package: Some("shop-list"),
        module: "shop_list::services",
        type_id: TypeId::of::<T>,
        type_name: type_name::<T>,
        mutable,
        auto_init: None,
        bind,
    }
}

fn invocation(payload: Bytes) -> Invocation {
    let parts = ContextParts {
        caller: "caller".into(),
        identity: None,
        process_name: "provider".into(),
        callback: "callback".into(),
        place: crate::context::Place {
            file: file!(),
            line: line!(),
        },
        deadline: None,
        trace: None,
        metadata: Box::default(),
        chain: Chain::default(),
        owner: None,
    };
    Invocation::new(
        payload,
        CallContext::new(parts),
        Readings::own(false),
        Answers::new(Arc::new(Forms::unknown()), None),
    )
}

fn call_with(n: u32) -> Invocation {
    invocation(proto::encode(&(n,)).unwrap())
}

fn value(n: u32) -> Outcome {
    encode_value(&n, &Form::unknown())
}

/// Runs a callback as a node would, wherever it wants to run.
async fn run(callback: &Callback, n: u32) -> Outcome {
    match &callback.handler {
        Handler::Inline(call) | Handler::Blocking(call) => call(&call_with(n)),
        Handler::Async(call) => call(call_with(n)).await,
        Handler::Deferred(call) => {
            let work = call(call_with(n)).await?;
            match tokio::task::spawn_blocking(work).await {
                Ok(outcome) => outcome,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
    }
}

/// The callback `name` of a service, ready to run.
fn method(service: &ServiceInstance, name: &str) -> Callback {
    service
        .callbacks()
        .into_iter()
        .find(|callback| callback.name() == name)
        .unwrap()
        .traced()
}

#[test]
fn a_description_says_where_the_callback_stands() {
    assert_eq!(
        Description::from(&description("buy", 7)).with_package(),
        "buy (shop-list)"
    );
    assert_eq!(
        Description::from(&description("buy", 7)).place(),
        "shop::Shop::method (shop.rs:7)"
    );
}

#[test]
fn a_function_runs_where_it_says() {
    let handler = |function| {
        let entry = FunctionEntry {
            description: description("f", 1),
            function,
        };
        format!("{:?}", BoundCallback::function(&entry).traced().handler)
    };
    assert_eq!(handler(Function::Inline(|_| value(0))), "Inline");
    assert_eq!(handler(Function::Blocking(|_| value(0))), "Blocking");
    assert_eq!(
        handler(Function::Async(|_| Box::pin(async { value(0) }))),
        "Async"
    );
}

#[test]
fn a_callback_is_announced_as_it_was_described() {
    let description = Declaration {
        docs: "Buys it.",
        concurrency: Some(3),
        concurrency_per_caller: Some(2),
        queue: None,
        balance: Balance::RoundRobin,
        ..description("buy", 7)
    };
    let entry = FunctionEntry {
        description,
        function: Function::Inline(|_| value(0)),
    };
    let offered = BoundCallback::function(&entry).traced().offered(CallbackId(9));
    let expected = Offered {
        callback: CallbackId(9),
        name: "buy".to_owned(),
        docs: "Buys it.".to_owned(),
        signature: Described::new(&signature()),
        concurrency: Some(3),
        concurrency_per_caller: Some(2),
        queue: 1000,
        balance: Balance::RoundRobin,
    };
    assert_eq!(offered, expected);
}

#[test]
fn the_balance_that_is_announced_is_the_callbacks_own() {
    for balance in [Balance::LessLoaded, Balance::RoundRobin, Balance::Random] {
        let entry = FunctionEntry {
            description: Declaration {
                balance,
                ..description("f", 1)
            },
            function: Function::Inline(|_| value(0)),
        };
        let offered = BoundCallback::function(&entry).traced().offered(CallbackId(1));
        assert_eq!(offered.balance, balance);
    }
}

#[test]
fn only_arguments_that_nest_without_end_are_decoded_under_guard() {
    let arguments = |signature: fn() -> Contract| {
        let description = Declaration {
            signature,
            ..description("f", 1)
        };
        let function = Function::Inline(|_| value(0));
        BoundCallback::function(&FunctionEntry {
            description,
            function,
        })
        .traced()
        .own
        .arguments
    };
    let guarded = |signature: fn() -> Contract| matches!(arguments(signature), ReadAs::Guarded);
    #[derive(Deserialize)]
    struct Chain(#[expect(dead_code)] Option<Box<Self>>);
    fn chain() -> Signature {
        Signature::new(
            [("chain", trace::<Chain>())],
            Returns {
                ok: Type::Unit,
                error: ErrorType::None,
            },
        )
    }
    assert!(!guarded(|| signature().into()));
    assert!(guarded(|| chain().into()));
}

#[test]
fn arguments_may_borrow_from_the_payload() {
    let payload = proto::encode(&("milk", 3u32)).unwrap();
    let call = invocation(payload.clone());
    let (name, count): (&str, u32) = call.arguments().unwrap();
    assert_eq!((name, count), ("milk", 3));
    assert!(
        payload.as_ptr_range().contains(&name.as_ptr()),
        "the text is a copy"
    );
}

#[test]
fn arguments_that_do_not_fit_are_answered_with_what_is_wrong() {
    let is_refused = |payload: &[u8]| {
        let call = invocation(Bytes::copy_from_slice(payload));
        let arguments: Result<(bool,), _> = call.arguments();
        matches!(arguments, Err(Failure::Failed(Failed::Decode { message })) if !message.is_empty())
    };
    assert!(!is_refused(&[1]));
    assert!(is_refused(&[]), "too short");
    assert!(is_refused(&[1, 0]), "too long");
    assert!(is_refused(&[7]), "no bool");
}

#[test]
fn a_result_that_cannot_be_encoded_is_answered_with_what_is_wrong() {
    struct Unspeakable;
    impl Serialize for Unspeakable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it has no words"))
        }
    }
    let failure = encode_value(&Unspeakable, &Form::unknown()).unwrap_err();
    assert_eq!(
        failure,
        Failure::Failed(Failed::Encode {
            message: "it has no words".to_owned()
        })
    );
}
