//! What can be told of a type from how it is written.

use crate::span::at;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{
    ExprPath, GenericArgument, Lifetime, Path, PathArguments, PathSegment, QSelf, Token, Type, TypeImplTrait,
    TypePath, TypeReference, parse_quote, parse_quote_spanned,
};

/// The type without the parentheses and invisible groups around it.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => bare(&paren.elem),
        Type::Group(group) => bare(&group.elem),
        other => other,
    }
}

/// The last segment of the type's path, if it has one.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The type arguments of a path's segment.
pub(crate) fn type_arguments(segment: &PathSegment) -> Vec<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether this is `CallContext`, by whatever path.
pub(crate) fn is_context(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "CallContext" && segment.arguments.is_none())
}

/// A stream, as it is written.
#[derive(Clone, Copy)]
pub(crate) struct Stream<'a> {
    pub(crate) form: StreamForm,
    /// What it gives, if that is said.
    pub(crate) item: Option<&'a Type>,
}

/// How a stream is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamForm {
    /// `Streaming<T>`.
    Streaming,
    /// `impl Stream<Item = T>`.
    Stream,
    /// `impl Iterator<Item = T>`.
    Iterator,
}

/// The traits whose values are streams.
pub(crate) const STREAMS: [&str; 3] = ["Stream", "Iterator", "IntoIterator"];

/// The stream that this is, if it is one.
pub(crate) fn stream(ty: &Type) -> Option<Stream<'_>> {
    match bare(ty) {
        Type::ImplTrait(bounds) => {
            let segment = bound(bounds, &STREAMS)?;
            let form = if segment.ident == "Stream" {
                StreamForm::Stream
            } else {
                StreamForm::Iterator
            };
            let item = assigned(segment, "Item");
            Some(Stream { form, item })
        }
        ty => {
            let segment = last_segment(ty).filter(|segment| segment.ident == "Streaming")?;
            Some(Stream {
                form: StreamForm::Streaming,
                item: type_arguments(segment).first().copied(),
            })
        }
    }
}

/// What an argument of that name is, as in `Item = T`.
pub(crate) fn assigned<'a>(segment: &'a PathSegment, name: &str) -> Option<&'a Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assigned) if assigned.ident == name => Some(&assigned.ty),
        _ => None,
    })
}

/// The first of the bounds that has one of these names.
pub(crate) fn bound<'a>(ty: &'a TypeImplTrait, names: &[&str]) -> Option<&'a PathSegment> {
    let segments = ty.bounds.iter().filter_map(|bound| match bound {
        syn::TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    });
    segments
        .into_iter()
        .find(|segment| names.iter().any(|name| segment.ident == name))
}

/// The type that is referred to, if this is a shared reference.
pub(crate) fn referent(ty: &Type) -> Option<&Type> {
    match bare(ty) {
        Type::Reference(TypeReference {
            mutability: None,
            elem,
            ..
        }) => Some(elem),
        _ => None,
    }
}

/// Whether a value of this type can be a view of the payload: `str` and `[u8]`.
pub(crate) fn is_view(referent: &Type) -> bool {
    let is_named = |ty: &Type, name| matches!(bare(ty), Type::Path(path) if path.path.is_ident(name));
    match bare(referent) {
        Type::Slice(slice) => is_named(&slice.elem, "u8"),
        ty => is_named(ty, "str"),
    }
}

