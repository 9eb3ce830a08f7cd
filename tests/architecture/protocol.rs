//! The rules of the protocol: each has a name, and tests that name it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::root;

/// What each rule's line in `docs/protocol.md` begins with.
const RULE: &str = "* **";

/// The names of the rules of a page.
fn rules(page: &str) -> BTreeSet<String> {
    let lines = page.lines().filter_map(|line| line.strip_prefix(RULE));
    let names = lines.filter_map(|line| Some(line.split_once("**")?.0));
    names.filter(|name| is_name(name)).map(str::to_owned).collect()
}

/// Words with dots between them.
fn is_name(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    text.contains('.') && text.split('.').all(is_word)
}

/// The names that stand above tests in a source: of one that is not among `rules`, only if it begins as one of them does.
fn named(source: &str, rules: &BTreeSet<String>) -> BTreeSet<String> {
    let begins = |name: &str| {
        let first = |name: &str| name.split('.').next().map(str::to_owned);
        rules.iter().any(|rule| first(rule) == first(name))
    };
    let mut named = BTreeSet::new();
    let mut above = Vec::new();
    for line in source.lines().map(str::trim_start) {
        if let Some(words) = line.strip_prefix("///") {
            let words = words.split(|letter: char| !(letter.is_ascii_lowercase() || letter == '.'));
            let words = words.map(|word| word.trim_matches('.'));
            above.extend(
                words
                    .filter(|word| is_name(word) && begins(word))
                    .map(str::to_owned),
            );
        } else if line.starts_with("#[") && line.contains("test") {
            named.extend(above.drain(..));
        } else if !line.starts_with("#[") {
            above.clear();
        }
    }
    named
}

/// The names above all tests below a folder.
fn named_below(folder: &Path, rules: &BTreeSet<String>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it can be read").path();
        let name = path
            .file_name()
            .expect("it is in a folder")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            all.extend(named_below(&path, rules));
        } else if name.ends_with(".rs") {
            all.extend(named(&fs::read_to_string(&path).expect("it is text"), rules));
        }
    }
    all
}

#[test]
fn each_rule_of_the_protocol_is_named_by_a_test_that_holds_it() {
    let page = fs::read_to_string(root().join("docs/protocol.md")).expect("it is text");
    let rules = rules(&page);
    assert!(rules.len() > 20, "{rules:?}");
    let named = named_below(root(), &rules);
    let without: Vec<_> = rules.difference(&named).collect();
    assert!(without.is_empty(), "no test names these rules: {without:?}");
    let unknown: Vec<_> = named.difference(&rules).collect();
    assert!(unknown.is_empty(), "tests name rules that are none: {unknown:?}");
}

#[test]
fn a_rule_without_a_test_and_a_test_without_a_rule_are_found() {
    let page = "* **link.one** It is so.\n* **link.two** It is not.\n* **bold** words\n";
    let rules = rules(page);
    assert!(rules.iter().eq(["link.one", "link.two"]));
    let source = "/// Holds. link.one, link.three; other.four\n#[tokio::test]\nasync fn it_is() {}\n\n/// link.two\nfn no_test() {}\n";
    assert!(named(source, &rules).iter().eq(["link.one", "link.three"]));
}
