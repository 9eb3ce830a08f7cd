//! Callbacks of libraries, by their packages.

use daffi::{Global, GlobalBuilder, StartError, callback};

daffi::offer!(daffi_plug);

#[callback(alias = "packages.own", inline)]
fn own() -> u8 {
    1
}

fn builder() -> GlobalBuilder {
    Global::builder().init_controller(true).in_memory()
}

async fn offered(builder: GlobalBuilder) -> Vec<String> {
    let g = builder.start().await.unwrap();
    let callbacks = g.callbacks().await.unwrap();
    g.stop().await;
    callbacks.into_iter().map(|callback| callback.name).collect()
}

#[tokio::test]
async fn those_of_a_package_are_offered_and_no_others() {
    for name in ["daffi-plug", "daffi_plug"] {
        assert_eq!(offered(builder().callbacks_of([name])).await, ["plug.ping"]);
    }
    let alone = builder().auto_callbacks(false).callbacks_of(["daffi-plug"]);
    assert_eq!(offered(alone).await, ["plug.ping"]);
    let has = |offered: &[String], name: &str| offered.iter().any(|offered| offered == name);
    let own = offered(builder().callbacks_of([env!("CARGO_PKG_NAME")])).await;
    assert!(has(&own, "packages.own") && !has(&own, "plug.ping"), "{own:?}");
    let both = builder()
        .callbacks_of(["daffi-plug"])
        .callbacks_of(vec!["daffi".to_owned()]);
    let all = offered(builder()).await;
    assert_eq!(offered(both).await, all);
    assert!(has(&all, "packages.own") && has(&all, "plug.ping"), "{all:?}");
    assert!(offered(builder().callbacks_of::<&str>([])).await.is_empty());
}

#[tokio::test]
async fn a_package_of_which_there_is_nothing_is_told_at_start() {
    let started = builder().callbacks_of(["daffi-plug", "shop-list"]).start().await;
    let Err(StartError::Config(faults)) = started else {
        panic!("it started");
    };
    let told = faults.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        told,
        [
            "callbacks_of(…) names `shop-list`, and this program has no #[callback] of such a package; it has some of: daffi, daffi-plug. A \
             library of which nothing else is used is left out when the program is built: write `daffi::offer!(shop_list);` in the program"
        ]
    );
}
