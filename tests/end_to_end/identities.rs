//! Who a process is: tokens, keys, users, and what is told of them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use daffi::{
    CallContext, ConfigFault, Global, GlobalBuilder, Identity, Presence, Proven, Refusal, StartError,
    callback,
};
use daffi_core::auth;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::net::{Net, Transport, over_each};

struct Door;

#[callback(prefix = "door.")]
impl Door {
    /// Who knocks.
    pub async fn who(&self, ctx: CallContext) -> String {
        ctx.identity()
            .map_or_else(|| "nobody".to_owned(), ToString::to_string)
    }
}

/// A token and a key, and the files in which a controller knows them.
struct Known {
    folder: TempDir,
    token: String,
    key: PathBuf,
}

impl Known {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token = auth::token("shopper").unwrap();
        let path = folder.path().join("worker.key");
        let key = auth::key("worker", &path).unwrap();
        fs::write(
            folder.path().join("identities"),
            format!("# who may join\n{}\n\n{}\n", token.line, key.line),
        )
        .unwrap();
        Self {
            token: token.shown().unwrap().to_owned(),
            key: path,
            folder,
        }
    }

    fn identities(&self) -> PathBuf {
        self.folder.path().join("identities")
    }

    async fn net(&self, transport: Transport) -> Net {
        let describe = |builder: GlobalBuilder| builder.service(Door).known(self.identities());
        Net::start(transport, describe).await
    }
}

async fn who(g: &Global) -> String {
    g.call("door.who", ()).await.unwrap()
}

fn own_uid() -> String {
    format!("uid:{}", rustix::process::geteuid().as_raw())
}

/// The error of a start that is not to succeed. It is told at once: for as long as it would look for a controller, this is waited for.
async fn refused(builder: GlobalBuilder) -> StartError {
    builder
        .connect_timeout(Duration::from_secs(3600))
        .start()
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_callback_is_told_who_calls_whatever_the_caller_says() {
    let known = Known::new();
    over_each(async |transport| {
        let net = known.net(transport).await;
        let shopper = net
            .join()
            .process_name("root")
            .token(&known.token)
            .start()
            .await
            .unwrap();
        assert_eq!(who(&shopper).await, "shopper (token)", "{transport:?}");
        // It needs to be told who the controller is, which a port does not.
        let worker = net
            .join()
            .key(&known.key)
            .insecure(matches!(transport, Transport::Tcp));
        let worker = worker.start().await.unwrap();
        assert_eq!(who(&worker).await, "worker (key)", "{transport:?}");
        net.stop([shopper, worker]).await;
    })
    .await;
}

#[tokio::test]
async fn without_a_proof_a_process_is_its_user_or_nobody() {
    for (transport, expected) in [
        (Transport::Memory, own_uid()),
        (Transport::Unix, own_uid()),
        (Transport::Tcp, "nobody".to_owned()),
    ] {
        let net = Net::start(transport, |builder| builder.service(Door)).await;
        let g = net.caller().await;
        assert_eq!(who(&g).await, expected, "{transport:?}");
        net.stop([g]).await;
    }
    // Where somebody is known, a port lets in nobody else; a socket of one's own does.
    let known = Known::new();
    let net = known.net(Transport::Unix).await;
    let g = net.caller().await;
    assert_eq!(who(&g).await, own_uid());
    net.stop([g]).await;
}

#[tokio::test]
async fn p11_whoever_proves_nothing_is_told_how_to_and_calls_nothing() {
    let known = Known::new();
    let net = known.net(Transport::Tcp).await;
    let error = refused(net.join()).await;
    let StartError::Refused { refusal, .. } = &error else {
        panic!("{error}");
    };
    assert!(matches!(refusal, Refusal::Unproven { .. }), "{error}");
    for part in [
        "a token or a key",
        "daffi-controller token NAME",
        "token_file",
        "DAFFI_TOKEN",
    ] {
        assert!(error.to_string().contains(part), "{part} is missing in: {error}");
    }
    let strange = auth::token("shopper").unwrap();
    let error = refused(net.join().token(strange.shown().unwrap())).await;
    assert!(
        matches!(
            &error,
            StartError::Refused {
                refusal: Refusal::Unknown { .. },
                ..
            }
        ),
        "{error}"
    );
    assert!(
        !error.to_string().contains(&strange.shown().unwrap()[20..]),
        "{error}"
    );
    net.stop([]).await;
}

#[tokio::test]
async fn a_token_is_not_shown_to_whoever_has_taken_the_port() {
    let known = Known::new();
    // A controller that knows nobody lets everybody in.
    let net = Net::start(Transport::Tcp, |builder| builder.service(Door)).await;
    let error = refused(net.join().token(&known.token)).await;
    assert!(matches!(error, StartError::Untrusted { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("does not show that it knows the token"),
        "{error}"
    );
    let error = refused(net.join().key(&known.key)).await;
    assert!(matches!(error, StartError::Untrusted { .. }), "{error}");
    assert!(
        error.to_string().contains("nothing tells who listens there"),
        "{error}"
    );
    // Whoever says that it may be anybody.
    let g = net
        .join()
        .token(&known.token)
        .insecure(true)
        .start()
        .await
        .unwrap();
    assert_eq!(who(&g).await, "nobody");
    net.stop([g]).await;
}

/// Passes on what comes to a port, as a tunnel does, and whoever is in between.
async fn passing_on_to(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
        }
    });
    here
}

