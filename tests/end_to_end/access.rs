//! Who may do what at a controller (P11).

use std::sync::Arc;
use std::time::Duration;

use daffi::{
    Access, CallError, ConfigFault, Global, Presence, Quota, Quotas, Refusal, RegisterError, Right, Role,
    StartError, Streaming, callback, fetcher,
};
use futures_util::Stream;
use tokio::sync::Notify;

use crate::net::{Net, Transport};

#[derive(Clone, Default)]
struct Shop {
    begun: Arc<Notify>,
}

#[callback(prefix = "access.")]
impl Shop {
    pub async fn price(&self, item: u32) -> u32 {
        item + 1
    }

    pub async fn secret(&self) -> u32 {
        7
    }

    pub async fn count(&self, mut items: Streaming<u32>) -> u32 {
        self.begun.notify_one();
        let mut count = 0;
        while let Some(Ok(_)) = items.next().await {
            count += 1;
        }
        count
    }

    pub async fn never(&self) {
        self.begun.notify_one();
        std::future::pending::<()>().await;
    }
}

#[fetcher(prefix = "access.")]
trait Shopping {
    async fn price(&self, item: u32) -> u32;
    async fn secret(&self) -> u32;
    async fn count(&self, items: impl Stream<Item = u32>) -> u32;
    async fn never(&self);
}

fn customers() -> Access {
    Access::new()
        .role(
            "customer",
            Role::new().allow(Right::Call, ["access.price", "access.never", "access.count"]),
        )
        .everyone(["customer"])
        .names("till", ["till *"])
}

fn denied<T: std::fmt::Debug>(outcome: Result<T, CallError>, right: &str, may_have_run: bool) {
    match outcome {
        Err(error @ CallError::Denied { .. }) => {
            assert!(error.to_string().contains(right), "{error}");
            assert_eq!(error.may_have_run(), may_have_run, "{error}");
        }
        other => panic!("not denied: {other:?}"),
    }
}

#[tokio::test]
async fn p11_a_process_does_what_its_role_allows_and_nothing_else() {
    for transport in [Transport::Unix, Transport::Tcp] {
        let shop = Shop::default();
        let net = Net::start(transport, |builder| {
            builder.access(customers()).service(shop.clone())
        })
        .await;
        let caller = net.caller().await;
        let client = ShoppingClient::new(&caller);
        assert_eq!(client.price(1).await.unwrap(), 2);
        denied(
            client.secret().await,
            "the right `call` for `access.secret`",
            false,
        );
        denied(
            client.price(1).broadcast().await.map(drop),
            "the right `broadcast` for `access.price`",
            false,
        );
        denied(
            client.count(futures_util::stream::iter([1])).await,
            "the right `stream` for `access.count`",
            false,
        );
        denied(
            caller.processes().await,
            "the right `observe` for every name",
            false,
        );
        denied(caller.presence().await.map(drop), "the right `observe`", false);
        denied(
            caller.wait_process("service").await,
            "the right `observe` for `service`",
            false,
        );
        caller.wait_function("access.price").await.unwrap();
        let refused = caller
            .register_fn("access.mine", |n: u32| async move { n })
            .await
            .unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("the right `provide` for `access.mine`"),
            "{refused}"
        );
        // The process that runs the controller may do everything.
        assert_eq!(net.service.processes().await.unwrap().len(), 2);
        net.stop([caller]).await;
    }
}

#[tokio::test]
async fn p11_callbacks_that_a_process_may_not_provide_keep_it_from_starting() {
    let net = Net::start(Transport::Unix, |builder| builder.access(customers())).await;
    let started = net
        .join()
        .process_name("other shop")
        .service(Shop::default())
        .start()
        .await;
    match started.unwrap_err() {
        StartError::CallbacksRefused { reason, .. } => {
            assert!(reason.contains("the right `provide` for `access."), "{reason}");
        }
        other => panic!("{other}"),
    }
    let caller = net.caller().await;
    let registered = caller.register_fn("access.late", |n: u32| async move { n });
    match registered.await.unwrap_err() {
        RegisterError::Refused { reason, .. } => {
            assert!(
                reason.contains("the right `provide` for `access.late`"),
                "{reason}"
            );
        }
        other => panic!("{other}"),
    }
    match net.join().process_name("till 1").start().await.unwrap_err() {
        StartError::Refused {
            refusal: Refusal::Denied { reason, .. },
            ..
        } => {
            assert!(reason.contains("\"till 1\""), "{reason}");
        }
        other => panic!("{other}"),
    }
    net.stop([caller]).await;
}

