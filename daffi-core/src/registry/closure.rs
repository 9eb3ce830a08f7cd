//! Callbacks that are made while the program runs: functions and closures as they are, without an attribute.
//!
//! What the macros leave to [`by_type`](crate::private::by_type) is decided by traits here, since the types are parameters.

mod results;

use std::borrow::Cow;
use std::error::Error;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::results::{has_remote_error, is_result, sides, split};
use super::looking::findings;
use super::not_sent::NotSent;
use super::{Answers, BoundCallback, Description, Handler, Invocation, tell_named, words};
use crate::context::CallContext;
use crate::error::RemoteError;
use crate::proto::explained::{Which, encode_by_names};
use crate::proto::{self, Balance, Failed, Failure, Outcome, Typed};
use crate::signature::{
    Allowances, Contract, ErrorType, Findings, Form, Forms, Interface, Notes, OfParameter, Origin, Returns,
    Signature, explain_all,
};

/// What can be made a callback while the program runs, by [`Global::register_fn`](crate::Global::register_fn): functions and
/// closures.
///
/// They take up to 12 arguments, each an owned type that is `DeserializeOwned`, or a [`CallContext`], at any place. They are `Fn`,
/// `Send`, `Sync` and `'static`: they may run several times at once, on any thread.
///
/// They return a value that is `Serialize` and `DeserializeOwned`, or a `Result` of one, at once or as a future that is `Send`. One
/// that returns a future is an asynchronous callback; one that returns a value runs on the blocking pool, as an annotated
/// `fn` does.
///
/// `Arguments` and `Kind` are found out by the compiler. The trait is implemented for all that fits, and cannot be
/// implemented.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use daffi::{CallContext, CallbackFn, Global, RegisterError};
///
/// /// Whatever is given, under a name of this program.
/// async fn offer<A, K>(g: &Global, name: &str, function: impl CallbackFn<A, K>) -> Result<(), RegisterError> {
///     g.register_fn(format!("shop.{name}"), function).await
/// }
///
/// fn half(n: u64) -> Result<u64, String> {
///     if n % 2 == 0 { Ok(n / 2) } else { Err("that is odd".to_owned()) }
/// }
///
/// offer(&shop, "half", half).await?;
/// offer(&shop, "greet", |ctx: CallContext, word: String| async move { format!("{word}, {}", ctx.caller()) }).await?;
/// assert_eq!(g.call::<u64>("shop.half", (42_u64,)).await?, 21);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made a callback",
    label = "not a function that processes can call",
    note = "a callback is a function or closure, `Fn`, `Send`, `Sync` and `'static`, of up to 12 arguments whose types are \
            written down",
    note = "each argument is owned and `serde::Deserialize`, or a `CallContext`",
    note = "it returns a value that is `serde::Serialize` and `serde::Deserialize`, or a `Result` of one, or a future of that \
            which is `Send`"
)]
pub trait CallbackFn<Arguments, Kind>: Send + Sync + 'static {
    /// How it runs, and what it takes and gives.
    #[doc(hidden)]
    fn bound(self, sealed: Sealed) -> (Handler, fn() -> Contract);
}

/// What only daffi can make.
#[derive(Debug)]
pub struct Sealed(());

/// What is passed for a parameter.
#[diagnostic::on_unimplemented(
    message = "a callback cannot take a parameter of type `{Self}`",
    label = "this type, or one in it, is not `serde::Deserialize`, or is borrowed"
)]
pub trait CallbackArgument: Sized {
    /// What comes over the wire for it, as a part of a tuple.
    type Wire: DeserializeOwned;

    /// What it is from what came.
    fn take(wire: Self::Wire, context: &CallContext) -> Self;

    /// Its structure, if it is sent.
    fn shape() -> Option<Findings>;
}

impl<T: DeserializeOwned> CallbackArgument for T {
    type Wire = Self;

    fn take(wire: Self, _: &CallContext) -> Self {
        wire
    }

    fn shape() -> Option<Findings> {
        Some(findings::<Self>())
    }
}

impl CallbackArgument for CallContext {
    type Wire = NotSent;

    fn take(_: NotSent, context: &CallContext) -> Self {
        context.clone()
    }

    fn shape() -> Option<Findings> {
        None
    }
}

/// What a callback returns.
#[diagnostic::on_unimplemented(
    message = "a callback cannot return `{Self}`",
    label = "this type, or one in it, is not both `serde::Serialize` and `serde::Deserialize`"
)]
pub trait CallbackResult<Kind> {
    /// What the caller gets; what is written is held to what answers are.
    fn outcome(self, answers: &Answers) -> Outcome;

    /// Its structure, what is known beyond it, and what it is held to when it is written.
    fn returns() -> (Returns, Allowances, Form, Notes);
}

/// The kind of results that serde writes whole.
#[derive(Debug)]
pub struct Written(());

