//! P13 where a caller's types are only `Serialize`: each value shows what it is, and that is compared.

use daffi::{CallError, Global, Streaming, callback, fetcher};
use futures_util::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use crate::net::{Net, Transport};

#[allow(dead_code, reason = "what is received is only shown")]
mod offered {
    use super::*;

    #[derive(Debug, Deserialize)]
    pub(super) enum Command {
        Buy(u32),
        Sell(u32),
    }

    #[derive(Debug, Deserialize)]
    pub(super) struct Order {
        id: u32,
        quantity: u32,
    }

    #[callback(alias = "one_sided.command")]
    async fn command(command: Command) -> String {
        format!("{command:?}")
    }

    #[callback(alias = "one_sided.order")]
    async fn order(note: String, order: Order, urgent: bool) -> String {
        format!("{note} {order:?} {urgent}")
    }

    #[callback(alias = "one_sided.orders")]
    async fn orders(orders: Vec<Order>, items: Streaming<u8>) -> String {
        let items = items.collect::<Vec<_>>().await;
        format!("{orders:?} {}", items.len())
    }
}

/// In the callback's order.
#[derive(Clone, Serialize)]
enum Command {
    Buy(u32),
    Sell(u32),
}

#[derive(Clone, Serialize)]
enum OtherCommand {
    #[allow(dead_code)]
    Sell(u32),
    Buy(u32),
}

#[derive(Clone, Copy, Serialize)]
struct Order {
    id: u32,
    quantity: u32,
}

#[derive(Clone, Copy, Serialize)]
struct OtherOrder {
    quantity: u32,
    number: u32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Any {
    Order(Order),
    Other(OtherOrder),
}

#[fetcher(alias = "one_sided.command")]
async fn command(command: Command) -> String;
#[fetcher(alias = "one_sided.command")]
async fn other_command(command: &OtherCommand) -> String;
#[fetcher(alias = "one_sided.order")]
async fn order(note: &str, order: &Order, urgent: bool) -> String;
#[fetcher(alias = "one_sided.order")]
async fn other_order(note: &str, order: OtherOrder, urgent: bool) -> String;
#[fetcher(alias = "one_sided.order")]
async fn any_order(note: &str, order: Any, urgent: bool) -> String;
#[fetcher(alias = "one_sided.order")]
async fn computed(order: OtherOrder) -> String {
    ("computed".to_owned(), order, true)
}
#[fetcher(alias = "one_sided.order")]
async fn computed_elsewhere(order: OtherOrder) -> String {
    if order.number == 0 {
        ("zero".to_owned(), order, true)
    } else {
        ("other".to_owned(), order, true)
    }
}
#[fetcher(alias = "one_sided.orders")]
async fn orders(orders: Vec<Order>, items: impl Stream<Item = u8>) -> String;
#[fetcher(alias = "one_sided.orders")]
async fn other_orders(orders: Vec<OtherOrder>, items: impl Stream<Item = u8>) -> String;
#[fetcher(alias = "one_sided.orders")]
async fn any_orders(orders: Vec<Any>, items: impl Stream<Item = u8>) -> String;
#[fetcher(alias = "one_sided.order", untraced)]
async fn unchecked(note: &str, order: Order, urgent: bool) -> String;

struct Client<T>(T);

#[fetcher]
impl<T: Serialize + Copy> Client<T> {
    #[fetcher(alias = "one_sided.order")]
    async fn place(&self, note: &str) -> String {
        (note.to_owned(), self.0, false)
    }
}

async fn net() -> (Net, Global) {
    let net = Net::start(Transport::Memory, |builder| {
        builder
            .callback("one_sided.command")
            .callback("one_sided.order")
            .callback("one_sided.orders")
    })
    .await;
    let g = net.caller().await;
    (net, g)
}

#[track_caller]
fn is_refused(outcome: Result<String, CallError>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error:?}");
    assert!(!error.may_have_run(), "{error:?}");
}

const ORDER: Order = Order { id: 7, quantity: 100 };
const OTHER: OtherOrder = OtherOrder {
    quantity: 100,
    number: 7,
};

#[tokio::test]
async fn p13_an_argument_that_is_only_serialize_is_compared_by_what_it_shows() {
    let (net, g) = net().await;
    // The second call of a fetcher as the first, whatever that was.
    for _ in 0..2 {
        assert_eq!(command(Command::Buy(3)).on(&g).await, Ok("Buy(3)".to_owned()));
        assert_eq!(command(Command::Sell(4)).on(&g).await, Ok("Sell(4)".to_owned()));
        is_refused(other_command(&OtherCommand::Buy(3)).on(&g).await);
        let expected = "a Order { id: 7, quantity: 100 } true".to_owned();
        assert_eq!(order("a", &ORDER, true).on(&g).await, Ok(expected.clone()));
        is_refused(other_order("a", OTHER, true).on(&g).await);
        assert_eq!(
            any_order("a", Any::Order(ORDER), true).on(&g).await,
            Ok(expected.clone())
        );
        is_refused(any_order("a", Any::Other(OTHER), true).on(&g).await);
        assert_eq!(unchecked("a", ORDER, true).on(&g).await, Ok(expected));
        is_refused(computed(OTHER).on(&g).await);
        is_refused(computed_elsewhere(OTHER).on(&g).await);
        let expected = "b Order { id: 7, quantity: 100 } false".to_owned();
        assert_eq!(Client(ORDER).place("b").on(&g).await, Ok(expected));
        is_refused(Client(OTHER).place("b").on(&g).await);
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn p13_so_it_is_beside_a_stream_and_in_a_broadcast() {
    let (net, g) = net().await;
    let items = || stream::iter([1, 2, 3]);
    for _ in 0..2 {
        let expected = "[Order { id: 7, quantity: 100 }] 3".to_owned();
        assert_eq!(orders(vec![ORDER], items()).on(&g).await, Ok(expected));
        assert_eq!(orders(vec![], items()).on(&g).await, Ok("[] 3".to_owned()));
        is_refused(other_orders(vec![OTHER], items()).on(&g).await);
        let error = any_orders(vec![Any::Order(ORDER), Any::Other(OTHER)], items())
            .on(&g)
            .await
            .unwrap_err();
        assert!(matches!(error, CallError::Encode { .. }), "{error:?}");
        let replies = other_order("a", OTHER, true).broadcast().on(&g).await.unwrap();
        assert_eq!(replies.len(), 1);
        for (_, reply) in &replies {
            is_refused(reply.clone());
        }
        let replies = order("a", &ORDER, true).broadcast().on(&g).await.unwrap();
        for (_, reply) in &replies {
            assert_eq!(*reply, Ok("a Order { id: 7, quantity: 100 } true".to_owned()));
        }
    }
    net.stop([g]).await;
}
