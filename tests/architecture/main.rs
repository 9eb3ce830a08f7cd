//! Who may know whom: the rules of `docs/architecture.md`, held against the sources.
//!
//! Each rule is first shown to find what it forbids, in sources made up for that.

mod examples;
mod graph;
mod manifest;
mod packages;
mod protocol;
mod rules;
mod source;
mod surface;
mod versions;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use examples::Pages;
use graph::Graph;
use manifest::{Manifest, members};
use rules::{CORE_STD, Rule, reexports_only};
use source::{Source, under};
use surface::{exports, unnamed};

/// The workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sources of a package below `folder`, or the file itself, without tests.
fn sources(package: &str, folder: &str) -> Vec<Source> {
    let sources: Vec<_> = under(&root().join(package).join("src"))
        .into_iter()
        .filter(|source| source.is_in(folder) && !source.is_test())
        .collect();
    assert!(!sources.is_empty(), "there is nothing in {folder} of {package:?}");
    sources
}

/// What `rule` finds in a package's `folder`.
#[track_caller]
fn check(rule: &Rule<'_>, package: &str, folder: &str) {
    let faults: Vec<_> = sources(package, folder)
        .iter()
        .flat_map(|source| rule.faults(source))
        .collect();
    assert!(
        faults.is_empty(),
        "against the rules of docs/architecture.md:\n{}",
        faults.join("\n")
    );
}

/// The rules of the pure cores, in `daffi-core` but for the last two.
fn pure(folder: &str) -> Rule<'static> {
    let core = Rule {
        std: Some(CORE_STD),
        no_async: true,
        ..Rule::default()
    };
    match folder {
        // Numbers of calls are hashed as what they are, and have places. Secrets of sessions are compared in a time that tells nothing, and
        // overwritten.
        "proto" => Rule {
            crates: &["bincode", "bytes", "rmp", "serde", "slab", "thiserror", "zeroize"],
            modules: &["proto", "signature"],
            more_std: &["hash", "hint::black_box"],
            ..core
        },
        // Types are traced by reading them, and may panic while they are. Forms remember what agreed, as numbers that
        // whoever comes first writes, with no lock.
        "signature" => Rule {
            crates: &["serde"],
            modules: &["signature"],
            more_std: &["panic", "sync::atomic"],
            ..core
        },
        // Structures remember what their names mean to whoever reads first, as forms do.
        "described" => Rule {
            crates: &["bytes", "rmp", "serde"],
            modules: &["described", "proto", "signature"],
            more_std: &["sync::atomic"],
            ..core
        },
        "link" => Rule {
            crates: &["bytes", "thiserror"],
            modules: &["link", "proto"],
            ..core
        },
        "threads" => Rule {
            modules: &["proto"],
            ..core
        },
        "session" => Rule {
            crates: &["bytes", "slab", "thiserror"],
            modules: &["identity", "mixing", "proto", "session"],
            ..core
        },
        "access" => Rule {
            crates: &["daffi_core", "thiserror"],
            modules: &["access"],
            parts: &[(
                "daffi_core",
                &["proto", "Access", "Quota", "Quotas", "Right", "Role"],
            )],
            ..core
        },
        // Its tables hash numbers that peers choose, with a seed of its own.
        "router" => Rule {
            crates: &["bytes", "daffi_core", "slab", "thiserror"],
            modules: &["router", "access"],
            more_std: &["hash"],
            parts: &[("daffi_core", &["mixing", "proto", "Quota", "Right"])],
            ..core
        },
        // The rules of time zones are handed in.
        "schedule" => Rule {
            crates: &["bytes", "daffi_core", "jiff", "serde", "thiserror"],
            modules: &["schedule"],
            parts: &[("daffi_core", &["described", "mixing", "proto"])],
            ..core
        },
        other => panic!("{other} is no core"),
    }
}

#[test]
fn the_pure_cores_know_no_runtime_clock_lock_or_socket() {
    for folder in ["proto", "signature", "described", "link", "session", "threads"] {
        check(&pure(folder), "daffi-core", folder);
    }
}

