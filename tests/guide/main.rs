//! The guide says what is: each page is in its table of contents and compiled, what it links to is there, and what it lists of the code is
//! what the code has.

mod limits;
mod links;
mod sources;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use links::{anchors, blocks, links, prose, seen_from_outside};
use sources::{messages, under, variants};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of the pages.
fn pages() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("docs/guide")).expect("it is a folder");
    let names = entries.map(|entry| entry.expect("it can be read").file_name());
    let names = names.map(|name| name.into_string().expect("it is plain"));
    names
        .filter(|name| name.ends_with(".md") && name != "SUMMARY.md")
        .collect()
}

#[test]
fn each_page_is_in_the_table_of_contents_once() {
    let listed = links(&read("docs/guide/SUMMARY.md"));
    let once: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(once.len(), listed.len(), "{listed:?}");
    assert_eq!(once, pages());
}

#[test]
fn the_code_of_each_page_is_compiled() {
    let facade = read("src/lib.rs");
    for page in pages() {
        let included = format!("include_str!(\"../docs/guide/{page}\")");
        assert!(facade.contains(&included), "src/lib.rs has no {included}");
        let text = read(&format!("docs/guide/{page}"));
        for (words, code) in blocks(&text) {
            let known = ["rust", "sh", "toml", "text", "python", "ini", "dockerfile"];
            let language = words.split(',').next().unwrap_or_default();
            assert!(known.contains(&language), "{page}: a block of {words:?}");
            assert!(!words.contains("ignore"), "{page}: a block is ignored");
            // Blocks that are not are one program, which offers the callbacks of all of them.
            let runs = language == "rust" && !words.contains("no_run") && code.contains(".start()");
            assert!(
                !runs || words.contains("standalone_crate"),
                "{page}: a block that runs is not by itself"
            );
        }
    }
}

/// Short enough to be read at once: a reader takes in 200 words in a minute, of code and text.
#[test]
fn no_page_takes_longer_than_ten_minutes() {
    for page in pages() {
        let text = read(&format!("docs/guide/{page}"));
        // The lines of a table are none.
        let words = text
            .split_whitespace()
            .filter(|word| word.contains(char::is_alphanumeric));
        let words = words.count();
        assert!(words < 2000, "{page} has {words} words");
    }
}

/// What is missing at the end of a link, if something is: a file, or a heading in it.
fn missing(path: &Path, anchor: &str) -> bool {
    let there = root().join(path);
    let has = |anchor: &str| {
        fs::read_to_string(&there).is_ok_and(|text| anchors(&text).iter().any(|has| has == anchor))
    };
    !there.exists() || !(anchor.is_empty() || has(anchor))
}

#[test]
fn what_the_pages_link_to_is_there() {
    let mut texts: Vec<_> = pages().iter().map(|page| format!("docs/guide/{page}")).collect();
    texts.extend(["README.md", "docs/security.md", "docs/guide/SUMMARY.md"].map(str::to_owned));
    let mut faults = Vec::new();
    for text in &texts {
        let folder = Path::new(text).parent().expect("it is in a folder");
        for link in links(&read(text)) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path = if path.is_empty() {
                text.into()
            } else {
                folder.join(path)
            };
            if missing(&path, anchor) {
                faults.push(format!("{text}: {link}"));
            }
        }
        for link in seen_from_outside(&read(text)) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            if missing(Path::new(path), anchor) {
                faults.push(format!("{text}: {link}"));
            }
        }
    }
    assert!(faults.is_empty(), "not there:\n{}", faults.join("\n"));
}

/// The book is these pages alone: what a link finds beside them in the repository is nowhere in the book.
#[test]
fn no_page_leads_out_of_the_book_but_by_a_whole_address() {
    let mut faults = Vec::new();
    for page in pages() {
        let links = links(&read(&format!("docs/guide/{page}")));
        let out = links
            .iter()
            .filter(|link| link.starts_with("../") || link.starts_with('/'));
        faults.extend(out.map(|link| format!("{page}: {link}")));
    }
    assert!(
        faults.is_empty(),
        "write where it is seen by others:\n{}",
        faults.join("\n")
    );
}

