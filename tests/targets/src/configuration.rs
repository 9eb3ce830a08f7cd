//! Text as a configuration file of the controller, and as a list of those whom it knows.

use std::cell::OnceCell;
use std::fs;

use daffi_controller::access::Policy;
use daffi_controller::config::Config;
use daffi_core::Right;
use daffi_core::auth::{Identities, token};
use tempfile::NamedTempFile;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "configuration",
    run,
    seeds,
};

/// What may be set beside roles.
const OPTIONS: [&str; 4] = ["host", "port", "max-frame", "insecure"];

thread_local! {
    static FILE: OnceCell<NamedTempFile> = const { OnceCell::new() };
}

/// What is at fault has a place in the text, and what is not decides who may do what.
fn run(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    match kind % 2 {
        0 => configure(&String::from_utf8_lossy(bytes)),
        _ => know(bytes),
    }
}

fn configure(text: &str) {
    let config = match Config::read(text, &OPTIONS) {
        Ok(config) => config,
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults {
                assert!(fault.place.line >= 1 && fault.place.column >= 1);
                assert!(fault.place.line <= text.matches('\n').count() + 1, "{fault}");
                assert!(!fault.message.is_empty());
            }
            return;
        }
    };
    for setting in &config.settings {
        assert!(OPTIONS.contains(&&*setting.name), "{}", setting.name);
    }
    if let Some(access) = &config.access {
        let policy = Policy::new(access).expect("what was read was checked");
        for identity in [None, Some("shopper")] {
            let rights = policy.rights(identity);
            for right in Right::ALL {
                assert!(!rights.allow_all(right) || rights.allow(right, "shop.buy"));
            }
            let _ = policy.check_name(identity, "shop");
        }
    }
}

fn know(bytes: &[u8]) {
    FILE.with(|file| {
        let file = file.get_or_init(|| NamedTempFile::new().expect("there is room for a file"));
        fs::write(file.path(), bytes).expect("the file can be written");
        if let Err(words) = Identities::load(file.path()) {
            assert!(!words.is_empty());
        }
    });
}

fn seeds() -> Vec<Vec<u8>> {
    let roles = r#"
host = "127.0.0.1"
port = 4433
insecure = true
everyone = ["guest"]

[roles.guest]
call = ["shop.*", "news"]
observe = true

[roles.worker]
provide = ["shop.*"]
stream = ["*"]
names = ["worker-*"]
deny = { call = ["shop.refund"] }

[grants]
shopper = ["guest"]
smith = { roles = ["worker"], names = ["smith"] }
"#;
    let known = token("shopper").expect("there are random numbers").line;
    let known = format!("# who may join\n\n{known}\nsmith key {}\n", "ab".repeat(32));
    vec![
        [b"\0", roles.as_bytes()].concat(),
        [b"\x01", known.as_bytes()].concat(),
    ]
}
