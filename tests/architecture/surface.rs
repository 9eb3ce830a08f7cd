//! The types that users meet: those in the public signatures of what the facade exports.

use std::collections::BTreeSet;

use super::source::Source;

/// Of other crates, or of the language: they have names of their own.
const KNOWN: &[&str] = &[
    "Arc",
    "AsRef",
    "AsyncRead",
    "AsyncWrite",
    "BTreeMap",
    "Box",
    "Clone",
    "Context",
    "Copy",
    "Debug",
    "Default",
    "Deserialize",
    "DeserializeOwned",
    "Display",
    "Duration",
    "SystemTime",
    "Eq",
    "Error",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "Future",
    "Hash",
    "HashMap",
    "Index",
    "Instant",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Item",
    "Iter",
    "Iterator",
    "None",
    "Option",
    "Ord",
    "Output",
    "Path",
    "PathBuf",
    "Pin",
    "Poll",
    "Result",
    "Self",
    "Send",
    "Serialize",
    "Sized",
    "Some",
    "Span",
    "String",
    "Sync",
    "Unpin",
    "Vec",
];

/// Before what users do not see.
const HIDDEN: &[&str] = &["#", "[", "doc", "(", "hidden", ")", "]"];

/// What the facade exports, by name: of its own list, and of the modules that it exports whole.
pub(crate) fn exports(facade: &Source, modules: &[&Source]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in std::iter::once(&facade).chain(modules) {
        let text = source.text();
        let mut rest = text.as_slice();
        while let [word, after @ ..] = rest {
            rest = after;
            if *word != "pub" {
                continue;
            }
            match after {
                ["use", list @ ..] => {
                    let list = list.iter().take_while(|word| **word != ";");
                    names.extend(list.filter(|word| is_type(word)).map(|&word| word.to_owned()));
                }
                ["struct" | "enum" | "type" | "trait", name, ..] => {
                    names.insert((*name).to_owned());
                }
                _ => {}
            }
        }
    }
    names
}

/// The types that public signatures of `exported` types in a source name, and that have no name for users.
pub(crate) fn unnamed(source: &Source, exported: &BTreeSet<String>) -> Vec<String> {
    let text = source.text();
    let mut faults = Vec::new();
    // Whose block is open, its own parameters, and how many braces were open before it.
    let mut block: Option<(&str, BTreeSet<&str>, usize)> = None;
    let mut depth = 0;
    for (at, word) in text.iter().enumerate() {
        let rest = &text[at..];
        match *word {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if block.as_ref().is_some_and(|(.., before)| *before == depth) {
                    block = None;
                }
            }
            // Not `impl Trait`, which stands inside of something.
            "impl" if depth == 0 => {
                let header = until(rest, &["{"]);
                let of_trait = header.contains(&"for");
                let own = target(header);
                if exported.contains(own) && !of_trait {
                    block = Some((own, parameters(header), depth));
                }
            }
            // What is hidden is for the compiler's messages, and users write none of it.
            "pub" if text[..at].ends_with(HIDDEN) => {}
            "pub" if rest.get(1) != Some(&"(") => {
                let (item, own) = match rest {
                    [_, "const", "fn", ..] | [_, "async", "fn", ..] | [_, "fn", ..] => match &block {
                        Some((own, ..)) if depth == 1 => (until(rest, &["{", ";"]), *own),
                        _ => continue,
                    },
                    [_, "struct" | "enum" | "type", name, ..] if depth == 0 && exported.contains(*name) => {
                        (whole(rest), *name)
                    }
                    _ => continue,
                };
                let mut allowed = parameters(item);
                if let Some((_, more, _)) = &block {
                    allowed.extend(more);
                }
                for name in public_types(item) {
                    if !exported.contains(name) && !allowed.contains(name) && !KNOWN.contains(&name) {
                        faults.push(format!("{}: {own} shows {name}", source.name));
                    }
                }
            }
            _ => {}
        }
    }
    faults
}

