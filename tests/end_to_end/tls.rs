//! TLS as a program has it: who may join whom, what each is told, and that what is called arrives. That all else is as without, the
//! other files show, over each transport.

use std::path::PathBuf;
use std::time::Duration;

use daffi::{
    CallError, CertificateFault, ConfigFault, Global, GlobalBuilder, Refusal, StartError, Tls, TlsFault,
    callback, fetcher,
};
use daffi_certificates::{Authority, Issued, Purpose, Wanted};
use tokio::sync::{Notify, mpsc};

/// What `tests/hygiene/surface.rs` holds the other types to, which sees daffi without its feature.
const _: () = {
    const fn shared<T: Send + Sync + Unpin + std::fmt::Debug>() {}
    shared::<Tls>();
};

struct Mirror;

#[callback(prefix = "mirror.")]
impl Mirror {
    pub fn reflect(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }
}

struct Client;

#[fetcher(prefix = "mirror.")]
impl Client {
    async fn reflect(&self, bytes: &[u8]) -> Vec<u8>;
}

/// An authority, and what it has issued.
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
        std::fs::write(this.path("ca.pem"), this.authority.own().unwrap().certificate).unwrap();
        this
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, issued: &Issued) {
        std::fs::write(self.path(&format!("{name}.pem")), &issued.certificate).unwrap();
        std::fs::write(self.path(&format!("{name}.key")), &*issued.key).unwrap();
    }

    fn issue(&self, name: &str, purpose: Purpose, names: &[&str]) -> Tls {
        let issued = self
            .authority
            .issue(&Wanted::new(purpose, names.iter().copied()))
            .unwrap();
        self.write(name, &issued);
        Tls::new()
            .certificate(self.path(&format!("{name}.pem")))
            .key(self.path(&format!("{name}.key")))
    }

    fn server(&self) -> Tls {
        self.issue("server", Purpose::Server, &["127.0.0.1"])
    }

    fn trusting(&self) -> Tls {
        Tls::new().ca(self.path("ca.pem"))
    }
}

fn controller() -> GlobalBuilder {
    Global::builder()
        .process_name("service")
        .init_controller(true)
        .auto_callbacks(false)
        .service(Mirror)
        .host("127.0.0.1")
        .port(0)
}

/// Whoever joins `service`. Where that fails, it does at once: nobody waits for an hour.
fn node(service: &Global) -> GlobalBuilder {
    Global::builder()
        .auto_callbacks(false)
        .host("127.0.0.1")
        .port(service.address().port().unwrap())
        .connect_timeout(Duration::from_secs(3600))
}

#[track_caller]
fn refused(started: Result<Global, StartError>) -> StartError {
    started.expect_err("it was let in")
}

#[tokio::test]
async fn payloads_of_all_sizes_arrive_as_they_were_sent() {
    let ca = Ca::new();
    let service = controller().tls(ca.server()).start().await.unwrap();
    let g = node(&service).tls(ca.trusting()).start().await.unwrap();
    for size in [
        0,
        1,
        4095,
        4096,
        16_383,
        16_384,
        16_385,
        65_536,
        1 << 20,
        15 << 20,
    ] {
        let bytes: Vec<_> = (0..size)
            .map(|index: usize| u8::try_from(index % 251).unwrap())
            .collect();
        assert!(Client.reflect(&bytes).on(&g).await.unwrap() == bytes, "{size}");
    }
    g.stop().await;
    service.stop().await;
}

#[tokio::test]
async fn many_calls_and_large_ones_share_a_connection() {
    let ca = Ca::new();
    let service = controller().tls(ca.server()).start().await.unwrap();
    let g = node(&service).tls(ca.trusting()).start().await.unwrap();
    let calls = (0..500usize).map(|number| {
        let g = g.clone();
        async move {
            let bytes =
                vec![u8::try_from(number % 256).unwrap(); if number % 25 == 0 { 200_000 } else { number }];
            let reflected = Client.reflect(&bytes).on(&g).await.unwrap();
            assert!(reflected == bytes, "{number}");
        }
    });
    futures_util::future::join_all(calls).await;
    g.stop().await;
    service.stop().await;
}

#[tokio::test]
async fn a_certificate_of_each_is_looked_at_by_the_other() {
    let ca = Ca::new();
    let mutual = ca.server().ca(ca.path("ca.pem"));
    let service = controller().tls(mutual).start().await.unwrap();
    let client = ca.issue("client", Purpose::Client, &["resizer 1"]);
    let g = node(&service)
        .ssl_certificate(ca.path("client.pem"))
        .ssl_key(ca.path("client.key"))
        .tls(ca.trusting())
        .start()
        .await
        .unwrap();
    assert_eq!(Client.reflect(b"1").on(&g).await, Ok(b"1".to_vec()));

    let none = refused(node(&service).tls(ca.trusting()).start().await);
    assert!(
        matches!(
            &none,
            StartError::Tls {
                fault: TlsFault::Rejected {
                    fault: CertificateFault::Missing,
                    ..
                },
                ..
            }
        ),
        "{none}"
    );
    assert!(none.to_string().contains("ssl_certificate"), "{none}");

    let stranger = refused(node(&service).tls(client).start().await);
    let StartError::Config(faults) = &stranger else {
        // The system's authorities did not sign the controller's certificate.
        assert!(
            matches!(
                &stranger,
                StartError::Tls {
                    fault: TlsFault::Certificate {
                        fault: CertificateFault::UnknownIssuer,
                        ..
                    },
                    ..
                }
            ),
            "{stranger}"
        );
        g.stop().await;
        service.stop().await;
        return;
    };
    // Or it has none.
    assert!(
        faults[0].to_string().contains("an authority that is trusted"),
        "{stranger}"
    );
    g.stop().await;
    service.stop().await;
}

