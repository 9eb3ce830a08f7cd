//! One fetcher, checked.

use std::time::Duration;

use proc_macro2::{Group, Ident, Span};
use syn::{LitStr, Pat, PatType, Type};

use super::answer::{Answer, Comes};
use super::body::{Shape, check_body, shape};
use super::having::{self, Attribute};
use super::period::{Period, check_scheduled};
use crate::arguments::{Arguments, Key};
use crate::errors::Errors;
use crate::item::Function;
use crate::lagging::Lagging;
use crate::name::{self, RemoteName};
use crate::signature::{self, Side};
use crate::types;

/// A function whose calls run in another process.
pub(crate) struct Fetcher<'a> {
    pub(crate) function: &'a Function,
    pub(crate) name: RemoteName,
    pub(crate) timeout: Option<Duration>,
    pub(crate) to: Option<LitStr>,
    pub(crate) having: Vec<Attribute>,
    pub(crate) wait: Option<Duration>,
    pub(crate) retry: Option<u32>,
    pub(crate) idempotent: bool,
    pub(crate) returned: Returned,
    /// When its calls are made, if the controller makes them by itself; and whether all processes are asked then.
    pub(crate) period: Option<(Period, bool)>,
    pub(crate) lagging: Option<Lagging>,
    pub(crate) sent: Sent<'a>,
    pub(crate) answer: Answer,
    /// Its types may be others at each call.
    pub(crate) varying: bool,
    /// Its types are not looked into.
    pub(crate) untraced: bool,
}

/// How a fetcher makes its calls, and with that what it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    /// It leaves that to its caller: a `Call`.
    Call,
    /// In the background, at once: an `AsyncResult`.
    Background,
    /// At every process that offers the callback: a `Broadcast`.
    Broadcast,
    /// By the controller, again and again: a `PeriodCall`.
    Scheduled,
}

impl Returned {
    /// What is said, or one of them if too much is.
    pub(crate) fn of(arguments: &Arguments) -> Self {
        if arguments.span(Key::Every).or(arguments.span(Key::Cron)).is_some() {
            Self::Scheduled
        } else if arguments.span(Key::Broadcast).is_some() {
            Self::Broadcast
        } else if arguments.span(Key::Bg).is_some() {
            Self::Background
        } else {
            Self::Call
        }
    }
}

/// What a fetcher sends.
pub(crate) enum Sent<'a> {
    /// Its parameters, as they are.
    Parameters(Vec<(&'a Ident, &'a Type)>),
    /// What its body computes.
    Computed(&'a Group, Shape),
}

/// What holds for every fetcher of a block unless it says otherwise.
#[derive(Default)]
pub(crate) struct Defaults<'a> {
    pub(crate) prefix: Option<&'a LitStr>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) to: Option<&'a LitStr>,
    pub(crate) having: Vec<Attribute>,
    pub(crate) wait: Option<Duration>,
    /// The block has parameters on which types may depend.
    pub(crate) varying: bool,
}

impl<'a> Defaults<'a> {
    /// Those of a block or trait.
    pub(crate) fn new(arguments: &'a Arguments, errors: &mut Errors) -> Self {
        let prefix = arguments.text(Key::Prefix);
        name::check_text("prefix", prefix, errors);
        let to = arguments.text(Key::To);
        name::check_text("process name", to, errors);
        Self {
            prefix,
            timeout: arguments.time(Key::Timeout),
            to,
            having: having::checked(arguments, &[], errors),
            wait: arguments.time(Key::Wait),
            varying: false,
        }
    }
}

impl<'a> Fetcher<'a> {
    /// Checks a free function.
    pub(crate) fn of_function(
        function: &'a Function,
        arguments: &Arguments,
        defaults: &Defaults<'_>,
        errors: &mut Errors,
    ) -> Option<Self> {
        if let Some(receiver) = function.signature.receiver() {
            errors.add(
                receiver,
                "a method is declared by its block: put `#[fetcher]` on the `impl` block or trait",
            );
        }
        Self::checked(function, function.body.group(), arguments, defaults, errors)
    }

