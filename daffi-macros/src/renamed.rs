//! Programs that know daffi by another name: `crate = "path"`.
//!
//! What is generated names `::daffi`, and here that becomes the path, wherever it stands.

use proc_macro2::{Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{LitStr, Path};

use crate::arguments::split_at_commas;
use crate::errors::Errors;

/// How the argument is written.
const FORM: &str = "`crate = \"path::to::daffi\"`";

/// Stands for `daffi` in what the user has written, while it is among what is generated: there it means what it says.
const OWN: &str = "__daffi_of_the_user";

/// Expands an attribute on `item` with what `expand` makes of that and of its other arguments.
pub(crate) fn expand(
    arguments: TokenStream,
    item: TokenStream,
    expand: impl FnOnce(TokenStream, &TokenStream) -> TokenStream,
) -> TokenStream {
    let mut errors = Errors::default();
    let (path, others) = take(arguments, &mut errors);
    let expanded = match path {
        Some(path) => {
            let expanded = expand(others, &exchanged(item, "daffi", OWN));
            exchanged(renamed(expanded, &path.into_token_stream()), OWN, "daffi")
        }
        None => expand(others, &item),
    };
    quote!(#expanded #errors)
}

/// The same tokens with one identifier in the place of another.
fn exchanged(tokens: TokenStream, from: &str, to: &str) -> TokenStream {
    let exchanged_token = |token| match token {
        TokenTree::Ident(ident) if ident == from => Ident::new(to, ident.span()).into(),
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), exchanged(group.stream(), from, to));
            inner.set_span(group.span());
            inner.into()
        }
        token => token,
    };
    tokens.into_iter().map(exchanged_token).collect()
}

/// Takes the path out of the arguments.
fn take(arguments: TokenStream, errors: &mut Errors) -> (Option<Path>, TokenStream) {
    let is_crate = |argument: &[TokenTree]| matches!(argument.first(), Some(TokenTree::Ident(ident)) if ident == "crate");
    // As they are written, with their mistakes, if there is nothing to take.
    if !split_at_commas(arguments.clone())
        .iter()
        .any(|argument| is_crate(argument))
    {
        return (None, arguments);
    }
    let (mut path, mut others) = (None, TokenStream::new());
    for argument in split_at_commas(arguments) {
        if !is_crate(&argument) {
            others.extend(argument);
            others.extend(quote!(,));
        } else if path.is_some() {
            errors.add(&argument[0], "`crate` is given twice");
        } else {
            path = Some(parse(&argument, errors));
        }
    }
    (path.flatten(), others)
}

fn parse(argument: &[TokenTree], errors: &mut Errors) -> Option<Path> {
    let value: TokenStream = argument.iter().skip(2).cloned().collect();
    if !matches!(argument.get(1), Some(TokenTree::Punct(equals)) if equals.as_char() == '=')
        || value.is_empty()
    {
        errors.add(&argument[0], format!("`crate` has a value: {FORM}"));
        return None;
    }
    let path = syn::parse2::<LitStr>(value.clone()).ok();
    let path = path.and_then(|text| text.parse_with(Path::parse_mod_style).ok());
    if path.is_none() {
        errors.add(
            value,
            format!("the path by which the program knows daffi is expected here: {FORM}"),
        );
    }
    path
}

/// The same tokens with `path` in the place of `::daffi`.
fn renamed(tokens: TokenStream, path: &TokenStream) -> TokenStream {
    let is_colon = |token: &TokenTree, spacing| matches!(token, TokenTree::Punct(colon) if is(colon, ':') && (spacing == Spacing::Alone || colon.spacing() == spacing));
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut renamed_tokens = TokenStream::new();
    let mut rest = &tokens[..];
    // After a name, `::daffi` is a part of some path.
    let (mut in_path, mut in_arrow) = (false, false);
    while let [token, after @ ..] = rest {
        if let [first, second, TokenTree::Ident(ident), after @ ..] = rest
            && !in_path
            && is_colon(first, Spacing::Joint)
            && is_colon(second, Spacing::Alone)
            && ident == "daffi"
        {
            renamed_tokens.extend(path.clone());
            in_path = true;
            rest = after;
            continue;
        }
        in_path = match token {
            TokenTree::Ident(ident) => is_in_paths(ident),
            TokenTree::Punct(end) => is(end, '>') && !in_arrow,
            _ => false,
        };
        in_arrow = matches!(token, TokenTree::Punct(arrow) if is(arrow, '-') || is(arrow, '='));
        renamed_tokens.extend([match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), renamed(group.stream(), path));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            token => token.clone(),
        }]);
        rest = after;
    }
    renamed_tokens
}

/// Whether it is a part of a path, and not a keyword before one.
fn is_in_paths(ident: &Ident) -> bool {
    ["crate", "self", "super", "Self"]
        .iter()
        .any(|part| ident == part)
        || syn::parse2::<Ident>(ident.to_token_stream()).is_ok()
}

fn is(punct: &Punct, of: char) -> bool {
    punct.as_char() == of
}
