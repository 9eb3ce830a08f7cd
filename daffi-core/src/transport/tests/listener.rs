//! Listening: ports, socket files, and whoever had them before.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;
use std::sync::mpsc::channel;

use futures_util::FutureExt as _;

use super::*;
use crate::error::StartError;
use crate::link::Reach;
use crate::transport::folder::check_private;

fn mode(path: impl AsRef<Path>) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

async fn bind(path: &Path) -> io::Result<Listener> {
    Listener::bind(
        &Address::Unix(path.to_owned()),
        Openness::default(),
        LIMITS,
        &Security::none(),
    )
    .await
}

fn in_use(bound: io::Result<Listener>) -> bool {
    matches!(bound, Err(error) if error.kind() == io::ErrorKind::AddrInUse)
}

/// The file of a socket whose listener is gone without removing it, as after a crash.
fn leave_stale(path: &Path) {
    drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    assert!(path.exists());
}

/// A frame passes from somebody who connects to `listener`.
async fn assert_reachable(listener: &Listener) {
    let connected = async {
        let security = Security::none();
        let (there, here) = tokio::join!(connect(listener.address(), LIMITS, &security), listener.accept());
        let (there, mut here) = (there.unwrap(), here.unwrap().secure().await);
        there.outbox.send(&header(1), &payload(10)).unwrap();
        there.outbox.flush();
        receive(&mut here.as_mut().unwrap().inlet, 1).await
    };
    assert_eq!(within(connected).await, [(1, payload(10))]);
}

/// Runs `work` on a runtime of one thread; fails when it blocks that thread for ever.
fn on_one_thread<T: Send + 'static, F: Future<Output = T>>(work: impl FnOnce() -> F + Send + 'static) -> T {
    let (done, result) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let _ = done.send(runtime.block_on(work()));
    });
    result
        .recv_timeout(Duration::from_secs(60))
        .expect("it hangs or has panicked")
}

#[tokio::test]
async fn port_0_becomes_a_real_port() {
    let address = Address::Tcp {
        host: "127.0.0.1".to_owned(),
        port: 0,
    };
    let listener = Listener::bind(&address, Openness::default(), LIMITS, &Security::none())
        .await
        .unwrap();
    assert_ne!(listener.address().port(), Some(0));
    assert_eq!(listener.address().host(), Some("127.0.0.1"));
    assert_reachable(&listener).await;
}

#[tokio::test]
async fn a_port_in_use_is_refused_by_name() {
    let address = Address::Tcp {
        host: "127.0.0.1".to_owned(),
        port: 0,
    };
    let listener = Listener::bind(&address, Openness::default(), LIMITS, &Security::none())
        .await
        .unwrap();
    let error = Listener::bind(listener.address(), Openness::default(), LIMITS, &Security::none())
        .await
        .unwrap_err();
    let error = StartError::bind(listener.address(), error);
    assert!(
        matches!(&error, StartError::AddressInUse { address } if address == listener.address()),
        "{error:?}"
    );
    assert!(
        error.to_string().contains(&listener.address().to_string()),
        "{error}"
    );
    assert_reachable(&listener).await;
}

#[tokio::test]
async fn a_socket_and_its_folder_belong_to_their_owner_alone() {
    let folder = Folder::new();
    let path = folder.0.join("made/below/.sock");
    let listener = bind(&path).await.unwrap();
    assert_eq!(mode(folder.0.join("made")), 0o700);
    assert_eq!(mode(folder.0.join("made/below")), 0o700);
    assert_eq!(mode(&path), 0o600);
    assert_reachable(&listener).await;
}

#[tokio::test]
async fn a_folder_that_exists_stays_as_it_is() {
    let folder = Folder::new();
    std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o750)).unwrap();
    let _listener = bind(&folder.0.join(".sock")).await.unwrap();
    assert_eq!(mode(&folder.0), 0o750);
}

#[tokio::test]
async fn a_stale_socket_file_is_replaced() {
    let folder = Folder::new();
    let path = folder.0.join(".sock");
    leave_stale(&path);
    let listener = bind(&path).await.unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_reachable(&listener).await;
}