    /// Checks what all fetchers have in common. `body` computes the arguments.
    pub(crate) fn checked(
        function: &'a Function,
        body: Option<&'a Group>,
        arguments: &Arguments,
        defaults: &Defaults<'_>,
        errors: &mut Errors,
    ) -> Option<Self> {
        let before = errors.count();
        let signature = &function.signature;
        signature::check_form(Side::Fetcher, signature, errors);
        let name = RemoteName::new(
            &signature.ident,
            arguments.text(Key::Alias),
            defaults.prefix,
            errors,
        );
        let own_to = arguments.text(Key::To);
        name::check_text("process name", own_to, errors);
        let having = having::checked(arguments, &defaults.having, errors);
        check_mode(arguments, defaults, errors);
        check_lagging(arguments, signature, errors);
        for parameter in signature::parameters(signature) {
            signature::check_parameter(Side::Fetcher, parameter, errors);
        }
        signature::check_result(Side::Fetcher, &signature.output, errors);
        let streams =
            signature::parameters(signature).any(|parameter| types::stream(&parameter.ty).is_some());
        if streams && body.is_none() {
            check_sent_once(arguments, errors);
        } else {
            check_retry(arguments, errors);
        }
        let answer = Answer::new(&signature::result_type(signature));
        let period = Period::checked(arguments, errors);
        if Returned::of(arguments) == Returned::Scheduled {
            check_scheduled(arguments, signature, &answer, errors);
        }
        let answer = match arguments.span(Key::Each) {
            Some(each) => {
                check_each(each, signature, body, &answer, errors);
                answer.counted()
            }
            None => answer,
        };
        let sent = match body {
            Some(body) => {
                check_no_streams(signature, errors);
                let is_used = || signature::parameters(signature).any(is_named_for_use);
                check_body(body, is_used, errors);
                Some(Sent::Computed(body, shape(body, errors)))
            }
            None => parameters(signature, errors).map(Sent::Parameters),
        };
        if errors.count() > before {
            return None;
        }
        Some(Self {
            function,
            name: name?,
            timeout: arguments.time(Key::Timeout).or(defaults.timeout),
            to: own_to.or(defaults.to).cloned(),
            having,
            wait: arguments.time(Key::Wait).or(defaults.wait),
            retry: arguments.count(Key::Retry),
            idempotent: arguments.span(Key::Idempotent).is_some(),
            returned: Returned::of(arguments),
            period: period.map(|period| (period, arguments.span(Key::Broadcast).is_some())),
            lagging: arguments.lagging(),
            sent: sent?,
            answer,
            varying: defaults.varying,
            untraced: arguments.span(Key::Untraced).is_some(),
        })
    }
}

/// That its calls can be made as it is said.
fn check_mode(arguments: &Arguments, defaults: &Defaults<'_>, errors: &mut Errors) {
    let Some(broadcast) = arguments.span(Key::Broadcast) else {
        return;
    };
    if arguments.span(Key::Bg).is_some() {
        errors.add_at(
            broadcast,
            "`bg` gives one result and `broadcast` one of every process: leave one of them out\n\
             to have a broadcast in the background, leave `bg` out and call `.bg()`",
        );
    }
    if let Some(to) = arguments.span(Key::To) {
        errors.add_at(
            to,
            "`broadcast` asks every process and `to` names one: leave one of them out",
        );
    } else if defaults.to.is_some() {
        errors.add_at(
            broadcast,
            "`broadcast` asks every process, and the `to` above, which holds for all methods, names one\n\
             say `to` at the methods that need it, or declare this one elsewhere",
        );
    }
}

/// That there is a stream to many of which some can be too slow.
fn check_lagging(arguments: &Arguments, signature: &syn::Signature, errors: &mut Errors) {
    let Some(lagging) = arguments.span(Key::Lagging) else {
        return;
    };
    if arguments.span(Key::Broadcast).is_none() {
        errors.add_at(
            lagging,
            "`lagging` says what becomes of those of many who take a stream too slowly: add `broadcast`, or leave `lagging` \
             out\n\
             to say it at a call, write `.broadcast().lagging(Lagging::DropSlow)` there",
        );
    } else if !signature::parameters(signature).any(|parameter| types::stream(&parameter.ty).is_some()) {
        errors.add_at(
            lagging,
            "`lagging` says what becomes of those who take a stream too slowly, and this fetcher sends none: leave it out, or \
             take a parameter such as `items: impl Stream<Item = u64>`",
        );
    }
}

