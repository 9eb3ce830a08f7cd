//! Rust sources, read far enough to see which paths they name.
//!
//! No parser: tokens without comments and literals, and the paths among them, with the trees of `use` taken apart and
//! `super` resolved. Macros that put paths together would escape it, and there are none.

use std::fs;
use std::path::Path;

/// A file of Rust.
pub(crate) struct Source {
    /// Where it is, below the folder that was asked for.
    pub(crate) name: String,
    /// Its code outside of `#[cfg(test)]`.
    tokens: Vec<Token>,
    lines: usize,
}

/// A path, as it is named somewhere.
pub(crate) struct Named {
    pub(crate) path: Vec<String>,
    /// By `pub use`, of whatever visibility.
    pub(crate) passed_on: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`.
    Into,
    Other(char),
}

/// All files of Rust below `folder`, in order.
pub(crate) fn under(folder: &Path) -> Vec<Source> {
    fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
        let mut entries: Vec<_> = fs::read_dir(folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.expect("the folder can be read").path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    collect(root, &path, sources);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(Source::read(root, &path));
            }
        }
    }
    let mut sources = Vec::new();
    collect(folder, folder, &mut sources);
    sources
}

impl Source {
    pub(crate) fn read(root: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.strip_prefix(root).expect("it was found there");
        let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        Self::new(&name.join("/"), &text)
    }

    pub(crate) fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            tokens: without_tests(&tokens(text)),
            lines: lines(text),
        }
    }

    /// Whether it is `folder`'s, or the file of that module.
    pub(crate) fn is_in(&self, folder: &str) -> bool {
        folder.is_empty()
            || self
                .name
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    }

    pub(crate) fn is_test(&self) -> bool {
        self.name
            .split('/')
            .any(|part| part == "tests" || part == "tests.rs")
    }

    pub(crate) fn has_word(&self, word: &str) -> bool {
        self.tokens
            .iter()
            .any(|token| matches!(token, Token::Word(found) if found == word))
    }

    /// Its words, and what stands between them.
    pub(crate) fn text(&self) -> Vec<&str> {
        const ASCII: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@[\\]^_`{|}~";
        let text = self.tokens.iter().map(|token| match token {
            Token::Word(word) => word.as_str(),
            Token::Into => "::",
            Token::Other(other) => ASCII.find(*other).map_or("", |at| &ASCII[at..=at]),
        });
        text.collect()
    }

    /// The first parts of its paths.
    pub(crate) fn heads(&self) -> impl Iterator<Item = String> {
        self.paths()
            .into_iter()
            .filter_map(|path| path.into_iter().next())
    }

    /// Whether a word is there outside of `use` and `mod`, where it only says where something is.
    pub(crate) fn uses(&self, word: &str) -> bool {
        let mut in_use = false;
        let mut before = &Token::Other(';');
        for token in &self.tokens {
            match token {
                Token::Word(found) if found == "use" => in_use = true,
                Token::Other(';') => in_use = false,
                Token::Word(found) if found == word => {
                    let declared = matches!(before, Token::Word(before) if before == "mod");
                    if !in_use && !declared && *before != Token::Other('$') {
                        return true;
                    }
                }
                _ => {}
            }
            before = token;
        }
        false
    }

    /// How many lines it has, but for examples in its documentation.
    pub(crate) const fn lines(&self) -> usize {
        self.lines
    }

    /// The module that it is, from the crate on.
    pub(crate) fn module(&self) -> Vec<String> {
        let path = self.name.trim_end_matches(".rs");
        let parts = path
            .split('/')
            .filter(|part| !matches!(*part, "mod" | "lib" | "main"));
        std::iter::once("crate").chain(parts).map(str::to_owned).collect()
    }

    /// Every path of two parts or more, and every crate that `use` or `extern crate` names, from its root on.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        self.named().into_iter().map(|named| named.path).collect()
    }

    /// The same, with what is passed on told apart.
    pub(crate) fn named(&self) -> Vec<Named> {
        let mut paths = Vec::new();
        // The module, with those that are written inside of it, and how many braces were open at each.
        let mut module = self.module();
        let mut inner: Vec<usize> = Vec::new();
        let mut depth = 0;
        let mut rest = self.tokens.as_slice();
        let mut before = Token::Other(';');
        let mut in_use = false;
        let mut passed_on = false;
        while let [token, after @ ..] = rest {
            let mut next = after;
            match token {
                Token::Other('{') => depth += 1,
                Token::Other('}') => {
                    depth -= 1;
                    if inner.last() == Some(&depth) {
                        inner.pop();
                        module.pop();
                    }
                }
                Token::Other(';') => (in_use, passed_on) = (false, false),
                Token::Word(word) if word == "use" => {
                    in_use = true;
                    passed_on = match &before {
                        Token::Word(word) => word == "pub",
                        other => *other == Token::Other(')'),
                    };
                }
                Token::Word(word) if word == "mod" => {
                    if let [Token::Word(name), Token::Other('{'), ..] = after {
                        module.push(name.clone());
                        inner.push(depth);
                    }
                }
                Token::Word(_) if is_start(&before) => {
                    let mut found = Vec::new();
                    next = path(rest, &mut Vec::new(), &mut found);
                    let named = in_use || matches!(&before, Token::Word(word) if word == "crate");
                    let found = found.into_iter().filter(|path| named || path.len() > 1);
                    paths.extend(found.map(|path| Named {
                        path: resolved(path, &module),
                        passed_on,
                    }));
                }
                _ => {}
            }
            let read = rest.len() - next.len();
            // A path that begins with `::` begins after it.
            let global = *token == Token::Into && !matches!(before, Token::Word(_) | Token::Other('>'));
            before = if global {
                Token::Other(';')
            } else {
                rest[read - 1].clone()
            };
            rest = next;
        }
        paths
    }
}

