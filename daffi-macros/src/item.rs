//! The item that an attribute stands on, as it is written.
//!
//! Bodies stay tokens: what is in them is the compiler's business, half-typed code in an editor included. Functions
//! without a body, which fetchers are, are as good as those with one.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt as _};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{
    Attribute, Generics, Ident, ImplItem, Path, Signature, Token, TraitItem, Type, TypeParamBound,
    Visibility, WhereClause, braced, token,
};

use crate::defaults;

/// An item.
pub(crate) enum Item {
    Function(Function),
    Impl(Block),
    Trait(Trait),
    Other(Other),
}

/// A function, with or without a body.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) default: Option<Ident>,
    pub(crate) signature: Signature,
    pub(crate) body: Body,
}

#[derive(Clone)]
pub(crate) enum Body {
    Block(Group),
    None(Token![;]),
}

/// An `impl` block.
pub(crate) struct Block {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) unsafety: Option<Token![unsafe]>,
    pub(crate) impl_token: Token![impl],
    pub(crate) generics: Generics,
    pub(crate) trait_: Option<(Path, Token![for])>,
    pub(crate) self_type: Type,
    pub(crate) brace: token::Brace,
    pub(crate) members: Vec<Member>,
}

/// A trait.
pub(crate) struct Trait {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) unsafety: Option<Token![unsafe]>,
    pub(crate) trait_token: Token![trait],
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) bounds: Option<(Token![:], TokenStream)>,
    pub(crate) brace: token::Brace,
    pub(crate) members: Vec<Member>,
}

/// What stands in an `impl` block or a trait.
#[expect(clippy::large_enum_variant, reason = "nearly all of them are functions")]
pub(crate) enum Member {
    Function(Function),
    Other { kind: &'static str, tokens: TokenStream },
}

/// An item that is none of these.
pub(crate) struct Other {
    /// What it is, with its article.
    pub(crate) kind: &'static str,
    pub(crate) span: Span,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        if is_function(&ahead) {
            return input.parse().map(Self::Function);
        }
        let start = ahead.span();
        ahead.parse::<Option<Token![unsafe]>>()?;
        if ahead.peek(Token![impl]) {
            input.parse().map(Self::Impl)
        } else if ahead.peek(Token![trait]) {
            input.parse().map(Self::Trait)
        } else {
            input.parse::<TokenStream>()?;
            Ok(Self::Other(Other {
                kind: kind_of(&ahead),
                span: start,
            }))
        }
    }
}

fn kind_of(input: ParseStream<'_>) -> &'static str {
    let keyword = input
        .call(Ident::parse_any)
        .map(|ident| ident.to_string())
        .unwrap_or_default();
    match keyword.as_str() {
        "struct" => "a struct",
        "enum" => "an enum",
        "union" => "a union",
        "mod" => "a module",
        "const" => "a constant",
        "static" => "a static",
        "type" => "a type alias",
        "use" => "an import",
        "extern" => "an extern block",
        "macro_rules" => "a macro",
        "let" => "a variable",
        _ => "this",
    }
}

/// Whether a function follows, after its attributes and visibility.
fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    while !ahead.peek(Token![fn]) {
        let qualifier = ahead.call(Ident::parse_any);
        let known = qualifier.is_ok_and(|ident| {
            ["default", "const", "async", "unsafe", "safe", "extern"]
                .iter()
                .any(|known| ident == known)
        });
        if !known || ahead.is_empty() {
            return false;
        }
        let _abi = ahead.parse::<Option<syn::LitStr>>();
    }
    true
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let default = if input.peek(Token![default]) {
            Some(input.call(Ident::parse_any)?)
        } else {
            None
        };
        let signature = input.parse()?;
        let body = if input.peek(Token![;]) {
            Body::None(input.parse()?)
        } else {
            let token = input.parse::<TokenTree>()?;
            let span = token.span();
            Body::Block(block(token).ok_or_else(|| syn::Error::new(span, "a body or `;` is expected here"))?)
        };
        Ok(Self {
            attributes,
            visibility,
            default,
            signature,
            body,
        })
    }
}

/// The braces and what is in them, out of the invisible group that a macro's `$body:block` is.
fn block(token: TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else {
        return None;
    };
    match group.delimiter() {
        Delimiter::Brace => Some(group),
        Delimiter::None => group.stream().into_iter().next().and_then(block),
        Delimiter::Parenthesis | Delimiter::Bracket => None,
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attributes);
        self.visibility.to_tokens(tokens);
        self.default.to_tokens(tokens);
        defaults::bare(&self.signature).to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}

