//! What users see has an example: each type, function and method that the facade exports.
//!
//! An example is a block of code in the documentation that the doc tests compile and run. That of a method stands at the method, or is one of its
//! type's, or of another of its methods, that names it: all are on one page.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, Type, Visibility};

/// A public item: a type, or a function of a module.
#[derive(Debug, Default)]
struct Page {
    /// Where it stands, and how it is found by those who look for it.
    file: String,
    /// Its own documentation.
    docs: String,
    /// Its methods with theirs; several of one name, where there are.
    methods: Vec<(String, String)>,
}

/// What there is of public items, by their names.
#[derive(Debug, Default)]
pub(crate) struct Pages(BTreeMap<String, Page>);

impl Pages {
    /// The items of these names among sources, each with its name.
    pub(crate) fn read(sources: &[(&str, &str)], exported: &BTreeSet<String>) -> Self {
        let parse = |&(file, text)| (file, syn::parse_file(text).expect("it compiles"));
        let parsed: Vec<(&str, syn::File)> = sources.iter().map(parse).collect();
        let mut pages = Self::default();
        for (file, source) in &parsed {
            pages.add_items(file, &source.items, exported);
        }
        for (file, source) in &parsed {
            pages.add_methods(file, &source.items);
        }
        pages
    }

    fn add_items(&mut self, file: &str, items: &[Item], exported: &BTreeSet<String>) {
        for item in items {
            let (attributes, visibility, name) = match item {
                Item::Struct(item) => (&item.attrs, &item.vis, &item.ident),
                Item::Enum(item) => (&item.attrs, &item.vis, &item.ident),
                Item::Trait(item) => (&item.attrs, &item.vis, &item.ident),
                Item::Type(item) => (&item.attrs, &item.vis, &item.ident),
                Item::Fn(item) => (&item.attrs, &item.vis, &item.sig.ident),
                _ => continue,
            };
            let name = name.to_string();
            let is_function = matches!(item, Item::Fn(_));
            let is_seen = matches!(visibility, Visibility::Public(_)) && !is_hidden(attributes);
            // Those of a module that is exported whole are not named where it is.
            let is_exported = exported.contains(&name) || is_function && file == "bytes.rs";
            if !is_seen || !is_exported {
                continue;
            }
            match self.0.get(&name) {
                Some(page) if is_lower(file) || !is_lower(&page.file) => {}
                _ => {
                    let page = Page {
                        file: file.to_owned(),
                        docs: docs(attributes),
                        methods: Vec::new(),
                    };
                    self.0.insert(name, page);
                }
            }
        }
    }

    fn add_methods(&mut self, file: &str, items: &[Item]) {
        for item in items {
            let Item::Impl(block) = item else { continue };
            let Type::Path(of) = &*block.self_ty else { continue };
            let Some(of) = of.path.segments.last() else {
                continue;
            };
            let Some(page) = self.0.get_mut(&of.ident.to_string()) else {
                continue;
            };
            if block.trait_.is_some() || is_lower(file) && !is_lower(&page.file) {
                continue;
            }
            page.docs.push_str(&docs(&block.attrs));
            for item in &block.items {
                if let ImplItem::Fn(method) = item
                    && matches!(method.vis, Visibility::Public(_))
                    && !is_hidden(&method.attrs)
                {
                    page.methods
                        .push((method.sig.ident.to_string(), docs(&method.attrs)));
                }
            }
        }
    }

    /// How many items there are.
    pub(crate) fn count(&self) -> usize {
        self.0.values().map(|page| 1 + page.methods.len()).sum()
    }

    /// The items that have no example.
    pub(crate) fn without(&self) -> BTreeSet<String> {
        let mut without = BTreeSet::new();
        for (name, page) in &self.0 {
            let all: Vec<_> = std::iter::once(&page.docs)
                .chain(page.methods.iter().map(|(_, docs)| docs))
                .flat_map(|docs| examples(docs))
                .collect();
            if examples(&page.docs).is_empty() {
                without.insert(name.clone());
            }
            for (method, docs) in &page.methods {
                let is_shown = |example: &String| names(example, method);
                if examples(docs).is_empty() && !all.iter().any(is_shown) {
                    without.insert(format!("{name}::{method}"));
                }
            }
        }
        without
    }

    /// The items whose examples name a crate that users do not depend on, in what they see.
    pub(crate) fn of_inner_crates(&self) -> Vec<&str> {
        let is_inner = |docs: &String| {
            let shown = examples(docs).join("\n");
            let mut lines = shown.lines().filter(|line| !line.trim_start().starts_with("# "));
            lines.any(|line| {
                ["daffi_core", "daffi_controller", "daffi_macros"]
                    .iter()
                    .any(|inner| line.contains(inner))
            })
        };
        let pages = self
            .0
            .iter()
            .filter(|(_, page)| is_inner(&page.docs) || page.methods.iter().any(|(_, docs)| is_inner(docs)));
        pages.map(|(name, _)| name.as_str()).collect()
    }
}

/// Below what users see: what is there of a name that users see, too, is another.
const LOWER: [&str; 3] = ["proto/", "link/", "private/"];

fn is_lower(file: &str) -> bool {
    LOWER.iter().any(|folder| file.starts_with(folder))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("doc") && list.tokens.to_string().contains("hidden"),
        _ => false,
    })
}

fn docs(attributes: &[Attribute]) -> String {
    let mut docs = String::new();
    for attribute in attributes {
        if let Meta::NameValue(said) = &attribute.meta
            && said.path.is_ident("doc")
            && let Expr::Lit(text) = &said.value
            && let Lit::Str(text) = &text.lit
        {
            docs.push_str(text.value().trim_start_matches(' '));
            docs.push('\n');
        }
    }
    docs
}

/// The blocks of code that the doc tests run.
fn examples(docs: &str) -> Vec<String> {
    let mut examples = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in docs.lines() {
        match (line.trim().strip_prefix("```"), &mut open) {
            (Some(words), None) => {
                let runs = matches!(words, "" | "rust" | "standalone_crate" | "should_panic");
                open = Some((runs, String::new()));
            }
            (Some(_), Some(_)) => {
                examples.extend(open.take().filter(|(runs, _)| *runs).map(|(_, code)| code));
            }
            (None, Some((_, code))) => {
                code.push_str(line);
                code.push('\n');
            }
            (None, None) => {}
        }
    }
    examples
}

/// Whether a method is called in some code: its name stands behind a dot or `::`, and before no letter.
fn names(code: &str, method: &str) -> bool {
    code.match_indices(method).any(|(at, _)| {
        let after = code[at + method.len()..].chars().next();
        let is_whole = after.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_');
        is_whole && (code[..at].ends_with('.') || code[..at].ends_with("::"))
    })
}