fn is_type(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_uppercase())
}

fn until<'a, 's>(text: &'a [&'s str], ends: &[&str]) -> &'a [&'s str] {
    let end = text.iter().position(|word| ends.contains(word));
    &text[..end.unwrap_or(text.len())]
}

/// An item with its braces or its semicolon.
fn whole<'a, 's>(text: &'a [&'s str]) -> &'a [&'s str] {
    let mut depth = 0;
    for (at, word) in text.iter().enumerate() {
        match *word {
            "{" | "(" => depth += 1,
            "}" if depth == 1 => return &text[..at],
            "}" | ")" => depth -= 1,
            ";" if depth == 0 => return &text[..at],
            _ => {}
        }
    }
    text
}

/// Whose block `impl<…> Type<…>` or `impl<…> Trait for Type<…>` opens.
fn target<'s>(header: &[&'s str]) -> &'s str {
    let mut angles = 0;
    let mut found = "";
    for word in &header[1..] {
        match *word {
            "<" => angles += 1,
            ">" => angles -= 1,
            "for" => found = "",
            "where" => break,
            word if angles == 0 && is_type(word) => found = word,
            _ => {}
        }
    }
    found
}

/// The names that stand first in angle brackets or after a comma in them: parameters, mostly.
fn parameters<'s>(text: &[&'s str]) -> BTreeSet<&'s str> {
    let short = text
        .iter()
        .filter(|word| is_type(word) && word.len() == 1)
        .copied();
    short.collect()
}

/// The types of an item that others see: of a struct, those of its public fields.
fn public_types<'s>(item: &[&'s str]) -> Vec<&'s str> {
    let item = &without_attributes(item)[..];
    if item.get(1) != Some(&"struct") {
        let mut names = Vec::new();
        let mut before = "";
        let is_enum = item.get(1) == Some(&"enum");
        for (at, word) in item.iter().enumerate() {
            // A variant's own name comes after a comma or the brace.
            let variant = is_enum && matches!(before, "{" | "," | "}") && !is_in_fields(&item[..at]);
            if is_type(word) && !variant && at > 2 {
                names.push(*word);
            }
            before = word;
        }
        return names;
    }
    let mut names = Vec::new();
    for (at, word) in item.iter().enumerate().skip(3) {
        if *word == "pub" && item.get(at + 1) != Some(&"(") {
            let field = until_comma(&item[at..]);
            names.extend(field.iter().filter(|word| is_type(word)));
        }
    }
    names
}

fn without_attributes<'s>(item: &[&'s str]) -> Vec<&'s str> {
    let mut kept = Vec::new();
    let mut rest = item;
    while let [word, after @ ..] = rest {
        rest = after;
        if *word != "#" {
            kept.push(*word);
            continue;
        }
        let mut depth = 0;
        while let [word, after @ ..] = rest {
            rest = after;
            depth += i32::from(*word == "[") - i32::from(*word == "]");
            if depth == 0 {
                break;
            }
        }
    }
    kept
}

/// Whether what comes after `text`, the beginning of an enum, is inside of a variant.
fn is_in_fields(text: &[&str]) -> bool {
    let mut depth = 0;
    for word in text {
        match *word {
            "{" | "(" | "[" | "<" => depth += 1,
            "}" | ")" | "]" | ">" => depth -= 1,
            _ => {}
        }
    }
    depth > 1
}

/// A field: up to the comma that is in no brackets.
fn until_comma<'a, 's>(text: &'a [&'s str]) -> &'a [&'s str] {
    let mut depth = 0;
    for (at, word) in text.iter().enumerate() {
        match *word {
            "<" | "(" => depth += 1,
            ">" => depth -= 1,
            ")" if depth == 0 => return &text[..at],
            ")" => depth -= 1,
            "," | "}" if depth == 0 => return &text[..at],
            _ => {}
        }
    }
    text
}
