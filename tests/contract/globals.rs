//! Processes that take part.

use std::time::Duration;

use daffi::{Address, CallError, Global, GlobalBuilder, StartError, Tls, callback};

use super::callbacks::ShoppingService;
use super::fetchers::Stock;

/// A "provider", which runs the controller, and a "caller", which offers all the functions as well.
pub(crate) async fn two() -> (Global, Global) {
    let controller = Global::builder()
        .process_name("provider")
        .init_controller(true)
        .init_node(true)
        .in_memory()
        .attribute("kind", "shop")
        .service(ShoppingService::default())
        .service(Stock::default())
        .start()
        .await
        .unwrap();
    let g = Global::builder()
        .process_name("caller")
        .memory(&controller)
        .start()
        .await
        .unwrap();
    (controller, g)
}

struct OtherService;

#[callback]
impl OtherService {
    pub fn other(&self) -> u8 {
        1
    }
}

fn _all_that_a_builder_is_told(controller_global: &Global) -> [GlobalBuilder; 6] {
    [
        Global::builder()
            .process_name("shopping service")
            .init_controller(true)
            .init_node(true)
            .host("localhost")
            .port(8888)
            .connect_timeout(Duration::from_secs(10))
            .call_timeout(Duration::from_secs(30))
            .default(true)
            .stop_on_drop(true)
            .service(ShoppingService::default())
            .on_init(|g| drop(g.process_name().to_owned()))
            .on_node_connect(|g| drop(g.process_name().to_owned()))
            .on_node_disconnect(|g| drop(g.process_name().to_owned())),
        Global::builder().unix_sock_path("/run/shop"),
        Global::builder()
            .init_controller(true)
            .in_memory()
            .auto_callbacks(false),
        Global::builder()
            .ssl_certificate("cert.pem")
            .ssl_key("key.pem")
            .tls(Tls::new()),
        Global::builder().memory(controller_global),
        Global::builder()
            .token("secret")
            .key("key.pem")
            .give_up_when_refused(true),
    ]
}

#[tokio::test]
async fn a_global_is_asked_and_told() -> Result<(), Box<dyn std::error::Error>> {
    let (controller, g) = two().await;
    let other: Global = g.clone();
    assert_eq!(other.process_name(), "caller");
    let address: &Address = controller.address();
    assert_eq!(address.port(), None);
    g.wait_process("provider").await?;
    g.wait_process("provider").timeout(Duration::from_secs(1)).await?;
    g.wait_function("calculate_sum")
        .timeout(Duration::from_secs(1))
        .await?;
    let sum: i64 = g.call("calculate_sum", (1_i64, 2_i64)).await?;
    assert_eq!(sum, 3);
    assert_eq!(g.processes().await?.len(), 2);
    assert!(!g.callbacks().await?.is_empty());
    g.register(OtherService).await?;
    g.unregister("other").await?;
    g.register_fn("double", |n: i64| async move { n * 2 }).await?;
    let doubled: i64 = controller.call("double", (4_i64,)).await?;
    assert_eq!(doubled, 8);
    let items: Vec<String> = g.scope(async { g.call("get_items", ()).await }).await?;
    assert!(items.is_empty());
    g.stop().await;
    controller.stop().await;
    // Until it is stopped, which it is.
    let _ = g.join().await;
    Ok(())
}

#[test]
fn a_global_needs_no_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Global::builder()
        .init_controller(true)
        .unix_sock_path(folder.path());
    let g: Result<Global, StartError> = builder.start_blocking();
    let g = g.unwrap();
    let sum: Result<i64, CallError> = g
        .call("calculate_sum", (1_i64, 2_i64))
        .to(g.process_name())
        .wait();
    assert_eq!(sum, Ok(3));
    g.stop_blocking();
    g.join_blocking();
}