#[tokio::test]
async fn a_proof_that_is_passed_on_is_none_unless_that_is_meant() {
    let known = Known::new();
    let net = known.net(Transport::Tcp).await;
    let port = passing_on_to(net.service.address().port().unwrap()).await;
    let join = || {
        let builder = Global::builder()
            .auto_callbacks(false)
            .host("127.0.0.1")
            .port(port);
        builder.token(&known.token)
    };
    let error = refused(join()).await;
    assert!(error.to_string().contains("a tunnel, a proxy"), "{error}");
    let g = join().insecure(true).start().await.unwrap();
    assert_eq!(who(&g).await, "shopper (token)");
    net.stop([g]).await;
}

#[tokio::test]
async fn a_process_that_runs_a_controller_lets_in_whoever_has_its_token() {
    let token = auth::token("any").unwrap();
    let token = token.shown().unwrap();
    let net = Net::start(Transport::Tcp, |builder| builder.service(Door).token(token)).await;
    let g = net.join().token(token).start().await.unwrap();
    assert_eq!(who(&g).await, "shared-token (token)");
    let error = refused(net.join()).await;
    assert!(matches!(error, StartError::Refused { .. }), "{error}");
    net.stop([g]).await;
}

#[tokio::test]
async fn a_process_proves_again_who_it_is_when_it_comes_back() {
    let known = Known::new();
    let net = known.net(Transport::Tcp).await;
    let port = net.service.address().port().unwrap();
    let g = net.join().token(&known.token).start().await.unwrap();
    assert_eq!(who(&g).await, "shopper (token)");
    net.service.stop().await;
    let builder = Global::builder().init_controller(true).auto_callbacks(false);
    let builder = builder.host("127.0.0.1").port(port).service(Door);
    let service = builder.known(known.identities()).start().await.unwrap();
    assert_eq!(who(&g).await, "shopper (token)");
    g.stop().await;
    service.stop().await;
}

#[tokio::test]
async fn who_is_known_is_said_again_while_a_process_runs_the_controller() {
    let known = Known::new();
    let [own, guest] = ["own", "guest"].map(|name| auth::token(name).unwrap());
    let (own, line) = (own.shown().unwrap(), &guest.line);
    let service = Global::builder().init_controller(true).auto_callbacks(false);
    let service = service.host("127.0.0.1").port(0).service(Door).token(own);
    let service = service.known(known.identities()).start().await.unwrap();
    let port = service.address().port().unwrap();
    let join = |token: &str| {
        let joining = Global::builder().auto_callbacks(false);
        joining.host("127.0.0.1").port(port).token(token)
    };
    let shopper = join(&known.token)
        .give_up_when_refused(true)
        .start()
        .await
        .unwrap();
    let shared = join(own).start().await.unwrap();
    assert_eq!(who(&shopper).await, "shopper (token)");
    assert_eq!(who(&shared).await, "shared-token (token)");

    let file = known.folder.path().join("others");
    for text in ["", "# nobody\n", "guest"] {
        fs::write(&file, text).unwrap();
        let error = service.set_known(&file).await.unwrap_err().to_string();
        assert!(error.contains("set_known"), "{error}");
    }
    assert_eq!(who(&shopper).await, "shopper (token)");
    fs::write(&file, line).unwrap();
    service.set_known(&file).await.unwrap();
    shopper.join().await.or_refused().unwrap_err();
    let error = refused(join(&known.token)).await.to_string();
    assert!(error.contains("known"), "{error}");
    assert_eq!(who(&shared).await, "shared-token (token)");
    let guest = join(guest.shown().unwrap()).start().await.unwrap();
    assert_eq!(who(&guest).await, "guest (token)");
    let error = guest.set_known(&file).await.unwrap_err().to_string();
    assert!(error.contains("init_controller(true)"), "{error}");
    for g in [guest, shared, service] {
        g.stop().await;
    }
}

