//! A port with TLS, of a controller that wants certificates: bytes that are no TLS, TLS that ends half-way, and those who have no certificate
//! of its authority.

use bytes::Bytes;
use daffi_core::proto::{Extensions, Header, Hello, Limits, Refusal};
use daffi_core::transport::{Address, Connection, connect};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

use crate::frames::Frames;
use crate::peer::Peer;
use crate::random::Random;
use crate::stage::{Authority, Stage, Transport};

/// A record of TLS: of handshake messages (22), an alert (21), or application data (23).
fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 3, 3];
    record.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    record.extend(body);
    record
}

fn extension(number: u16, body: &[u8]) -> Vec<u8> {
    let mut extension = number.to_be_bytes().to_vec();
    extension.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    extension.extend(body);
    extension
}

/// How a node of daffi's begins, with these extensions behind its own.
fn client_hello(versions: &[u8], more: &[Vec<u8>]) -> Vec<u8> {
    let mut share = vec![0, 36, 0, 0x1d, 0, 32];
    share.extend([9; 32]);
    let own = [
        versions.to_vec(),
        extension(10, &[0, 2, 0, 0x1d]),
        extension(13, &[0, 6, 4, 3, 8, 7, 8, 4]),
        extension(16, b"\x00\x06\x05daffi"),
        extension(51, &share),
    ];
    let extensions = [own.concat(), more.concat()].concat();
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 6, 0x13, 1, 0x13, 2, 0xc0, 0x2b, 1, 0]);
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let mut message = vec![1, length[1], length[2], length[3]];
    message.extend(body);
    message
}

/// Of TLS 1.3.
fn newest(more: &[Vec<u8>]) -> Vec<u8> {
    client_hello(&extension(43, &[2, 3, 4]), more)
}

/// Sends it and nothing more, and reads until the controller has closed; what that said.
async fn answer(stage: &Stage, said: &[u8]) -> Vec<u8> {
    let mut stream = raw(stage).await;
    // It may be closed before all of it is sent.
    let _ = stream.write_all(said).await;
    let _ = stream.shutdown().await;
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard).await;
    heard
}

