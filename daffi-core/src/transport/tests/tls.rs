//! TLS over real sockets: who is let in, who is not, and that both sides say why.

use std::fs;
use std::io;
use std::net::Shutdown;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use daffi_certificates::{Authority, Issued, Purpose, Wanted};

use super::*;
use crate::proto::{Hello, Refusal};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// An authority, and a folder for what it issues.
struct Ca {
    authority: Authority,
    folder: tempfile::TempDir,
}

impl Ca {
    fn new() -> Self {
        let this = Self {
            authority: Authority::generate().unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(this.path("ca.pem"), this.authority.own().unwrap().certificate).unwrap();
        this
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, issued: &Issued) {
        fs::write(self.path(&format!("{name}.pem")), &issued.certificate).unwrap();
        fs::write(self.path(&format!("{name}.key")), &*issued.key).unwrap();
    }

    /// TLS that shows a certificate that is made so.
    fn shown(&self, name: &str, wanted: &Wanted) -> Tls {
        self.write(name, &self.authority.issue(wanted).unwrap());
        self.named(name)
    }

    /// TLS that shows a certificate that was made.
    fn named(&self, name: &str) -> Tls {
        Tls::new()
            .certificate(self.path(&format!("{name}.pem")))
            .key(self.path(&format!("{name}.key")))
    }

    fn server(&self) -> Tls {
        self.shown(
            "server",
            &Wanted::new(Purpose::Server, ["localhost", "127.0.0.1"]),
        )
    }

    fn client(&self, name: &str) -> Tls {
        self.shown("client", &Wanted::new(Purpose::Client, [name]))
            .ca(self.path("ca.pem"))
    }

    fn trusting(&self) -> Tls {
        Tls::new().ca(self.path("ca.pem"))
    }

    /// The server's, for clients of this authority.
    fn mutual(&self) -> Tls {
        self.server().ca(self.path("ca.pem"))
    }
}

fn serving(tls: Tls) -> Security {
    Security::serving(tls).unwrap()
}

fn joining(tls: Tls) -> Security {
    Security::joining(tls).unwrap()
}

/// Two that trust each other. Their files are gone.
fn keys() -> &'static (Security, Security) {
    static KEYS: OnceLock<(Security, Security)> = OnceLock::new();
    KEYS.get_or_init(|| {
        let ca = Ca::new();
        (serving(ca.server()), joining(ca.trusting()))
    })
}

/// Both ends of a connection with TLS.
pub(super) async fn pair(limits: Limits) -> (Connection, Connection) {
    let (server, client) = keys();
    let (there, here) = meet_with(server, client, limits).await;
    (here.unwrap(), there.unwrap())
}

type Met = Result<Connection, ConnectError>;

/// What the two get of each other: the controller, the node.
async fn meet(server: &Security, client: &Security) -> (Met, Met) {
    within(meet_with(server, client, LIMITS)).await
}

async fn listen(security: &Security, limits: Limits) -> Listener {
    let address = Address::Tcp {
        host: "127.0.0.1".to_owned(),
        port: 0,
    };
    Listener::bind(&address, Openness::default(), limits, security)
        .await
        .unwrap()
}

async fn meet_with(server: &Security, client: &Security, limits: Limits) -> (Met, Met) {
    let listener = listen(server, limits).await;
    let accept = async {
        let mut met = listener.accept().await.unwrap().secure().await?;
        met.inlet.let_in();
        Ok(met)
    };
    let (node, controller) = tokio::join!(connect(listener.address(), limits, client), accept);
    (controller, node)
}

