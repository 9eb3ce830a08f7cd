//! Failures whose words do not fit.

use bytes::Bytes;
use proptest::prelude::*;

use super::super::{Failed, Failure, Limits, RemoteError, Typed};

fn panicked(message: &str) -> Failure {
    Failure::Failed(Failed::panicked(message.to_owned()))
}

fn app(message: &str, causes: &[&str], typed: Option<usize>) -> Failure {
    let causes = causes.iter().map(|&cause| cause.to_owned()).collect();
    Failure::app(
        RemoteError::new(message, causes),
        typed.map(|bytes| Bytes::from(vec![0; bytes])),
    )
}

#[test]
fn a_text_is_cut_and_says_so() {
    let long = "ä".repeat(1000);
    let Some(Failure::Failed(Failed::Panicked { message, .. })) = panicked(&long).shortened(331) else {
        panic!("it has words")
    };
    assert_eq!(
        message,
        format!("{}… (cut: there were 2000 bytes)", "ä".repeat((331 - 128) / 2))
    );
}

#[test]
fn causes_are_left_out_before_the_message() {
    let (long, short) = ("l".repeat(1000), "s".repeat(10));
    let cut = app(&short, &[&short, &long, &short], None)
        .shortened(800)
        .unwrap();
    let Failure::App { remote, .. } = cut else {
        panic!("{cut:?}")
    };
    assert_eq!(remote.message(), short);
    let causes: Vec<_> = remote.causes().collect();
    assert_eq!(causes.len(), 2);
    assert_eq!(causes[0], short);
    assert!(causes[1].starts_with("lll") && causes[1].ends_with("… (cut: there were 1030 bytes)"));
}

#[test]
fn an_error_itself_stays_beside_its_words_if_it_has_room() {
    let long = "l".repeat(1000);
    let cut = app(&long, &[], Some(300)).shortened(800).unwrap();
    let Failure::App { remote, typed } = cut else {
        panic!("{cut:?}")
    };
    assert_eq!(typed, Typed::Encoded(Bytes::from(vec![0; 300])));
    assert!(remote.message().ends_with("bytes)"));

    let cut = app("short", &["cause"], Some(1000)).shortened(800).unwrap();
    let Failure::App { remote, typed } = cut else {
        panic!("{cut:?}")
    };
    let reason = "it takes 1000 bytes, which do not fit a frame";
    assert_eq!(typed, Typed::Lost(reason.to_owned()));
    assert_eq!(remote.message(), "short");
    assert_eq!(remote.causes().collect::<Vec<_>>(), ["cause"]);
}

#[test]
fn there_are_no_more_words_than_may_be_sent() {
    let (limit, room) = (Limits::WORDS_BYTES, 16 * Limits::WORDS_BYTES);
    let (most, more) = ("l".repeat(limit), "l".repeat(limit + 1));
    let remote = |message: &str, causes: &[&str]| {
        RemoteError::new(message, causes.iter().map(|&cause| cause.to_owned()).collect())
    };
    // However much room there is, and however large the error itself.
    for failure in [
        panicked(&most),
        app(&most, &[], Some(5 * limit)),
        Failure::app_lost(remote("", &[]), most.clone()),
    ] {
        assert_eq!(failure.fitting(room), None);
    }
    for failure in [
        panicked(&more),
        app(&more, &[], Some(5 * limit)),
        app(&most, &["cause"], None),
        Failure::app_lost(remote("", &[]), more.clone()),
    ] {
        let cut = failure.fitting(room).unwrap();
        assert_eq!(cut.fitting(room), None, "it fits");
        assert!(
            format!("{cut:?}").contains("… (cut: there were 1048"),
            "and says so"
        );
        if let Failure::App {
            typed: Typed::Encoded(typed),
            ..
        } = cut
        {
            assert_eq!(typed.len(), 5 * limit);
        }
    }
}

#[test]
fn what_has_no_words_stays_as_it_is() {
    let failed = Failed::timeout(true);
    assert_eq!(Failure::Failed(failed).shortened(1000), None);
    assert_eq!(panicked("no room at all").shortened(100), None);
}

proptest! {
    #[test]
    fn it_never_takes_more_than_its_room(
        texts in prop::collection::vec(".{0,300}", 1..6),
        typed in prop::option::of(0usize..2000),
        room in 0usize..3000,
    ) {
        let causes: Vec<_> = texts[1..].iter().map(String::as_str).collect();
        let remote = || RemoteError::new(&texts[0], texts[1..].to_vec());
        let reason = "r".repeat(typed.unwrap_or_default());
        for failure in [
            app(&texts[0], &causes, typed),
            Failure::app_lost(remote(), reason),
            panicked(&texts[0]),
        ] {
            if let Some(cut) = failure.shortened(room) {
                prop_assert!(cut.long_bytes() <= room, "{} of {room}", cut.long_bytes());
            } else {
                prop_assert!(room < 128);
            }
        }
    }
}
