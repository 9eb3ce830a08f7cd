//! Who may go on with a session, and where there is none.

use std::fs;
use std::sync::Arc;

use bytes::Bytes;
use daffi_controller::Controller;
use daffi_core::auth::{self, Identities, Proving, Sealed, Source, Text, nonce};
use daffi_core::link::resume::Resumption;
use daffi_core::proto::{
    CallId, Extensions, Failed, Header, LENGTH_BYTES, Method, NotResumed, Query, Refusal, Resume, Session,
    Welcome,
};
use daffi_core::transport::Connection;

use super::nodes::{
    Answer, Greeted, Node, Terms, call, caller, closed, lose, next, options, reply, start, stop, tell,
};

const NOT_YOURS: Refusal = Refusal::NotResumed(NotResumed::NotYours);

/// Tokens, and those whom a controller knows by them.
struct Known {
    folder: tempfile::TempDir,
    lines: Vec<String>,
}

impl Known {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            lines: Vec::new(),
        }
    }

    fn add(&mut self, name: &str) -> Terms {
        let made = auth::token(name).unwrap();
        self.lines.push(made.line.clone());
        let token = Source::Token(Text::new(made.shown().unwrap().to_owned()));
        Terms {
            proving: Some(Proving::load(&token).unwrap()),
            ..Terms::default()
        }
    }

    /// All but the first so many.
    fn but(&self, first: usize) -> Identities {
        let path = self.folder.path().join("known");
        fs::write(&path, self.lines[first..].join("\n") + "\n").unwrap();
        Identities::load(&path).unwrap()
    }
}

/// link.resume.proof
#[tokio::test]
async fn p11_a_session_is_of_an_identity_and_ends_when_that_is_known_no_more() {
    let mut known = Known::new();
    let (first, second) = (known.add("first"), known.add("second"));
    let mut options = options();
    options.identities = Some(known.but(0).into());
    let controller = start(options).await;
    let (_, mut caller) = Node::join_by(&controller, second.clone(), ("caller", "other")).await;
    let (mut node, connection) = Node::join_by(&controller, first.clone(), ("node", "one")).await;
    lose(connection).await;
    // Whoever has its secret, and is another or nobody.
    for (terms, refusal) in [
        (second, NOT_YOURS),
        (
            Terms::default(),
            Refusal::Unproven {
                token: true,
                key: false,
            },
        ),
    ] {
        node.terms = terms;
        assert_eq!(node.go_on(&controller).await.unwrap_err(), refusal);
    }
    node.terms = first;
    let connection = node.go_on(&controller).await.unwrap();
    lose(connection).await;
    tell(&caller, &call(1, "one"));
    // The answer to what is asked behind it shows that it waits.
    let (call, query) = (CallId::first(2), Query::Processes);
    tell(&caller, &Header::Query { call, query });
    assert_eq!(reply(&mut caller).await, Ok(()));
    controller.set_identities(known.but(1)).await;
    let lost = reply(&mut caller).await.unwrap_err();
    assert!(matches!(lost, Failed::ProviderLost { .. }), "{lost:?}");
    let method = Method::Token;
    assert_eq!(
        node.go_on(&controller).await.unwrap_err(),
        Refusal::Unknown { method }
    );
    stop(controller).await;
}

/// link.resume.offer
#[tokio::test]
async fn there_is_no_session_where_either_side_has_none() {
    for (grace, keeps) in [(0, true), (3000, false)] {
        let mut options = options();
        options.resume_grace = std::time::Duration::from_secs(grace);
        let controller = start(options).await;
        let mut caller = caller(&controller).await;
        let terms = Terms {
            keeps,
            ..Terms::default()
        };
        let Greeted {
            mut connection,
            answer,
            ..
        } = Greeted::by(&controller, &terms, "node", None).await;
        let Header::Welcome(Welcome { extensions, .. }) = answer.decode().unwrap().0 else {
            panic!("{answer:?}")
        };
        assert_eq!(extensions.get::<Session>(Extensions::SESSION).unwrap(), None);
        // What waits for something that comes from it ends with the connection.
        let call = CallId::first(1);
        tell(
            &connection,
            &Header::Query {
                call,
                query: Query::Presence,
            },
        );
        next(&mut connection).await.unwrap();
        lose(connection).await;
        // Its name is free at once, and whoever wants to go on is told that there is nothing.
        let resume = Resume {
            session: 1,
            renewal: 0,
            attempt: 1,
            nonce: nonce().unwrap(),
            received: 0,
        };
        let again = Greeted::by(&controller, &Terms::default(), "node", Some(&resume)).await;
        let unknown = Header::Refused(Refusal::NotResumed(NotResumed::Unknown));
        assert_eq!(again.answer.decode().unwrap().0, unknown);
        let again = Greeted::by(&controller, &terms, "node", None).await;
        assert!(matches!(again.answer.decode().unwrap().0, Header::Welcome(_)));
        tell(&caller, &super::nodes::call(1, "one"));
        assert!(reply(&mut caller).await.is_err());
        stop(controller).await;
    }
}

/// A controller with TLS that waits for long for whoever is away, and how others come to it.
#[cfg(feature = "tls")]
async fn over_tls() -> (Controller, Terms) {
    let (server, client) = super::tls::keys();
    let mut options = options();
    options.security = server;
    let terms = Terms {
        security: client,
        ..Terms::default()
    };
    (start(options).await, terms)
}

