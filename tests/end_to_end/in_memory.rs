//! Controllers that only their own process can join.

use daffi::{Address, Global, callback, fetcher};

struct Echo;

#[callback(prefix = "in_memory.")]
impl Echo {
    #[callback(inline)]
    pub fn echo(&self, words: &str) -> String {
        words.to_owned()
    }
}

#[fetcher(alias = "in_memory.echo")]
async fn echo(words: &str) -> String;

#[tokio::test]
async fn a_controller_in_memory_listens_nowhere_and_is_joined_by_its_process() {
    let builder = || Global::builder().auto_callbacks(false);
    let service = builder().init_controller(true).in_memory().service(Echo);
    let service = service.start().await.unwrap();
    assert_eq!(*service.address(), Address::Memory);
    assert_eq!(service.address().to_string(), "memory");
    let g = builder().memory(&service).start().await.unwrap();
    assert_eq!(*g.address(), Address::Memory);
    assert_eq!(echo("hello").on(&g).await.unwrap(), "hello");
    // Who has joined can be joined through.
    let other = builder().memory(&g).start().await.unwrap();
    assert_eq!(echo("hello").on(&other).await.unwrap(), "hello");
    assert_eq!(other.processes().await.unwrap().len(), 3);
    other.stop().await;
    g.stop().await;
    service.stop().await;
    let error = builder().memory(&service).start().await.unwrap_err();
    assert!(error.to_string().contains("stopped"), "{error}");
}

#[tokio::test]
async fn a_controller_in_memory_has_no_address_and_is_of_its_process() {
    let builder = || Global::builder().in_memory();
    let error = builder().start().await.unwrap_err().to_string();
    assert!(error.contains("in_memory needs init_controller(true)"), "{error}");
    let here = builder().init_controller(true).auto_callbacks(false);
    let error = here
        .port(0)
        .unix_sock_path("/tmp")
        .start()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("in_memory and an address exclude each other"),
        "{error}"
    );
    // What is for sockets has no place beside it, and an address would not mend that.
    let open = builder().init_controller(true).any_user(true);
    let error = open.tls(daffi::Tls::new()).start().await.unwrap_err().to_string();
    for fault in ["any_user(true)", "TLS"] {
        let words = format!("in_memory and {fault} exclude each other");
        assert!(error.contains(&words), "{error}");
    }
    assert!(
        !error.contains("host and port") && !error.contains("unix_sock_path"),
        "{error}"
    );
    let controller = builder()
        .init_controller(true)
        .init_node(false)
        .start()
        .await
        .unwrap();
    let error = builder()
        .memory(&controller)
        .start()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("in_memory and memory exclude each other"),
        "{error}"
    );
    controller.stop().await;
}