/// The kind of results whose error has nothing but words.
#[derive(Debug)]
pub struct InWords(());

impl<R: Serialize + DeserializeOwned> CallbackResult<Written> for R {
    fn outcome(self, answers: &Answers) -> Outcome {
        if !is_result::<R>() {
            return answers.value(&self);
        }
        let encoded = proto::encode_held(&self, answers.ok()).map(|encoded| (encoded, false));
        let encoded = encoded.or_else(|error| match error.is_told_by_names() {
            // Positions carry it all the same where it has changed meanwhile.
            true => encode_by_names(&self, answers.ok(), Which::Needed(&[])).map(|(bytes, explained)| {
                tell_named(None, "a result", answers.ok(), &error);
                (bytes.into(), !explained.is_empty())
            }),
            false => Err(error),
        });
        let (encoded, is_explained) = match encoded {
            Ok(encoded) => encoded,
            // Whatever could not be written, its words can.
            Err(error) => {
                let message = error.to_string();
                return Err(match words::of_error(&self) {
                    Some(words) => Failure::app_lost(RemoteError::new(words, Vec::new()), message),
                    None => Failed::Encode { message }.into(),
                });
            }
        };
        let Some((is_ok, inner)) = split(&encoded) else {
            return Ok(answers.before_value(encoded));
        };
        if is_ok && is_explained {
            return answers.explained(&inner);
        }
        if is_ok {
            return Ok(answers.before_value(inner));
        }
        if has_remote_error::<R>()
            && let Ok(remote) = proto::decode::<RemoteError>(&inner)
        {
            return Err(Failure::app(remote, None));
        }
        let words = words::of_error(&self).unwrap_or_default();
        let typed = match is_explained.then(|| answers.explained(&inner)) {
            Some(Ok(typed)) => Typed::Encoded(typed),
            Some(Err(Failure::Explained(typed))) => Typed::Explained(typed),
            _ => Typed::Encoded(answers.before_error(inner)),
        };
        let remote = RemoteError::new(words, Vec::new());
        Err(Failure::App { remote, typed })
    }

    fn returns() -> (Returns, Allowances, Form, Notes) {
        let Findings {
            ty: whole,
            allows: beyond,
            form,
            panics,
            gaps,
            ..
        } = findings::<R>();
        let notes = Notes {
            panics,
            gaps: gaps.into_iter().map(|gap| gap.within("result")).collect(),
        };
        if !is_result::<R>() {
            let returns = Returns {
                ok: whole,
                error: ErrorType::None,
            };
            let allows = Allowances::of_returns(&returns, beyond, Vec::new());
            return (returns, allows, form, notes);
        }
        let (ok, error) = sides(whole);
        // The first is the `Result` itself.
        let mut beyond = beyond.into_iter().skip(1);
        let of_ok = beyond.by_ref().take(ok.named()).collect();
        let of_error = beyond.collect();
        let error = if has_remote_error::<R>() {
            ErrorType::Remote
        } else {
            ErrorType::Typed(error)
        };
        let returns = Returns { ok, error };
        let allows = Allowances::of_returns(&returns, of_ok, of_error);
        (returns, allows, form, notes)
    }
}

// `anyhow::Error`, `eyre::Report` and `Box<dyn Error + Send + Sync>`, which serde does not know.
impl<T, E> CallbackResult<InWords> for Result<T, E>
where
    T: Serialize + DeserializeOwned,
    E: AsRef<dyn Error + Send + Sync>,
{
    fn outcome(self, answers: &Answers) -> Outcome {
        match self {
            Ok(value) => answers.value(&value),
            Err(error) => Err(Failure::app(RemoteError::from_error(error.as_ref()), None)),
        }
    }

    fn returns() -> (Returns, Allowances, Form, Notes) {
        let Findings {
            ty: ok,
            allows: beyond,
            form,
            panics,
            gaps,
            ..
        } = findings::<T>();
        let error = ErrorType::Remote;
        let gaps = gaps.into_iter().map(|gap| gap.within("result")).collect();
        let returns = Returns { ok, error };
        let allows = Allowances::of_returns(&returns, beyond, Vec::new());
        (returns, allows, form, Notes { panics, gaps })
    }
}

/// The kind of functions that return a future.
#[derive(Debug)]
pub struct Asynchronous<Result>(Result);

/// The kind of functions that return a value.
#[derive(Debug)]
pub struct Synchronous<Result>(Result);