/// That its calls can be made again, if that is what is said.
fn check_retry(arguments: &Arguments, errors: &mut Errors) {
    let (retry, idempotent) = (arguments.span(Key::Retry), arguments.span(Key::Idempotent));
    match (Returned::of(arguments), retry, idempotent) {
        (Returned::Broadcast, Some(span), _) | (Returned::Broadcast, None, Some(span)) => errors.add_at(
            span,
            "a broadcast is not made again: those that have answered would run the callback once more\n\
             leave this out, look at the outcome of each process, and call those that failed with `to`",
        ),
        (_, Some(retry), None) if arguments.are_complete() => errors.add_at(
            retry,
            "a call that failed may have run, and `retry` makes it again: if running the callback twice does no harm, say \
             so with `idempotent`\n\
             otherwise leave `retry` out: `Call::retry` makes only those calls again that have not run",
        ),
        (Returned::Background, None, Some(idempotent)) if arguments.are_complete() => errors.add_at(
            idempotent,
            "`idempotent` lets a call be made again, and one in the background is only if it says here how often: add \
             `retry = 2`, or leave `idempotent` out",
        ),
        _ => {}
    }
}

/// That its calls are made once, for it sends a stream; and to one process, if the callback runs for each item.
fn check_sent_once(arguments: &Arguments, errors: &mut Errors) {
    if let (Some(broadcast), Some(_)) = (arguments.span(Key::Broadcast), arguments.span(Key::Each)) {
        errors.add_at(
            broadcast,
            "with `each`, the items go to one process, which tells how many are done: leave `broadcast` out, and call them \
             one by one with `to`",
        );
    }
    if let Some(again) = arguments.span(Key::Retry).or(arguments.span(Key::Idempotent)) {
        errors.add_at(
            again,
            "a stream is sent once, so its call is not made again: leave this out, and call again with a new stream",
        );
    }
}

/// That there is a stream for whose items the callback can run.
fn check_each(
    each: Span,
    signature: &syn::Signature,
    body: Option<&Group>,
    answer: &Answer,
    errors: &mut Errors,
) {
    let parameters: Vec<_> = signature::parameters(signature).collect();
    if body.is_some() {
        errors.add_at(
            each,
            "`each` sends a stream as it is: leave the body out, and change the stream before the call",
        );
    } else {
        match parameters[..] {
            [only] if types::stream(&only.ty).is_some() => {}
            [only] => errors.add(
                &only.ty,
                "`each` runs the callback once for each item of a stream: take it as `impl Stream<Item = T>`",
            ),
            _ => errors.add_at(
                each,
                "`each` runs the callback once for each item of a stream, which is its only argument: take one parameter, \
                 such as `items: impl Stream<Item = u64>`",
            ),
        }
    }
    if answer.comes == Comes::Stream {
        errors.add(
            &signature.output,
            "a callback that returns a stream is called once: `each` calls one that returns a value, and gives the number of \
             items that are done",
        );
    }
}

/// The parameters by name.
fn parameters<'a>(signature: &'a syn::Signature, errors: &mut Errors) -> Option<Vec<(&'a Ident, &'a Type)>> {
    signature::check_count(
        Side::Fetcher,
        signature::parameters(signature).map(|parameter| &*parameter.ty),
        errors,
    );
    signature::parameters(signature)
        .map(|parameter| named(parameter, errors))
        .collect()
}

fn named<'a>(parameter: &'a PatType, errors: &mut Errors) -> Option<(&'a Ident, &'a Type)> {
    let Some(ident) = signature::parameter_name(parameter) else {
        errors.add(
            &parameter.pat,
            "without a body, a fetcher's parameters are names, as what is passed for them is sent as it is: write one name for this",
        );
        return None;
    };
    Some((ident, types::bare(&parameter.ty)))
}

/// Whether the name of a parameter does not say that it is not used.
fn is_named_for_use(parameter: &PatType) -> bool {
    !matches!(&*parameter.pat, Pat::Ident(name) if name.ident.to_string().starts_with('_'))
}

/// That nothing is a stream: a body computes values.
fn check_no_streams(signature: &syn::Signature, errors: &mut Errors) {
    for parameter in signature::parameters(signature) {
        if types::stream(&parameter.ty).is_some() {
            errors.add(
                &parameter.ty,
                "a body computes arguments that are values: leave it out to send a stream as it is, and change the stream \
                 before the call",
            );
        }
    }
}