#[tokio::test]
async fn a_live_socket_is_refused_by_name_and_left_alone() {
    let folder = Folder::new();
    let path = folder.0.join(".sock");
    let listener = bind(&path).await.unwrap();
    let error = StartError::bind(listener.address(), bind(&path).await.unwrap_err());
    assert!(matches!(error, StartError::AddressInUse { .. }), "{error:?}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    // The attempt knocked, and is accepted before anybody else.
    drop(within(listener.accept()).await.unwrap());
    assert_reachable(&listener).await;
}

/// Somebody who listens but does not accept is alive, though no connection to it can be made now.
#[test]
fn a_live_socket_whose_backlog_is_full_is_refused() {
    let folder = Folder::new();
    let path = folder.0.join(".sock");
    let socket = || {
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    };
    let address = socket2::SockAddr::unix(&path).unwrap();
    let listener = socket();
    listener.bind(&address).unwrap();
    listener.listen(0).unwrap();
    let knocking: Vec<_> = std::iter::repeat_with(socket)
        .map_while(|socket| socket.connect(&address).ok().map(|()| socket))
        .collect();
    assert!(!knocking.is_empty());
    assert!(on_one_thread(move || async move { in_use(bind(&path).await) }));
}

#[tokio::test]
async fn what_is_no_socket_is_never_replaced() {
    let folder = Folder::new();
    let path = folder.0.join(".sock");
    std::fs::write(&path, "precious").unwrap();
    let error = bind(&path).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}

#[tokio::test]
async fn a_listener_takes_its_file_with_it() {
    let folder = Folder::new();
    let path = folder.0.join(".sock");
    let listener = bind(&path).await.unwrap();
    drop(listener);
    assert!(!path.exists());
    assert_reachable(&bind(&path).await.unwrap()).await;
}

#[tokio::test]
async fn a_listener_leaves_the_file_of_its_successor() {
    let folder = Folder::new();
    let path = folder.0.join(".sock");
    let listener = bind(&path).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let successor = bind(&path).await.unwrap();
    drop(listener);
    assert_reachable(&successor).await;
}

#[test]
fn starters_on_one_thread_do_not_hold_each_other_up() {
    let folder = Folder::new();
    let path = folder.0.join(".sock");
    let refused = on_one_thread(move || async move {
        let _listener = bind(&path).await.unwrap();
        let (first, second, third) = tokio::join!(bind(&path), bind(&path), bind(&path));
        [first, second, third].map(in_use)
    });
    assert_eq!(refused, [true; 3]);
}

#[tokio::test]
async fn a_lock_that_leads_elsewhere_is_not_followed() {
    let folder = Folder::new();
    let (path, other) = (folder.0.join(".sock"), folder.0.join("other"));
    std::os::unix::fs::symlink(&other, folder.0.join(".sock.lock")).unwrap();
    let error = bind(&path).await.unwrap_err().to_string();
    assert!(error.contains(".sock.lock is a link"), "{error}");
    assert!(!other.exists());
}

#[test]
fn a_starter_waits_for_another_one() {
    let folder = Folder::new();
    let path = folder.0.join(".sock");
    let lock = std::fs::File::create(folder.0.join(".sock.lock")).unwrap();
    lock.lock().unwrap();
    let (bound, is_bound) = channel();
    let starter = std::thread::spawn(move || {
        on_one_thread(move || async move {
            let listener = bind(&path).await;
            bound.send(()).unwrap();
            listener.is_ok()
        })
    });
    assert!(is_bound.recv_timeout(Duration::from_millis(50)).is_err());
    drop(lock);
    assert!(starter.join().unwrap());
}

#[test]
fn one_of_many_starters_gets_a_stale_socket() {
    const STARTERS: usize = 8;
    for _ in 0..20 {
        let folder = Folder::new();
        let path = folder.0.join(".sock");
        leave_stale(&path);
        let start = Arc::new(Barrier::new(STARTERS));
        let starters: Vec<_> = (0..STARTERS)
            .map(|_| {
                let (path, start) = (path.clone(), Arc::clone(&start));
                std::thread::spawn(move || {
                    on_one_thread(move || async move {
                        start.wait();
                        let bound = bind(&path).await;
                        // Keeps what it got until everybody has tried.
                        start.wait();
                        match bound {
                            Ok(_listener) => {
                                assert!(
                                    UnixStream::connect(&path).await.is_ok(),
                                    "the winner cannot be reached"
                                );
                                Ok(())
                            }
                            Err(error) => Err(error.kind()),
                        }
                    })
                })
            })
            .collect();
        let mut ends: Vec<_> = starters
            .into_iter()
            .map(|starter| starter.join().unwrap())
            .collect();
        ends.sort();
        let mut expected = vec![Err(io::ErrorKind::AddrInUse); STARTERS];
        expected[0] = Ok(());
        assert_eq!(ends, expected);
    }
}

/// A listener that goes must not take the file of the one that comes.
#[test]
fn whoever_listens_can_be_reached_while_others_come_and_go() {
    const ROUNDS: usize = 4000;
    let folder = Folder::new();
    let path = folder.0.join(".sock");
    let starters: Vec<_> = (0..4)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || {
                on_one_thread(move || async move {
                    let mut won = 0;
                    for _ in 0..ROUNDS {
                        match bind(&path).await {
                            Ok(_listener) => {
                                won += 1;
                                UnixStream::connect(&path)
                                    .await
                                    .expect("whoever listens can be reached");
                            }
                            Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "{error}"),
                        }
                    }
                    won
                })
            })
        })
        .collect();
    let won: usize = starters.into_iter().map(|starter| starter.join().unwrap()).sum();
    assert!(won > 0);
}

