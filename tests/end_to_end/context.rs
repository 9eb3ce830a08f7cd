//! The context of a call, where nobody hands it over.

use daffi::{CallContext, Stream, callback, fetcher};
use futures_util::{StreamExt as _, stream};

use crate::net::{Net, Transport, over_each};

/// Who calls the callback that runs here.
fn whose() -> String {
    CallContext::current().map_or_else(|| "nobody".to_owned(), |ctx| ctx.caller().to_owned())
}

#[fetcher(prefix = "whose.")]
trait Whose {
    async fn later(&self) -> Vec<String>;
    fn blocking(&self) -> Vec<String>;
    fn at_once(&self) -> String;
}

struct Asked;

#[callback(prefix = "whose.")]
impl Whose for Asked {
    async fn later(&self) -> Vec<String> {
        let first = whose();
        tokio::task::yield_now().await;
        let left = tokio::spawn(async { whose() }).await.unwrap();
        vec![first, whose(), left]
    }

    fn blocking(&self) -> Vec<String> {
        vec![whose(), std::thread::spawn(whose).join().unwrap()]
    }

    #[callback(inline)]
    fn at_once(&self) -> String {
        whose()
    }
}

#[callback(prefix = "whose.")]
impl Asked {
    pub fn items(&self) -> impl Stream<Item = String> + use<> {
        stream::iter([(), ()]).map(|()| whose())
    }
}

#[fetcher(alias = "whose.items")]
async fn items() -> impl Stream<Item = String>;

#[tokio::test]
async fn a_callback_without_a_parameter_for_it_has_a_context_too() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder.service(Asked)).await;
        let g = net.caller().await;
        let client = WhoseClient::new(&g);
        // Also where the first call begins elsewhere than the next ones.
        for _ in 0..2 {
            assert_eq!(client.later().await.unwrap(), ["caller", "caller", "nobody"]);
            assert_eq!(client.blocking().await.unwrap(), ["caller", "nobody"]);
            assert_eq!(client.at_once().await.unwrap(), "caller");
            let items: Vec<_> = items().on(&g).await.unwrap().collect().await;
            assert_eq!(items, [Ok("caller".to_owned()), Ok("caller".to_owned())]);
        }
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn outside_of_callbacks_there_is_no_context() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    assert_eq!(whose(), "nobody");
    assert_eq!(net.service.scope(async { whose() }).await, "nobody");
    net.stop([]).await;
}