/// How many lines there are outside of examples: these are read by those who use it, and not to understand what it does.
fn lines(text: &str) -> usize {
    let mut in_example = false;
    let outside = text.lines().filter(|line| {
        let line = line.trim_start();
        let was_inside = in_example;
        in_example ^= line.starts_with("/// ```") || line.starts_with("//! ```");
        !(was_inside || in_example)
    });
    outside.count()
}

/// Whether a word after `before` is the first of a path.
fn is_start(before: &Token) -> bool {
    match before {
        Token::Word(word) => !matches!(
            word.as_str(),
            "as" | "fn" | "struct" | "enum" | "trait" | "let" | "mod"
        ),
        Token::Into => false,
        Token::Other(other) => !matches!(other, '.' | '\''),
    }
}

/// Reads a path, which may end in a tree, and adds what is in it to `found`; gives what follows.
fn path<'t>(tokens: &'t [Token], start: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'t [Token] {
    let begun = start.len();
    let mut rest = tokens;
    let end = loop {
        match rest {
            [Token::Word(word), Token::Into, after @ ..] => {
                start.push(word.clone());
                rest = after;
            }
            [Token::Word(word), after @ ..] => {
                start.push(word.clone());
                found.push(start.clone());
                break after;
            }
            [Token::Other('*'), after @ ..] if start.len() > begun || begun > 0 => {
                start.push("*".to_owned());
                found.push(start.clone());
                break after;
            }
            [Token::Other('{'), after @ ..] => {
                rest = after;
                while let [token, after @ ..] = rest {
                    rest = match token {
                        Token::Other('}') => break,
                        Token::Word(_) | Token::Other('{' | '*') => path(rest, start, found),
                        _ => after,
                    };
                    // A name that it gets instead.
                    if let [Token::Word(word), _, after @ ..] = rest
                        && word == "as"
                    {
                        rest = after;
                    }
                }
                break rest.get(1..).unwrap_or_default();
            }
            // Parameters of a generic type: what is before them is a path.
            after => {
                found.push(start.clone());
                break after;
            }
        }
    };
    start.truncate(begun);
    end
}

