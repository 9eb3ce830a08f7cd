//! TLS and those who do not get through it, by a clock that the test has.

use std::fs;
use std::sync::mpsc;
use std::time::Duration;

use daffi_certificates::{Authority, Purpose, Wanted};
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::Tls;
use daffi_core::transport::{Address, Security, connect};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tracing::Level;

use super::log::Counted;

fn loopback(port: u16) -> Address {
    Address::Tcp {
        host: "127.0.0.1".to_owned(),
        port,
    }
}

/// What a controller and a node have of TLS.
pub(super) fn keys() -> (Security, Security) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let authority = Authority::generate().unwrap();
    let wanted = Wanted::new(Purpose::Server, ["127.0.0.1"]);
    let issued = authority.issue(&wanted).unwrap();
    fs::write(path("ca"), authority.own().unwrap().certificate).unwrap();
    fs::write(path("certificate"), issued.certificate).unwrap();
    fs::write(path("key"), &*issued.key).unwrap();
    let server = Tls::new().certificate(path("certificate")).key(path("key"));
    let client = Tls::new().ca(path("ca"));
    (
        Security::serving(server).unwrap(),
        Security::joining(client).unwrap(),
    )
}

#[tokio::test(start_paused = true)]
async fn the_time_to_say_who_it_is_begins_before_the_handshake_of_tls() {
    let (server, client) = keys();
    let mut options = ControllerOptions::new(loopback(0));
    options.security = server;
    let controller = Controller::start(options).await.unwrap();
    let there = controller.address().port().unwrap();
    // A line on which nothing passes for a while.
    let line = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let here = line.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut near, _) = line.accept().await.unwrap();
        let mut far = TcpStream::connect(("127.0.0.1", there)).await.unwrap();
        sleep(Duration::from_secs(6)).await;
        let _ = copy_bidirectional(&mut near, &mut far).await;
    });
    let begun = Instant::now();
    let address = loopback(here);
    let mut node = connect(&address, Default::default(), &client).await.unwrap();
    let _ = node.inlet.read_one().await;
    let took = begun.elapsed();
    assert!(
        (Duration::from_secs(9)..Duration::from_secs(11)).contains(&took),
        "it was cut off after {took:?}"
    );
    controller.stop().await;
}

#[tokio::test(start_paused = true)]
async fn strangers_at_a_port_without_tls_are_told_of_ten_times_a_second() {
    let warned = Counted::of(Level::WARN);
    // The clock stands as long as this has not ended.
    let (end, ended) = mpsc::channel::<()>();
    let standing = tokio::task::spawn_blocking(move || ended.recv());
    let controller = Controller::start(ControllerOptions::new(loopback(0)))
        .await
        .unwrap();
    let port = controller.address().port().unwrap();
    for said in [&[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0][..], b"GET / HTTP/1.1\r\n\r\n"] {
        for _ in 0..30 {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.write_all(said).await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    }
    assert_eq!(warned.lines(), 10);
    drop(end);
    let _ = standing.await.unwrap();
    controller.stop().await;
}