fn fault(met: Result<Connection, ConnectError>) -> TlsFault {
    match met {
        Err(ConnectError::Tls(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

/// As [`meet`], where the controller does not take the node's certificate: with TLS 1.3, a node has a connection before the controller
/// has looked at that, and is told when it reads.
async fn meet_and_be_told(server: &Security, client: &Security) -> (Met, TlsFault) {
    let listener = listen(server, LIMITS).await;
    let accept = async { listener.accept().await.unwrap().secure().await };
    let node = async {
        match connect(listener.address(), LIMITS, client).await {
            Err(ConnectError::Tls(fault)) => fault,
            Ok(mut node) => match node.inlet.read_one().await {
                Err(ReadError::Io(error)) => {
                    TlsFault::of(&error).unwrap_or_else(|| panic!("{error}")).clone()
                }
                other => panic!("{other:?}"),
            },
            Err(other) => panic!("{other:?}"),
        }
    };
    let (node, controller) = within(async { tokio::join!(node, accept) }).await;
    (controller, node)
}

#[tokio::test]
async fn each_side_knows_the_other_and_what_binds_them() {
    let ca = Ca::new();
    let (server, client) = (serving(ca.mutual()), joining(ca.client("resizer 1")));
    let (controller, node) = meet(&server, &client).await;
    let (controller, node) = (controller.unwrap(), node.unwrap());
    let name = |connection: &Connection| connection.channel.certificate.clone();
    assert_eq!(name(&controller).as_deref(), Some("resizer 1"));
    assert_eq!(name(&node).as_deref(), Some("localhost"));
    assert!(controller.channel.encrypted && node.channel.encrypted);
    assert_eq!(controller.channel.binding.len(), 32);
    assert_eq!(controller.channel.binding, node.channel.binding);
    let (other, _) = meet(&server, &client).await;
    assert_ne!(controller.channel.binding, other.unwrap().channel.binding);
}

#[tokio::test]
async fn the_name_is_the_first_alternative_or_else_the_common_one() {
    let ca = Ca::new();
    let server = serving(ca.mutual());
    for (names, expected) in [
        (vec!["shop.example", "10.0.0.1"], "shop.example"),
        (vec!["spiffe://shop/resizer"], "spiffe://shop/resizer"),
        (vec!["the resizer"], "the resizer"),
        (vec!["10.0.0.1"], "10.0.0.1"),
    ] {
        let client = ca.shown("named", &Wanted::new(Purpose::Client, names));
        let (controller, _) = meet(&server, &joining(client.ca(ca.path("ca.pem")))).await;
        assert_eq!(controller.unwrap().channel.certificate.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn tls12_is_spoken_where_both_allow_it_and_nowhere_else() {
    let ca = Ca::new();
    let (old_server, old_client) = (ca.server().allow_tls12(true), ca.trusting().allow_tls12(true));
    for (server, client) in [
        (old_server.clone(), old_client.clone()),
        (old_server, ca.trusting()),
        (ca.server(), old_client),
    ] {
        let (controller, node) = meet(&serving(server), &joining(client)).await;
        controller.unwrap();
        node.unwrap();
    }
}

/// What the node says of the controller's certificate, and the controller of that.
#[tokio::test]
async fn a_controller_with_a_wrong_certificate_is_told_so_as_the_node_is() {
    let ca = Ca::new();
    let now = SystemTime::now();
    let mut expired = Wanted::new(Purpose::Server, ["localhost", "127.0.0.1"]);
    (expired.from, expired.until) = (now - 20 * DAY, now - 10 * DAY);
    let mut early = Wanted::new(Purpose::Server, ["localhost", "127.0.0.1"]);
    (early.from, early.until) = (now + 10 * DAY, now + 20 * DAY);
    let other = Ca::new();
    for (server, node_says, controller_says) in [
        (
            ca.shown("expired", &expired),
            "the certificate of the controller has expired on 20",
            "which has expired on 20",
        ),
        (
            ca.shown("early", &early),
            "the certificate of the controller is not valid yet, only from 20",
            "which is not valid yet, only from 20",
        ),
        (
            ca.shown("elsewhere", &Wanted::new(Purpose::Server, ["shop.example"])),
            "the certificate of the controller is for shop.example and not for 127.0.0.1",
            "which is for others and not for the name that it was looked for by",
        ),
        (
            other.server(),
            "the certificate of the controller is from an authority that is not known",
            "which is from an authority that is not known there",
        ),
        (
            ca.shown("client", &Wanted::new(Purpose::Client, ["127.0.0.1"])),
            "the certificate of the controller is for another purpose",
            "which is for another purpose",
        ),
    ] {
        let (controller, node) = meet(&serving(server), &joining(ca.trusting())).await;
        let (node, controller) = (fault(node).to_string(), fault(controller).to_string());
        assert!(node.starts_with(node_says), "{node}");
        assert!(
            controller.starts_with("the process that joins does not take the certificate of this side, "),
            "{controller}"
        );
        assert!(controller.contains(controller_says), "{controller}");
    }
}

#[tokio::test]
async fn a_name_that_differs_from_the_host_is_what_is_looked_for() {
    let ca = Ca::new();
    let server = serving(ca.shown("elsewhere", &Wanted::new(Purpose::Server, ["shop.example"])));
    let (_, node) = meet(&server, &joining(ca.trusting().server_name("shop.example"))).await;
    node.unwrap();
}

#[tokio::test]
async fn a_node_with_a_wrong_certificate_is_told_so_as_the_controller_is() {
    let ca = Ca::new();
    let now = SystemTime::now();
    let mut expired = Wanted::new(Purpose::Client, ["resizer"]);
    (expired.from, expired.until) = (now - 20 * DAY, now - 10 * DAY);
    let mut early = Wanted::new(Purpose::Client, ["resizer"]);
    (early.from, early.until) = (now + 10 * DAY, now + 20 * DAY);
    let other = Ca::new();
    for (client, controller_says, node_says) in [
        (
            ca.shown("expired", &expired),
            "has expired on 20",
            "has expired on 20",
        ),
        (
            ca.shown("early", &early),
            "is not valid yet, only from 20",
            "is not valid yet, only from 20",
        ),
        (
            other.client("resizer"),
            "is from an authority that is not known",
            "is from an authority that is not known",
        ),
        (
            ca.shown("server2", &Wanted::new(Purpose::Server, ["resizer"])),
            "is for another purpose",
            "is for another purpose",
        ),
        (ca.trusting(), "is missing", "is missing"),
    ] {
        for old in [false, true] {
            let (server, client) = (ca.mutual().allow_tls12(old), client.clone().ca(ca.path("ca.pem")));
            let (controller, node) = meet_and_be_told(&serving(server), &joining(client)).await;
            let (controller, node) = (fault(controller).to_string(), node.to_string());
            let expected = format!("the certificate of the process that joins {controller_says}");
            assert!(controller.starts_with(&expected), "{controller}");
            let expected =
                format!("the controller does not take the certificate of this side, which {node_says}");
            assert!(node.starts_with(&expected), "{node}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_optional_may_be_missing_but_not_wrong() {
    let ca = Ca::new();
    let server = serving(ca.mutual().client_optional(true));
    let (controller, _node) = meet(&server, &joining(ca.trusting())).await;
    assert_eq!(controller.unwrap().channel.certificate, None);
    let other = Ca::new();
    let wrong = other.client("resizer").ca(ca.path("ca.pem"));
    let (controller, _) = meet_and_be_told(&server, &joining(wrong)).await;
    assert!(matches!(
        fault(controller),
        TlsFault::Certificate {
            fault: CertificateFault::UnknownIssuer,
            ..
        }
    ));
}

#[tokio::test]
async fn a_node_without_tls_is_answered_in_words_that_it_reads() {
    let (server, _) = keys();
    let listener = listen(server, LIMITS).await;
    let node = async {
        let mut node = connect(listener.address(), LIMITS, &Security::none())
            .await
            .unwrap();
        let hello = Hello::new("plain", 1, 2);
        node.outbox.send(&Header::Hello(hello), &Bytes::new()).unwrap();
        node.outbox.flush();
        let answer = node.inlet.read_one().await.unwrap().unwrap();
        match answer.decode().unwrap().0 {
            Header::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    };
    let accept = async { listener.accept().await.unwrap().secure().await };
    let (refusal, controller) = within(async { tokio::join!(node, accept) }).await;
    assert_eq!(refusal, Refusal::Tls);
    assert_eq!(fault(controller), TlsFault::Plain);
}

#[tokio::test]
async fn a_controller_without_tls_sees_that_it_is_asked_for_and_its_answer_is_read() {
    let (_, client) = keys();
    let listener = listen(&Security::none(), LIMITS).await;
    let accept = async {
        let mut controller = listener.accept().await.unwrap().secure().await.unwrap();
        let read = controller.inlet.read_one().await;
        assert!(matches!(read, Err(ReadError::Tls)), "{read:?}");
        let refused = Header::Refused(Refusal::NoTls);
        controller.outbox.send(&refused, &Bytes::new()).unwrap();
        controller.outbox.flush();
    };
    let (node, ()) =
        within(async { tokio::join!(connect(listener.address(), LIMITS, client), accept) }).await;
    assert!(
        matches!(node, Err(ConnectError::Refused(Refusal::NoTls))),
        "{node:?}"
    );
}

#[tokio::test]
async fn strangers_are_sent_away_by_their_first_bytes() {
    let (server, _) = keys();
    let listener = listen(server, LIMITS).await;
    let Address::Tcp { port, .. } = *listener.address() else {
        unreachable!()
    };
    for said in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"SSH-2.0-x\r\n",
        &[0xff; 40],
        &[0, 0, 0, 5, 9, 9, 9, 9, 9],
    ] {
        let accept = async { listener.accept().await.unwrap().secure().await };
        let stranger = async {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.write_all(said).await.unwrap();
            stream
        };
        let (controller, _stream) = within(async { tokio::join!(accept, stranger) }).await;
        assert_eq!(fault(controller), TlsFault::NotTls { by: TlsSide::Node });
    }
}

#[tokio::test]
async fn a_handshake_has_a_bound_in_bytes() {
    let (server, _) = keys();
    let listener = listen(server, LIMITS).await;
    let Address::Tcp { port, .. } = *listener.address() else {
        unreachable!()
    };
    let accept = async { listener.accept().await.unwrap().secure().await };
    let flood = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        // The beginning of a greeting of 60,000 bytes, in records of 4,000.
        let mut record = vec![0x16, 3, 1];
        record.extend(4000u16.to_be_bytes());
        record.extend([1, 0, 0xea, 0x60]);
        record.extend([0; 3996]);
        loop {
            if stream.write_all(&record).await.is_err() {
                return;
            }
            record[5..].fill(0);
        }
    };
    let controller = within(async {
        tokio::select! {
            met = accept => met,
            () = flood => panic!("the other side has closed and says nothing"),
        }
    })
    .await;
    assert!(matches!(
        fault(controller),
        TlsFault::TooMuch {
            by: TlsSide::Node,
            limit: 16384
        }
    ));
}

/// How many bytes the certificate in a file in PEM has.
fn certificate_bytes(path: &std::path::Path) -> usize {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    lines.map(str::len).sum::<usize>() / 4 * 3
}

#[tokio::test]
async fn a_chain_of_14_kib_is_taken_and_one_that_is_over_all_that_there_is_is_not() {
    let ca = Ca::new();
    let server = serving(ca.mutual());
    for (count, sizes, fits) in [(233, 13_900..14_400, true), (275, 16_400..17_000, false)] {
        let names = (0..count).map(|number| format!("{number:04}.{}", "a".repeat(52)));
        let shown = ca.shown("long", &Wanted::new(Purpose::Client, names));
        let bytes = certificate_bytes(&ca.path("long.pem"));
        assert!(sizes.contains(&bytes), "{bytes}");
        let (controller, node) = meet(&server, &joining(shown.ca(ca.path("ca.pem")))).await;
        if fits {
            let (controller, node) = (controller.unwrap(), node.unwrap());
            let name = controller.channel.certificate.as_deref();
            assert_eq!(name, Some(&*format!("0000.{}", "a".repeat(52))));
            // There is room for a greeting, too.
            node.outbox.send(&header(1), &payload(1000)).unwrap();
            node.outbox.flush();
            let mut inlet = controller.inlet;
            assert_eq!(within(receive(&mut inlet, 1)).await, [(1, payload(1000))]);
            continue;
        }
        assert!(matches!(
            fault(controller),
            TlsFault::TooMuch {
                by: TlsSide::Node,
                limit: 16384
            }
        ));
    }
}

/// Everything that a node sends, cut off at any byte.
#[tokio::test]
async fn half_a_handshake_ends_with_its_connection() {
    let (server, client) = keys();
    let listener = listen(server, LIMITS).await;
    let Address::Tcp { port, .. } = *listener.address() else {
        unreachable!()
    };
    let hello = captured_hello(client).await;
    let cuts = (1..hello.len()).step_by(7).chain([hello.len()]);
    for cut in cuts {
        let accept = async { listener.accept().await.unwrap().secure().await };
        let half = async {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.write_all(&hello[..cut]).await.unwrap();
            socket2::SockRef::from(&stream).shutdown(Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        };
        let (controller, ()) = within(async { tokio::join!(accept, half) }).await;
        assert_eq!(
            fault(controller),
            TlsFault::Ended { by: TlsSide::Node },
            "after {cut}"
        );
    }
}

/// The first bytes that a node sends.
async fn captured_hello(client: &Security) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Address::Tcp {
        host: "localhost".to_owned(),
        port: listener.local_addr().unwrap().port(),
    };
    let node = connect(&address, LIMITS, client);
    let listening = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 4096];
        let read = stream.read(&mut bytes).await.unwrap();
        bytes.truncate(read);
        bytes
    };
    let (_, hello) = tokio::join!(node, listening);
    hello
}

/// Whether the last record is an alert, as far as that can be seen: one that comes late has the looks of data.
fn is_ended_by_alert(mut records: &[u8]) -> bool {
    let mut last = 0;
    while let [kind, _, _, high, low, rest @ ..] = records {
        last = *kind;
        records = &rest[usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    matches!(last, 0x15 | 0x17)
}

/// A first message of TLS without some of its extensions.
fn without(hello: &[u8], extensions: &[u16]) -> Vec<u8> {
    let number = |at: usize| u16::from_be_bytes([hello[at], hello[at + 1]]);
    // Record, message, version and random number; then a session, ciphers and compressions, each with its length.
    let session = 5 + 4 + 2 + 32;
    let ciphers = session + 1 + usize::from(hello[session]);
    let compressions = ciphers + 2 + usize::from(number(ciphers));
    let begin = compressions + 1 + usize::from(hello[compressions]);
    let mut kept = Vec::new();
    let mut at = begin + 2;
    while at < hello.len() {
        let end = at + 4 + usize::from(number(at + 2));
        if !extensions.contains(&number(at)) {
            kept.extend_from_slice(&hello[at..end]);
        }
        at = end;
    }
    let mut other = hello[..begin].to_vec();
    other.extend_from_slice(&u16::try_from(kept.len()).unwrap().to_be_bytes());
    other.extend_from_slice(&kept);
    for (place, before) in [(3, 5), (7, 9)] {
        let length = u16::try_from(other.len() - before).unwrap();
        other[place..place + 2].copy_from_slice(&length.to_be_bytes());
    }
    other
}

/// What a proof is bound to would otherwise be the same on two connections, with somebody in between.
#[tokio::test]
async fn tls12_is_not_spoken_without_an_extended_master_secret() {
    const EXTENDED_MASTER_SECRET: u16 = 0x17;
    const SUPPORTED_VERSIONS: u16 = 0x2b;
    const ALERT: u8 = 0x15;
    let ca = Ca::new();
    let server = serving(ca.server().allow_tls12(true));
    let listener = listen(&server, LIMITS).await;
    let Address::Tcp { port, .. } = *listener.address() else {
        unreachable!()
    };
    let hello = captured_hello(&joining(ca.trusting().allow_tls12(true))).await;
    for (left_out, goes_on) in [
        (&[SUPPORTED_VERSIONS][..], true),
        (&[SUPPORTED_VERSIONS, EXTENDED_MASTER_SECRET], false),
    ] {
        let accept = async { listener.accept().await.unwrap().secure().await };
        let half = async {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.write_all(&without(&hello, left_out)).await.unwrap();
            socket2::SockRef::from(&stream).shutdown(Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            answer
        };
        let (controller, answer) = within(async { tokio::join!(accept, half) }).await;
        let fault = fault(controller);
        assert_eq!(matches!(fault, TlsFault::Ended { .. }), goes_on, "{fault}");
        assert_eq!(answer[0] != ALERT, goes_on, "{fault}");
    }
}

#[tokio::test]
async fn a_garbled_hello_is_answered_by_an_alert() {
    let (server, client) = keys();
    let listener = listen(server, LIMITS).await;
    let Address::Tcp { port, .. } = *listener.address() else {
        unreachable!()
    };
    let hello = captured_hello(client).await;
    for place in (5..hello.len()).step_by(11) {
        let mut garbled = hello.clone();
        garbled[place] ^= 0xff;
        let accept = async { listener.accept().await.unwrap().secure().await };
        let half = async {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.write_all(&garbled).await.unwrap();
            socket2::SockRef::from(&stream).shutdown(Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            answer
        };
        let (controller, answer) = within(async { tokio::join!(accept, half) }).await;
        // A byte that nobody looks at, as of a random number, leaves half a handshake.
        match fault(controller) {
            TlsFault::Ended { .. } => {}
            other => assert!(is_ended_by_alert(&answer), "at {place}: {other}"),
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_off_is_not_taken_for_one_that_ends() {
    let (server, client) = keys();
    let (controller, node) = meet(server, client).await;
    let (mut controller, node) = (controller.unwrap(), node.unwrap());
    node.outbox.send(&header(1), &payload(100)).unwrap();
    node.outbox.flush();
    node.outbox.abort();
    assert_eq!(
        within(receive(&mut controller.inlet, 1)).await,
        [(1, payload(100))]
    );
    let read = within(controller.inlet.read(&mut Vec::new())).await;
    match read {
        Err(ReadError::Io(error)) => assert_eq!(
            TlsFault::of(&error),
            Some(&TlsFault::CutOff { by: TlsSide::Node })
        ),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_sent_with_the_end_of_the_handshake_arrives() {
    let (server, client) = keys();
    for _ in 0..50 {
        let listener = listen(server, LIMITS).await;
        let node = async {
            let node = connect(listener.address(), LIMITS, client).await.unwrap();
            node.outbox.send(&header(1), &payload(3000)).unwrap();
            node.outbox.flush();
            node
        };
        let accept = async {
            let mut controller = listener.accept().await.unwrap().secure().await.unwrap();
            receive(&mut controller.inlet, 1).await
        };
        let (_node, received) = within(async { tokio::join!(node, accept) }).await;
        assert_eq!(received, [(1, payload(3000))]);
    }
}

#[test]
fn files_that_cannot_be_used_are_named_all_at_once() {
    let ca = Ca::new();
    let other = Ca::new();
    let _ = ca.server();
    let _ = other.server();
    fs::write(ca.path("empty.pem"), "").unwrap();
    fs::write(ca.path("torn.pem"), "-----BEGIN CERTIFICATE-----\nMIIB\n").unwrap();
    let words = |made: Result<Security, Vec<TlsConfigFault>>| {
        let faults = made.unwrap_err();
        faults
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    #[track_caller]
    fn check(words: &str, expected: &[&str]) {
        assert_eq!(words.lines().count(), expected.len(), "{words}");
        for expected in expected {
            assert!(words.contains(expected), "{words}");
        }
    }

    check(
        &words(Security::serving(Tls::new())),
        &["a controller with TLS needs ssl_certificate and ssl_key"],
    );
    check(
        &words(Security::serving(Tls::new().certificate(ca.path("server.pem")))),
        &["ssl_certificate needs ssl_key"],
    );
    check(
        &words(Security::joining(Tls::new().key(ca.path("server.key")))),
        &["ssl_key needs ssl_certificate"],
    );
    let missing = Tls::new()
        .certificate("/nowhere/a.pem")
        .key(ca.path("server.pem"))
        .ca(ca.path("empty.pem"));
    check(
        &words(Security::serving(missing)),
        &[
            "ssl_certificate is /nowhere/a.pem: it cannot be read: No such file",
            "there is no private key in it",
            "there is no certificate in it",
        ],
    );
    let mixed = Tls::new()
        .certificate(ca.path("server.pem"))
        .key(other.path("server.key"));
    check(
        &words(Security::serving(mixed)),
        &["it is not the key of the certificate"],
    );
    let torn = ca.trusting().ca(ca.path("torn.pem"));
    check(&words(Security::joining(torn)), &["it is no PEM file"]);
    let name = ca.trusting().server_name("two words");
    check(&words(Security::joining(name)), &["server_name is \"two words\""]);
    let optional = ca.server().client_optional(true);
    check(&words(Security::serving(optional)), &["client_optional needs ca"]);
}

#[tokio::test]
async fn what_one_side_has_of_tls_is_not_for_the_other() {
    let (server, client) = keys();
    let (controller, node) = meet(client, server).await;
    for met in [controller, node] {
        assert!(
            matches!(&met, Err(ConnectError::Io(error)) if error.kind() == io::ErrorKind::Unsupported),
            "{met:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn files_that_change_are_read_again_and_broken_ones_are_not_used() {
    let ca = Ca::new();
    let security = serving(ca.server());
    let client = joining(ca.trusting());
    let shown = async || {
        // Two seconds of the clock that is paused.
        tokio::time::advance(Duration::from_secs(3)).await;
        let (_, node) = meet_with(&security, &client, LIMITS).await;
        match node {
            Ok(node) => node.channel.certificate.unwrap().to_string(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(shown().await, "localhost");

    let next = ca
        .authority
        .issue(&Wanted::new(Purpose::Server, ["next.example", "127.0.0.1"]))
        .unwrap();
    ca.write("server", &next);
    assert_eq!(shown().await, "next.example");

    // The key alone is another's now, as half-way through a change.
    let last = ca
        .authority
        .issue(&Wanted::new(Purpose::Server, ["last.example", "127.0.0.1"]))
        .unwrap();
    fs::write(ca.path("server.key"), &*last.key).unwrap();
    assert_eq!(shown().await, "next.example");
    fs::write(ca.path("server.pem"), &last.certificate).unwrap();
    assert_eq!(shown().await, "last.example");

    fs::write(ca.path("server.pem"), "nothing").unwrap();
    assert_eq!(shown().await, "last.example");
    fs::remove_file(ca.path("server.pem")).unwrap();
    assert_eq!(shown().await, "last.example");
}

#[tokio::test]
async fn files_are_read_again_when_that_is_asked_for() {
    let ca = Ca::new();
    let security = serving(ca.server());
    let client = joining(ca.trusting());
    let next = ca
        .authority
        .issue(&Wanted::new(Purpose::Server, ["next.example", "127.0.0.1"]))
        .unwrap();
    ca.write("server", &next);
    security.reload();
    let (_, node) = meet(&security, &client).await;
    assert_eq!(node.unwrap().channel.certificate.as_deref(), Some("next.example"));
}

#[test]
fn settings_and_securities_show_no_secret() {
    let ca = Ca::new();
    let tls = ca.mutual();
    let shown = format!("{tls:?} {:?} {:?}", serving(tls.clone()), joining(ca.trusting()));
    assert!(shown.contains("server.key"));
    assert!(!shown.contains("PRIVATE") && shown.len() < 1500, "{shown}");
}