#[tokio::test]
async fn one_side_without_tls_is_told_at_once_by_the_other() {
    let ca = Ca::new();
    let secured = controller().tls(ca.server()).start().await.unwrap();
    let plain = refused(node(&secured).start().await);
    assert!(
        matches!(
            &plain,
            StartError::Refused {
                refusal: Refusal::Tls,
                ..
            }
        ),
        "{plain}"
    );
    assert!(
        plain
            .to_string()
            .contains("it uses TLS, and this process does not"),
        "{plain}"
    );
    secured.stop().await;

    let open = controller().start().await.unwrap();
    let with = refused(node(&open).tls(ca.trusting()).start().await);
    assert!(
        matches!(
            &with,
            StartError::Refused {
                refusal: Refusal::NoTls,
                ..
            }
        ),
        "{with}"
    );
    assert!(
        with.to_string()
            .contains("it does not use TLS, and this process does"),
        "{with}"
    );
    open.stop().await;
}

#[tokio::test]
async fn a_certificate_for_others_is_told_at_once() {
    let ca = Ca::new();
    let service = controller()
        .tls(ca.issue("server", Purpose::Server, &["shop.example"]))
        .start()
        .await
        .unwrap();
    let wrong = refused(node(&service).tls(ca.trusting()).start().await);
    assert!(
        wrong
            .to_string()
            .contains("the certificate of the controller is for shop.example and not for 127.0.0.1"),
        "{wrong}"
    );
    let named = node(&service)
        .tls(ca.trusting().server_name("shop.example"))
        .start()
        .await
        .unwrap();
    named.stop().await;
    service.stop().await;
}

#[tokio::test]
async fn what_tls_lacks_is_told_before_anything_is_started() {
    let ca = Ca::new();
    let _ = ca.server();
    #[track_caller]
    fn check(error: &StartError, expected: &[&str]) {
        let StartError::Config(faults) = error else {
            panic!("{error}")
        };
        let said: Vec<_> = faults.iter().map(ConfigFault::to_string).collect();
        assert_eq!(said.len(), expected.len(), "{said:?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.contains(expected), "{said}");
        }
    }
    let without_address = Global::builder().tls(ca.trusting()).start().await;
    check(&refused(without_address), &["TLS needs host and port"]);
    let without_certificate = controller().tls(Tls::new()).start().await;
    check(
        &refused(without_certificate),
        &["needs ssl_certificate and ssl_key"],
    );
    let without_key = controller().ssl_certificate(ca.path("server.pem")).start().await;
    check(&refused(without_key), &["ssl_certificate needs ssl_key"]);
    let without_file = controller()
        .ssl_certificate("/nowhere")
        .ssl_key(ca.path("server.key"))
        .start()
        .await;
    check(
        &refused(without_file),
        &["ssl_certificate is /nowhere: it cannot be read"],
    );
    let two = Global::builder()
        .process_name("")
        .host("127.0.0.1")
        .port(1)
        .tls(ca.trusting().ca("/nowhere"))
        .start()
        .await;
    check(&refused(two), &["process_name", "ca is /nowhere"]);
}

/// A node that was let in comes back when the controller has a certificate again that it takes.
#[tokio::test]
async fn a_node_comes_back_once_the_certificate_is_one_that_it_takes() {
    let ca = Ca::new();
    let first = controller().tls(ca.server()).start().await.unwrap();
    let port = first.address().port().unwrap();
    let connected = std::sync::Arc::new(Notify::new());
    let told = std::sync::Arc::clone(&connected);
    let (refused, mut refusals) = mpsc::unbounded_channel();
    let g = node(&first)
        .tls(ca.trusting())
        .on_node_connect(move |_| told.notify_one())
        .on_refused(move |_, error| refused.send(error.to_string()).unwrap())
        .reconnect_wait(Duration::from_millis(100))
        .start()
        .await
        .unwrap();
    connected.notified().await;
    first.stop().await;

    let other = Ca::new();
    let second = controller().port(port).tls(other.server()).start().await.unwrap();
    // It has seen that one, and does not take it.
    let call = Client
        .reflect(b"2")
        .on(&g)
        .timeout(Duration::from_millis(300))
        .await;
    assert!(call.is_err(), "{call:?}");
    // It says so, to whoever asks, and goes on looking.
    let reason = refusals.recv().await.unwrap();
    assert!(reason.contains("authority"), "{reason}");
    let last = g.last_disconnect().unwrap();
    assert_eq!(last.refused.unwrap().to_string(), reason);
    let lost = Client.reflect(b"2").on(&g).timeout(Duration::from_secs(60)).await;
    let lost = lost.unwrap_err();
    let CallError::Disconnected {
        refusal: Some(refusal),
        ..
    } = &lost
    else {
        panic!("{lost}")
    };
    assert!(matches!(**refusal, Refusal::Distrusted { .. }), "{lost}");
    assert!(lost.to_string().contains(&reason), "{lost}");
    second.stop().await;

    let third = controller().port(port).tls(ca.server()).start().await.unwrap();
    connected.notified().await;
    assert_eq!(Client.reflect(b"3").on(&g).await, Ok(b"3".to_vec()));
    g.stop().await;
    third.stop().await;
}
