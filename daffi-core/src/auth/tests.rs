//! Secrets from files and texts, and what is proven with them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::link::handshake::Roll;
use crate::proto::{Method, Proof};

/// A folder of a test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("daffi-auth-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn given(token: &str) -> Source {
    Source::Token(Text::new(token.to_owned()))
}

fn fault(source: &Source) -> String {
    Proving::load(source).unwrap_err()
}

/// A token that anybody can read here.
const TOKEN: &str = "daffi_token_000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// How a controller knows it: a promise to the files that people have.
const LINE: &str = "shopper token 750d29f85ae5cc56b0fac98c1c1d71b234827bf8af9ead10737f7f773792f2a0:afa138f764a590b1b1d24bf806a03ee38b1ae67927b24ba13bb0eebf04e2f982";

#[test]
fn a_token_and_its_line_belong_together() {
    let made = token("shopper").unwrap();
    let secret = made.shown().unwrap();
    assert!(
        secret.starts_with("daffi_token_") && secret.len() == 76,
        "its length is {}",
        secret.len()
    );
    let proving = Proving::load(&given(secret)).unwrap();
    let identities = Identities::parse(&made.line).unwrap();
    let credential = proving.credential();
    let member = identities.find(Method::Token, &credential.public()).unwrap();
    assert_eq!(&*member.name(), "shopper");

    let proof = credential.sign(b"this");
    assert!(member.has_made(b"this", &proof));
    assert!(!member.has_made(b"that", &proof));
    let controllers = member.prove(b"this").unwrap();
    assert!(credential.is_known(b"this", &controllers));
    assert!(!credential.is_known(b"that", &controllers));

    // Nobody else's.
    let other = token("other").unwrap();
    let other = Proving::load(&given(other.shown().unwrap())).unwrap();
    assert!(
        identities
            .find(Method::Token, &other.credential().public())
            .is_none()
    );
    assert!(!member.has_made(b"this", &other.credential().sign(b"this")));
    assert!(!other.credential().is_known(b"this", &controllers));
}

