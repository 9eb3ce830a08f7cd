//! What pages list of the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// All files of Rust below a folder, but for tests.
pub(crate) fn under(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("it is a folder");
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.expect("it can be read").path()) {
        let name = path.file_stem().expect("it has a name");
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            files.extend(under(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The variants of an enum, in the order in which they stand.
pub(crate) fn variants(source: &str, name: &str) -> Vec<String> {
    let begins = [format!("pub enum {name} {{"), format!("pub enum {name}<")];
    let mut lines = source
        .lines()
        .map(str::trim)
        .skip_while(|line| !begins.iter().any(|begin| line.starts_with(begin)));
    let mut depth = i32::from(lines.next().is_some());
    let mut variants = Vec::new();
    let mut in_attribute = false;
    for line in lines {
        if line.starts_with("//") {
            continue;
        }
        in_attribute |= line.starts_with("#[");
        if in_attribute {
            in_attribute = !line.ends_with(']');
            continue;
        }
        if depth == 1 && line.starts_with(|letter: char| letter.is_ascii_uppercase()) {
            let end = line.find(|letter: char| !letter.is_ascii_alphanumeric());
            variants.push(line[..end.unwrap_or(line.len())].to_owned());
        }
        let count = |brace| i32::try_from(line.matches(brace).count()).expect("a line is short");
        depth += count('{') - count('}');
        if depth <= 0 {
            break;
        }
    }
    variants
}

/// What the given macros of `tracing`'s say in words of their own: the last string of each, unless it is one that only passes on others.
pub(crate) fn messages(source: &str, macros: &[&str]) -> Vec<String> {
    let mut messages = Vec::new();
    for name in macros {
        let call = format!("{name}!(");
        for (at, _) in source.match_indices(&call) {
            let before = source[..at].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
                continue;
            }
            let said = last_string(&source[at + call.len()..]);
            messages.extend(said.filter(|said| said.split_whitespace().count() > 2));
        }
    }
    messages
}

/// The last string among the arguments of a macro, as it stands behind its `(`, without what goes on in the next line.
fn last_string(rest: &str) -> Option<String> {
    let mut depth = 1;
    let mut last = None;
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            '"' => {
                let mut text = String::new();
                while let Some(letter) = letters.next() {
                    match letter {
                        '"' => break,
                        '\\' => match letters.next() {
                            Some('\n') => {
                                let rest = letters.as_str().trim_start();
                                letters = rest.chars();
                            }
                            Some('n') => text.push('\n'),
                            Some(other) => text.push(other),
                            None => {}
                        },
                        other => text.push(other),
                    }
                }
                last = Some(text);
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    last
}