#[test]
fn the_cores_of_the_controller_know_the_protocol_and_no_more_than_rights_beside_it() {
    for folder in ["access", "router", "schedule"] {
        check(&pure(folder), "daffi-controller", folder);
    }
}

/// What each module of `daffi-core` may know of the others, from the bottom up. What the pure cores may know is said above.
const KNOWN: &[(&str, &[&str])] = &[
    ("mixing", &[]),
    ("parts", &["proto", "signature"]),
    ("quota", &["proto"]),
    ("access", &["quota"]),
    ("panics", &[]),
    ("auth", &["link", "proto"]),
    ("simulation", &[]),
    ("random", &["simulation"]),
    ("seldom", &[]),
    ("logging", &[]),
    ("identity", &["proto"]),
    ("roster", &["identity", "proto", "signature"]),
    ("description", &["described", "proto", "signature"]),
    ("scheduled", &["error", "identity", "proto"]),
    (
        "error",
        &["described", "proto", "roster", "signature", "transport"],
    ),
    ("transport", &["link", "proto"]),
    ("scope", &["context", "proto"]),
    ("context", &["identity", "proto"]),
    (
        "host",
        &["access", "auth", "error", "proto", "quota", "transport"],
    ),
    (
        "registry",
        &["context", "described", "error", "proto", "scope", "signature"],
    ),
    (
        "node",
        &[
            "auth",
            "context",
            "described",
            "error",
            "host",
            "link",
            "panics",
            "proto",
            "random",
            "registry",
            "scope",
            "seldom",
            "session",
            "signature",
            "simulation",
            "threads",
            "transport",
        ],
    ),
    (
        "call",
        &[
            "described",
            "error",
            "node",
            "panics",
            "proto",
            "registry",
            "scheduled",
            "scope",
            "signature",
        ],
    ),
    ("bytes", &["call", "error", "proto", "random"]),
    (
        "global",
        &[
            "access",
            "auth",
            "call",
            "context",
            "description",
            "error",
            "host",
            "link",
            "node",
            "panics",
            "proto",
            "quota",
            "random",
            "registry",
            "roster",
            "scheduled",
            "scope",
            "signature",
            "transport",
        ],
    ),
    (
        "private",
        &[
            "call",
            "context",
            "described",
            "error",
            "global",
            "proto",
            "registry",
            "signature",
        ],
    ),
];

#[test]
fn modules_know_only_what_is_below_them() {
    for (folder, known) in KNOWN {
        let modules: Vec<_> = known.iter().chain([folder]).copied().collect();
        check(
            &Rule {
                modules: &modules,
                ..Rule::default()
            },
            "daffi-core",
            folder,
        );
    }
}

#[test]
fn each_module_is_held_to_a_rule() {
    let pure = ["described", "link", "proto", "session", "signature", "threads"];
    for source in sources("daffi-core", "") {
        let module = source.name.split('/').next().expect("it has a name");
        let module = module.trim_end_matches(".rs");
        let held = pure.contains(&module) || KNOWN.iter().any(|(folder, _)| *folder == module);
        assert!(held || module == "lib", "{module} is not in the table");
    }
}

/// The program that calls by hand.
const BY_HAND: &str = "bin/daffi";

/// What users have, by the names that the facade gives it.
#[test]
fn the_program_that_calls_by_hand_knows_what_users_know() {
    let facade = Source::read(&root().join("src"), &root().join("src/lib.rs"));
    let exported = exports(&facade, &[]);
    let mut looked_at = 0;
    for source in sources("daffi-controller", BY_HAND) {
        for path in source.paths() {
            if let [first, name, ..] = &*path
                && first == "daffi_core"
            {
                looked_at += 1;
                assert!(exported.contains(name), "{}: {name}", source.name);
            }
        }
    }
    assert!(looked_at > 10, "{looked_at}");
}

