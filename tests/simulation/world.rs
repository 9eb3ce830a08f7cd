//! A controller, processes, and an adversary: one run, from the start of all to the end of all.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use daffi::{Global, Quota, Quotas, Refusal, StartError};
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::transport::Address;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::caller::{Caller, name};
use crate::chance::Chance;
use crate::ledger::{Home, Ledger};
use crate::network::{Door, Network};
use crate::offered::Worker;

pub const NODES: usize = 8;

/// So many of them the adversary leaves alone: what it does to others is not to be noticed by them.
pub const STEADY: usize = 2;

/// How long a process may be away, where nothing else is said.
pub const GRACE: Duration = daffi_core::link::RESUME_GRACE;

/// How often each side says something, where nothing else is said.
const HEARTBEAT: Duration = daffi_core::link::HEARTBEAT;

/// For so long they call each other.
const LIFE: Duration = Duration::from_secs(2);

/// So long after that, all must have ended.
const CALM: Duration = Duration::from_secs(60);

/// What the adversary may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Temper {
    /// Nothing that outlasts the grace: nothing at all may be lost.
    Gentle,
    /// It ends processes, and keeps them away for longer than that.
    Harsh,
    /// It ends the controller, too.
    Ruthless,
}

/// What may come of a run.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The controller was ended.
    pub controller_is_lost: bool,
    /// The network takes no time.
    pub is_quick: bool,
    /// How many calls a process may have under way.
    pub most_calls: Option<u64>,
}

#[derive(Debug, Default)]
pub struct Node {
    /// How often it was started.
    starts: usize,
    pub global: Option<Global>,
    life: JoinSet<()>,
    /// What does not end by itself.
    watch: JoinSet<()>,
}

#[derive(Debug)]
pub struct World {
    pub ledger: Ledger,
    pub network: Network,
    pub chance: Chance,
    pub temper: Temper,
    pub nodes: Vec<Node>,
    /// How many things each process asks for.
    asks: usize,
    /// How many bytes are sent with one of them, at most.
    pub largest: usize,
    pub controller_is_lost: bool,
    most_calls: Option<u64>,
    /// Of these only the controller has seen an end: they take most of the grace to see it, too.
    pub blind: BTreeSet<usize>,
    /// These may have been away for too long.
    pub given_up: BTreeSet<usize>,
}

impl World {
    /// Runs from the beginning to the end; what is wrong is in the ledger.
    pub async fn run(seed: u64, tells: bool) -> Self {
        let mut chance = Chance::new(seed);
        let tempers = [Temper::Gentle, Temper::Gentle, Temper::Harsh, Temper::Ruthless];
        let mut world = Self {
            ledger: Ledger::default(),
            network: Network::new(NODES, &mut chance),
            temper: *chance.one_of(&tempers),
            nodes: (0..NODES).map(|_| Node::default()).collect(),
            asks: 1 + chance.below(5),
            largest: *chance.one_of(&[8_000, 8_000, 300_000]),
            controller_is_lost: false,
            most_calls: chance.percent(20).then(|| chance.within(4..10)),
            blind: BTreeSet::new(),
            given_up: BTreeSet::new(),
            chance,
        };
        world.ledger.book().tells = tells;
        world.ledger.tell(format_args!("{:?}", world.temper));
        for node in STEADY..NODES {
            if world.chance.percent(20) {
                world.network.set_local(node);
            }
        }
        world.start_controller().await;
        for node in 0..NODES {
            world.start(node).await;
        }
        for node in 0..NODES {
            world.begin(node);
        }
        world.storm().await;
        world.calm().await;
        world.probe().await;
        world.settle().await;
        world.end();
        world
    }

    pub fn rules(&self) -> Rules {
        Rules {
            controller_is_lost: self.controller_is_lost,
            is_quick: self.network.is_quick(),
            most_calls: self.most_calls,
        }
    }

    pub async fn start_controller(&self) {
        let mut options = ControllerOptions::new(Address::Memory);
        options.process_name = "controller".into();
        if let Some(most) = self.most_calls {
            options.quotas = Quotas::new().connection(Quota::new().calls(most));
        }
        let controller = Controller::start(options).await.unwrap();
        self.network.set_controller(Some(Arc::new(controller)));
    }