#[test]
fn a_key_is_in_a_file_of_its_owners_and_its_line_belongs_to_it() {
    let folder = Folder::new();
    let path = folder.0.join("worker.key");
    let made = key("worker", &path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(made.shown(), None);
    let proving = Proving::load(&Source::KeyFile(path.clone())).unwrap();
    let credential = proving.credential();
    let identities = Identities::parse(&made.line).unwrap();
    let member = identities.find(Method::Key, &credential.public()).unwrap();
    assert!(member.has_made(b"this", &credential.sign(b"this")));
    // A key says nothing of who knows it.
    assert_eq!(member.prove(b"this"), None);
    assert!(!credential.is_known(b"this", &[0; 32]));
    // One that is there is not overwritten.
    let error = key("worker", &path).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
}

#[test]
fn the_secret_is_not_among_what_the_controller_keeps() {
    let made = token("shopper").unwrap();
    let digits = made.shown().unwrap().strip_prefix("daffi_token_").unwrap();
    assert!(!made.line.contains(digits));
    // What proves that the controller knows the token is no key of the node's.
    let (public, controller) = made.line.rsplit_once(' ').unwrap().1.split_once(':').unwrap();
    assert!(public != controller && public != digits && controller != digits);
    let stolen = Proving::load(&given(&format!("daffi_token_{controller}"))).unwrap();
    let identities = Identities::parse(&made.line).unwrap();
    assert!(
        identities
            .find(Method::Token, &stolen.credential().public())
            .is_none()
    );
}

#[test]
fn what_is_made_of_a_token_never_changes() {
    let token = crypto::Token::new(&make::parse(make::TOKEN, TOKEN).unwrap());
    assert_eq!(make::token_line("shopper", &token), LINE);
}

#[test]
fn nobody_is_shown_a_secret() {
    let folder = Folder::new();
    let digits = TOKEN.strip_prefix("daffi_token_").unwrap();
    let file = folder.file("token", TOKEN, 0o600);
    let made = Made {
        secret: Some(Text::new(TOKEN.to_owned())),
        line: String::new(),
    };
    let identities = Identities::shared(&given(TOKEN)).unwrap();
    let shown = [
        format!("{:?}", given(TOKEN)),
        format!("{:?}", Proving::load(&given(TOKEN)).unwrap()),
        format!("{:?}", Source::TokenFile(file)),
        format!("{made:?}"),
        format!("{identities:?}"),
        fault(&given(&format!("{TOKEN}0"))),
        fault(&given(&TOKEN.replace("token", "tokem"))),
    ];
    for shown in shown {
        assert!(!shown.contains(&digits[..16]), "{shown}");
    }
}

#[test]
fn what_is_no_secret_is_explained() {
    let folder = Folder::new();
    for bad in [
        "",
        "secret",
        "daffi_token_",
        &TOKEN[..75],
        &format!("{TOKEN}0"),
        &TOKEN.replace('1', "g"),
    ] {
        assert!(
            fault(&given(bad)).contains("daffi-controller token NAME"),
            "{bad:?}"
        );
    }
    let path = folder.file("token", "secret\n", 0o600);
    let said = fault(&Source::TokenFile(path.clone()));
    assert!(
        said.contains(path.to_str().unwrap()) && said.contains("is no token"),
        "{said}"
    );
    let said = fault(&Source::KeyFile(path));
    assert!(said.contains("daffi-controller key NAME FILE"), "{said}");
    let said = fault(&Source::TokenFile(folder.0.join("missing")));
    assert!(said.contains("missing cannot be read: No such file"), "{said}");
    // With the line's end that an editor leaves.
    let path = folder.file("good", &format!("{TOKEN}\n"), 0o600);
    Proving::load(&Source::TokenFile(path)).unwrap();
}

#[test]
fn a_file_that_others_may_read_is_no_secret() {
    let folder = Folder::new();
    for (mode, is_secret) in [
        (0o600, true),
        (0o400, true),
        (0o440, true),
        (0o640, true),
        (0o660, false),
        (0o644, false),
        (0o604, false),
        (0o666, false),
    ] {
        let path = folder.file(&format!("{mode:o}"), TOKEN, mode);
        let loaded = Proving::load(&Source::TokenFile(path));
        assert_eq!(loaded.is_ok(), is_secret, "{mode:o}");
        if let Err(said) = loaded {
            assert!(
                said.contains(&format!("is {mode:o}")) && said.contains("chmod 600"),
                "{said}"
            );
        }
    }
    // Who may join is no secret, but nobody else may say it.
    for (mode, is_usable) in [(0o600, true), (0o644, true), (0o664, false), (0o646, false)] {
        let path = folder.file(&format!("identities {mode:o}"), "# nobody\n", mode);
        assert_eq!(Identities::load(&path).is_ok(), is_usable, "{mode:o}");
    }
}

#[test]
fn a_file_of_identities_is_read_line_by_line() {
    let (one, two) = (token("one").unwrap().line, token("two").unwrap().line);
    let text = format!("# who may join\n\n  {one}  \n{two}\n");
    let identities = Identities::parse(&text).unwrap();
    assert!(identities.takes(Method::Token) && !identities.takes(Method::Key));
    assert!(!Identities::parse("").unwrap().takes(Method::Token));
}

#[test]
fn a_line_that_is_no_identity_is_named() {
    #[track_caller]
    fn check(line: &str, expected: &str) {
        let said = Identities::parse(&format!("# one\n{line}\n")).unwrap_err();
        assert!(
            said.starts_with("line 2: ") && said.contains(expected),
            "{line}: {said}"
        );
    }
    let digits = "ab".repeat(32);
    check("shopper", "it has 1 words");
    check("a shopper token 00", "it has 4 words");
    check(
        &format!("shopper password {digits}"),
        "its second word is neither `token` nor `key`",
    );
    // What stands in the wrong place may be a secret.
    let token = format!("daffi_token_{digits}");
    for line in [
        format!("{token} key {digits}"),
        format!("shopper {token} {digits}"),
    ] {
        let said = Identities::parse(&line).unwrap_err();
        assert!(!said.contains(&digits), "{said}");
    }
    check(&format!("shopper token {digits}"), "what stands behind `shopper`");
    check(
        &format!("shopper key {digits}:{digits}"),
        "what stands behind `shopper`",
    );
    check(
        &format!("shopper key {}", &digits[1..]),
        "what stands behind `shopper`",
    );
    check(
        &format!("shopper token {digits}:{}", &digits[2..]),
        "what stands behind `shopper`",
    );
    check("shopper key nothing", "what stands behind `shopper`");
    check(&format!("{} key {digits}", "n".repeat(256)), "is no name");
    let line = format!("one key {digits}");
    let said = Identities::parse(&format!("{line}\ntwo key {digits}")).unwrap_err();
    assert!(said.contains("line 2: `two` has the same key as `one`"), "{said}");
}

#[test]
fn names_are_one_word() {
    for bad in [
        "",
        "two words",
        "tab\t",
        "line\n",
        "#",
        "uid:0",
        "#name",
        "nul\0",
        &"n".repeat(256),
    ] {
        assert!(token(bad).is_err(), "{bad:?}");
        assert!(key(bad, Path::new("/nowhere")).is_err(), "{bad:?}");
    }
    for good in ["shopper", "CN=shop,O=milk", "ключ", "n"] {
        assert!(token(good).is_ok(), "{good:?}");
    }
}

#[test]
fn a_signature_that_is_none_is_not_believed() {
    let made = token("shopper").unwrap();
    let proving = Proving::load(&given(made.shown().unwrap())).unwrap();
    let identities = Identities::parse(&made.line).unwrap();
    let member = identities
        .find(Method::Token, &proving.credential().public())
        .unwrap();
    for bad in [[0; 64], [0xff; 64]] {
        assert!(!member.has_made(b"this", &Proof::new(bad)));
    }
    let mut proof = proving.credential().sign(b"this");
    for byte in 0..64 {
        proof.0[byte / 32][byte % 32] ^= 1;
        assert!(!member.has_made(b"this", &proof), "byte {byte}");
        proof.0[byte / 32][byte % 32] ^= 1;
    }
    assert!(member.has_made(b"this", &proof));
}
