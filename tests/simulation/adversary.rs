//! What is done to a system while it works.

use std::time::Duration;

use daffi::{Global, StartError};
use tokio::time::{sleep, timeout};

use crate::caller::name;
use crate::network::{Door, Network};
use crate::wire::Way;
use crate::world::{NODES, STEADY, Temper, World};

/// Its last deed is done by then.
const STORM: Duration = Duration::from_secs(2);

/// For so many milliseconds a process can be frozen that is missed, and not lost, where its connection is a Unix socket.
const SILENT: u64 = 6500;

/// Within so long a process knows that it was replaced, also if its connection is lost meanwhile and it has to ask.
const TOLD: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug)]
enum Deed {
    /// The connection is lost.
    Cut,
    /// Nothing arrives any more at one end, or at both, and nobody is told.
    HalfOpen,
    /// Only the controller sees that the connection is lost.
    EndForController,
    /// The process cannot connect, for a moment.
    Shut,
    /// Nothing arrives for a while, and then all does.
    Freeze,
    /// Another process comes with a name that is taken.
    Imposter,
    /// The process ends without a word.
    Kill,
    /// It ends in order.
    Stop,
    /// A newer process takes its name.
    Replace,
    /// It cannot be reached for so long that it may be given up.
    Away,
    /// The controller ends without a word, and another one begins.
    KillController,
    /// It ends in order.
    StopController,
}

impl Deed {
    const ALL: [(Self, Temper); 13] = [
        (Self::Cut, Temper::Gentle),
        (Self::Cut, Temper::Gentle),
        (Self::HalfOpen, Temper::Gentle),
        (Self::EndForController, Temper::Gentle),
        (Self::Shut, Temper::Gentle),
        (Self::Freeze, Temper::Gentle),
        (Self::Imposter, Temper::Gentle),
        (Self::Kill, Temper::Harsh),
        (Self::Stop, Temper::Harsh),
        (Self::Replace, Temper::Harsh),
        (Self::Away, Temper::Harsh),
        (Self::KillController, Temper::Ruthless),
        (Self::StopController, Temper::Ruthless),
    ];
}

impl World {
    /// The adversary is at work.
    pub async fn storm(&mut self) {
        for node in STEADY..NODES {
            if self.chance.percent(20) && !self.network.is_local(node) {
                let least = *self.chance.one_of(&[1, 1_000, 5_000]);
                // A frame must get through in a few dozen attempts.
                let more = self.chance.within(10_000..50_000).max(2 * self.largest as u64);
                self.network.set_lives(node, (least, least + more));
                self.network.cut(node);
            }
        }
        let deeds = u32::try_from(self.chance.below(10)).unwrap();
        for _ in 0..deeds {
            let pause = self.chance.millis(0..2000);
            sleep(pause * STORM.as_millis().try_into().unwrap() / 2000 / deeds).await;
            self.deed().await;
        }
    }

    async fn deed(&mut self) {
        let node = STEADY + self.chance.below(NODES - STEADY);
        let allowed: Vec<_> = Deed::ALL
            .into_iter()
            .filter(|(_, least)| *least <= self.temper)
            .collect();
        let deed = self.chance.one_of(&allowed).0;
        let deed = match deed {
            // Nothing else becomes of a Unix socket while both its processes live.
            Deed::Cut | Deed::HalfOpen | Deed::EndForController | Deed::Shut
                if self.network.is_local(node) =>
            {
                Deed::Freeze
            }
            deed => deed,
        };
        self.ledger.tell(format_args!("{deed:?} {node}"));
        match deed {
            Deed::Cut => self.network.cut(node),
            Deed::HalfOpen => {
                for way in Way::BOTH {
                    if self.chance.percent(60) {
                        self.network.half_open(node, way);
                    }
                }
            }
            Deed::EndForController => {
                self.blind.insert(node);
                self.network.end_for_controller(node);
            }
            // It would be away for too long.
            Deed::Shut if self.blind.contains(&node) => self.network.cut(node),
            Deed::Shut => {
                let time = self.chance.millis(0..1000);
                self.shut(node, time);
                self.network.cut(node);
            }
            Deed::Freeze => {
                self.network.freeze(node, true);
                let latest = if self.network.is_local(node) { SILENT } else { 2500 };
                let time = self.chance.millis(0..latest);
                self.later(node, time, |network, node| network.freeze(node, false));
            }
            Deed::Imposter => self.imposter().await,
            Deed::Kill | Deed::Stop | Deed::Away => self.harm(deed, node).await,
            Deed::Replace => self.replace(node).await,
            Deed::KillController => self.end_controller(false).await,
            Deed::StopController => self.end_controller(true).await,
        }
    }

