//! Packages that are made up for a test and checked as a user's are: they depend on daffi, not on what its tests use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A workspace of such packages.
pub(crate) struct Fixture {
    folder: PathBuf,
    members: Vec<String>,
}

/// Something that the compiler says of a file.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// All of it, as a user sees it.
    pub(crate) text: String,
}

impl Fixture {
    /// A workspace with the versions of this one.
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("cargo's folder for tests can be written to");
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
        fs::copy(lock, folder.join("Cargo.lock")).expect("the workspace has a lock file");
        Self {
            folder,
            members: Vec::new(),
        }
    }

    /// A package with these files below `src`.
    pub(crate) fn package(&mut self, name: &str, edition: &str, files: &[(String, String)]) {
        let folder = self.folder.join(name);
        // What an earlier run left and this one does not have would be checked as well.
        let _nothing_yet = fs::remove_dir_all(folder.join("src"));
        let daffi = env!("CARGO_MANIFEST_DIR");
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = {edition:?}\n\n[dependencies]\ndaffi = {{ path = \
             {daffi:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n"
        );
        write(&folder.join("Cargo.toml"), &manifest);
        for (file, text) in files {
            write(&folder.join("src").join(file), text);
        }
        self.members.push(name.to_owned());
    }

    /// What the compiler says of the packages, in the order of files and lines.
    pub(crate) fn check(&self) -> Vec<Diagnostic> {
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {:?}\n", self.members);
        write(&self.folder.join("Cargo.toml"), &manifest);
        let output = Command::new(env!("CARGO"))
            .args([
                "check",
                "--offline",
                "--workspace",
                "--keep-going",
                "--color=never",
                "--target-dir",
            ])
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures"))
            .current_dir(&self.folder)
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .expect("cargo runs, since it runs this test");
        let text = String::from_utf8(output.stderr).expect("cargo writes UTF-8");
        let mut diagnostics = diagnostics(&text);
        assert!(
            output.status.success() || !diagnostics.is_empty(),
            "cargo could not check:\n{text}"
        );
        diagnostics.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        diagnostics
    }
}

/// The Rust sources of a folder of the repository, by name.
pub(crate) fn sources(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut sources: Vec<_> = fs::read_dir(&folder)
        .expect("the folder is in the repository")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path
                .file_name()
                .expect("it has an extension")
                .to_str()
                .expect("names are ASCII");
            (
                name.to_owned(),
                fs::read_to_string(&path).expect("sources are text"),
            )
        })
        .collect();
    sources.sort();
    sources
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file is in a folder"))
        .and_then(|()| fs::write(path, text))
        .expect("cargo's folder for tests can be written to");
}

/// The pieces of the output that begin with what they say and go on with where it is.
fn diagnostics(output: &str) -> Vec<Diagnostic> {
    let mut texts: Vec<String> = Vec::new();
    for line in output.lines() {
        let first_line = ["error", "warning"]
            .iter()
            .filter_map(|level| line.strip_prefix(level))
            .any(|rest| rest.starts_with([':', '[']));
        match texts.last_mut() {
            _ if first_line => texts.push(format!("{line}\n")),
            Some(text) => text.extend([line, "\n"]),
            None => {}
        }
    }
    texts.into_iter().filter_map(diagnostic).collect()
}

fn diagnostic(text: String) -> Option<Diagnostic> {
    // Cargo's own summaries are nowhere.
    let place = text
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("--> "))?;
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    // What is said of daffi's own files is not of the package.
    let path = Path::new(parts.next()?);
    if path.is_absolute() {
        return None;
    }
    let file = path.file_name()?.to_str()?.to_owned();
    Some(Diagnostic {
        file,
        line,
        column,
        text,
    })
}
