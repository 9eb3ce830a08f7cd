//! Calls to every process that offers a callback.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use daffi::{Absence, CallError, Global, Replies, Signature, callback, fetcher};
use futures_util::StreamExt;
use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::net::{Net, Transport, over_each};

/// A restaurant, whose menu may be long in coming.
#[derive(Default)]
struct Restaurant {
    menu: Vec<String>,
    closed: bool,
    slow: bool,
    asked: Arc<Notify>,
    left: Arc<Notify>,
}

struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[callback]
impl Restaurant {
    pub async fn get_menu(&self) -> Result<Vec<String>, String> {
        let _left = OnDrop(Arc::clone(&self.left));
        self.asked.notify_one();
        if self.slow {
            pending::<()>().await;
        }
        if self.closed {
            return Err("we are closed".to_owned());
        }
        Ok(self.menu.clone())
    }

    #[callback(inline)]
    pub fn length(&self, order: &[u8]) -> usize {
        order.len()
    }
}

/// Offers the same name with other types.
struct Library;

#[callback]
impl Library {
    pub async fn get_menu(&self) -> u64 {
        7
    }
}

#[fetcher]
async fn get_menu() -> Result<Vec<String>, String>;

#[fetcher]
async fn length(order: &[u8]) -> usize;

fn restaurant(dish: &str) -> Restaurant {
    Restaurant {
        menu: vec![dish.to_owned()],
        ..Restaurant::default()
    }
}

async fn open(net: &Net, name: &str, restaurant: Restaurant) -> Global {
    let builder = net.join().process_name(name).service(restaurant);
    builder.start().await.unwrap()
}

#[tokio::test]
async fn p8_every_process_gives_one_outcome_by_name() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let closed = Restaurant {
            closed: true,
            ..Restaurant::default()
        };
        let others = [
            open(&net, "trattoria", restaurant("pizza")).await,
            open(&net, "bistro", restaurant("quiche")).await,
            open(&net, "diner", closed).await,
            net.join()
                .process_name("library")
                .service(Library)
                .start()
                .await
                .unwrap(),
        ];
        let g = net.caller().await;

        let menus = get_menu().broadcast().on(&g).await.unwrap();
        let names: Vec<_> = menus.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["bistro", "diner", "library", "trattoria"]);
        assert_eq!(menus["bistro"], Ok(vec!["quiche".to_owned()]));
        assert_eq!(menus["trattoria"], Ok(vec!["pizza".to_owned()]));
        assert_eq!(menus["diner"], Err(CallError::App("we are closed".to_owned())));
        let mismatch = menus["library"].as_ref().unwrap_err();
        assert!(
            matches!(mismatch, CallError::SignatureMismatch { .. }),
            "{mismatch}"
        );
        assert!(menus.get("caller").is_none());
        let by_name: BTreeMap<String, _> = menus.into();
        assert_eq!(by_name.len(), 4);
        net.stop(others.into_iter().chain([g])).await;
    })
    .await;
}

#[tokio::test]
async fn p8_what_is_missing_at_the_deadline_is_marked_and_cancelled() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let slow = Restaurant {
            slow: true,
            ..Restaurant::default()
        };
        let left = Arc::clone(&slow.left);
        let others = [
            open(&net, "quick", restaurant("soup")).await,
            open(&net, "slow", slow).await,
        ];
        let g = net.caller().await;
        let menus: Replies<_, _> = get_menu()
            .timeout(Duration::from_secs(2))
            .broadcast()
            .on(&g)
            .await
            .unwrap();
        assert_eq!(menus["quick"], Ok(vec!["soup".to_owned()]));
        let missing = menus["slow"].as_ref().unwrap_err();
        assert!(matches!(missing, CallError::Timeout { .. }), "{missing}");
        left.notified().await;
        net.stop(others.into_iter().chain([g])).await;
    })
    .await;
}

#[tokio::test]
async fn outcomes_come_as_they_arrive_and_dropping_the_stream_cancels_the_rest() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let slow = Restaurant {
            slow: true,
            ..Restaurant::default()
        };
        let (asked, left) = (Arc::clone(&slow.asked), Arc::clone(&slow.left));
        let others = [
            open(&net, "a slow one", slow).await,
            open(&net, "b", restaurant("soup")).await,
            open(&net, "c", restaurant("salad")).await,
        ];
        let g = net.caller().await;
        let mut replies = get_menu().broadcast().on(&g).stream().await.unwrap();
        let mut seen = BTreeMap::new();
        for _ in 0..2 {
            let (name, reply) = StreamExt::next(&mut replies).await.unwrap();
            seen.insert(name, reply.unwrap());
        }
        assert_eq!(seen["b"], ["soup"]);
        assert_eq!(seen["c"], ["salad"]);
        asked.notified().await;
        drop(replies);
        left.notified().await;
        net.stop(others.into_iter().chain([g])).await;
    })
    .await;
}

