//! Who is let in.

use core::time::Duration;

use super::*;

fn hello() -> Hello {
    Hello::new("shopper", 1, 2)
}

#[track_caller]
fn check(hello: &Hello, expected: &Result<u16, Refusal>) {
    assert_eq!(hello.negotiate(), *expected, "{hello:?}");
}

#[test]
fn a_process_of_this_release_speaks_the_version_of_this_release() {
    check(&hello(), &Ok(VERSION));
    assert_eq!(hello().magic, MAGIC);
}

#[test]
fn a_newer_process_that_still_speaks_our_version_is_let_in() {
    check(
        &Hello {
            version: VERSION + 1,
            ..hello()
        },
        &Ok(VERSION),
    );
    check(
        &Hello {
            version: u16::MAX,
            oldest_version: VERSION,
            ..hello()
        },
        &Ok(VERSION),
    );
}

#[test]
fn a_process_that_speaks_no_version_of_ours_is_refused() {
    let refusal = || {
        Err(Refusal::Version {
            oldest: OLDEST_VERSION,
            newest: VERSION,
        })
    };
    check(
        &Hello {
            version: VERSION + 1,
            oldest_version: VERSION + 1,
            ..hello()
        },
        &refusal(),
    );
    check(
        &Hello {
            version: OLDEST_VERSION - 1,
            oldest_version: 0,
            ..hello()
        },
        &refusal(),
    );
    check(
        &Hello {
            version: 1,
            oldest_version: 2,
            ..hello()
        },
        &refusal(),
    );
}

#[test]
fn a_stranger_is_refused_whatever_else_it_says() {
    check(
        &Hello {
            magic: *b"http",
            version: 0,
            ..hello()
        },
        &Err(Refusal::NotDaffi),
    );
}

#[test]
fn a_name_has_1_to_255_bytes() {
    let named = |name: &str| Hello {
        process_name: name.to_owned(),
        ..hello()
    };
    let refusal = || Err(Refusal::Name { limit: 255 });
    check(&named(""), &refusal());
    check(&named("a"), &Ok(VERSION));
    check(&named(&"a".repeat(255)), &Ok(VERSION));
    check(&named(&"a".repeat(256)), &refusal());
    check(&named(&"ä".repeat(128)), &refusal());
    for unseen in ["shop\n", "shop\u{200b}", "\u{202e}pohs", "\u{1b}[2J"] {
        check(&named(unseen), &refusal());
    }
}

#[test]
fn a_refusal_says_what_to_do() {
    #[track_caller]
    fn check(refusal: &Refusal, expected: &str) {
        assert_eq!(refusal.to_string(), expected);
    }

    check(&Refusal::NotDaffi, "this is not a daffi process");
    check(
        &Refusal::Version { oldest: 2, newest: 3 },
        "no common protocol version: the controller speaks 2 to 3",
    );
    check(
        &Refusal::Name { limit: 255 },
        "a process name has 1 to 255 bytes, and no letters that cannot be seen",
    );
    check(
        &Refusal::NameTaken {
            name: "shop".to_owned(),
            pid: 7,
            sign: 0,
        },
        "the process name \"shop\" is taken by process id 7; choose another process_name",
    );
    check(&Refusal::Stopping, "the controller is stopping");
    check(
        &Refusal::User { uid: 7, own: 1000 },
        "the controller runs as uid 1000 and does not let in processes of uid 7",
    );
    let reason = "the name is kept for another".to_owned();
    check(&Refusal::Denied { reason }, "the name is kept for another");
    check(
        &Refusal::Unproven {
            token: true,
            key: true,
        },
        "the controller lets in only who proves who it is",
    );
    check(
        &Refusal::Unknown {
            method: Method::Token,
        },
        "the controller does not know the token",
    );
    check(&Refusal::WrongProof, "the proof does not hold");
    check(&Refusal::Exposed, "the connection is not encrypted");
    let connections = Exceeded::new(Measure::Connections, QuotaOf::Identity, 2, None);
    check(
        &Refusal::OverQuota(connections),
        "over a quota: 2 connections for all processes of its identity together",
    );
    let room_in = Some(Duration::from_millis(1500));
    let calls = Exceeded::new(Measure::CallsPerSecond, QuotaOf::Connection, 10, room_in);
    check(
        &Refusal::Abuse(calls),
        "it goes on and on beyond its quota: 10 calls per second for the connection of this process, and there is room again in 1.5s",
    );
}

#[test]
fn the_longest_greeting_fits_the_handshake_limit() {
    let claim = Claim {
        nonce: [255; 32],
        method: Method::Key,
        public: [255; 32],
        bound: true,
    };
    let mut hello = Hello::new("a".repeat(255), u128::MAX, u32::MAX);
    hello.extensions = Extensions::default().with(Extensions::CLAIM, &claim).unwrap();
    let hello = body(&Header::Hello(hello), b"").len();
    let proof = body(&Header::Proof(Proof([[255; 32]; 2])), b"").len();
    assert!(hello + proof < Limits::UNPROVEN_BYTES);
}

#[test]
fn an_extension_that_is_not_known_is_skipped() {
    let extensions = Extensions::default()
        .with(40_000, &"from another release")
        .unwrap()
        .with(Extensions::RUNS, &300_u32)
        .unwrap()
        .with(Extensions::RUNS, &7_u32)
        .unwrap();
    let extensions: Extensions = decode_guarded(&encode(&extensions).unwrap()).unwrap();
    assert_eq!(extensions.get::<u32>(Extensions::RUNS).unwrap(), Some(300));
    assert_eq!(extensions.get::<u64>(Extensions::RUN_BYTES).unwrap(), None);
    assert!(extensions.get::<u8>(Extensions::RUNS).is_err());
}

#[test]
fn a_version_that_is_not_spoken_is_told_from_one_that_is() {
    for (version, understood) in [(0, false), (VERSION, true), (VERSION + 1, false), (99, false)] {
        let welcome = Welcome {
            version,
            controller: String::new(),
            heartbeat: Duration::from_secs(2),
            frame_bytes: 0,
            sent_frame_bytes: 0,
            calls: 0,
            extensions: Extensions::default(),
        };
        assert_eq!(welcome.is_understood(), understood, "{version}");
    }
}

/// link.resume.secret
#[test]
fn p11_the_secret_of_a_session_is_in_no_log_and_is_overwritten_when_it_is_dropped() {
    let session = Session {
        id: 1,
        renewal: 2,
        secret: SessionSecret::new([0xab; 32]),
        grace: Duration::from_secs(3),
        keeps: Keeps { bytes: 4 },
    };
    let extensions = Extensions::default().with(Extensions::SESSION, &session).unwrap();
    let shown = format!("{session:?} {session:#?} {extensions:?} {extensions:#?}").to_lowercase();
    for secret in ["171", "0xab", "abab"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("renewal: 2") && shown.contains("{4: "), "{shown}");
    const { assert!(core::mem::needs_drop::<SessionSecret>()) };
    for index in 0..32 {
        let mut other = [0xab; 32];
        other[index] ^= 1;
        assert_ne!(session.secret, SessionSecret::new(other));
    }
    assert_eq!(session.secret, session.secret.clone());
}
