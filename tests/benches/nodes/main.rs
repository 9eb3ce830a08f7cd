//! What many idle processes cost a controller. Run it with `cargo bench --bench nodes`, alone on the machine; it takes some minutes.
//! `cargo bench --bench nodes -- 1000` does it with fewer of them, and `ulimit -n` has to be above their number.
//!
//! The controller is a process of its own, and so are all nodes together, each of which proves by a token who it is. This process is told
//! who comes and goes, and calls itself through the controller all the time, so that it is seen what others notice. Memory is what the
//! controller has of it in RAM, more than before, by the node.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is a program"
)]

mod offered;
mod pings;
mod processes;

use std::env;
use std::path::Path;
use std::time::{Duration, Instant};

use daffi::{Presence, PresenceEvents};

use self::pings::Pings;
use self::processes::{Place, Process, Role};

/// So many nodes, if nothing is said.
const NODES: usize = 10_000;

/// How long nodes are left alone until it is looked at the controller.
const IDLE: Duration = Duration::from_secs(20);

/// What is measured.
struct Scene {
    title: &'static str,
    tls: bool,
    /// Whether each node offers twenty callbacks.
    offers: bool,
    /// How much a node may take of the controller's memory, if that is said.
    kib: Option<usize>,
}

const SCENES: [Scene; 3] = [
    Scene {
        title: "without TLS",
        tls: false,
        offers: false,
        kib: Some(20),
    },
    Scene {
        title: "with TLS",
        tls: true,
        offers: false,
        kib: Some(40),
    },
    Scene {
        title: "without TLS, 20 callbacks each",
        tls: false,
        offers: true,
        kib: None,
    },
];

/// How many processes have come, and gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    joined: usize,
    left: usize,
}

/// Waits until so many have come or gone; says how long that took.
async fn see(events: &mut PresenceEvents, seen: &mut Seen, enough: impl Fn(Seen) -> bool) -> Duration {
    let begun = Instant::now();
    while !enough(*seen) {
        match events.next().await.unwrap().unwrap() {
            Presence::Joined { .. } => seen.joined += 1,
            Presence::Left { .. } => seen.left += 1,
            _ => {}
        }
    }
    begun.elapsed()
}

async fn measure(scene: &Scene, nodes: usize, folder: &Path) {
    let place = Place::new(folder, scene.tls);
    let controller = Process::start(Role::Controller, &place, 0);
    let observer = place.node().start().await.unwrap();
    let pings = Pings::start(&place).await;
    let mut events = observer.presence().await.unwrap();
    let mut seen = Seen::default();
    // This process's own.
    see(&mut events, &mut seen, |seen| seen.joined == 3).await;
    let alone = pings.during(tokio::time::sleep(Duration::from_secs(2))).await.1;

    let before = controller.resident_kib();
    let role = if scene.offers { Role::Offering } else { Role::Idle };
    let starting = tokio::task::spawn_blocking({
        let place = place.clone();
        move || Process::start(role, &place, nodes)
    });
    let mut seen = Seen::default();
    let joining = see(&mut events, &mut seen, |seen| seen.joined == nodes);
    let (joined, joining) = pings.during(joining).await;
    let mut crowd = starting.await.unwrap();
    let ((), idle) = pings.during(tokio::time::sleep(IDLE)).await;
    let each = (controller.resident_kib() - before) as f64 / nodes as f64;
    crowd.kill();
    let (left, leaving) = pings
        .during(see(&mut events, &mut seen, |seen| seen.left == nodes))
        .await;

    println!("{} nodes {}", nodes, scene.title);
    let most = scene.kib.map(|kib| format!(" (below {kib})")).unwrap_or_default();
    println!("  memory at the controller, each   {each:.1} KiB{most}");
    println!("  until all have joined            {:.2} s", joined.as_secs_f64());
    println!("  until all are lost               {:.2} s", left.as_secs_f64());
    for (when, took) in [
        ("before", alone),
        ("while they join", joining),
        ("while they are idle", idle),
        ("while they are lost", leaving),
    ] {
        println!("  a call of others, {when:<20} {took}");
    }
}

fn main() {
    if let Some(role) = processes::role() {
        return role.play();
    }
    let nodes = env::args().skip(1).find_map(|argument| argument.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    processes::issue(folder.path());
    processes::runtime().block_on(async {
        // Not in `block_on` itself, where a connection would be slow.
        let path = folder.path().to_owned();
        let measured = tokio::spawn(async move {
            for scene in &SCENES {
                measure(scene, nodes.unwrap_or(NODES), &path).await;
            }
        });
        measured.await.unwrap();
    });
}
