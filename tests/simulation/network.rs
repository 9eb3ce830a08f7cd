//! The network between the processes and their controller, as the adversary has it.

use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use daffi_controller::Controller;
use daffi_core::auth::Identities;
use daffi_core::host::{BoxFuture, HostedController};
use daffi_core::link;
use daffi_core::proto::Limits;
use daffi_core::transport::{Address, Connection};
use daffi_core::{Access, Quotas, StartError};

use crate::chance::Chance;
use crate::wire::{Cable, Manner, Way};

/// What becomes of those who connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Open,
    /// They are turned away.
    Shut,
    /// Nobody answers.
    Silent,
}

/// The way of one process to the controller, over all its connections.
#[derive(Debug)]
pub struct Line {
    pub door: Door,
    /// It is a Unix socket: it ends with one of its processes, and not otherwise.
    pub is_local: bool,
    /// How much each way of a connection carries before it is cut; no end to it if nothing is said.
    pub lives: Option<(u64, u64)>,
    cables: Vec<Weak<Cable>>,
    chance: Chance,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Network(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    ways: Vec<Line>,
    controller: Option<Arc<Controller>>,
    latest: Duration,
    room: usize,
}

impl Network {
    pub fn new(nodes: usize, chance: &mut Chance) -> Self {
        let ways = (0..nodes).map(|_| Line {
            door: Door::Open,
            is_local: false,
            lives: None,
            cables: Vec::new(),
            chance: chance.fork(),
        });
        Self(Arc::new(Mutex::new(State {
            ways: ways.collect(),
            controller: None,
            latest: *chance.one_of(&[0, 0, 3, 20].map(Duration::from_millis)),
            room: *chance.one_of(&[2 << 10, 16 << 10, 64 << 10, 1 << 20]),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Whether it takes no time.
    pub fn is_quick(&self) -> bool {
        self.state().latest.is_zero()
    }

    /// Who is there to be connected to.
    pub fn set_controller(&self, controller: Option<Arc<Controller>>) -> Option<Arc<Controller>> {
        std::mem::replace(&mut self.state().controller, controller)
    }

    pub fn controller(&self) -> Option<Arc<Controller>> {
        self.state().controller.clone()
    }

    pub fn set_door(&self, node: usize, door: Door) {
        self.state().ways[node].door = door;
    }

    pub fn set_local(&self, node: usize) {
        self.state().ways[node].is_local = true;
    }

    pub fn is_local(&self, node: usize) -> bool {
        self.state().ways[node].is_local
    }

    pub fn set_lives(&self, node: usize, lives: (u64, u64)) {
        self.state().ways[node].lives = Some(lives);
    }

    fn cables(&self, node: usize) -> Vec<Arc<Cable>> {
        self.state().ways[node]
            .cables
            .iter()
            .filter_map(Weak::upgrade)
            .collect()
    }

    /// No connection of it is cut by itself any more.
    pub fn spare(&self, node: usize) {
        self.state().ways[node].lives = None;
        self.cables(node).iter().for_each(|cable| cable.spare());
    }

    pub fn cut(&self, node: usize) {
        self.cables(node).iter().for_each(|cable| cable.cut());
    }

    pub fn end_for_controller(&self, node: usize) {
        self.cables(node)
            .iter()
            .for_each(|cable| cable.end_for_controller());
    }

    pub fn half_open(&self, node: usize, way: Way) {
        self.cables(node).iter().for_each(|cable| cable.half_open(way));
    }

    pub fn freeze(&self, node: usize, is_frozen: bool) {
        self.cables(node).iter().for_each(|cable| cable.freeze(is_frozen));
    }

    /// How a process reaches the controller.
    pub fn reach(&self, node: usize) -> Arc<dyn HostedController> {
        Arc::new(Reach {
            network: self.clone(),
            node,
            address: Address::Memory,
        })
    }

    fn connect(&self, node: usize) -> Connection {
        let mut state = self.state();
        let (latest, room, controller) = (state.latest, state.room, state.controller.clone());
        let way = &mut state.ways[node];
        let mut left = || match way.lives {
            Some((least, most)) => way.chance.within(least..most),
            None => u64::MAX,
        };
        let manner = Manner {
            latest,
            room,
            cut_after: [left(), left()],
        };
        let (cable, here, there) = Cable::new(&manner, &mut way.chance);
        way.cables.retain(|cable| cable.strong_count() > 0);
        way.cables.push(Arc::downgrade(&cable));
        let door = way.door;
        let reach = if way.is_local {
            link::Reach::Machine
        } else {
            link::Reach::Network
        };
        drop(state);
        let limits = Limits::default();
        match (door, controller) {
            (Door::Open, Some(controller)) => controller.accept(Connection::wire(there, reach, limits)),
            (Door::Silent, _) => {
                Way::BOTH.into_iter().for_each(|way| cable.half_open(way));
            }
            // Whoever connects finds it closed.
            (Door::Open | Door::Shut, _) => drop(there),
        }
        Connection::wire(here, reach, limits)
    }
}

/// Connects one process.
#[derive(Debug)]
struct Reach {
    network: Network,
    node: usize,
    address: Address,
}

impl HostedController for Reach {
    fn address(&self) -> &Address {
        &self.address
    }

    fn connect(&self) -> Option<Connection> {
        Some(self.network.connect(self.node))
    }

    fn set_access(&self, _: Option<Access>) -> BoxFuture<Result<(), StartError>> {
        Box::pin(async { Ok(()) })
    }

    fn set_quotas(&self, _: Quotas) -> BoxFuture<()> {
        Box::pin(async {})
    }

    fn set_identities(&self, _: Identities) -> BoxFuture<()> {
        Box::pin(async {})
    }

    fn drain(&self, _within: Duration) -> BoxFuture<()> {
        Box::pin(async {})
    }

    fn stop(&self) -> BoxFuture<()> {
        Box::pin(async {})
    }

    fn abort(&self) {}
}
