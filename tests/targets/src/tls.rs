//! Bytes as TLS: to a controller that listens with it, and to a node that joins with it.

use std::sync::OnceLock;
use std::time::Duration;

use daffi_certificates::{Authority, Purpose, Wanted};
use daffi_core::proto::Limits;
use daffi_core::transport::{Address, Listener, Openness, Security, Tls, connect};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "tls",
    run,
    seeds,
};

/// No end of bytes keeps anybody for so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Both sides, and the sockets at which they are reached.
#[derive(Debug)]
struct World {
    runtime: Runtime,
    /// The controller's.
    listener: Listener,
    /// Where somebody listens who is no controller.
    stranger: TcpListener,
    joining: Security,
    _folder: TempDir,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = tempfile::tempdir().expect("there is room for files");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("files can be written");
            path
        };
        let authority = Authority::generate().expect("there are random numbers");
        let own = authority.own().expect("it can sign");
        let issued = authority
            .issue(&Wanted::new(Purpose::Server, ["localhost"]))
            .expect("it can sign");
        let ca = file("ca.pem", &own.certificate);
        let certificate = file("controller.pem", &issued.certificate);
        let key = file("controller.key", &issued.key);
        let serving = Tls::new().certificate(certificate).key(key).ca(&ca);
        let serving = Security::serving(serving).expect("the files are right");
        let joining = Security::joining(Tls::new().ca(&ca)).expect("the file is right");
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be built");
        let address = Address::Tcp {
            host: "localhost".to_owned(),
            port: 0,
        };
        let (listener, stranger) = runtime.block_on(async {
            let openness = Openness::default();
            let listener = Listener::bind(&address, openness, Limits::default(), &serving).await;
            let stranger = TcpListener::bind("127.0.0.1:0").await;
            (
                listener.expect("there are ports"),
                stranger.expect("there are ports"),
            )
        });
        World {
            runtime,
            listener,
            stranger,
            joining,
            _folder: folder,
        }
    })
}

/// Nobody is taken for somebody who has a certificate, and nobody waits for what does not come.
fn run(bytes: &[u8]) {
    let Some((side, bytes)) = bytes.split_first() else {
        return;
    };
    let world = world();
    world.runtime.block_on(async {
        let passed = async {
            if side % 2 == 0 {
                world.accept(bytes).await;
            } else {
                world.join(bytes).await;
            }
        };
        tokio::time::timeout(PATIENCE, passed)
            .await
            .expect("bytes that end keep nobody");
    });
}

impl World {
    async fn accept(&self, bytes: &[u8]) {
        let Address::Tcp { port, .. } = self.listener.address() else {
            panic!("it listens at a port");
        };
        let say = async {
            let stream = TcpStream::connect(("localhost", *port)).await;
            say(stream.expect("somebody listens"), bytes).await;
        };
        let hear = async {
            let arriving = self.listener.accept().await.expect("somebody comes");
            assert!(
                arriving.secure().await.is_err(),
                "nobody was asked for a certificate"
            );
        };
        tokio::join!(say, hear);
    }

    async fn join(&self, bytes: &[u8]) {
        let port = self.stranger.local_addr().expect("it listens").port();
        let address = Address::Tcp {
            host: "localhost".to_owned(),
            port,
        };
        let say = async {
            let (stream, _) = self.stranger.accept().await.expect("somebody comes");
            say(stream, bytes).await;
        };
        let hear = async {
            let connected = connect(&address, Limits::default(), &self.joining).await;
            assert!(connected.is_err(), "no certificate was asked for");
        };
        tokio::join!(say, hear);
    }
}

/// Says all that there is to say, and reads until nothing comes. The other end may go at any time.
async fn say(mut stream: TcpStream, bytes: &[u8]) {
    if stream.write_all(bytes).await.is_ok() && stream.shutdown().await.is_ok() {
        let mut heard = [0; 4096];
        while stream.read(&mut heard).await.is_ok_and(|heard| heard > 0) {}
    }
}

/// What a node says first, and what a controller answers to it.
fn seeds() -> Vec<Vec<u8>> {
    let world = world();
    let (greeting, answer) = world.runtime.block_on(async {
        let port = world.stranger.local_addr().expect("it listens").port();
        let address = Address::Tcp {
            host: "localhost".to_owned(),
            port,
        };
        let hear = async {
            let (mut stream, _) = world.stranger.accept().await.expect("somebody comes");
            heard_first(&mut stream).await
        };
        let (greeting, _) = tokio::join!(hear, connect(&address, Limits::default(), &world.joining));
        let Address::Tcp { port, .. } = world.listener.address() else {
            panic!("it listens at a port");
        };
        let ask = async {
            let stream = TcpStream::connect(("localhost", *port)).await;
            let mut stream = stream.expect("somebody listens");
            stream.write_all(&greeting).await.expect("it is read");
            heard_first(&mut stream).await
        };
        let answer = async {
            let arriving = world.listener.accept().await.expect("somebody comes");
            arriving.secure().await.is_err()
        };
        let (answer, _) = tokio::join!(ask, answer);
        (greeting, answer)
    });
    let plain = b"GET / HTTP/1.1\r\n\r\n";
    let alert = [21, 3, 3, 0, 2, 2, 40];
    let sides = [
        (0, &greeting[..]),
        (1, &answer),
        (0, plain),
        (1, plain),
        (0, &alert),
        (1, &alert),
    ];
    sides
        .into_iter()
        .map(|(side, bytes)| [&[side], bytes].concat())
        .collect()
}

async fn heard_first(stream: &mut TcpStream) -> Vec<u8> {
    let mut heard = vec![0; 16 * 1024];
    let length = stream.read(&mut heard).await.expect("something is said");
    heard.truncate(length);
    heard
}