#[test]
fn the_controller_knows_nothing_of_the_node() {
    let parts: &[(&str, &[&str])] = &[(
        "daffi_core",
        &[
            "auth",
            "described",
            "host",
            "link",
            "mixing",
            "proto",
            "random",
            "seldom",
            "signature",
            "simulation",
            "transport",
            "Access",
            "ConfigFault",
            "Quota",
            "Quotas",
            "Right",
            "Role",
            "StartError",
        ],
    )];
    let rule = Rule {
        parts,
        ..Rule::default()
    };
    let sources = sources("daffi-controller", "")
        .into_iter()
        .filter(|source| !source.is_in(BY_HAND));
    let faults: Vec<_> = sources.flat_map(|source| rule.faults(&source)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The packages whose files are held to the rules about files.
const PACKAGES: [&str; 4] = [
    "daffi-controller/certificates",
    "daffi-core",
    "daffi-controller",
    "daffi-macros",
];

/// Files of more lines than most may have, and why.
const LONG: &[(&str, &str, &str)] = &[("daffi-core", "signature/graph.rs", "comparing is one algorithm")];

/// So many lines most files have at most.
const LINES: usize = 400;

#[test]
fn no_files_know_each_other() {
    for package in PACKAGES {
        let graph = Graph::new(&sources(package, ""));
        assert_eq!(graph.circles(), Vec::<Vec<&str>>::new(), "in {package}");
    }
}

#[test]
fn files_hold_one_concept_and_so_are_short() {
    for package in PACKAGES {
        let long = sources(package, "")
            .into_iter()
            .filter(|source| source.lines() > LINES)
            .map(|source| source.name);
        let listed = LONG.iter().filter(|(of, ..)| *of == package);
        assert_eq!(
            long.collect::<Vec<_>>(),
            listed.map(|(_, file, _)| (*file).to_owned()).collect::<Vec<_>>(),
            "files of {package} with more than {LINES} lines"
        );
    }
}

#[test]
fn examples_depend_on_the_facade_alone() {
    let manifest = Manifest::of(&root().join("examples"));
    let daffi: Vec<_> = manifest.daffi_crates("dependencies").collect();
    assert_eq!(daffi, ["daffi"]);
}

#[test]
fn the_macros_depend_on_no_crate_of_ours() {
    let manifest = Manifest::of(&root().join("daffi-macros"));
    assert_eq!(
        manifest.keys("dependencies"),
        ["jiff", "proc-macro2", "quote", "syn"]
    );
    assert_eq!(manifest.daffi_crates("dev-dependencies").next(), None);
    let core = Manifest::of(&root().join("daffi-core"));
    assert_eq!(core.daffi_crates("dependencies").next(), None);
    let controller = Manifest::of(&root().join("daffi-controller"));
    assert_eq!(
        controller.daffi_crates("dependencies").collect::<Vec<_>>(),
        ["daffi-certificates", "daffi-core"]
    );
    let certificates = Manifest::of(&root().join("daffi-controller/certificates"));
    assert_eq!(certificates.daffi_crates("dependencies").next(), None);
}

#[test]
fn types_that_users_cannot_name_are_found() {
    let facade = Source::new("lib.rs", "pub use core::{Global, Found, Kind};");
    let exported = exports(&facade, &[]);
    let check = |text: &str, expected: &[&str]| {
        let source = Source::new("a.rs", text);
        let expected: Vec<_> = expected.iter().map(|fault| format!("a.rs: {fault}")).collect();
        assert_eq!(unnamed(&source, &exported), expected, "{text}");
    };
    check(
        "impl Global { pub async fn find(&self) -> Result<Hidden, Lost> { Inside::new() } pub fn named(&self) -> Found {} }",
        &["Global shows Hidden", "Global shows Lost"],
    );
    check(
        "impl<T> Global<T> { pub const fn f(self, a: impl Fn(&T) -> Box<Hidden>) -> Self {} fn g() -> Other {} pub(crate) fn \
         h() -> Other {} }",
        &["Global shows Hidden"],
    );
    check(
        "impl Other { pub fn f() -> Hidden {} } impl From<Wire> for Global { }",
        &[],
    );
    check(
        "pub struct Found { pub a: Vec<Hidden>, b: Private, pub(crate) c: Private } pub struct Private { pub a: Other }",
        &["Found shows Hidden"],
    );
    check("pub struct Found(pub Hidden, Private);", &["Found shows Hidden"]);
    check(
        "impl Global { #[doc(hidden)] pub fn find(&self) -> Hidden {} pub fn f(&self) -> Deep {} }",
        &["Global shows Deep"],
    );
    check(
        "pub enum Kind { #[a] First, Second { at: Hidden, to: Found }, Third(Option<Deep>), Fourth }",
        &["Kind shows Hidden", "Kind shows Deep"],
    );
    check("pub type Found<T> = Result<T, Hidden>;", &["Found shows Hidden"]);
}

/// What users see of `daffi-core`, by name.
fn exported(core: &[Source]) -> BTreeSet<String> {
    let facade = Source::read(&root().join("src"), &root().join("src/lib.rs"));
    let modules: Vec<_> = core
        .iter()
        .filter(|source| {
            let module = ["daffi_core", source.name.trim_end_matches(".rs")];
            facade.paths().iter().any(|path| *path == module)
        })
        .collect();
    let exported = exports(&facade, &modules);
    assert!(
        exported.contains("Global") && exported.contains("Parameter"),
        "{exported:?}"
    );
    exported
}

#[test]
fn every_type_in_a_public_signature_can_be_named_by_users() {
    let root = root();
    let core = sources("daffi-core", "");
    let exported = exported(&core);
    // Wire types are the namesakes of some that users see.
    let faults: Vec<_> = core
        .iter()
        .filter(|source| !source.is_in("proto"))
        .flat_map(|source| unnamed(source, &exported))
        .collect();
    assert!(faults.is_empty(), "users cannot name:\n{}", faults.join("\n"));
    // There, daffi has none of its features; what they bring is held to the same in the second.
    let places = ["tests/hygiene/surface.rs", "tests/end_to_end/tls.rs"];
    let asserted = places.map(|place| Source::read(root, &root.join(place)));
    let is_asserted = |name: &&String| asserted.iter().any(|place| place.has_word(name));
    let missing: Vec<_> = exported.iter().filter(|name| !is_asserted(name)).collect();
    assert!(missing.is_empty(), "{places:?} say nothing of {missing:?}");
}

/// What has no example, and why.
const NO_EXAMPLE: &[(&str, &str)] = &[
    ("RepliesIter", "it is gone through, and not named"),
    ("Lacking::bytes", "for the controller's accounts"),
];

#[test]
fn what_users_see_has_an_example() {
    let core = sources("daffi-core", "");
    let mut exported = exported(&core);
    // Functions, and not types.
    exported.extend(["init_logging", "trace"].map(str::to_owned));
    let folder = root().join("daffi-core/src");
    let read = |source: &Source| fs::read_to_string(folder.join(&source.name)).expect("it can be read");
    let texts: Vec<_> = core.iter().map(read).collect();
    let named = core.iter().map(|source| source.name.as_str());
    let pages = Pages::read(
        &named.zip(texts.iter().map(String::as_str)).collect::<Vec<_>>(),
        &exported,
    );
    assert!(pages.count() > 300, "{}", pages.count());
    let allowed = NO_EXAMPLE.iter().map(|(name, _)| (*name).to_owned()).collect();
    let without = pages.without();
    let missing: Vec<_> = without.difference(&allowed).collect();
    assert!(missing.is_empty(), "no example that is run: {missing:#?}");
    let needless: Vec<_> = allowed.difference(&without).collect();
    assert!(needless.is_empty(), "these have an example: {needless:?}");
    assert_eq!(
        pages.of_inner_crates(),
        [""; 0],
        "what users see of an example names the crate `daffi` alone"
    );
}

#[test]
fn examples_do_not_make_a_file_long() {
    let text = "/// First.\n///\n/// ```\n/// f()\n/// ```\nfn f() {}\n    /// ```no_run\n    /// g()\n    /// ```\n//! Last.\n";
    assert_eq!(Source::new("a.rs", text).lines(), 4);
}

#[test]
fn what_has_no_example_is_found() {
    let exported: BTreeSet<_> = ["Global", "Kind", "Named"].map(str::to_owned).into();
    let check = |file: &str, text: &str, expected: &[&str]| {
        let pages = Pages::read(&[("proto/a.rs", "pub struct Named;"), (file, text)], &exported);
        // What the other file has is found, unless this one has what is above it.
        let without: BTreeSet<_> = pages
            .without()
            .into_iter()
            .filter(|name| name != "Named")
            .collect();
        assert_eq!(
            without,
            expected.iter().map(|&name| name.to_owned()).collect(),
            "{text}"
        );
    };
    const SHOWN: &str = "/// ```\n/// g.stop(); Global::made()\n/// ```\n";
    check("a.rs", "/// Something.\npub struct Global;", &["Global"]);
    check("a.rs", &format!("{SHOWN}pub struct Global;"), &[]);
    check(
        "a.rs",
        &format!("{SHOWN}pub struct Other; pub(crate) struct Global; #[doc(hidden)] pub enum Kind {{}}"),
        &[],
    );
    for words in ["no_run", "ignore", "text", "compile_fail"] {
        check(
            "a.rs",
            &format!("/// ```{words}\n/// f()\n/// ```\npub enum Kind {{}}"),
            &["Kind"],
        );
    }
    check(
        "a.rs",
        &format!(
            "{SHOWN}pub struct Global; impl Global {{ pub fn stop(&self) {{}} pub fn made() {{}} pub fn sto() {{}} fn f() {{}} }}"
        ),
        &["Global::sto"],
    );
    // An example of one method may show another one.
    check(
        "a.rs",
        &format!(
            "{SHOWN}pub enum Kind {{}} impl Kind {{ {SHOWN} pub fn started() {{}} pub fn stop(&self) {{}} pub fn of() {{}} }}"
        ),
        &["Kind::of"],
    );
    check("a.rs", "impl Named { pub fn f() {} }", &["Named::f"]);
    check(
        "proto/b.rs",
        &format!("{SHOWN}pub struct Global; impl Global {{ pub fn f() {{}} }}"),
        &["Global::f"],
    );

    let inner = |text: &str| Pages::read(&[("a.rs", text)], &exported).of_inner_crates().len();
    assert_eq!(
        inner("/// ```\n/// use daffi_core::Global;\n/// ```\npub struct Global;"),
        1
    );
    assert_eq!(
        inner("/// ```\n/// # use daffi_core::auth;\n/// ```\npub struct Global;"),
        0
    );
}

/// What a program that depends on the facade alone compiles.
#[test]
fn a_client_compiles_few_crates_and_none_that_only_a_program_needs() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--package", "daffi"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{lib}"])
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let tree = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains("daffi_controller"), "{crates:?}");
    for of_the_program in ["clap", "tracing_subscriber"] {
        assert!(
            !crates.contains(of_the_program),
            "{of_the_program} is in {crates:?}"
        );
    }
    assert!(crates.len() < 45, "{} crates: {crates:?}", crates.len());
}

