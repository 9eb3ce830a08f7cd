//! Wrong settings, wrong addresses, wrong bytes: clear errors, and nobody else notices.

use std::io::ErrorKind;
use std::time::Duration;

use daffi::{CallError, ConfigFault, Global, StartError, callback};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use crate::net::{Net, Transport};

struct Steady;

#[callback(prefix = "steady.")]
impl Steady {
    pub async fn ping(&self) -> u8 {
        1
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let builder = Global::builder()
        .init_controller(true)
        .host("127.0.0.1")
        .port(port);
    let error = builder.start().await.unwrap_err();
    assert!(matches!(error, StartError::AddressInUse { .. }), "{error}");
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{port}")),
        "{error}"
    );
}

#[tokio::test]
async fn a_socket_in_use_is_named_and_left_alone() {
    let net = Net::start(Transport::Unix, |builder| builder.service(Steady)).await;
    let folder = match net.service.address() {
        daffi::Address::Unix(path) => path.parent().unwrap().to_owned(),
        other => panic!("{other}"),
    };
    let error = Global::builder()
        .init_controller(true)
        .unix_sock_path(&folder)
        .start()
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::AddressInUse { .. }), "{error}");
    assert!(error.to_string().contains(folder.to_str().unwrap()), "{error}");
    let g = net.caller().await;
    assert_eq!(g.call::<u8>("steady.ping", ()).await, Ok(1));
    net.stop([g]).await;
}

