//! When the controller makes a fetcher's calls by itself, as it is written in an attribute.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::LitStr;

use super::answer::{Answer, Comes};
use crate::arguments::{Arguments, Key};
use crate::duration;
use crate::errors::Errors;
use crate::signature;
use crate::types;

/// The shortest interval that a controller takes.
const SHORTEST: Duration = Duration::from_millis(1);

/// When calls are made again and again.
pub(crate) enum Period {
    Every(Duration),
    /// A line of cron, and the time zone by whose clock it goes.
    Cron(LitStr, LitStr),
}

impl Period {
    /// What is said, if something is.
    pub(super) fn checked(arguments: &Arguments, errors: &mut Errors) -> Option<Self> {
        let (every, cron, zone) = (
            arguments.time(Key::Every),
            arguments.text(Key::Cron),
            arguments.text(Key::Tz),
        );
        if let (Some(span), Some(_)) = (arguments.span(Key::Cron), every) {
            errors.add_at(span, "`every` and `cron` both say when: leave one of them out");
        }
        if let Some(span) = arguments.span(Key::Every)
            && every.is_some_and(|interval| interval < SHORTEST)
        {
            errors.add_at(
                span,
                "an interval is at least a millisecond: what comes more often is better sent as a stream",
            );
        }
        match (every, cron, zone) {
            (Some(interval), _, None) => Some(Self::Every(interval)),
            (None, Some(line), Some(zone)) => {
                check_zone(zone, errors);
                Some(Self::Cron(line.clone(), zone.clone()))
            }
            (None, Some(line), None) => {
                if arguments.are_complete() {
                    errors.add(
                        line,
                        "a line of cron goes by the clock of a time zone: add `tz = \"Europe/Kyiv\"`, or `tz = \"UTC\"`",
                    );
                }
                None
            }
            (_, _, Some(zone)) => {
                if arguments.are_complete() {
                    errors.add(
                        zone,
                        "`tz` is the time zone of a line of cron: add `cron = \"0 3 * * *\"`, or leave `tz` out",
                    );
                }
                None
            }
            (None, None, None) => None,
        }
    }

    /// It as an expression, whose line of cron is looked at by the compiler.
    pub(super) fn tokens(&self) -> TokenStream {
        match self {
            Self::Every(interval) => {
                let interval = duration::tokens(*interval);
                quote!(::daffi::Period::every(#interval))
            }
            Self::Cron(line, zone) => {
                let check =
                    quote_spanned!(line.span()=> const _: () = ::daffi::__private::check::cron(#line););
                quote!({
                    #check
                    ::daffi::Period::cron(#line, #zone)
                })
            }
        }
    }
}

/// That a schedule can be made of the calls.
pub(super) fn check_scheduled(
    arguments: &Arguments,
    signature: &syn::Signature,
    answer: &Answer,
    errors: &mut Errors,
) {
    let others = [
        (
            Key::Bg,
            "the controller makes the calls, and nobody here waits for them",
        ),
        (
            Key::Each,
            "the stream for whose items it would be made can be read but once",
        ),
        (Key::Retry, "a call is made once for each tick"),
        (Key::Idempotent, "a call is made once for each tick"),
        (
            Key::Wait,
            "a tick waits for somebody as long as `Period::catch_up` says",
        ),
    ];
    for (key, why) in others {
        if let Some(span) = arguments.span(key) {
            errors.add_at(
                span,
                format!(
                    "`{}` says nothing of calls that are made again and again: {why}; leave it out",
                    key.name()
                ),
            );
        }
    }
    for parameter in signature::parameters(signature) {
        if types::stream(&parameter.ty).is_some() {
            errors.add(
                &parameter.ty,
                "a call that sends a stream cannot be made again and again: what was sent is gone; take values",
            );
        }
    }
    if answer.comes == Comes::Stream {
        errors.add(
            &signature.output,
            "a call that gives a stream cannot be made by the controller, since nobody would read it: return a value",
        );
    }
}

#[cfg(feature = "cron")]
fn check_zone(zone: &LitStr, errors: &mut Errors) {
    if jiff::tz::TimeZoneDatabase::bundled().get(&zone.value()).is_err() {
        errors.add(
            zone,
            "there is no such time zone: name one as the IANA has it, such as \"Europe/Kyiv\" or \"UTC\"",
        );
    }
}

#[cfg(not(feature = "cron"))]
fn check_zone(zone: &LitStr, errors: &mut Errors) {
    errors.add(
        zone,
        "`cron` and `tz` need the feature `cron` of daffi: daffi = { …, features = [\"cron\"] }",
    );
}