    /// Starts a process, and waits until it is there. Where another one has its name, that is replaced.
    pub async fn start(&mut self, node: usize) {
        let home = Home {
            node,
            start: self.nodes[node].starts,
        };
        self.nodes[node].starts += 1;
        let [ledger, connected, refused] = [0; 3].map(|_| self.ledger.clone());
        let builder = Global::builder()
            .process_name(name(node))
            .replace(self.nodes[node].global.is_some())
            .auto_callbacks(false)
            .service(Worker {
                ledger: ledger.clone(),
                home,
            })
            .connect_timeout(CALM)
            .stop_timeout(Duration::from_secs(1))
            .through(self.network.reach(node))
            .on_node_connect(move |_| connected.connected(home))
            .on_refused(move |_, why| match why {
                StartError::NameTaken { .. } => refused.refused(home, false),
                StartError::Refused {
                    refusal: Refusal::Replaced { .. },
                    ..
                } => refused.refused(home, true),
                other => refused.fault(format!("P9: {home:?} is refused, but so: {other:?}")),
            })
            .on_node_disconnect(move |_| ledger.lost(home));
        match builder.start().await {
            Ok(global) => self.nodes[node].global = Some(global),
            Err(error) => self.ledger.fault(format!("{home:?} does not start: {error}")),
        }
    }

    fn caller(&self, node: usize) -> Option<Caller> {
        let global = self.nodes[node].global.clone()?;
        Some(Caller {
            ledger: self.ledger.clone(),
            home: self.home(node),
            global,
            nodes: NODES,
            asks: self.asks,
            time: LIFE,
            largest: self.largest,
        })
    }

    /// It begins to call.
    pub fn begin(&mut self, node: usize) {
        let Some(caller) = self.caller(node) else { return };
        let chance = self.chance.fork();
        if self.chance.percent(20) {
            self.nodes[node].watch.spawn(caller.clone().watch());
        }
        self.nodes[node].life.spawn(caller.live(chance));
    }

    pub fn home(&self, node: usize) -> Home {
        Home {
            node,
            start: self.nodes[node].starts - 1,
        }
    }

    /// Nothing is asked for any more that a process has asked for, and nothing else.
    pub fn end_life(&mut self, node: usize) {
        self.nodes[node].life.abort_all();
        self.nodes[node].watch.abort_all();
    }

    /// The adversary has gone: all that was asked for ends.
    async fn calm(&mut self) {
        for node in 0..NODES {
            self.network.spare(node);
            self.network.set_door(node, Door::Open);
            // It goes on by itself when it was missed, if it was not to be given up.
            if !self.network.is_local(node) || self.given_up.contains(&node) {
                self.network.freeze(node, false);
            }
        }
        for node in 0..NODES {
            if self.nodes[node].global.is_none() {
                self.start(node).await;
            }
        }
        let until = Instant::now() + CALM;
        for node in &mut self.nodes {
            while let Ok(Some(ended)) = timeout_at(until, node.life.join_next()).await {
                if let Err(error) = ended
                    && error.is_panic()
                {
                    std::panic::resume_unwind(error.into_panic());
                }
            }
        }
        // Whoever was away is back, or has come again.
        sleep(if self.temper == Temper::Gentle {
            HEARTBEAT
        } else {
            2 * GRACE
        })
        .await;
    }

    /// Everybody answers, and has its places free.
    async fn probe(&mut self) {
        let mut probes = JoinSet::new();
        for node in 0..NODES {
            if let Some(caller) = self.caller(node) {
                probes.spawn(caller.probe((node + 1) % NODES));
            }
        }
        while let Some(ended) = probes.join_next().await {
            ended.unwrap();
        }
        let book = self.ledger.book();
        let mut faults = Vec::new();
        for (home, seen) in &book.seen {
            let is_there = |node| seen.get(&name(node)) == Some(&false);
            let is_right = (0..NODES).all(is_there) && seen.len() == NODES;
            if !is_right && !book.lost.contains_key(home) {
                faults.push(format!("P3: all are there, and {home:?} sees {seen:?}"));
            }
        }
        drop(book);
        faults.into_iter().for_each(|fault| self.ledger.fault(fault));
    }

    /// Nothing is left, as soon as all is acknowledged.
    async fn settle(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.watch.abort_all());
        let clean = async {
            while self.left().is_some() {
                sleep(HEARTBEAT / 4).await;
            }
        };
        let is_clean = timeout(GRACE + 8 * HEARTBEAT, clean).await.is_ok();
        if let Some(left) = self.left().filter(|_| !is_clean) {
            self.ledger.fault(left);
        }
    }

    fn left(&self) -> Option<String> {
        for global in self.nodes.iter().filter_map(|node| node.global.as_ref()) {
            if let Some(left) = global.left() {
                return Some(format!(
                    "P6: {} has something left: {left}",
                    global.process_name()
                ));
            }
        }
        let left = self.network.controller()?.left();
        let expected = daffi_controller::simulated::Left {
            is_idle: true,
            processes: NODES,
            ..Default::default()
        };
        (left != expected).then(|| format!("P6: the controller has something left: {left:?}"))
    }

    fn end(&mut self) {
        for node in &mut self.nodes {
            if let Some(global) = node.global.take() {
                global.abort();
            }
        }
        if let Some(controller) = self.network.set_controller(None) {
            controller.abort();
        }
    }
}