#[tokio::test]
async fn whoever_asks_who_is_there_is_told_who_that_is() {
    let known = Known::new();
    let net = known.net(Transport::Tcp).await;
    let g = net
        .join()
        .process_name("till")
        .token(&known.token)
        .start()
        .await
        .unwrap();
    let processes = g.processes().await.unwrap();
    let till = processes.iter().find(|process| process.name == "till").unwrap();
    let identity = till.identity.as_ref().unwrap();
    assert_eq!((identity.name(), identity.proven()), ("shopper", Proven::Token));
    let service = processes
        .iter()
        .find(|process| process.name == "service")
        .unwrap();
    assert_eq!(service.identity.as_ref().unwrap().proven(), Proven::User);

    let mut events = g.presence().await.unwrap();
    let mut joined = Vec::new();
    while joined.len() < 2 {
        if let Presence::Joined {
            process, identity, ..
        } = events.next().await.unwrap().unwrap()
        {
            joined.push((process, identity.as_ref().map(Identity::to_string)));
        }
    }
    assert_eq!(joined[0], ("service".to_owned(), Some(own_uid())));
    assert_eq!(joined[1], ("till".to_owned(), Some("shopper (token)".to_owned())));
    net.stop([g]).await;
}

#[tokio::test]
async fn secrets_that_cannot_be_used_are_faults_of_the_configuration() {
    let known = Known::new();
    let token_file = known.folder.path().join("token");
    fs::write(&token_file, &known.token).unwrap();
    let open = |mode| fs::set_permissions(&token_file, Permissions::from_mode(mode)).unwrap();
    open(0o644);
    let check = async |builder: GlobalBuilder, setting: &str, reason: &str| {
        let error = refused(builder).await;
        let StartError::Config(faults) = &error else {
            panic!("{error}");
        };
        let told = faults.iter().any(|fault| {
            let said = fault.to_string();
            said.contains(setting) && said.contains(reason)
        });
        assert!(told, "{setting}, {reason}: {error}");
        assert!(!error.to_string().contains(&known.token[12..]), "{error}");
    };
    let node = Global::builder;
    let controller = || node().init_controller(true).port(0);
    check(node().token("secret"), "token", "is no token").await;
    check(
        node().token_file("/nowhere"),
        "token_file",
        "/nowhere cannot be read",
    )
    .await;
    check(node().token_file(&token_file), "token_file", "chmod 600").await;
    check(node().key(&token_file), "key", "chmod 600").await;
    open(0o600);
    check(node().key(&token_file), "key", "holds no key").await;
    check(
        node().token(&known.token).key(&known.key),
        "token",
        "exclude each other",
    )
    .await;
    check(node().known(known.identities()), "known", "init_controller(true)").await;
    check(controller().known("/nowhere"), "known", "cannot be read").await;
    check(controller().known(&token_file), "known", "line 1").await;
    // What is wrong with one thing does not hide what is wrong with another.
    let error = refused(controller().token("secret").known("/nowhere")).await;
    let both = matches!(&error, StartError::Config(faults) if faults.iter().all(|fault| matches!(fault, ConfigFault::Unusable { .. })) && faults.len() == 2);
    assert!(both, "{error}");
}

#[tokio::test]
async fn nobody_is_shown_the_secret_of_a_builder() {
    let known = Known::new();
    let shown = format!("{:?}", Global::builder().token(&known.token));
    assert!(!shown.contains(&known.token[12..]), "{shown}");
}