/// Whether a path of the page is that of a file, of a folder, or how that of one of the crates' goes on.
fn is_there(path: &str) -> bool {
    let crates = ["daffi-core", "daffi-controller", "daffi-macros"];
    let mut places = crates
        .map(|name| root().join(name).join("src").join(path))
        .to_vec();
    places.push(root().join(path));
    places.iter().any(|place| place.exists())
}

#[test]
fn where_the_page_says_that_something_is_changed_there_is_a_file() {
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, section) = page.split_once("\n## Where to change what\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let words = section.split('`').skip(1).step_by(2);
    let paths: Vec<_> = words.filter(|word| word.contains('/')).collect();
    assert!(paths.len() > 20, "{paths:?}");
    let missing: Vec<_> = paths.into_iter().filter(|path| !is_there(path)).collect();
    assert!(missing.is_empty(), "there is no {missing:?}");
}

#[test]
fn the_facade_is_documentation_and_reexports() {
    let facade = Source::read(&root().join("src"), &root().join("src/lib.rs"));
    assert_eq!(reexports_only(&facade), Vec::<String>::new());
    let files: Vec<_> = under(&root().join("src"))
        .into_iter()
        .map(|source| source.name)
        .collect();
    assert_eq!(files, ["lib.rs"]);
}

#[test]
fn only_one_file_names_bincode() {
    let mut folders = vec![root().join("src"), root().join("tests")];
    folders.extend(members(root()).into_iter().map(|member| root().join(member)));
    let naming: Vec<_> = folders
        .iter()
        .flat_map(|folder| under(folder))
        .filter(|source| source.heads().any(|head| head == "bincode"))
        .map(|source| source.name)
        .collect();
    // The benchmark compares with it.
    assert_eq!(naming, ["benches/values.rs", "src/proto/codec.rs"]);
}