/// Makes a path that begins with `self` or `super` begin with `crate`.
fn resolved(path: Vec<String>, module: &[String]) -> Vec<String> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let skipped = match path.first().map(String::as_str) {
        Some("self") => 1,
        Some("super") => ups,
        _ => return path,
    };
    let kept = module.len().saturating_sub(ups).max(1);
    module[..kept].iter().chain(&path[skipped..]).cloned().collect()
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let second = rest[first.len_utf8()..].chars().next();
        let (token, length) = match (first, second) {
            ('/', Some('/')) => (None, rest.find('\n').unwrap_or(rest.len())),
            ('/', Some('*')) => (None, comment(rest)),
            (':', Some(':')) => (Some(Token::Into), 2),
            ('"', _) => (None, string(rest)),
            ('\'', _) => match quoted_char(rest) {
                Some(length) => (None, length),
                None => (Some(Token::Other('\'')), 1),
            },
            _ if first.is_alphanumeric() || first == '_' => {
                let length = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                let (word, after) = rest.split_at(length);
                match (word, after.chars().next()) {
                    ("b" | "c", Some('"')) => (None, length + string(after)),
                    ("b", Some('\'')) => (None, length + quoted_char(after).unwrap_or(1)),
                    ("r" | "br" | "cr", Some('"' | '#')) => match raw_string(after) {
                        Some(end) => (None, length + end),
                        // A raw identifier is never a keyword.
                        None => (Some(Token::Other('#')), raw_word(rest)),
                    },
                    _ => (Some(Token::Word(word.to_owned())), length),
                }
            }
            _ if first.is_whitespace() => (None, first.len_utf8()),
            _ => (Some(Token::Other(first)), first.len_utf8()),
        };
        tokens.extend(token);
        rest = &rest[length..];
    }
    tokens
}

/// The length of the comment that `text` begins with.
fn comment(text: &str) -> usize {
    let mut depth = 0;
    let mut place = 0;
    while place < text.len() {
        let rest = &text[place..];
        if rest.starts_with("/*") {
            depth += 1;
            place += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            place += 2;
            if depth == 0 {
                return place;
            }
        } else {
            place += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of the string that `text` begins with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (place, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the raw string that `text` begins with, from its first `#` or quote on.
fn raw_string(text: &str) -> Option<usize> {
    let hashes = text.chars().take_while(|c| *c == '#').count();
    let body = text[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(hashes + 1 + body.find(&end).map_or(body.len(), |place| place + end.len()))
}

/// The length of a raw identifier.
fn raw_word(text: &str) -> usize {
    let after = &text[2..];
    2 + after
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(after.len())
}

/// The length of the character literal that `text` begins with, unless it is a lifetime.
fn quoted_char(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next()?;
        return chars.find(|(_, c)| *c == '\'').map(|(place, _)| place + 1);
    }
    let (place, second) = chars.next()?;
    (second == '\'').then_some(place + 1)
}

/// Leaves out what is only there for tests.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let word = |text: &str| Token::Word(text.to_owned());
    let other = Token::Other;
    let marker = [
        other('#'),
        other('['),
        word("cfg"),
        other('('),
        word("test"),
        other(')'),
        other(']'),
    ];
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let [token, after @ ..] = rest {
        if rest.starts_with(&marker) {
            rest = after_item(&rest[marker.len()..]);
        } else {
            kept.push(token.clone());
            rest = after;
        }
    }
    kept
}

/// What follows an item: it ends with its braces, or with a semicolon if it has none.
fn after_item(tokens: &[Token]) -> &[Token] {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate() {
        match token {
            Token::Other('{') => depth += 1,
            Token::Other('}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return &tokens[place + 1..];
                }
            }
            Token::Other(';') if depth == 0 => return &tokens[place + 1..],
            _ => {}
        }
    }
    &[]
}
