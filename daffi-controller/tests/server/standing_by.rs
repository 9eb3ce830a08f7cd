//! A controller that stands by for something that is none.

use std::time::Duration;

use bytes::Bytes;
use daffi_controller::{Controller, ControllerOptions, StandbyOf};
use daffi_core::proto::{Extensions, Framing, Header, Hello, Limits, VERSION, Welcome, append};
use daffi_core::transport::{Address, Security, connect};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// Says welcome to whoever comes, with this heartbeat.
async fn welcoming(heartbeat: Duration) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let welcome = Header::Welcome(Welcome {
        version: VERSION,
        controller: "first".to_owned(),
        heartbeat,
        frame_bytes: 1 << 20,
        sent_frame_bytes: 1 << 20,
        calls: 100,
        extensions: Extensions::default(),
    });
    let mut bytes = Vec::new();
    append(&mut bytes, &welcome, 0, Framing::newest(usize::MAX)).unwrap();
    tokio::spawn(async move {
        let mut here = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(&bytes).await;
            here.push(stream);
        }
    });
    let host = "127.0.0.1".to_owned();
    Address::Tcp { host, port }
}

/// Whether a process is let in.
async fn is_let_in(address: &Address) -> bool {
    let mut connection = connect(address, Limits::default(), &Security::none())
        .await
        .unwrap();
    let hello = Header::Hello(Hello::new("node", 1, 1));
    connection.outbox.send(&hello, &Bytes::new()).unwrap();
    connection.outbox.flush();
    let answer = connection.inlet.read_one().await.unwrap().unwrap();
    matches!(answer.decode().unwrap().0, Header::Welcome(_))
}

/// standby.open
#[tokio::test]
async fn p1_whoever_is_of_no_use_as_a_controller_is_not_stood_by_for() {
    for heartbeat in [Duration::ZERO, Duration::MAX] {
        let folder = tempfile::tempdir().unwrap();
        let mut options = ControllerOptions::new(Address::unix_in(folder.path()));
        options.standby_of = Some(StandbyOf::new(welcoming(heartbeat).await));
        let controller = Controller::start(options).await.unwrap();
        let opens = async {
            while !is_let_in(controller.address()).await {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(60), opens)
            .await
            .expect("it stays shut");
        controller.stop().await;
    }
}