#[test]
fn unsafe_code_is_forbidden_everywhere() {
    let workspace = Manifest::of(root());
    assert_eq!(
        workspace.value("workspace.lints.rust", "unsafe_code"),
        Some("\"forbid\"")
    );
    for member in members(root()).into_iter().chain([String::new()]) {
        let manifest = Manifest::of(&root().join(&member));
        let inherits = manifest.value("lints", "workspace") == Some("true");
        let itself = manifest.value("lints.rust", "unsafe_code") == Some("\"forbid\"");
        assert!(inherits || itself, "{member:?} may have unsafe code");
    }
}

#[test]
fn what_comes_first_is_never_left_to_chance() {
    // But for one who watches another controller, which no simulation has.
    let is_watching = |source: &Source| source.name == "standby.rs";
    for folder in [
        "daffi-core/src/node",
        "daffi-core/src/call",
        "daffi-controller/src/server",
    ] {
        let folder = root().join(folder);
        for source in under(&folder).iter().filter(|source| !is_watching(source)) {
            let text = std::fs::read_to_string(folder.join(&source.name)).expect("it was read before");
            for choice in text.split("select! {").skip(1) {
                let is_made = choice.trim_start().starts_with("biased;");
                assert!(is_made, "a `select!` of {} throws dice", source.name);
            }
        }
    }
}