    /// What a process does, and what it is asked for, may end.
    async fn harm(&mut self, deed: Deed, node: usize) {
        self.ledger.doom(node);
        match deed {
            Deed::Kill => self.kill(node).await,
            Deed::Stop => self.stop(node).await,
            _ => {
                self.given_up.insert(node);
                let time = self.chance.millis(2000..14_000);
                self.shut(node, time);
                if !self.network.is_local(node) && self.chance.percent(50) {
                    self.network.cut(node);
                } else {
                    self.network.freeze(node, true);
                    self.later(node, time, |network, node| network.freeze(node, false));
                }
            }
        }
    }

    fn shut(&mut self, node: usize, time: Duration) {
        let door = *self.chance.one_of(&[Door::Shut, Door::Silent]);
        self.network.set_door(node, door);
        self.later(node, time, |network, node| network.set_door(node, Door::Open));
    }

    fn later(&self, node: usize, time: Duration, what: impl FnOnce(&Network, usize) + Send + 'static) {
        let network = self.network.clone();
        tokio::spawn(async move {
            sleep(time).await;
            what(&network, node);
        });
    }

    /// P9: it is refused.
    async fn imposter(&mut self) {
        let node = self.chance.below(STEADY);
        if self.controller_is_lost {
            return;
        }
        let builder = Global::builder()
            .process_name(name(node))
            .auto_callbacks(false)
            .connect_timeout(Duration::from_millis(300))
            .through(self.network.reach(node));
        match builder.start().await {
            Err(StartError::NameTaken { .. } | StartError::NoController { .. }) => {}
            Err(error) => self
                .ledger
                .fault(format!("P9: {node} is refused, but so: {error:?}")),
            Ok(global) => {
                self.ledger.fault(format!("P9: there are two of {node}"));
                global.abort();
            }
        }
    }

    async fn kill(&mut self, node: usize) {
        let Some(global) = self.nodes[node].global.take() else {
            return;
        };
        self.ledger.lost(self.home(node));
        if !self.network.is_local(node) && self.chance.percent(30) {
            for way in Way::BOTH {
                self.network.half_open(node, way);
            }
        }
        self.end_life(node);
        global.abort();
        drop(global);
        self.start_again(node).await;
    }

    async fn stop(&mut self, node: usize) {
        let Some(global) = self.nodes[node].global.take() else {
            return;
        };
        self.ledger.lost(self.home(node));
        self.end_life(node);
        global.stop().await;
        self.start_again(node).await;
    }

    /// P9: the older one is told, and nothing is asked of it any more.
    async fn replace(&mut self, node: usize) {
        // Where the controller has gone, the older one may have the name of the next one first.
        if self.controller_is_lost {
            return;
        }
        let Some(old) = self.nodes[node].global.clone() else {
            return;
        };
        let home = self.home(node);
        self.ledger.doom(node);
        self.ledger.lost(home);
        self.start(node).await;
        self.ledger.replaced(home);
        let told = async {
            loop {
                if let Some(is_replaced) = self.ledger.book().refused.get(&home) {
                    return *is_replaced;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        // Also who has no connection at that moment, or loses it with what it still says; but who was given up before was not replaced.
        let is_told = timeout(TOLD, told).await;
        if is_told.is_err() || is_told == Ok(false) && !self.given_up.contains(&node) {
            let fault = format!("P9: {home:?} is not told that it was replaced");
            self.ledger.fault(fault);
        }
        self.end_life(node);
        old.abort();
        self.begin(node);
    }

    /// It is started again now, or when the adversary has gone.
    async fn start_again(&mut self, node: usize) {
        if self.chance.percent(70) {
            let pause = self.chance.millis(0..1000);
            sleep(pause).await;
            self.network.set_door(node, Door::Open);
            self.start(node).await;
            self.begin(node);
        }
    }

    async fn end_controller(&mut self, in_order: bool) {
        self.controller_is_lost = true;
        for node in 0..NODES {
            self.ledger.doom(node);
            if self.nodes[node].global.is_some() {
                self.ledger.lost(self.home(node));
            }
        }
        if let Some(controller) = self.network.controller() {
            if in_order {
                let time = self.chance.millis(0..500);
                controller.drain(time).await;
                controller.stop().await;
            } else {
                controller.abort();
            }
        }
        self.network.set_controller(None);
        let pause = self.chance.millis(0..1000);
        sleep(pause).await;
        self.start_controller().await;
    }
}