/// link.resume.proof
#[cfg(feature = "tls")]
#[tokio::test]
async fn p11_over_tls_a_proof_is_of_use_on_its_connection_alone() {
    let (controller, terms) = over_tls().await;
    let (mut node, there) = Node::join_by(&controller, terms.clone(), ("node", "one")).await;
    let resume = |node: &mut Node| {
        node.attempts += 1;
        Resume {
            session: node.session.id,
            renewal: node.session.renewal,
            attempt: node.attempts,
            nonce: nonce().unwrap(),
            received: node.received,
        }
    };
    // The proof of a node that is fooled: made for the connection to whoever is in between, with all that the controller has said.
    for binding in [
        there.channel.clone(),
        daffi_core::link::Channel::new(daffi_core::link::Reach::Loopback),
    ] {
        let asked = resume(&mut node);
        let mut between = Greeted::by(&controller, &terms, "node", Some(&asked)).await;
        let Header::Resuming(offered) = between.answer.decode().unwrap().0 else {
            panic!()
        };
        let secret = || node.session.secret.clone();
        let fooled = Resumption::new(&between.hello, &binding, secret(), &Sealed).unwrap();
        // It sees that already.
        assert_eq!(fooled.answer(&offered), Err(NotResumed::WrongProof));
        // And the controller does.
        let channel = &between.connection.channel;
        let own = Resumption::new(&between.hello, channel, secret(), &Sealed).unwrap();
        let mut proof = own.answer(&offered).unwrap();
        proof[31] ^= 1;
        tell(&between.connection, &Header::Resumes { proof });
        let refused = next(&mut between.connection).await.unwrap();
        let wrong = Header::Refused(Refusal::NotResumed(NotResumed::WrongProof));
        assert_eq!(refused.decode().unwrap().0, wrong);
    }
    // A proof that is right, on another connection.
    let Answer::Asked(first, proof) = node.attempt(&controller).await else {
        panic!()
    };
    let Answer::Asked(mut second, _) = node.attempt(&controller).await else {
        panic!()
    };
    tell(&second, &Header::Resumes { proof });
    let refused = next(&mut second).await.unwrap();
    let wrong = Header::Refused(Refusal::NotResumed(NotResumed::WrongProof));
    assert_eq!(refused.decode().unwrap().0, wrong);
    drop(first);
    let connection = node.go_on(&controller).await.unwrap();
    closed(there).await;
    lose(connection).await;
    stop(controller).await;
}

/// An end that is said by TLS is not the end of the session. link.resume.end
#[cfg(feature = "tls")]
#[tokio::test]
async fn p12_over_tls_a_connection_may_be_closed_or_cut_and_the_session_goes_on() {
    let (controller, terms) = over_tls().await;
    let (_, mut caller) = Node::join_by(&controller, terms.clone(), ("caller", "other")).await;
    let (mut node, mut connection) = Node::join_by(&controller, terms, ("node", "one")).await;
    for round in 1..10 {
        if round % 2 == 0 {
            lose(connection).await;
        } else {
            // Without a word of TLS.
            cut(connection).await;
        }
        tell(&caller, &call(round, "one"));
        connection = node.go_on(&controller).await.unwrap();
        let frame = node.hear(&mut connection).await;
        let Header::Run(run) = frame.decode().unwrap().0 else {
            panic!("{frame:?}")
        };
        let status = daffi_core::proto::Status::Value;
        let call = run.call;
        tell(&connection, &Header::Reply { call, status });
        assert_eq!(reply(&mut caller).await, Ok(()));
        assert!(frame.len() > LENGTH_BYTES);
    }
    tell(&connection, &Header::Finished);
    lose(connection).await;
    assert_eq!(
        node.go_on(&controller).await.unwrap_err(),
        Refusal::NotResumed(NotResumed::Unknown)
    );
    stop(controller).await;
}

#[cfg(feature = "tls")]
async fn cut(connection: Connection) {
    connection.outbox.abort();
    closed(connection).await;
}

/// link.resume.end
#[tokio::test]
async fn a_controller_that_stops_waits_for_nobody_who_is_away() {
    let controller = start(options()).await;
    let mut caller = caller(&controller).await;
    let (mut node, connection) = Node::join(&controller, "node", "one").await;
    lose(connection).await;
    tell(&caller, &call(1, "one"));
    // Where it goes on just now, it is told the same.
    let Answer::Asked(going_on, proof) = node.attempt(&controller).await else {
        panic!()
    };
    let others = async {
        while let Some(frame) = next(&mut caller).await {
            if let Header::Goodbye = frame.decode().unwrap().0 {
                break;
            }
        }
        tell(&going_on, &Header::Resumes { proof });
        closed(*going_on).await;
        drop(caller);
    };
    tokio::join!(stop(controller), others);
}

/// link.journal.bound
#[tokio::test]
async fn p6_whoever_acknowledges_nothing_is_answered_and_cannot_go_on() {
    const KEPT: usize = 64 * 1024;
    let mut options = options();
    options.limits.queue_bytes = KEPT;
    options.limits.frame_bytes = KEPT;
    let controller = start(options).await;
    let (mut node, mut connection) = Node::join(&controller, "node", "one").await;
    let outbox = Arc::clone(&connection.outbox);
    let writer = tokio::spawn(async move { outbox.run().await });
    let name =
        "a name that nobody offers, of which each answer that there is none is much longer than a word";
    // It is read on and on, though nothing of what is sent to it is said to have come.
    const CALLS: u32 = 30_000;
    for number in 1..=CALLS {
        let sent = connection.outbox.send(&call(number, name), &Bytes::new());
        sent.unwrap();
    }
    connection.outbox.kick();
    for _ in 0..CALLS {
        node.hear(&mut connection).await;
    }
    assert!(node.received > 4 * KEPT as u64);
    lose(connection).await;
    writer.await.unwrap();
    assert_eq!(
        node.go_on(&controller).await.unwrap_err(),
        Refusal::NotResumed(NotResumed::Unknown)
    );
    stop(controller).await;
}