/// What `cargo tree` says of `daffi-core`.
fn dependencies_of_core(more: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--package",
            "daffi-core",
            "--edges",
            "normal",
            "--prefix",
            "none",
        ])
        .args(more)
        .current_dir(root())
        .output()
        .expect("cargo runs, since it runs this test");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

#[test]
fn without_its_runtime_the_core_depends_on_no_runtime() {
    let has = |tree: &str, name: &str| tree.lines().any(|line| line.split(' ').next() == Some(name));
    let runtime = [
        "tokio",
        "tokio-util",
        "mio",
        "socket2",
        "inventory",
        "futures-util",
    ];
    let pure = dependencies_of_core(&["--no-default-features"]);
    assert!(has(&pure, "serde"), "{pure}");
    for name in runtime {
        assert!(!has(&pure, name), "{name} is among\n{pure}");
    }
    let full = dependencies_of_core(&["--features", "runtime"]);
    for name in runtime {
        assert!(
            has(&full, name),
            "this would find nothing: {name} is not even among\n{full}"
        );
    }
}

// ------------------------------------------------------------------ the rules find what they forbid

/// What `rule` says of `text` in a file of the module `crate::session::calls`.
fn faults(rule: &Rule<'_>, text: &str) -> Vec<String> {
    rule.faults(&Source::new("session/calls.rs", text))
}

#[track_caller]
fn check_found(rule: &Rule<'_>, text: &str, expected: &str) {
    let faults = faults(rule, text);
    assert!(
        faults.iter().any(|fault| fault.contains(expected)),
        "{text:?} gives {faults:?}"
    );
}

