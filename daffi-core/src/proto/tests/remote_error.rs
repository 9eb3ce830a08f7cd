//! Errors in words.

use std::error::Error;
use std::fmt;

use super::*;

fn causes(error: &RemoteError) -> Vec<&str> {
    error.causes().collect()
}

#[test]
fn the_chain_of_causes_is_kept_in_order() {
    let error = RemoteError::new("no", vec!["why".to_owned(), "because".to_owned()]);
    assert_eq!(error.to_string(), "no");
    assert_eq!(causes(&error), ["why", "because"]);
    assert_eq!(format!("{error:?}"), "no: why: because");
    assert_eq!(error.source().unwrap().source().unwrap().to_string(), "because");
    assert_eq!(RemoteError::from_error(&error), error);
}

#[test]
fn no_more_causes_are_kept_than_may_be_sent() {
    let many = RemoteError::new("no", (0..100_000).map(|cause| cause.to_string()).collect());
    assert_eq!(causes(&many).len(), Limits::CAUSES);
    assert_eq!(causes(&many)[..2], ["0", "1"]);
    let status = Status::App {
        message: many.message(),
        causes: causes(&many),
        typed: Own::None,
    };
    let received = body(
        &Header::Reply {
            call: CallId::first(1),
            status,
        },
        b"",
    );
    let frame = Frame::joined(received);
    let Ok((Header::Reply { status, .. }, payload)) = frame.decode() else {
        panic!("it is a reply")
    };
    let Some(Failure::App {
        remote,
        typed: Typed::InWords,
    }) = Failure::from_status(status, payload)
    else {
        panic!("it is an error")
    };
    assert_eq!(remote, many);
}

#[test]
fn an_error_that_is_its_own_cause_ends() {
    #[derive(Debug)]
    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("again")
        }
    }

    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&Endless)
        }
    }

    assert_eq!(causes(&RemoteError::from_error(&Endless)).len(), Limits::CAUSES);
}

#[test]
fn as_a_value_its_depth_is_bounded() {
    let error = RemoteError::new("no", vec!["why".to_owned(); 100]);
    let bytes = encode(&error).unwrap();
    assert_eq!(
        decode_guarded::<RemoteError>(&bytes).unwrap(),
        error,
        "what this side makes is accepted"
    );
    // A message, and that there is a cause, over and over.
    let endless = [1, b'a', 1].repeat(100_000);
    assert_eq!(
        decode_guarded::<RemoteError>(&endless).unwrap_err().to_string(),
        "nested deeper than 128 levels"
    );
}