/// Whether a page has an entry for a name: a heading of its own, or a row of a table that begins with it.
fn has_entry(section: &str, name: &str) -> bool {
    let begins = [format!("### `{name}`"), format!("| `{name}` ")];
    section
        .lines()
        .any(|line| begins.iter().any(|begin| line.starts_with(begin)))
}

#[test]
fn each_error_has_an_entry_in_troubleshooting() {
    let page = read("docs/guide/troubleshooting.md");
    for (name, file) in [
        ("CallError", "call.rs"),
        ("StartError", "start.rs"),
        ("ConfigFault", "fault.rs"),
        ("Refusal", "refusal.rs"),
        ("RegisterError", "register.rs"),
    ] {
        let variants = variants(&read(&format!("daffi-core/src/error/{file}")), name);
        assert!(variants.len() > 2, "{variants:?}");
        let section = page
            .split("\n## ")
            .find(|section| {
                section
                    .lines()
                    .next()
                    .is_some_and(|line| line.contains(&format!("`{name}`")))
            })
            .unwrap_or_else(|| panic!("there is no section of {name}"));
        let missing: Vec<_> = variants
            .iter()
            .filter(|variant| !has_entry(section, variant))
            .collect();
        assert!(missing.is_empty(), "{name}: nothing is said of {missing:?}");
    }
}

#[test]
fn each_warning_in_the_log_has_an_entry_on_its_page() {
    let page = read("docs/guide/log.md");
    let rows: Vec<_> = page.lines().map(|line| line.replace('`', "")).collect();
    let mut missing = Vec::new();
    for package in ["daffi-core/src", "daffi-controller/src"] {
        for source in under(&root().join(package)) {
            let text = fs::read_to_string(&source).expect("it can be read");
            for message in messages(&text, &["warn", "error"]) {
                let first = message.lines().next().unwrap_or_default().replace('`', "");
                // What is filled in stands in braces.
                let parts = first
                    .split('{')
                    .map(|part| part.rsplit('}').next().unwrap_or_default());
                if !rows
                    .iter()
                    .any(|row| parts.clone().all(|part| row.contains(part)))
                {
                    missing.push(message);
                }
            }
        }
    }
    assert!(
        missing.is_empty(),
        "docs/guide/log.md says nothing of\n{}",
        missing.join("\n")
    );
}

#[test]
fn prose_is_told_from_code() {
    let page = "See [a](b.md#c) and `[no](code)`.\n```rust\n// [no](link)\n```\n\n## What `it` is, really?\n[x](https://a.b)\n## Two\n## Two\n";
    assert_eq!(links(page), ["b.md#c"]);
    let there = "[d](https://github.com/600apples/daffi/blob/main/docs/d.md#e) [x](https://a.b)";
    assert_eq!(seen_from_outside(there), ["docs/d.md#e"]);
    assert_eq!(anchors(page), ["what-it-is-really", "two", "two-1"]);
    assert_eq!(blocks(page), [("rust".to_owned(), "// [no](link)\n".to_owned())]);
    assert!(!prose(page).contains("code"));
}

#[test]
fn variants_and_messages_are_found_in_sources() {
    let source = r#"
        /// Of something.
        pub enum Fault<E = u8> {
            /// A { brace in words.
            #[error("{0}: }")]
            First(E),
            #[non_exhaustive]
            Second {
                /// Inner.
                Field: u8,
            },
            Third,
        }
        fn f() {
            warn!(%address, wait = "soon", "a message, of some words");
            error!("{fault}");
            info!("something else that is said");
        }
    "#;
    assert_eq!(variants(source, "Fault"), ["First", "Second", "Third"]);
    assert_eq!(messages(source, &["warn", "error"]), ["a message, of some words"]);
}
