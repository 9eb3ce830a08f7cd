//! A program has one version of daffi: what is annotated with another would not be found, without a word.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A package with another version of daffi, as far as Cargo needs to know it.
const OTHER: &str = "[package]
name = \"daffi-core\"
version = \"9.9.9\"
edition = \"2024\"
links = \"daffi\"
";

#[test]
fn cargo_refuses_a_program_with_two_versions_and_says_so() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("two_versions");
    let daffi = env!("CARGO_MANIFEST_DIR");
    let program = format!(
        "[package]\nname = \"program\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         daffi = {{ path = {daffi:?} }}\nother = {{ package = \"daffi-core\", path = \"other\" }}\n\n[workspace]\n"
    );
    for (file, text) in [
        ("Cargo.toml", &*program),
        ("src/lib.rs", ""),
        ("other/Cargo.toml", OTHER),
        ("other/build.rs", "fn main() {}"),
        ("other/src/lib.rs", ""),
    ] {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().expect("it is in a folder"))
            .expect("cargo's folder for tests can be written to");
        fs::write(file, text).expect("cargo's folder for tests can be written to");
    }
    fs::copy(Path::new(daffi).join("Cargo.lock"), folder.join("Cargo.lock"))
        .expect("the workspace has a lock file");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--format-version=1"])
        .current_dir(&folder)
        .output()
        .expect("cargo runs, since it runs this test");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "two versions are taken");
    assert!(
        said.contains("only one package uses the `links = \"daffi\"` value"),
        "{said}"
    );
}
