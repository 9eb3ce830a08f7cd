//! What is published: each package by itself, with what it needs, and for the Rust that it says.

use std::env;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// In the order in which they are published, so that each finds those that it needs.
const PUBLISHED: [&str; 5] = [
    "daffi-certificates",
    "daffi-core",
    "daffi-macros",
    "daffi-controller",
    "daffi",
];

/// What cargo prints.
fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs, since it runs this test");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

/// All packages of the lock file that are for this machine; those of the workspace have no `source`.
fn packages() -> Vec<Value> {
    let compiler = Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()))
        .arg("-vV")
        .output()
        .expect("the compiler runs");
    let compiler = String::from_utf8(compiler.stdout).expect("it writes UTF-8");
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: "));
    let platform = ["--filter-platform", host.expect("it says so")];
    let about = ["metadata", "--format-version=1", "--all-features", "--locked"];
    let metadata: Value =
        serde_json::from_str(&cargo(&[&about[..], &platform].concat())).expect("cargo writes JSON");
    metadata["packages"].as_array().expect("a list").clone()
}

fn named<'a>(packages: &'a [Value], name: &str) -> &'a Value {
    let mut packages = packages.iter();
    packages
        .find(|package| package["name"] == name && package["source"].is_null())
        .unwrap_or_else(|| panic!("there is no {name}"))
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().expect("a list");
    list.iter().map(|text| text.as_str().expect("a text")).collect()
}

#[test]
fn each_package_that_is_published_says_what_it_is_and_no_other_can_be() {
    let packages = packages();
    for name in PUBLISHED {
        let package = named(&packages, name);
        let description = package["description"].as_str().expect("a text");
        assert!(description.len() > 30 && description.ends_with('.'), "{name}");
        assert_eq!(package["license"], "MIT", "{name}");
        assert_eq!(package["readme"], "README.md", "{name}");
        assert!(package["repository"].is_string(), "{name}");
        let keywords = texts(&package["keywords"]);
        assert!((1..=5).contains(&keywords.len()), "{name}: {keywords:?}");
        assert!(keywords.iter().all(|word| word.len() <= 20), "{keywords:?}");
        assert!((1..=5).contains(&texts(&package["categories"]).len()), "{name}");
    }
    for package in packages.iter().filter(|package| package["source"].is_null()) {
        let name = package["name"].as_str().expect("a text");
        let can_be = package["publish"].is_null();
        assert_eq!(can_be, PUBLISHED.contains(&name), "{name}");
    }
}

#[test]
fn each_package_needs_only_those_that_are_published_before_it() {
    let packages = packages();
    for (place, name) in PUBLISHED.iter().enumerate() {
        let dependencies = named(&packages, name)["dependencies"]
            .as_array()
            .expect("a list")
            .clone();
        for dependency in dependencies.iter().filter(|needed| needed["path"].is_string()) {
            // Without a version it is for tests, and cargo leaves it out.
            let is_left_out = dependency["req"] == "*" && dependency["kind"] == "dev";
            let needed = dependency["name"].as_str().expect("a text");
            assert!(
                is_left_out || PUBLISHED[..place].contains(&needed),
                "{name} needs {needed}"
            );
        }
    }
}

#[test]
fn each_package_has_its_sources_and_its_licence_and_nothing_that_is_of_no_use_without_the_repository() {
    let packages = packages();
    for name in PUBLISHED {
        let list = cargo(&["package", "--list", "--allow-dirty", "--package", name]);
        let files: Vec<_> = list.lines().collect();
        for file in ["Cargo.toml", "LICENSE", "README.md", "src/lib.rs"] {
            assert!(files.contains(&file), "{name} has no {file}: {files:?}");
        }
        // Whatever is built of it, by `cargo` for whoever depends on it.
        let package = named(&packages, name);
        let folder = Path::new(package["manifest_path"].as_str().expect("a path"));
        let folder = folder.parent().expect("it is in a folder");
        for target in package["targets"].as_array().expect("a list") {
            let source = Path::new(target["src_path"].as_str().expect("a path"));
            let source = source.strip_prefix(folder).expect("it is in the package");
            let is_built = texts(&target["kind"])
                .iter()
                .all(|kind| ["bin", "custom-build", "lib", "proc-macro"].contains(kind));
            let is_there = source.to_str().is_some_and(|source| files.contains(&source));
            assert!(!is_built || is_there, "{name} has no {}", source.display());
        }
        for file in &files {
            let begin = file.split('/').next().unwrap_or_default();
            let known = [
                ".cargo_vcs_info.json",
                "CHANGELOG.md",
                "Cargo.lock",
                "Cargo.toml",
                "Cargo.toml.orig",
            ];
            let known =
                known.contains(&begin) || ["LICENSE", "README.md", "build.rs", "src"].contains(&begin);
            let is_page = Path::new(file)
                .extension()
                .is_some_and(|extension| extension == "md");
            assert!(known || (begin == "docs" && is_page), "{name} has {file}");
        }
    }
    let facade = cargo(&["package", "--list", "--allow-dirty", "--package", "daffi"]);
    for page in [
        "docs/callback.md",
        "docs/fetcher.md",
        "docs/guide/getting-started.md",
    ] {
        assert!(facade.lines().any(|file| file == page), "{page}");
    }
}

/// The parts of a version of Rust, of which the last may be left out.
fn parts(version: &str) -> Vec<u32> {
    let parts = version.split('.').chain(["0"]).take(3);
    parts.map(|part| part.parse().expect("a number")).collect()
}

/// That no newer function of the standard library is used, clippy says (`incompatible_msrv`).
#[test]
fn the_version_of_rust_is_that_of_whoever_needs_the_newest_among_what_is_depended_on() {
    let packages = packages();
    let said = |package: &Value| package["rust_version"].as_str().map(parts);
    let ours = said(named(&packages, "daffi")).expect("it says so");
    let (mut others, mut highest) = (0, Vec::new());
    for package in &packages {
        let Some(needed) = said(package) else { continue };
        if package["source"].is_null() {
            assert_eq!(needed, ours, "{}", package["name"]);
            continue;
        }
        others += 1;
        assert!(
            needed <= ours,
            "{} needs Rust {needed:?}, and {ours:?} is said",
            package["name"]
        );
        highest = needed.max(highest);
    }
    assert!(others > 50, "{others}");
    assert_eq!(highest, ours, "it could be lower");
}