#[tokio::test]
async fn p8_a_process_that_stops_meanwhile_still_has_an_outcome() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let slow = Restaurant {
            slow: true,
            ..Restaurant::default()
        };
        let asked = Arc::clone(&slow.asked);
        let stays = open(&net, "stays", restaurant("soup")).await;
        let leaves = net
            .join()
            .process_name("leaves")
            .service(slow)
            .stop_timeout(Duration::ZERO)
            .start()
            .await
            .unwrap();
        let g = net.caller().await;
        let menus = tokio::spawn(get_menu().broadcast().on(&g).into_future());
        asked.notified().await;
        leaves.stop().await;
        let menus = menus.await.unwrap().unwrap();
        assert_eq!(menus["stays"], Ok(vec!["soup".to_owned()]));
        let gone = menus["leaves"].as_ref().unwrap_err();
        assert!(
            matches!(gone, CallError::ProviderLost { .. } | CallError::Cancelled { .. }),
            "{gone}"
        );
        assert!(gone.may_have_run());
        net.stop([stays, g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_broadcast_that_nobody_can_answer_says_so() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net
        .join()
        .process_name("caller")
        .service(restaurant("soup"))
        .start()
        .await
        .unwrap();
    let error = get_menu().broadcast().on(&g).await.unwrap_err();
    assert!(
        matches!(
            &error,
            CallError::NoProvider {
                absence: Absence::OnlyCaller,
                ..
            }
        ),
        "{error}"
    );
    let error = g.call::<u8>("nothing", ()).broadcast().await.unwrap_err();
    assert!(
        matches!(
            &error,
            CallError::NoProvider {
                absence: Absence::Nobody { .. },
                ..
            }
        ),
        "{error}"
    );
    net.stop([g]).await;
}

#[tokio::test]
async fn a_broadcast_with_one_receiver_is_refused() {
    let net = Net::start(Transport::Memory, |builder| builder.service(restaurant("soup"))).await;
    let g = net.caller().await;
    let to = get_menu().to("service").broadcast().on(&g).await.unwrap_err();
    let key = get_menu().key("soup").broadcast().on(&g).await.unwrap_err();
    for (error, word) in [(to, "to(…)"), (key, "key(…)")] {
        let CallError::Invalid { reason, .. } = &error else {
            panic!("{error}")
        };
        assert!(reason.contains(word), "{reason}");
        assert!(!error.may_have_run());
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn large_arguments_reach_everybody() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let mut others = Vec::new();
        for name in ["a", "b", "c"] {
            others.push(open(&net, name, restaurant(name)).await);
        }
        let g = net.caller().await;
        let order = vec![7; 8 * 1024 * 1024];
        let lengths = length(&order).broadcast().on(&g).await.unwrap();
        assert_eq!(lengths.len(), 3);
        assert!(
            lengths.iter().all(|(_, length)| *length == Ok(order.len())),
            "{lengths:?}"
        );
        others.push(g);
        net.stop(others).await;
    })
    .await;
}

#[tokio::test]
async fn p8_many_broadcasts_at_a_time_are_each_answered_by_all() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let mut others = Vec::new();
        for number in 0..9 {
            others.push(open(&net, &format!("p{number}"), restaurant("soup")).await);
        }
        let g = net.caller().await;
        let broadcasts = (0..500).map(|size| {
            let call = length(&vec![0; size]).broadcast().on(&g);
            async move {
                let lengths = call.await.unwrap();
                assert_eq!(lengths.len(), 9);
                assert!(
                    lengths.iter().all(|(_, length)| *length == Ok(size)),
                    "{lengths:?}"
                );
            }
        });
        join_all(broadcasts).await;
        others.push(g);
        net.stop(others).await;
    })
    .await;
}

/// A signature that differs in number only, for a part of it is not known.
#[tokio::test]
async fn a_broadcast_by_name_takes_providers_of_compatible_types() {
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let others = [
        open(&net, "a", restaurant("soup")).await,
        open(&net, "b", restaurant("salad")).await,
    ];
    let g = net.caller().await;
    let offered: Vec<Signature> = g
        .callbacks()
        .await
        .unwrap()
        .into_iter()
        .map(|callback| callback.signature)
        .collect();
    assert_eq!(offered.len(), 2);
    // An empty list has elements of any type.
    let lengths = g
        .call::<usize>("length", (Vec::<u8>::new(),))
        .broadcast()
        .await
        .unwrap();
    assert_eq!(lengths.values().copied().collect::<Vec<_>>(), [0, 0]);
    net.stop(others.into_iter().chain([g])).await;
}

#[test]
fn a_broadcast_needs_no_async() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Global::builder()
        .process_name("bistro")
        .unix_sock_path(folder.path())
        .init_controller(true)
        .auto_callbacks(false)
        .service(restaurant("quiche"))
        .start_blocking()
        .unwrap();
    let g = Global::builder()
        .memory(&provider)
        .auto_callbacks(false)
        .start_blocking()
        .unwrap();
    let menus = get_menu().broadcast().on(&g).wait().unwrap();
    assert_eq!(menus["bistro"], Ok(vec!["quiche".to_owned()]));
    g.stop_blocking();
    provider.stop_blocking();
}