/// What owns a value that is lent as a reference to `referent`, and crosses the wire for it.
pub(crate) fn owned(referent: &Type) -> Type {
    let span = at(referent.span());
    parse_quote_spanned!(span=> <#referent as ::daffi::__private::by_type::Lent>::Owned)
}

/// Types that hold values of their parameters and ask nothing of these.
const CONTAINERS: [&str; 11] = [
    "Arc", "BTreeMap", "BTreeSet", "Box", "HashMap", "HashSet", "Option", "Rc", "Result", "Vec", "VecDeque",
];

/// The type of the same shape with owned values in place of the references in it, as far as those can be exchanged: in
/// tuples, arrays and the well-known containers. In another type the compiler may insist on the reference.
pub(crate) fn owned_throughout(ty: &Type) -> Type {
    match bare(ty) {
        Type::Reference(TypeReference {
            mutability: None,
            elem,
            ..
        }) => owned(&owned_throughout(elem)),
        Type::Tuple(tuple) => {
            let mut tuple = tuple.clone();
            tuple
                .elems
                .iter_mut()
                .for_each(|element| *element = owned_throughout(element));
            Type::Tuple(tuple)
        }
        Type::Array(array) => {
            let mut array = array.clone();
            *array.elem = owned_throughout(&array.elem);
            Type::Array(array)
        }
        Type::Slice(slice) => {
            let mut slice = slice.clone();
            *slice.elem = owned_throughout(&slice.elem);
            Type::Slice(slice)
        }
        Type::Path(path) => {
            let mut path = path.clone();
            if let Some(PathSegment {
                ident,
                arguments: PathArguments::AngleBracketed(arguments),
                ..
            }) = path.path.segments.last_mut()
                && CONTAINERS.iter().any(|name| ident == name)
            {
                for argument in &mut arguments.args {
                    if let GenericArgument::Type(ty) = argument {
                        *ty = owned_throughout(ty);
                    }
                }
            }
            Type::Path(path)
        }
        other => other.clone(),
    }
}

/// Whether there are references in the type, beside one that it may be.
pub(crate) fn lends_inside(ty: &Type) -> bool {
    let mut lends = false;
    visit_parts(referent(ty).unwrap_or(ty), &mut |part| {
        lends |= matches!(part, Part::Reference(_));
    });
    lends
}

/// Whether values of the type have no size: `str`, slices and trait objects.
pub(crate) fn is_unsized(ty: &Type) -> bool {
    match bare(ty) {
        Type::Slice(_) => true,
        ty => is_trait_object(ty) || matches!(ty, Type::Path(path) if path.path.is_ident("str")),
    }
}

/// Whether this is `dyn Trait`.
pub(crate) fn is_trait_object(ty: &Type) -> bool {
    matches!(bare(ty), Type::TraitObject(_))
}

/// Something in a type that a place does not allow.
pub(crate) enum Part<'a> {
    MutableReference(&'a TypeReference),
    Reference(&'a TypeReference),
    Lifetime(&'a Lifetime),
    ImplTrait(&'a TypeImplTrait),
    Infer(Span),
    Never(Span),
    SelfType(Span),
}

/// Calls `found` for each part of the type that some place does not allow, from the outside in.
pub(crate) fn visit_parts(ty: &Type, found: &mut dyn FnMut(Part<'_>)) {
    // The visitor of syn that would do this needs a feature which doubles its build; types are few.
    struct Visitor<'f>(&'f mut dyn FnMut(Part<'_>));

    impl VisitMut for Visitor<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            match ty {
                Type::Reference(reference) => {
                    (self.0)(match reference.mutability {
                        Some(_) => Part::MutableReference(reference),
                        None => Part::Reference(reference),
                    });
                    // Its lifetime is a part of it.
                    return self.visit_type_mut(&mut reference.elem);
                }
                Type::ImplTrait(bounds) => return (self.0)(Part::ImplTrait(bounds)),
                Type::Infer(infer) => (self.0)(Part::Infer(infer.span())),
                Type::Never(never) => (self.0)(Part::Never(never.span())),
                Type::Path(path)
                    if path
                        .path
                        .segments
                        .first()
                        .is_some_and(|first| first.ident == "Self") =>
                {
                    (self.0)(Part::SelfType(path.span()));
                }
                _ => {}
            }
            visit_mut::visit_type_mut(self, ty);
        }

        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            (self.0)(Part::Lifetime(lifetime));
        }
    }

    Visitor(found).visit_type_mut(&mut ty.clone());
}

/// The type where a function's lifetimes are not in scope, as in the body of another: they are inferred.
pub(crate) fn with_inferred_lifetimes(ty: &Type) -> Type {
    struct Inferred;

    impl VisitMut for Inferred {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if lifetime.ident != "static" {
                *lifetime = Lifetime::new("'_", lifetime.span());
            }
        }
    }

    let mut ty = ty.clone();
    Inferred.visit_type_mut(&mut ty);
    ty
}

/// What `Self` is in an `impl` block.
pub(crate) struct SelfType<'a> {
    pub(crate) ty: &'a Type,
    pub(crate) trait_: Option<&'a Path>,
}

impl SelfType<'_> {
    /// The type outside of the block.
    pub(crate) fn replace_in(&self, ty: &Type) -> Type {
        struct Replace<'a>(&'a SelfType<'a>);

        impl VisitMut for Replace<'_> {
            fn visit_type_mut(&mut self, ty: &mut Type) {
                match ty {
                    Type::Path(TypePath {
                        qself: None, path, ..
                    }) if path.is_ident("Self") => *ty = located_at(self.0.ty, path.span()),
                    _ => visit_mut::visit_type_mut(self, ty),
                }
            }

            fn visit_type_path_mut(&mut self, path: &mut TypePath) {
                self.0.qualify(&mut path.qself, &mut path.path);
                visit_mut::visit_type_path_mut(self, path);
            }

            fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
                self.0.qualify(&mut path.qself, &mut path.path);
                visit_mut::visit_expr_path_mut(self, path);
            }
        }

        let mut ty = ty.clone();
        Replace(self).visit_type_mut(&mut ty);
        ty
    }

    /// `Self::Item` as `<Type as Trait>::Item`.
    fn qualify(&self, qself: &mut Option<QSelf>, path: &mut Path) {
        let starts_with_self = path.segments.first().is_some_and(|first| first.ident == "Self");
        if qself.is_some() || !starts_with_self || path.segments.len() < 2 {
            return;
        }
        let ty = self.ty;
        let rest = path.segments.iter().skip(1);
        let qualified: TypePath = match self.trait_ {
            Some(trait_) => parse_quote!(<#ty as #trait_>::#(#rest)::*),
            None => parse_quote!(<#ty>::#(#rest)::*),
        };
        *qself = qualified.qself;
        *path = qualified.path;
    }
}

/// The type as if it were written at another place, where errors about it belong.
fn located_at(ty: &Type, span: Span) -> Type {
    fn relocate(tokens: TokenStream, span: Span) -> TokenStream {
        let relocated = tokens.into_iter().map(|mut token| {
            let at = token.span().located_at(span);
            if let TokenTree::Group(group) = &token {
                token = Group::new(group.delimiter(), relocate(group.stream(), span)).into();
            }
            token.set_span(at);
            token
        });
        relocated.collect()
    }

    syn::parse2(relocate(ty.to_token_stream(), span)).unwrap_or_else(|_| ty.clone())
}

/// Whether the reference is for ever.
pub(crate) fn is_static(reference: &TypeReference) -> bool {
    reference
        .lifetime
        .as_ref()
        .is_some_and(|lifetime| lifetime.ident == "static")
}

/// The first lifetime in a type that is not `'static`.
pub(crate) fn borrowed_lifetime(ty: &Type) -> Option<Span> {
    let mut borrowed = None;
    visit_parts(ty, &mut |part| {
        let span = match part {
            Part::Lifetime(lifetime) if lifetime.ident != "static" => lifetime.span(),
            Part::Reference(reference) | Part::MutableReference(reference) if !is_static(reference) => {
                reference.and_token.span()
            }
            _ => return,
        };
        borrowed.get_or_insert(span);
    });
    borrowed
}

/// Whether the type can stand in another.
pub(crate) fn is_named(ty: &Type) -> bool {
    let mut named = true;
    visit_parts(ty, &mut |part| {
        named &= !matches!(part, Part::ImplTrait(_) | Part::Infer(_) | Part::Never(_));
    });
    named
}

/// A type for errors, `()` at a place.
pub(crate) fn unit(span: Span) -> Type {
    Type::Tuple(syn::TypeTuple {
        attrs: Vec::new(),
        paren_token: syn::token::Paren(span),
        elems: syn::punctuated::Punctuated::<Type, Token![,]>::new(),
    })
}