#[tokio::test]
async fn a_missing_controller_is_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let short = Duration::from_millis(300);
    let builder = Global::builder()
        .unix_sock_path(folder.path())
        .connect_timeout(short);
    let error = builder.start().await.unwrap_err();
    assert!(
        matches!(&error, StartError::NoController { source, .. } if source.kind() == ErrorKind::NotFound),
        "{error}"
    );
    assert!(
        error.to_string().contains(folder.path().to_str().unwrap()),
        "{error}"
    );

    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let builder = Global::builder()
        .host("127.0.0.1")
        .port(port)
        .connect_timeout(short);
    let error = builder.start().await.unwrap_err();
    assert!(matches!(error, StartError::NoController { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_folder_that_is_a_file_is_named_to_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below").join("that")] {
        for init_controller in [true, false] {
            let builder = Global::builder()
                .unix_sock_path(&path)
                .init_controller(init_controller)
                .connect_timeout(Duration::from_millis(50));
            let error = builder.start().await.unwrap_err().to_string();
            let named = format!("{} is a file, and sockets need a folder", file.display());
            assert!(error.contains(&named), "{error}");
            assert!(error.contains("unix_sock_path"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_callback_that_is_named_beside_all_is_told_from_two_of_one_name() {
    #[daffi::callback(alias = "bad_input.named")]
    fn named() {}

    let builder = Global::builder().init_controller(true).in_memory();
    let error = builder
        .callback("bad_input.named")
        .start()
        .await
        .unwrap_err()
        .to_string();
    for part in [
        "`bad_input.named` is offered twice",
        "auto_callbacks(false)",
        "bad_input.rs:",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_controller_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let builder = Global::builder()
        .host("127.0.0.1")
        .port(port)
        .connect_timeout(Duration::from_millis(100));
    let error = builder.start().await.unwrap_err();
    assert!(matches!(error, StartError::NoController { .. }), "{error}");
}

#[tokio::test]
async fn a_controller_that_other_machines_reach_is_started_only_where_that_is_said() {
    let open = || Global::builder().init_controller(true).host("0.0.0.0").port(0);
    let error = open().start().await.unwrap_err();
    let StartError::Config(faults) = &error else {
        panic!("{error}");
    };
    assert!(matches!(&faults[..], [ConfigFault::OpenToAll { .. }]), "{error}");
    for way_out in ["localhost", "prove who they are", "insecure(true)"] {
        assert!(error.to_string().contains(way_out), "{error}");
    }
    open().insecure(true).start().await.unwrap().stop().await;
}

#[tokio::test]
async fn all_faults_of_a_configuration_are_told_at_once() {
    let error = Global::builder()
        .process_name("")
        .host("localhost")
        .port(0)
        .unix_sock_path("/nowhere")
        .max_frame(1)
        .heartbeat(Duration::ZERO)
        .blocking_threads(0)
        .auto_callbacks(false)
        .callback("there_is_none")
        .start()
        .await
        .unwrap_err();
    let StartError::Config(faults) = &error else {
        panic!("{error}")
    };
    assert_eq!(faults.len(), 7, "{error}");
    assert!(
        faults
            .iter()
            .any(|fault| matches!(fault, ConfigFault::UnknownCallback { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn an_address_where_nobody_can_be_is_a_fault_of_the_configuration() {
    // For as long as it would look for a controller, this is waited for.
    let builder = || Global::builder().connect_timeout(Duration::from_secs(3600));
    let long = "f".repeat(200);
    for (builder, setting) in [
        (builder().host("tcp://localhost").port(8888), "host"),
        (builder().host("localhost:8888"), "host"),
        (builder().host("").port(8888), "host"),
        (builder().unix_sock_path(&long), "unix_sock_path"),
        (builder().unix_sock_path("a\0b"), "unix_sock_path"),
        (
            builder().init_controller(true).unix_sock_path(&long),
            "unix_sock_path",
        ),
    ] {
        let error = builder.start().await.unwrap_err();
        let StartError::Config(faults) = &error else {
            panic!("{error}")
        };
        let told = faults
            .iter()
            .any(|fault| matches!(fault, ConfigFault::Value { setting: told, .. } if *told == setting));
        assert!(told, "{error}");
    }
}

#[tokio::test]
async fn a_global_that_has_stopped_is_not_looked_for_in_memory() {
    let controller = Global::builder()
        .init_controller(true)
        .host("127.0.0.1")
        .port(0)
        .start()
        .await
        .unwrap();
    controller.stop().await;
    let error = Global::builder()
        .memory(&controller)
        .connect_timeout(Duration::from_secs(3600))
        .start()
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::NoController { .. }), "{error}");
    assert!(error.to_string().contains("has stopped"), "{error}");
}

#[tokio::test]
async fn a_service_without_callbacks_is_refused() {
    struct Nothing;
    let error = Global::builder()
        .init_controller(true)
        .auto_callbacks(false)
        .service(Nothing)
        .start()
        .await;
    let error = error.unwrap_err();
    assert!(
        matches!(&error, StartError::Config(faults) if matches!(faults[..], [ConfigFault::NoCallbacks(_)]))
    );
    assert!(error.to_string().contains("Nothing"), "{error}");
}

#[tokio::test]
async fn two_callbacks_of_one_name_are_refused_with_both_places() {
    struct Again;
    #[callback(prefix = "steady.")]
    impl Again {
        pub async fn ping(&self) -> u8 {
            2
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let builder = Global::builder()
        .init_controller(true)
        .unix_sock_path(folder.path())
        .auto_callbacks(false);
    let error = builder
        .service(Steady)
        .service(Again)
        .start()
        .await
        .unwrap_err()
        .to_string();
    for place in ["steady.ping", "Steady::ping", "Again::ping", "bad_input.rs:"] {
        assert!(error.contains(place), "{place} is missing in: {error}");
    }
}

/// Sends `bytes` to a controller and waits until it has hung up.
async fn sends(mut socket: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) {
    // The controller may have hung up before all is written.
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
}

#[tokio::test]
async fn garbage_closes_its_own_connection_and_no_other() {
    let inputs: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &[0xff; 64],
        // A frame of four gigabytes.
        &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
        // A frame with nothing in it.
        &[0, 0, 0, 0],
        // A frame of the size of a greeting, and of noise.
        &[0, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        &[0, 0, 0, 1, 0xfe],
    ];
    for transport in [Transport::Unix, Transport::Tcp, Transport::Tls] {
        let net = Net::start(transport, |builder| builder.service(Steady)).await;
        let g = net.caller().await;
        for input in inputs {
            match net.service.address() {
                daffi::Address::Unix(path) => sends(UnixStream::connect(path).await.unwrap(), input).await,
                address => {
                    let port = address.port().unwrap();
                    sends(TcpStream::connect(("127.0.0.1", port)).await.unwrap(), input).await;
                }
            }
            assert_eq!(g.call::<u8>("steady.ping", ()).await, Ok(1));
        }
        net.stop([g]).await;
    }
}

#[tokio::test]
async fn a_connection_that_says_nothing_disturbs_nobody() {
    let net = Net::start(Transport::Tcp, |builder| builder.service(Steady)).await;
    let port = net.service.address().port().unwrap();
    let silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let g = net.caller().await;
    assert_eq!(g.call::<u8>("steady.ping", ()).await, Ok(1));
    net.stop([g]).await;
    drop(silent);
}

#[test]
fn a_start_without_a_runtime_says_so() {
    let start = Global::builder().auto_callbacks(false).start();
    let mut start = std::pin::pin!(start);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(outcome) = start.as_mut().poll(&mut context) else {
        panic!("it waits")
    };
    assert!(matches!(outcome, Err(StartError::NoRuntime)));
}

#[tokio::test]
async fn values_that_cannot_be_encoded_are_told_to_the_caller() {
    struct Unencodable;
    impl serde::Serialize for Unencodable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    let net = Net::start(Transport::Memory, |builder| builder.service(Steady)).await;
    let g = net.caller().await;
    let error = g.call::<u8>("steady.ping", (Unencodable,)).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Encode { message, may_have_run: false, .. } if message.contains("not today")),
        "{error}"
    );
    net.stop([g]).await;
}
