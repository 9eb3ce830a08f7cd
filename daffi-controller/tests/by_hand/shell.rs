//! The program as a shell has it: its commands, its options, its pipes and its signals.

use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::*;

#[test]
fn a_callback_is_described() {
    let net = Net::new();
    let text = net.run(&["describe", "shop.order"]).printed();
    for part in [
        "fn shop.order(order: Order {",
        "    Gives back an order.\n\n    All of it.\n",
        "Example:   {\"order\":{\"id\":0,",
        "Providers: shop (kind=shop)",
        "Limits:    each provider runs 4 at a time",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    // The example is ready to be pasted.
    let example = text
        .lines()
        .find_map(|line| line.strip_prefix("Example:   "))
        .unwrap();
    let order = net.called("shop.order", example);
    assert!(order.contains("\"id\": 0"), "{order}");
    let json: Value =
        serde_json::from_str(&net.run(&["describe", "shop.buy", "--output", "json"]).printed()).unwrap();
    let version = &json["versions"][0];
    assert_eq!(
        version["signature"],
        "fn(item: String) -> Result<u32, BuyError { SoldOut { item: String } }>"
    );
    assert_eq!(version["providers"][0]["attributes"]["kind"], "shop");
    let schema: Value =
        serde_json::from_str(&net.run(&["describe", "shop.buy", "--schema"]).printed()).unwrap();
    assert_eq!(schema["arguments"]["properties"]["item"]["type"], "string");
    assert_eq!(
        schema["result"]["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert!(schema["error"].to_string().contains("SoldOut"), "{schema}");
    let streams: Value =
        serde_json::from_str(&net.run(&["describe", "shop.total", "--schema"]).printed()).unwrap();
    assert!(
        streams["streams"]["numbers"].to_string().contains("integer"),
        "{streams}"
    );
    net.run(&["describe", "shop.bye"])
        .failed(4, &["did you mean `shop.buy`?"]);
    net.stop();
}

#[test]
fn what_there_is_is_listed() {
    let net = Net::new();
    let text = net.run(&["list"]).printed();
    assert!(
        text.contains("shop.add(a: i64, b: i64) -> i64\n    offered by shop\n"),
        "{text}"
    );
    assert!(text.contains("    Gives back an order.\n"), "{text}");
    assert!(
        text.contains(&format!("shop  process {}, 19 callbacks", std::process::id())),
        "{text}"
    );
    let json: Value =
        serde_json::from_str(&net.run(&["list", "processes", "--output", "json"]).printed()).unwrap();
    assert_eq!(
        json["processes"].as_array().map(Vec::len),
        Some(1),
        "itself is not among them: {json}"
    );
    assert_eq!(json.get("callbacks"), None);
    net.stop();
}

#[test]
fn many_are_called_at_once() {
    let net = Net::new();
    let others = [("other", 10_i64), ("third", 20)].map(|(name, more)| {
        let other = net.join(name);
        other
            .register_fn("shop.add", move |a: i64, b: i64| a + b + more)
            .wait()
            .unwrap();
        other
    });
    // Two know no names of arguments.
    let text = net.run(&["call", "shop.add", "[1, 2]", "--broadcast"]).printed();
    assert_eq!(text, "other: 13\nshop: 3\nthird: 23\n");
    let json = net
        .run(&["call", "shop.add", "[1, 2]", "--broadcast", "--output", "json"])
        .printed();
    assert_eq!(json.lines().next(), Some(r#"{"process":"other","value":13}"#));
    assert_eq!(
        net.run(&["call", "shop.add", "[1, 2]", "--to", "third"])
            .printed(),
        "23\n"
    );
    assert_eq!(
        net.run(&[
            "call",
            "shop.add",
            "[1, 2]",
            "--to-where",
            "kind=shop",
            "--key",
            "k"
        ])
        .printed(),
        "3\n"
    );
    let given = net
        .run(&["call", "shop.add", "[1, 2]", "--broadcast", "--bg"])
        .printed();
    assert_eq!(given.lines().count(), 3);
    others[0].unregister_blocking("shop.add").unwrap();
    others[0]
        .register_fn("shop.add", |a: i64, _: i64| -> Result<i64, String> {
            Err(format!("no {a}"))
        })
        .wait()
        .unwrap();
    let some = net.run(&["call", "shop.add", "[1, 2]", "--broadcast"]);
    assert_eq!(some.code, Some(10), "{some:?}");
    assert!(
        some.out.starts_with("other: error: no 1\n") && some.out.contains("third: 23"),
        "{some:?}"
    );
    for other in others {
        other.stop_blocking();
    }
    net.stop();
}

#[test]
fn a_call_has_its_options() {
    let net = Net::new();
    let metadata = ["call", "shop.metadata", "--metadata", "tenant=acme"];
    assert_eq!(net.run(&metadata).printed(), "acme\n");
    assert_eq!(net.run(&["call", "shop.slow", "--bg"]).printed(), "");
    assert_eq!(
        net.fed(&["call", "--each", "shop.add"], "[1, 2]\n{\"b\": 1, \"a\": 3}\n")
            .printed(),
        "2\n"
    );
    assert_eq!(
        net.run(&["call", "shop.add", "[1, 2]", "--retry", "2", "--idempotent"])
            .printed(),
        "3\n"
    );
    // Somebody comes who is waited for.
    let late = net
        .command(&["call", "late", "[1]", "--wait", "60s"])
        .spawn()
        .unwrap();
    let other = net.join("late");
    other.register_fn("late", |n: u8| n + 1).wait().unwrap();
    assert_eq!(Ended::from(late.wait_with_output().unwrap()).printed(), "2\n");
    other.stop_blocking();
    net.stop();
}

#[test]
fn the_environment_says_where_the_controller_is() {
    let net = Net::new();
    let mut command = program(net.folder.path());
    command
        .env("DAFFI_UNIX_SOCK_PATH", net.folder.path())
        .args(["call", "shop.add", "[1, 2]"]);
    assert_eq!(ended(command, "").printed(), "3\n");
    net.stop();
}

#[test]
fn who_has_read_enough_ends_it_quietly() {
    let net = Net::new();
    let mut child = net
        .command(&["call", "shop.count", "[18446744073709551615]"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        lines.next().unwrap().unwrap();
    }
    drop(lines);
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!((ended.code, &*ended.err), (Some(0), ""));
    net.stop();
}

#[test]
fn an_interrupt_cancels_the_call() {
    let net = Net::new();
    let other = net.join("ticking");
    let (begun, seen) = std::sync::mpsc::channel();
    let (ended, over) = std::sync::mpsc::channel();
    let ticking = move || {
        let (begun, ended) = (begun.clone(), Guard(ended.clone()));
        async move {
            let _ended = ended;
            begun.send(()).unwrap();
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
    };
    other.register_fn("shop.ticking", ticking).wait().unwrap();
    let mut child = net.command(&["call", "shop.ticking"]).spawn().unwrap();
    seen.recv().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    over.recv().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
    other.stop_blocking();
    net.stop();
}

/// Says that it is dropped.
struct Guard(std::sync::mpsc::Sender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[test]
fn shells_and_manuals_know_its_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = program(folder.path());
        command.args(arguments);
        ended(command, "").printed()
    };
    for shell in ["bash", "zsh", "fish"] {
        let text = run(&["completions", shell]);
        for word in ["describe", "broadcast", "unix-sock-path"] {
            assert!(text.contains(word), "{word} is not in what {shell} is told");
        }
    }
    assert!(run(&["man"]).contains(".TH daffi 1"));
    assert_eq!(run(&["man", "pages"]), "");
    assert!(folder.path().join("pages/daffi-call.1").exists());
    let help = run(&["--help"]);
    assert!(
        help.contains("Exit codes:") && help.contains("DAFFI_PORT"),
        "{help}"
    );
}
