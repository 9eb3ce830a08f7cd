//! What stands in the parentheses of an attribute.
//!
//! Every argument is read by itself, so that one that is wrong does not hide the next.

use std::time::Duration;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Lit, LitInt, LitStr, Token};

use crate::balance::Balance;
use crate::duration;
use crate::errors::Errors;
use crate::lagging::Lagging;

mod key;

pub(crate) use key::Key;
use key::{meant, similar};

/// The most that a call can be made again. With the pauses in between that is minutes; a larger number is a mistake.
const MOST_RETRIES: u32 = 100;

/// An attribute at one of the places where it can stand.
#[derive(Debug)]
pub(crate) struct Place {
    /// The attribute, and what it stands on: "`#[callback]` on a function".
    pub(crate) name: &'static str,
    /// What it takes there.
    pub(crate) takes: &'static [Key],
    /// What it takes elsewhere, and where.
    pub(crate) elsewhere: &'static [(Key, &'static str)],
}

impl Place {
    /// What it takes there, in a sentence.
    fn takes(&self) -> String {
        let forms: Vec<_> = self.takes.iter().map(|key| format!("`{}`", key.form())).collect();
        let (last, others) = forms.split_last().expect("an attribute takes some argument");
        format!("{} takes {} and {last}", self.name, others.join(", "))
    }
}

/// The arguments that are given, each at most once but for those that may be repeated.
#[derive(Default)]
pub(crate) struct Arguments {
    given: Vec<Given>,
    /// Whether something is given that could not be read.
    has_faults: bool,
}

struct Given {
    key: Key,
    span: Span,
    value: Value,
}

enum Value {
    Flag,
    Text(LitStr),
    Pair(LitStr, LitStr),
    Count(u32),
    Time(Duration),
    Balance(Balance),
    Lagging(Lagging),
}

impl Arguments {
    /// Reads them, and says what is wrong with those that are left out.
    pub(crate) fn parse(tokens: TokenStream, place: &Place, errors: &mut Errors) -> Self {
        let before = errors.count();
        let mut arguments = Self::default();
        for argument in split_at_commas(tokens) {
            let Some((ident, key)) = parse_key(&argument, place, errors) else {
                continue;
            };
            if arguments.find(key).is_some() && !key.is_repeatable() {
                errors.add(
                    ident,
                    format!("`{}` is given twice: keep one of them", key.name()),
                );
                continue;
            }
            // Even with a value that is wrong it has been given.
            let value = parse_value(key, &argument, errors);
            if let Some(value) = value {
                arguments.given.push(Given {
                    key,
                    span: ident.span(),
                    value,
                });
            }
        }
        arguments.has_faults = errors.count() > before;
        arguments
    }

    /// Whether all that was written is here, so that what is not here was not written.
    pub(crate) fn are_complete(&self) -> bool {
        !self.has_faults
    }

    /// Where an argument is, if it is given.
    pub(crate) fn span(&self, key: Key) -> Option<Span> {
        self.find(key).map(|given| given.span)
    }

    pub(crate) fn text(&self, key: Key) -> Option<&LitStr> {
        self.find(key).and_then(|given| match &given.value {
            Value::Text(text) => Some(text),
            _ => None,
        })
    }

    /// Every pair that was given.
    pub(crate) fn pairs(&self, key: Key) -> impl Iterator<Item = (&LitStr, &LitStr)> {
        self.given.iter().filter_map(move |given| match &given.value {
            Value::Pair(one, other) if given.key == key => Some((one, other)),
            _ => None,
        })
    }

    pub(crate) fn count(&self, key: Key) -> Option<u32> {
        self.find(key).and_then(|given| match given.value {
            Value::Count(count) => Some(count),
            _ => None,
        })
    }

    pub(crate) fn time(&self, key: Key) -> Option<Duration> {
        self.find(key).and_then(|given| match given.value {
            Value::Time(time) => Some(time),
            _ => None,
        })
    }