#[tokio::test]
async fn memory_is_neither_listened_at_nor_dialled() {
    let listened = Listener::bind(&Address::Memory, Openness::default(), LIMITS, &Security::none())
        .await
        .unwrap_err();
    let dialled = connect(&Address::Memory, LIMITS, &Security::none())
        .await
        .unwrap_err();
    let ConnectError::Io(dialled) = dialled else {
        panic!("{dialled:?}")
    };
    assert_eq!([listened.kind(), dialled.kind()], [io::ErrorKind::Unsupported; 2]);
}

#[tokio::test]
async fn an_address_that_other_machines_reach_is_listened_at_only_where_that_is_said() {
    let check = async |host: &str, is_open: bool| {
        let address = Address::Tcp {
            host: host.to_owned(),
            port: 0,
        };
        let bound = Listener::bind(&address, Openness::default(), LIMITS, &Security::none()).await;
        let refused = bound.err().and_then(|error| {
            let OpenToAll(open) = error.get_ref()?.downcast_ref()?;
            Some(*open)
        });
        assert_eq!(refused.is_some(), is_open, "{host}: {refused:?}");
        let openness = Openness {
            any_host: true,
            ..Openness::default()
        };
        Listener::bind(&address, openness, LIMITS, &Security::none())
            .await
            .expect(host);
    };
    check("127.0.0.1", false).await;
    check("127.8.8.8", false).await;
    check("localhost", false).await;
    check("0.0.0.0", true).await;
}

#[tokio::test]
async fn a_socket_is_its_users_own_unless_it_is_opened_to_all() {
    for (any_user, folder_mode, socket_mode) in [(false, 0o700, 0o600), (true, 0o755, 0o666)] {
        let folder = Folder::new();
        let path = folder.0.join("made/.sock");
        let openness = Openness {
            any_user,
            ..Openness::default()
        };
        let listener = Listener::bind(&Address::Unix(path.clone()), openness, LIMITS, &Security::none())
            .await
            .unwrap();
        assert_eq!(
            (mode(path.parent().unwrap()), mode(&path)),
            (folder_mode, socket_mode)
        );
        drop(listener);
    }
}