async fn raw(stage: &Stage) -> TcpStream {
    let port = stage.address().port().unwrap();
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

/// Whether it is a `ServerHello`: the controller goes on with the handshake.
fn goes_on(heard: &[u8]) -> bool {
    heard.first() == Some(&22) && heard.get(5) == Some(&2)
}

fn byte(random: &mut Random) -> u8 {
    u8::try_from(random.below(256)).unwrap()
}

/// Greets through TLS.
fn greet(node: &Connection, hello: Hello) {
    // Whoever is cut off sees that when it reads.
    let _ = node.outbox.send(&Header::Hello(hello), &Bytes::new());
    node.outbox.flush();
}

/// Whether the next thing is that it is let in; if not, the connection is closed.
async fn is_welcome(node: &mut Connection) -> bool {
    match node.inlet.read_one().await {
        Ok(Some(frame)) => {
            let (header, _) = frame.decode().unwrap();
            assert!(matches!(header, Header::Welcome(_)), "{header:?}");
            true
        }
        Ok(None) | Err(_) => false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_at_a_port_with_tls_is_closed() {
    let stage = Stage::new(Transport::Tls);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let hello = newest(&[]);
    let mut longer = hello.clone();
    longer[1..4].fill(0xff);
    let mut kinds = vec![
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        vec![0; 5000],
        vec![0xff; 5000],
        record(23, &[1; 100]),
        record(21, &[2, 40]),
        record(22, &[0xee; 500]),
        record(22, &[]),
        record(22, &longer).repeat(60),
        // A record of the largest length there is.
        [vec![22, 3, 3, 0xff, 0xff], vec![1; 40_000]].concat(),
        // Alerts without end.
        record(21, &[1, 90]).repeat(5000),
    ];
    let mut random = Random::new(11);
    for _ in 0..200 {
        let length = random.below(400) + 3;
        let noise: Vec<_> = (0..length).map(|_| byte(&mut random)).collect();
        kinds.push([vec![22, 3, 1, 2], noise.clone(), vec![0; 600]].concat());
        // One byte of a greeting is another.
        let mut damaged = hello.clone();
        let place = random.below(damaged.len());
        damaged[place] ^= byte(&mut random) | 1;
        kinds.push([record(22, &damaged), record(22, &noise)].concat());
    }
    for said in kinds {
        let mut stream = raw(&stage).await;
        let _ = stream.write_all(&said).await;
        let _ = stream.shutdown().await;
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard).await;
        assert!(heard.len() < 16 * 1024, "{} bytes for garbage", heard.len());
    }
    stage.assert_memory(before, 8 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_handshake_of_tls_kept_open_costs_little() {
    let stage = Stage::new(Transport::Tls);
    let mut bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut halves = Vec::new();
    for _ in 0..300 {
        let mut stream = raw(&stage).await;
        stream.write_all(&record(22, &newest(&[]))).await.unwrap();
        let mut heard = [0; 6];
        stream.read_exact(&mut heard).await.unwrap();
        assert!(goes_on(&heard), "{heard:?}");
        halves.push(stream);
    }
    bystanders.go_on(20).await;
    stage.assert_memory(before, 24 << 20);
    let mut node = stage.secured(Authority::Own).await.unwrap();
    greet(&node, Hello::new("in between", 1, 1));
    assert!(is_welcome(&mut node).await);
    drop(halves);
    bystanders.end().await;
}

/// A line to the controller that ends when so many bytes have gone there.
async fn cut(stage: &Stage, mut bytes: usize) -> Address {
    let line = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = line.local_addr().unwrap().port();
    let far = raw(stage).await;
    tokio::spawn(async move {
        let (near, _) = line.accept().await.unwrap();
        let (mut from_near, mut to_near) = near.into_split();
        let (mut from_far, mut to_far) = far.into_split();
        let back = tokio::spawn(async move {
            let _ = copy(&mut from_far, &mut to_near).await;
        });
        let mut some = [0; 4096];
        while bytes > 0 {
            let most = bytes.min(some.len());
            let Ok(read @ 1..) = from_near.read(&mut some[..most]).await else {
                break;
            };
            if to_far.write_all(&some[..read]).await.is_err() {
                break;
            }
            bytes -= read;
        }
        drop((from_near, to_far));
        let _ = back.await;
    });
    Address::Tcp {
        host: "127.0.0.1".to_owned(),
        port,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_of_tls_that_is_cut_anywhere_lets_nobody_in() {
    let stage = Stage::new(Transport::Tls);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let security = stage.joining(Authority::Own);
    let mut places = 0;
    for bytes in (0..16_000).step_by(41) {
        let address = cut(&stage, bytes).await;
        if let Ok(mut node) = connect(&address, Limits::default(), &security).await {
            greet(&node, Hello::new("cut off", 1, 1));
            if is_welcome(&mut node).await {
                break;
            }
        }
        places += 1;
    }
    // A handshake with a certificate has about a kilobyte.
    assert!((15..100).contains(&places), "it was cut in {places} places");
    stage.assert_memory(before, 8 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_for_early_data_or_begins_again_is_cut_off() {
    let stage = Stage::new(Transport::Tls);
    let bystanders = stage.bystanders().await;
    let greeting: Vec<u8> = Frames::new()
        .with(&Header::Hello(Hello::new("early", 1, 1)))
        .into();
    // A ticket that nobody gave, with which it would go on.
    let mut ticket = vec![0, 22, 0, 16];
    ticket.extend([5; 16]);
    ticket.extend([0, 0, 0, 0, 0, 33, 32]);
    ticket.extend([6; 32]);
    let early = newest(&[extension(42, &[]), extension(45, &[1, 1]), extension(41, &ticket)]);
    let plain = newest(&[]);
    // Both go on, were it not for what comes behind.
    for begun in [&early, &plain] {
        let mut stream = raw(&stage).await;
        stream.write_all(&record(22, begun)).await.unwrap();
        let mut heard = [0; 6];
        stream.read_exact(&mut heard).await.unwrap();
        assert!(goes_on(&heard), "{heard:?}");
        for behind in [
            record(23, &greeting),
            record(22, &plain),
            // A request to begin again, and another key.
            record(22, &[0, 0, 0, 0]),
            record(22, &[24, 0, 0, 1, 1]),
        ] {
            for _ in 0..20 {
                let said = [record(22, begun), behind.repeat(3)].concat();
                let heard = answer(&stage, &said).await;
                assert!(heard.len() < 8 * 1024, "{} bytes", heard.len());
            }
        }
    }
    // Of TLS 1.2, with the word that it would begin again: not one byte of a handshake.
    for more in [vec![], vec![extension(0xff01, &[0])]] {
        let heard = answer(&stage, &record(22, &client_hello(&[], &more))).await;
        assert_eq!(heard.first(), Some(&21), "{heard:?}");
    }
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_process_at_a_port_with_tls_is_told_so() {
    let stage = Stage::new(Transport::Tls);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    for _ in 0..200 {
        let mut peer = Peer::connect(&stage).await;
        let hello = Header::Hello(Hello::new("plain", 1, 1));
        peer.send(Frames::new().with(&hello)).await;
        let frame = peer.next().await.expect("it is told");
        let (header, _) = frame.decode().unwrap();
        assert_eq!(header, Header::Refused(Refusal::Tls));
        peer.closed().await;
    }
    stage.assert_memory(before, 8 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_another_authority_in_a_loop_let_nobody_in() {
    let stage = Stage::new(Transport::Tls);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    for _ in 0..200 {
        let Ok(mut node) = stage.secured(Authority::Another).await else {
            continue;
        };
        greet(&node, Hello::new("stranger", 1, 1));
        assert!(!is_welcome(&mut node).await);
    }
    stage.assert_memory(before, 8 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_of_tls_and_a_greeting_that_are_long_together_are_cut_off() {
    let stage = Stage::new(Transport::Tls);
    let bystanders = stage.bystanders().await;
    // There is room for the one alone, and with less in it for both.
    for (bytes, fits) in [(16_200, false), (13_000, true)] {
        let mut hello = Hello::new(format!("long {bytes}"), 1, 1);
        hello.extensions = Extensions::default().with(99, &vec![1_u8; bytes]).unwrap();
        let mut node = stage.secured(Authority::Own).await.unwrap();
        greet(&node, hello);
        assert_eq!(is_welcome(&mut node).await, fits, "{bytes}");
    }
    bystanders.end().await;
}