#[tokio::test]
async fn p11_a_right_that_is_taken_away_ends_what_it_allowed() {
    let shop = Shop::default();
    let net = Net::start(Transport::Unix, |builder| {
        builder.access(customers()).service(shop.clone())
    })
    .await;
    let caller = net.caller().await;
    let client = ShoppingClient::new(&caller);
    let call = client.never().bg();
    shop.begun.notified().await;
    let fewer = Access::new()
        .role("customer", Role::new().allow(Right::Call, ["access.price"]))
        .everyone(["customer"]);
    net.service.set_access(fewer).await.unwrap();
    denied(call.await, "the right `call` for `access.never`", true);
    assert_eq!(client.price(1).await.unwrap(), 2);
    denied(client.never().await, "the right `call`", false);
    let nonsense = Access::new().everyone(["nobody"]);
    let fault = net.service.set_access(nonsense).await.unwrap_err().to_string();
    assert!(fault.contains("everyone is given the role `nobody`"), "{fault}");
    assert_eq!(client.price(1).await.unwrap(), 2, "nothing has changed");
    net.service.set_access(None).await.unwrap();
    assert_eq!(client.secret().await.unwrap(), 7);
    net.stop([caller]).await;
}

#[tokio::test]
async fn p11_a_process_whose_name_is_kept_for_another_now_is_cut_off() {
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let caller = net.join().process_name("till 1").start().await.unwrap();
    let shop = Shop::default();
    net.service.register(shop.clone()).await.unwrap();
    let mut presence = net.service.presence().await.unwrap();
    let call = ShoppingClient::new(&caller).never().bg();
    shop.begun.notified().await;
    net.service.set_access(customers()).await.unwrap();
    // What ends with its connection says why that ended.
    match call.await.unwrap_err() {
        CallError::Disconnected {
            may_have_run: true,
            refusal: Some(refusal),
            ..
        } => assert!(
            matches!(&*refusal, Refusal::Denied { reason, .. } if reason.contains("\"till 1\"")),
            "{refusal}"
        ),
        other => panic!("{other}"),
    }
    loop {
        if let Presence::Left { process, .. } = presence.next().await.unwrap().unwrap()
            && process == "till 1"
        {
            break;
        }
    }
    net.stop([caller]).await;
}

#[tokio::test]
async fn access_takes_a_controller_and_roles_that_are_said() {
    let start = |builder: daffi::GlobalBuilder| builder.connect_timeout(Duration::ZERO).start();
    let faults = |error| match error {
        StartError::Config(faults) => faults,
        other => panic!("{other}"),
    };
    let found = faults(start(Global::builder().access(customers())).await.unwrap_err());
    assert!(
        matches!(&found[..], [ConfigFault::Missing("access", _)]),
        "{found:?}"
    );
    let folder = tempfile::tempdir().unwrap();
    let nonsense = Access::new().identity("ann", ["customer"]);
    let builder = Global::builder()
        .init_controller(true)
        .unix_sock_path(folder.path());
    let found = faults(start(builder.access(nonsense)).await.unwrap_err());
    assert!(matches!(&found[..], [ConfigFault::Access(_)]), "{found:?}");
    let many = Quotas::new().connection(Quota::new().connections(4));
    let nonsense = Access::new().role("batch", Role::new().quotas(many));
    let folder = tempfile::tempdir().unwrap();
    let builder = Global::builder()
        .init_controller(true)
        .unix_sock_path(folder.path());
    let found = faults(start(builder.access(nonsense)).await.unwrap_err());
    assert!(
        matches!(&found[..], [ConfigFault::Access(words)] if words.contains("the role `batch` says `connections` of `quotas.connection`")),
        "{found:?}"
    );
}