#[test]
fn a_folder_that_others_can_enter_or_have_made_is_not_private() {
    let folder = Folder::new();
    let own = own_uid();
    let at = |name: &str, mode: u32| {
        let path = folder.0.join(name);
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let said = |path: &Path, own: u32| {
        let error = check_private(path, own).err()?;
        assert!(NotPrivate::is_in(&error), "{error}");
        let said = error.to_string();
        for part in [
            path.to_str().unwrap(),
            "TMPDIR",
            "PrivateTmp",
            "cron",
            "unix_sock_path",
        ] {
            assert!(said.contains(part), "{part} is missing in: {said}");
        }
        Some(said)
    };
    let private = at("private", 0o700);
    assert_eq!(said(&private, own), None);
    let squatted = said(&private, own + 1).unwrap();
    let whose = format!("belongs to uid {own}, and this process runs as uid {}", own + 1);
    assert!(squatted.contains(&whose), "{squatted}");
    for mode in [0o701, 0o710, 0o755, 0o777, 0o720] {
        let open = said(&at(&format!("{mode:o}"), mode), own).unwrap();
        assert!(
            open.contains(&format!("mode {mode:o}")) && open.contains("chmod 700"),
            "{open}"
        );
    }
    // Who follows it is led to wherever its owner likes.
    let link = folder.0.join("link");
    std::os::unix::fs::symlink(&private, &link).unwrap();
    assert!(said(&link, own).unwrap().contains("is no folder"));
    assert_eq!(
        check_private(&folder.0.join("missing"), own).unwrap_err().kind(),
        io::ErrorKind::NotFound
    );
}

#[tokio::test]
async fn both_ends_of_a_unix_socket_know_whose_the_other_is() {
    let folder = Folder::new();
    let listener = bind(&folder.0.join(".sock")).await.unwrap();
    let security = Security::none();
    let (there, here) = tokio::join!(connect(listener.address(), LIMITS, &security), listener.accept());
    for channel in [
        there.unwrap().channel,
        here.unwrap().secure().await.unwrap().channel,
    ] {
        assert_eq!(channel.reach, Reach::Machine);
        assert_eq!(channel.user.unwrap().uid, own_uid());
    }
}

#[tokio::test]
async fn a_loopback_connection_is_known_as_such_and_says_nothing_of_users() {
    let address = Address::Tcp {
        host: "127.0.0.1".to_owned(),
        port: 0,
    };
    let listener = Listener::bind(&address, Openness::default(), LIMITS, &Security::none())
        .await
        .unwrap();
    let security = Security::none();
    let (there, here) = tokio::join!(connect(listener.address(), LIMITS, &security), listener.accept());
    for channel in [
        there.unwrap().channel,
        here.unwrap().secure().await.unwrap().channel,
    ] {
        assert_eq!((channel.reach, channel.user), (Reach::Loopback, None));
        assert!(!channel.is_private());
    }
}

#[test]
fn addresses_are_shown_as_people_write_them() {
    let tcp = |host: &str| {
        Address::Tcp {
            host: host.to_owned(),
            port: 8888,
        }
        .to_string()
    };
    assert_eq!(tcp("localhost"), "tcp://localhost:8888");
    assert_eq!(tcp("::1"), "tcp://[::1]:8888");
    let unix = Address::unix_in("/run/shop");
    assert_eq!(
        (unix.to_string(), unix.path()),
        (
            "unix:///run/shop/.sock".to_owned(),
            Some(Path::new("/run/shop/.sock"))
        )
    );
    assert_eq!(
        Address::default_unix().path(),
        Some(&*std::env::temp_dir().join(format!("daffi-{}/.sock", own_uid())))
    );
    assert_eq!(
        (unix.port(), unix.host(), Address::Memory.path()),
        (None, None, None)
    );
    assert_eq!(Address::Memory.to_string(), "memory");
}

#[tokio::test]
async fn an_arriving_connection_speaks_when_it_has_sent_something_or_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    for address in [
        Address::Tcp {
            host: "127.0.0.1".into(),
            port: 0,
        },
        Address::Unix(folder.path().join("socket")),
    ] {
        let listener = Listener::bind(&address, Openness::default(), LIMITS, &Security::none())
            .await
            .unwrap();
        for sends in [true, false] {
            let security = Security::none();
            let connecting = connect(listener.address(), LIMITS, &security);
            let (there, here) = tokio::join!(connecting, listener.accept());
            let (there, here) = (there.unwrap(), here.unwrap());
            // Twice, as what was known of a socket when it was accepted is gone after the first time.
            for _ in 0..2 {
                assert_eq!(here.speaks().now_or_never(), None, "{address}");
            }
            if sends {
                there.outbox.send(&header(1), &payload(10)).unwrap();
                there.outbox.flush();
            } else {
                drop(there);
            }
            within(here.speaks()).await;
        }
    }
}