    pub(crate) fn balance(&self) -> Option<Balance> {
        self.find(Key::Balance).and_then(|given| match given.value {
            Value::Balance(balance) => Some(balance),
            _ => None,
        })
    }

    pub(crate) fn lagging(&self) -> Option<Lagging> {
        self.find(Key::Lagging).and_then(|given| match given.value {
            Value::Lagging(lagging) => Some(lagging),
            _ => None,
        })
    }

    /// Where the first argument is that is not `key`.
    pub(crate) fn other_than(&self, key: Key) -> Option<Span> {
        self.given
            .iter()
            .find(|given| given.key != key)
            .map(|given| given.span)
    }

    fn find(&self, key: Key) -> Option<&Given> {
        self.given.iter().find(|given| given.key == key)
    }
}

/// What stands between the commas.
pub(crate) fn split_at_commas(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    for token in tokens {
        match &token {
            // A comma alone is kept, as an argument that is missing.
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                let part = parts.last_mut().expect("there is a part at all times");
                if part.is_empty() {
                    part.push(token);
                }
                parts.push(Vec::new());
            }
            _ => parts
                .last_mut()
                .expect("there is a part at all times")
                .push(token),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn parse_key(argument: &[TokenTree], place: &Place, errors: &mut Errors) -> Option<(Ident, Key)> {
    let TokenTree::Ident(ident) = &argument[0] else {
        let expected = match &argument[0] {
            TokenTree::Literal(name)
                if place.takes.contains(&Key::Alias) && name.to_string().starts_with('"') =>
            {
                format!("an argument is expected here: a name is given by `alias = {name}`")
            }
            _ => "an argument is expected here".to_owned(),
        };
        errors.add(tokens(argument), format!("{expected}\n{}", place.takes()));
        return None;
    };
    let name = ident.unraw().to_string();
    let known = Key::ALL.into_iter().find(|key| key.name() == name);
    if let Some(key) = known.filter(|key| place.takes.contains(key)) {
        return Some((ident.clone(), key));
    }
    let belongs = |key: Key| place.elsewhere.iter().find(|(other, _)| *other == key);
    let explanation = if let Some((_, elsewhere)) = known.and_then(belongs) {
        format!("`{name}` belongs on {elsewhere}")
    } else if let Some(key) = meant(&name).filter(|key| place.takes.contains(key)) {
        format!("there is no `{name}`: here it is `{}`", key.form())
    } else if let Some((key, elsewhere)) = meant(&name).and_then(belongs) {
        format!(
            "there is no `{name}`: `{}`, which is meant, belongs on {elsewhere}",
            key.form()
        )
    } else if let Some(key) = similar(&name, place.takes) {
        format!("unknown argument `{name}`: did you mean `{}`?", key.name())
    } else {
        format!("unknown argument `{name}`")
    };
    errors.add(ident, format!("{explanation}\n{}", place.takes()));
    None
}

fn parse_value(key: Key, argument: &[TokenTree], errors: &mut Errors) -> Option<Value> {
    let rest = &argument[1..];
    let is_punct = |token: &TokenTree, of: char| matches!(token, TokenTree::Punct(p) if p.as_char() == of);
    if key.is_flag() {
        match rest.first() {
            None => {}
            Some(token) if is_punct(token, '=') || matches!(token, TokenTree::Group(_)) => {
                errors.add(
                    tokens(rest),
                    format!(
                        "`{0}` has no value: write `{0}` alone, or leave it out",
                        key.name()
                    ),
                );
            }
            Some(token) => errors.add(token, "a `,` is expected here"),
        }
        // It is clear what is meant.
        return Some(Value::Flag);
    }
    if key == Key::ToWhere {
        let pair = parse_pair(rest);
        if pair.is_none() {
            errors.add(
                tokens(argument),
                format!("two strings are expected in parentheses: `{}`", key.form()),
            );
        }
        return pair;
    }
    if rest.len() < 2 || !is_punct(&rest[0], '=') {
        errors.add(
            tokens(argument),
            format!("`{}` has a value: `{}`", key.name(), key.form()),
        );
        return None;
    }
    // A sign belongs to the number.
    let length = if is_punct(&rest[1], '-') { 3 } else { 2 };
    if let Some(token) = rest.get(length)
        && is_literal(&rest[length - 1])
    {
        errors.add(token, "a `,` is expected here");
        return None;
    }
    let value = tokens(&rest[1..]);
    match (key, syn::parse2::<Lit>(value.clone()).ok()) {
        (Key::Concurrency | Key::ConcurrencyPerCaller | Key::Queue | Key::Retry, Some(Lit::Int(count))) => {
            parse_count(key, &count, value, errors).map(Value::Count)
        }
        (Key::Concurrency | Key::ConcurrencyPerCaller | Key::Queue | Key::Retry, _) => {
            errors.add(
                value,
                format!("a whole number is expected here: `{}`", key.form()),
            );
            None
        }
        (Key::Timeout | Key::Wait | Key::Every, Some(Lit::Str(text))) => {
            parse_time(&text, errors).map(Value::Time)
        }
        (Key::Balance, Some(Lit::Str(text))) => Balance::parse(&text, errors).map(Value::Balance),
        (Key::Lagging, Some(Lit::Str(text))) => Lagging::parse(&text, errors).map(Value::Lagging),
        (_, Some(Lit::Str(text))) => Some(Value::Text(text)),
        _ => {
            errors.add(value, format!("a string is expected here: `{}`", key.form()));
            None
        }
    }
}

/// Two strings in parentheses.
fn parse_pair(rest: &[TokenTree]) -> Option<Value> {
    let [TokenTree::Group(group)] = rest else {
        return None;
    };
    if group.delimiter() != Delimiter::Parenthesis {
        return None;
    }
    let strings = Punctuated::<LitStr, Token![,]>::parse_terminated
        .parse2(group.stream())
        .ok()?;
    let mut strings = strings.into_iter();
    match (strings.next(), strings.next(), strings.next()) {
        (Some(one), Some(other), None) => Some(Value::Pair(one, other)),
        _ => None,
    }
}

/// Whether it is a literal, perhaps in the invisible group that a macro's `$value:literal` is.
fn is_literal(token: &TokenTree) -> bool {
    match token {
        TokenTree::Literal(_) => true,
        TokenTree::Group(group) => group.delimiter() == Delimiter::None,
        _ => false,
    }
}

fn parse_count(key: Key, literal: &LitInt, tokens: TokenStream, errors: &mut Errors) -> Option<u32> {
    let (most, zero) = match key {
        Key::Retry => (
            MOST_RETRIES,
            "no call would be made again: leave `retry` out, or give at least 1",
        ),
        Key::ConcurrencyPerCaller => (
            u32::MAX,
            "no call could ever run: `concurrency_per_caller` is at least 1",
        ),
        _ => (u32::MAX, "no call could ever run: `concurrency` is at least 1"),
    };
    match literal.base10_parse() {
        Ok(0) if key == Key::Queue => return Some(0),
        Ok(0) => errors.add(tokens, zero),
        Ok(count) if count <= most => return Some(count),
        _ => {
            let least = u32::from(key != Key::Queue);
            errors.add(
                tokens,
                format!("`{}` is a number from {least} to {most}", key.name()),
            );
        }
    }
    None
}

fn parse_time(literal: &LitStr, errors: &mut Errors) -> Option<Duration> {
    duration::parse(&literal.value())
        .map_err(|error| errors.add(literal, error))
        .ok()
}

fn tokens(trees: &[TokenTree]) -> TokenStream {
    trees.iter().map(ToTokens::to_token_stream).collect()
}

#[cfg(test)]
mod tests;