macro_rules! functions {
    ($($($argument:ident $Argument:ident),*;)+) => {$(
        impl<F, Answer, Kind, $($Argument),*> CallbackFn<($($Argument,)*), Asynchronous<Kind>> for F
        where
            F: Fn($($Argument),*) -> Answer + Send + Sync + 'static,
            Answer: Future<Output: CallbackResult<Kind>> + Send + 'static,
            $($Argument: CallbackArgument,)*
        {
            fn bound(self, _: Sealed) -> (Handler, fn() -> Contract) {
                let function = Arc::new(self);
                let handler = Handler::Async(Arc::new(move |call| {
                    let function = Arc::clone(&function);
                    Box::pin(async move {
                        let future = {
                            let ($($argument,)*) = call.arguments::<($($Argument::Wire,)*)>()?;
                            let _context = call.context();
                            function($($Argument::take($argument, _context)),*)
                        };
                        future.await.outcome(call.answers())
                    })
                }));
                (handler, contract::<($($Argument,)*), Answer::Output, Kind>)
            }
        }

        impl<F, R, Kind, $($Argument),*> CallbackFn<($($Argument,)*), Synchronous<Kind>> for F
        where
            F: Fn($($Argument),*) -> R + Send + Sync + 'static,
            R: CallbackResult<Kind>,
            $($Argument: CallbackArgument,)*
        {
            fn bound(self, _: Sealed) -> (Handler, fn() -> Contract) {
                let handler = Handler::Blocking(Arc::new(move |call: &Invocation| {
                    let ($($argument,)*) = call.arguments::<($($Argument::Wire,)*)>()?;
                    let _context = call.context();
                    self($($Argument::take($argument, _context)),*).outcome(call.answers())
                }));
                (handler, contract::<($($Argument,)*), R, Kind>)
            }
        }

        impl<$($Argument: CallbackArgument),*> Shapes for ($($Argument,)*) {
            fn shapes() -> Vec<Findings> {
                let shapes: Vec<Option<Findings>> = vec![$($Argument::shape()),*];
                shapes.into_iter().flatten().collect()
            }
        }
    )+};
}

/// The structures of arguments.
trait Shapes {
    fn shapes() -> Vec<Findings>;
}

fn contract<A: Shapes, R: CallbackResult<Kind>, Kind>() -> Contract {
    let (returns, mut allows, form, mut notes) = R::returns();
    let mut shapes = A::shapes();
    explain_all(shapes.iter_mut());
    let parameters = shapes.into_iter().zip(1..).map(|(shape, number)| {
        let place = format!("argument {number}");
        notes.panics.extend(shape.panics);
        notes
            .gaps
            .extend(shape.gaps.into_iter().map(|gap| gap.within(&place)));
        let of = OfParameter::new(shape.allows, shape.optional);
        allows.parameters.push(of);
        shape.ty
    });
    let parameters: Vec<_> = parameters.collect();
    notes.together(&returns, &parameters);
    // Rust does not tell how closures call their parameters.
    let parameters = parameters.into_iter().map(|ty| ("_", ty));
    let signature = Signature::new(parameters, returns);
    Contract {
        interface: Interface { signature, allows },
        forms: Forms {
            ok: Arc::new(form),
            ..Forms::unknown()
        },
        notes,
        origin: Origin::Type,
    }
}

functions! {
    ;
    a1 A1;
    a1 A1, a2 A2;
    a1 A1, a2 A2, a3 A3;
    a1 A1, a2 A2, a3 A3, a4 A4;
    a1 A1, a2 A2, a3 A3, a4 A4, a5 A5;
    a1 A1, a2 A2, a3 A3, a4 A4, a5 A5, a6 A6;
    a1 A1, a2 A2, a3 A3, a4 A4, a5 A5, a6 A6, a7 A7;
    a1 A1, a2 A2, a3 A3, a4 A4, a5 A5, a6 A6, a7 A7, a8 A8;
    a1 A1, a2 A2, a3 A3, a4 A4, a5 A5, a6 A6, a7 A7, a8 A8, a9 A9;
    a1 A1, a2 A2, a3 A3, a4 A4, a5 A5, a6 A6, a7 A7, a8 A8, a9 A9, a10 A10;
    a1 A1, a2 A2, a3 A3, a4 A4, a5 A5, a6 A6, a7 A7, a8 A8, a9 A9, a10 A10, a11 A11;
    a1 A1, a2 A2, a3 A3, a4 A4, a5 A5, a6 A6, a7 A7, a8 A8, a9 A9, a10 A10, a11 A11, a12 A12;
}

impl BoundCallback {
    /// A function that is made a callback at `place`.
    #[must_use]
    pub fn made<A, K>(
        name: String,
        function: impl CallbackFn<A, K>,
        place: &'static Location<'static>,
    ) -> Self {
        let (handler, signature) = function.bound(Sealed(()));
        Self {
            description: Description {
                package: None,
                name: name.into(),
                docs: Cow::Borrowed(""),
                item: Cow::Borrowed("register_fn"),
                file: place.file(),
                line: place.line(),
                concurrency: None,
                concurrency_per_caller: None,
                queue: None,
                timeout: None,
                balance: Balance::default(),
                signature,
                untraced: false,
            },
            handler,
        }
    }
}