impl Body {
    pub(crate) fn group(&self) -> Option<&Group> {
        match self {
            Self::Block(group) => Some(group),
            Self::None(_) => None,
        }
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Block(group) => group.to_tokens(tokens),
            Self::None(semicolon) => semicolon.to_tokens(tokens),
        }
    }
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let unsafety = input.parse()?;
        let impl_token = input.parse()?;
        // A block never starts with a qualified path: `impl <Type as Trait>::Item` is not worth telling apart.
        let mut generics: Generics = input.parse()?;
        let first: Type = input.parse()?;
        let (trait_, self_type) = match input.parse::<Option<Token![for]>>()? {
            Some(for_token) => (Some((trait_path(first)?, for_token)), input.parse()?),
            None => (None, first),
        };
        generics.where_clause = input.parse()?;
        let content;
        let brace = braced!(content in input);
        attributes.extend(content.call(Attribute::parse_inner)?);
        let members = parse_members::<ImplItem>(&content)?;
        Ok(Self {
            attributes,
            unsafety,
            impl_token,
            generics,
            trait_,
            self_type,
            brace,
            members,
        })
    }
}

fn trait_path(ty: Type) -> syn::Result<Path> {
    match ty {
        Type::Path(path) if path.qself.is_none() => Ok(path.path),
        Type::Group(group) => trait_path(*group.elem),
        other => Err(syn::Error::new(other.span(), "a trait is expected here")),
    }
}

impl Block {
    /// The block with these members in place of its own.
    pub(crate) fn with_members(&self, members: &TokenStream) -> TokenStream {
        let mut tokens = TokenStream::new();
        let (inner, outer): (Vec<_>, Vec<_>) =
            self.attributes.iter().partition(|attribute| is_inner(attribute));
        tokens.append_all(outer);
        self.unsafety.to_tokens(&mut tokens);
        self.impl_token.to_tokens(&mut tokens);
        self.generics.to_tokens(&mut tokens);
        if let Some((path, for_token)) = &self.trait_ {
            path.to_tokens(&mut tokens);
            for_token.to_tokens(&mut tokens);
        }
        self.self_type.to_tokens(&mut tokens);
        self.generics.where_clause.to_tokens(&mut tokens);
        self.brace.surround(&mut tokens, |tokens| {
            tokens.append_all(inner);
            members.to_tokens(tokens);
        });
        tokens
    }
}

impl Parse for Trait {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let unsafety = input.parse()?;
        let trait_token = input.parse()?;
        let ident = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let bounds = match input.parse::<Option<Token![:]>>()? {
            Some(colon) => Some((colon, parse_bounds(input)?)),
            None => None,
        };
        generics.where_clause = input.parse::<Option<WhereClause>>()?;
        let content;
        let brace = braced!(content in input);
        attributes.extend(content.call(Attribute::parse_inner)?);
        let members = parse_members::<TraitItem>(&content)?;
        Ok(Self {
            attributes,
            visibility,
            unsafety,
            trait_token,
            ident,
            generics,
            bounds,
            brace,
            members,
        })
    }
}

fn parse_bounds(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut bounds = TokenStream::new();
    while !(input.peek(token::Brace) || input.peek(Token![where])) {
        input.parse::<TypeParamBound>()?.to_tokens(&mut bounds);
        match input.parse::<Option<Token![+]>>()? {
            Some(plus) => plus.to_tokens(&mut bounds),
            None => break,
        }
    }
    Ok(bounds)
}

impl Trait {
    /// The trait with these members in place of its own.
    pub(crate) fn with_members(&self, members: &TokenStream) -> TokenStream {
        let mut tokens = TokenStream::new();
        let (inner, outer): (Vec<_>, Vec<_>) =
            self.attributes.iter().partition(|attribute| is_inner(attribute));
        tokens.append_all(outer);
        self.visibility.to_tokens(&mut tokens);
        self.unsafety.to_tokens(&mut tokens);
        self.trait_token.to_tokens(&mut tokens);
        self.ident.to_tokens(&mut tokens);
        self.generics.to_tokens(&mut tokens);
        if let Some((colon, bounds)) = &self.bounds {
            colon.to_tokens(&mut tokens);
            bounds.to_tokens(&mut tokens);
        }
        self.generics.where_clause.to_tokens(&mut tokens);
        self.brace.surround(&mut tokens, |tokens| {
            tokens.append_all(inner);
            members.to_tokens(tokens);
        });
        tokens
    }
}

fn is_inner(attribute: &Attribute) -> bool {
    matches!(attribute.style, syn::AttrStyle::Inner(_))
}

fn parse_members<T: Parse + ToTokens>(content: ParseStream<'_>) -> syn::Result<Vec<Member>> {
    let mut members = Vec::new();
    while !content.is_empty() {
        let ahead = content.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        members.push(if is_function(&ahead) {
            Member::Function(content.parse()?)
        } else {
            let kind = kind_of(&ahead);
            Member::Other {
                kind,
                tokens: content.parse::<T>()?.into_token_stream(),
            }
        });
    }
    Ok(members)
}

impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Function(function) => function.to_tokens(tokens),
            Self::Other { tokens: other, .. } => other.to_tokens(tokens),
        }
    }
}

impl Item {
    /// Reads an item.
    pub(crate) fn read(tokens: TokenStream) -> syn::Result<Self> {
        Self::parse.parse2(tokens)
    }
}
