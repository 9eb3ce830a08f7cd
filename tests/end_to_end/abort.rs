//! Processes that end as if they had died.

use std::future::pending;
use std::sync::Arc;

use daffi::{CallError, CallErrorKind, Global, LeaveReason, Presence, callback};
use tokio::sync::{Notify, mpsc};

use crate::net::{Net, Transport, over_each};

/// Begins, and never ends by itself.
struct Endless {
    begun: Arc<Notify>,
    /// Closed when all that has begun has ended.
    _going: mpsc::UnboundedSender<()>,
}

#[callback(prefix = "endless.")]
impl Endless {
    pub async fn go_on(&self) {
        let _going = self._going.clone();
        self.begun.notify_one();
        pending::<()>().await;
    }
}

async fn endless(net: &Net, begun: &Arc<Notify>) -> (Global, mpsc::UnboundedReceiver<()>) {
    let (going, ended) = mpsc::unbounded_channel();
    let service = Endless {
        begun: Arc::clone(begun),
        _going: going,
    };
    let g = net.join().process_name("endless").service(service);
    (g.start().await.unwrap(), ended)
}

#[tokio::test]
async fn p3_who_aborts_is_lost_to_others_and_leaves_nothing_behind() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let mut events = net.service.presence().await.unwrap();
        let begun = Arc::<Notify>::default();
        let (g, mut ended) = endless(&net, &begun).await;
        let running = net.service.call::<()>("endless.go_on", ()).bg();
        begun.notified().await;
        let (other, mut other_ended) = {
            let (going, ended) = mpsc::unbounded_channel();
            let service = Endless {
                begun: Arc::clone(&begun),
                _going: going,
            };
            let other = net
                .join()
                .process_name("other")
                .service(service)
                .start()
                .await
                .unwrap();
            (other, ended)
        };
        let own = g.call::<()>("endless.go_on", ()).to("other").bg();
        begun.notified().await;
        let joined = tokio::spawn({
            let g = g.clone();
            async move { g.join().await }
        });

        g.abort();
        joined.await.unwrap();
        let error = running.await.unwrap_err();
        assert!(
            matches!(&error, CallError::ProviderLost { process, .. } if process == "endless"),
            "{error}"
        );
        let error = own.await.unwrap_err();
        assert_eq!(error.kind(), CallErrorKind::Cancelled, "{error}");
        let reason = loop {
            match events.next().await.unwrap().unwrap() {
                Presence::Left { process, reason } if process == "endless" => break reason,
                _ => {}
            }
        };
        assert_eq!(reason, LeaveReason::Lost);
        let error = g.call::<()>("endless.go_on", ()).await.unwrap_err();
        assert_eq!(error.kind(), CallErrorKind::NotStarted, "{error}");
        // Nothing of it goes on, and its name is free.
        g.abort();
        g.stop().await;
        drop(g);
        assert_eq!(ended.recv().await, None);
        let (again, _) = endless(&net, &begun).await;
        net.stop([again, other]).await;
        assert_eq!(other_ended.recv().await, None);
    })
    .await;
}

#[tokio::test]
async fn a_controller_that_aborts_cuts_off_all_who_have_joined() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let told = Arc::<Notify>::default();
    let lost = Arc::clone(&told);
    let builder = net.join().on_node_disconnect(move |_| lost.notify_one());
    let g = builder.start().await.unwrap();
    net.service.abort();
    told.notified().await;
    g.stop().await;
}

/// What has listened is closed by a task, which a test's runtime runs when the test waits.
#[tokio::test]
async fn a_stop_after_an_abort_waits_until_its_place_is_free() {
    for blocking in [false, true] {
        let net = Net::start(Transport::Tcp, |builder| builder).await;
        let port = net.service.address().port().unwrap();
        let address = ("127.0.0.1", port);
        net.service.abort();
        assert!(
            std::net::TcpListener::bind(address).is_err(),
            "nothing has run since"
        );
        if blocking {
            let service = net.service.clone();
            tokio::task::spawn_blocking(move || std::thread::spawn(move || service.stop_blocking()).join())
                .await
                .unwrap()
                .unwrap();
        } else {
            net.service.stop().await;
        }
        std::net::TcpListener::bind(address).unwrap();
    }
}