#[test]
fn what_the_cores_may_not_know_is_found() {
    let rule = pure("session");
    for (text, expected) in [
        ("use tokio::sync::mpsc;", "tokio"),
        ("fn f() { tokio::spawn(async {}); }", "tokio"),
        ("fn f() { ::tokio::spawn(g()); }", "tokio"),
        ("use tokio as t;", "tokio"),
        ("use {std::fmt, tokio::time};", "tokio"),
        ("extern crate tokio;", "tokio"),
        ("use tracing::debug;", "tracing"),
        ("fn f() { let x = rand::random(); }", "rand"),
        ("use std::time::Instant;", "std::time::Instant"),
        ("use std::{time::{Duration, Instant}};", "std::time::Instant"),
        ("use std::time;", "std::time"),
        ("use std::time::*;", "std::time::*"),
        ("use std::sync::{Arc, Mutex};", "std::sync::Mutex"),
        ("struct S { m: std::sync::RwLock<u8> }", "std::sync::RwLock"),
        ("use std::thread;", "std::thread"),
        ("use std::net::TcpStream as Stream;", "std::net::TcpStream"),
        ("use std::fs::{self, File};", "std::fs::self"),
        ("use std;", "std"),
        (
            "fn f() -> u64 { std::hash::RandomState::new().hash_one(0) }",
            "std::hash::RandomState",
        ),
        ("use crate::transport::Outbox;", "crate::transport"),
        ("use crate::{proto::Header, node::run};", "crate::node::run"),
        ("use super::super::node::Node;", "crate::node"),
        ("fn f() { super::super::global::g(); }", "crate::global"),
        (
            "mod inner { use super::super::super::node::Node; }",
            "crate::node",
        ),
        ("async fn f() {}", "async"),
        ("fn f() { g().await; }", "await"),
        ("#[cfg(not(test))] use tokio::sync::mpsc;", "tokio"),
    ] {
        check_found(&rule, text, expected);
    }
}

#[test]
fn what_the_cores_may_know_is_not_found() {
    let rule = pure("session");
    for text in [
        "use std::collections::HashMap;\nuse std::time::Duration;\nuse std::sync::Arc;",
        "use core::fmt::{self, Display};",
        "use bytes::Bytes; use slab::Slab; #[derive(thiserror::Error)] struct S;",
        "use crate::proto::{Header, Moment}; use super::Terms; use self::inner::X;",
        "// use tokio::sync::mpsc;\n/* tokio::spawn() /* nested */ tokio::spawn() */",
        "/// See `tokio::spawn` and crate::transport::Outbox.\nfn f() {}",
        "const TEXT: &str = \"use tokio::spawn \\\" std::time::Instant\";",
        "const RAW: &str = r#\"\"tokio::spawn\"\"#; const B: &[u8] = b\"tokio::x\";",
        "fn f<'tokio>(c: char) -> bool { c == '\"' || c == '\\'' || c == 't' }",
        "#[cfg(test)]\nmod tests { use tokio::sync::mpsc; fn f() { std::thread::spawn(g); } }\nfn f() {}",
        "#[cfg(test)]\nuse tokio::sync::mpsc;",
        "struct Instant; struct Mutex(u8); fn f(tokio: u8) -> u8 { tokio }",
        "fn f(x: r#async) {}",
    ] {
        assert_eq!(faults(&rule, text), Vec::<String>::new(), "{text}");
    }
}

/// The circles of files made up for that.
fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let sources: Vec<_> = files.iter().map(|(name, text)| Source::new(name, text)).collect();
    let graph = Graph::new(&sources);
    let owned = |circle: Vec<&str>| circle.into_iter().map(str::to_owned).collect();
    graph.circles().into_iter().map(owned).collect()
}

#[test]
fn circles_of_files_are_found() {
    for (files, expected) in [
        (
            &[
                ("a.rs", "use crate::b::B; struct A;"),
                ("b.rs", "use super::a::A; struct B;"),
            ] as &[_],
            vec!["a.rs", "b.rs"],
        ),
        // Named where it is used, and through what another module passes on.
        (
            &[
                ("a.rs", "struct A(crate::m::B);"),
                ("m/mod.rs", "mod b; pub use b::B;"),
                ("m/b.rs", "pub struct B; fn f(_: crate::a::A) {}"),
            ],
            vec!["a.rs", "m/b.rs"],
        ),
        // Longer ones, also through the file of the folder.
        (
            &[
                ("m/mod.rs", "mod a; mod b; use a::A; pub struct M(A);"),
                ("m/a.rs", "use super::b::B; pub struct A(B);"),
                ("m/b.rs", "use super::M; pub struct B(Box<M>);"),
            ],
            vec!["m/a.rs", "m/b.rs", "m/mod.rs"],
        ),
        // What is passed on is known to whom passes it on and uses it.
        (
            &[
                ("m/mod.rs", "mod a; pub use a::A; pub struct M(A);"),
                ("m/a.rs", "use super::M; pub struct A(Box<M>);"),
            ],
            vec!["m/a.rs", "m/mod.rs"],
        ),
    ] {
        assert_eq!(circles(files), [expected], "{files:?}");
    }
}

