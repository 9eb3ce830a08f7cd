//! What the log says of a process: what it offers, that it waits, and what has become of its controller.

use std::time::Duration;

use daffi::{Global, callback};

use crate::net::{Net, Transport};
use crate::traces::Lines;

#[callback(alias = "told.nothing")]
async fn nothing() {}

/// The lines with all of these words; waits for one.
async fn told(words: &[&str]) -> Vec<String> {
    let lines = Lines::of_all_tests();
    loop {
        let text = lines.text();
        let told = text
            .lines()
            .filter(|line| words.iter().all(|word| line.contains(word)));
        let told: Vec<_> = told.map(ToOwned::to_owned).collect();
        if !told.is_empty() {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_controller_that_is_lost_is_warned_of_and_one_that_stops_is_told() {
    Lines::of_all_tests();
    for transport in [Transport::Unix, Transport::Tcp] {
        let net = Net::start(transport, |builder| builder).await;
        let name = format!("is left by {transport:?}");
        let g = net.caller_named(&name).await;
        net.service.abort();
        let lines = told(&[
            &name,
            "the connection to the controller is lost; it is looked for",
            "lost=",
        ])
        .await;
        assert!(lines.iter().all(|line| line.contains("WARN")), "{lines:?}");
        g.stop().await;

        let net = Net::start(transport, |builder| builder).await;
        let name = format!("is told by {transport:?}");
        let g = net.caller_named(&name).await;
        net.service.stop().await;
        let lines = told(&[&name, "the controller has said goodbye"]).await;
        assert!(lines.iter().all(|line| line.contains("INFO")), "{lines:?}");
        g.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_long_says_what_for() {
    let lines = Lines::of_all_tests();
    let g = Global::builder()
        .process_name("waits long")
        .init_controller(true)
        .in_memory()
        .start()
        .await
        .unwrap();
    let waited = g
        .wait_process("told: nobody")
        .timeout(Duration::from_millis(4_900))
        .await;
    assert!(waited.is_err());
    assert!(!lines.text().contains("told: nobody"));
    let waited = g
        .wait_process("told: nobody")
        .timeout(Duration::from_secs(6))
        .await;
    assert!(waited.is_err());
    assert!(
        lines
            .text()
            .contains("still waiting for this process: none of that name has joined the controller")
    );
    assert_eq!(told(&["told: nobody", "still waiting"]).await.len(), 1);
    g.stop().await;
}

#[tokio::test]
async fn what_is_offered_is_told_with_its_package() {
    Lines::of_all_tests();
    let net = Net::start(Transport::Memory, |builder| {
        builder.process_name("told: offers").callback("told.nothing")
    })
    .await;
    let lines = told(&["told: offers", "node started"]).await;
    assert!(lines[0].contains("told.nothing (daffi)"), "{lines:?}");
    net.service.stop().await;
}