#[test]
fn what_is_no_circle_of_files_is_not_found() {
    for files in [
        &[("a.rs", "use crate::b::B;"), ("b.rs", "pub struct B;")] as &[_],
        // A folder that only passes on.
        &[
            (
                "m/mod.rs",
                "mod a; mod b; pub use a::A; pub use b::B; pub struct M;",
            ),
            ("m/a.rs", "use super::M; pub struct A(M);"),
            ("m/b.rs", "use super::A; pub struct B(A);"),
        ],
        &[
            ("a.rs", "use crate::b::B;"),
            (
                "b.rs",
                "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }",
            ),
        ],
    ] {
        assert_eq!(circles(files), Vec::<Vec<String>>::new(), "{files:?}");
    }
}

#[test]
fn what_the_router_may_not_know_is_found() {
    let rule = pure("router");
    let found = |text: &str, expected: &str| {
        let faults = rule.faults(&Source::new("router/pick.rs", text));
        assert!(
            faults.iter().any(|fault| fault.contains(expected)),
            "{text:?} gives {faults:?}"
        );
    };
    found("use daffi_core::transport::Outbox;", "daffi_core::transport");
    found("use daffi_core::{proto::Header, link::Link};", "daffi_core::link");
    found("use daffi_core as core;", "daffi_core");
    found("use daffi_core::*;", "daffi_core::*");
    found("use crate::server::Controller;", "crate::server");
    let fine = "use daffi_core::proto::{self, Header}; use super::directory::Provider;";
    assert_eq!(
        rule.faults(&Source::new("router/pick.rs", fine)),
        Vec::<String>::new()
    );
}

#[test]
fn a_controller_that_knows_the_node_is_found() {
    let parts: &[(&str, &[&str])] = &[("daffi_core", &["proto", "StartError"])];
    let rule = Rule {
        parts,
        ..Rule::default()
    };
    let faults = |text: &str| rule.faults(&Source::new("host.rs", text));
    for text in [
        "use daffi_core::Global;",
        "use daffi_core::session::Session;",
        "fn f(c: daffi_core::Call<u8>) {}",
        "use daffi_core::{StartError, private::inventory};",
    ] {
        assert_eq!(faults(text).len(), 1, "{text}");
    }
    assert!(faults("use daffi_core::StartError; use daffi_core::proto::Header;").is_empty());
}

#[test]
fn code_in_the_facade_is_found() {
    for text in [
        "pub fn f() {}",
        "mod m;",
        "impl S {}",
        "pub trait T {}",
        "macro_rules! m { () => {} }",
        "static S: u8 = 0;",
    ] {
        assert_eq!(reexports_only(&Source::new("lib.rs", text)).len(), 1, "{text}");
    }
    let fine = "//! fn f() {}\npub use daffi_core::{Call, Global};\n#[cfg(doctest)] struct Readme;";
    assert!(reexports_only(&Source::new("lib.rs", fine)).is_empty());
}

#[test]
fn manifests_are_read() {
    let text = "[package]\nname = \"x\" # name\n\n[dependencies]\nserde.workspace = true\n# none\ndaffi-core = { \
                workspace = true }\n\"quoted\" = \"1\"\n[dependencies.tokio]\nversion = \"1\"\n[lints]\nworkspace = true\n\
                [workspace]\nmembers = [\"a\", \"b\"]\n";
    let manifest = Manifest::new(text);
    assert_eq!(
        manifest.keys("dependencies"),
        ["daffi-core", "quoted", "serde", "tokio"]
    );
    assert_eq!(
        manifest.daffi_crates("dependencies").collect::<Vec<_>>(),
        ["daffi-core"]
    );
    assert_eq!(manifest.value("lints", "workspace"), Some("true"));
    assert_eq!(manifest.value("package", "name"), Some("\"x\""));
    assert_eq!(manifest.value("lints", "other"), None);
    assert_eq!(manifest.list("workspace", "members"), ["a", "b"]);
}
