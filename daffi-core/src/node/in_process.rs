//! The nodes that run in this process. The first of them is its default.

use std::collections::VecDeque;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::{Node, Phase};

static NODES: RwLock<Nodes> = RwLock::new(Nodes {
    running: Vec::new(),
    stopped: VecDeque::new(),
});

/// So many of those that have stopped are remembered, so that their names can be told.
const REMEMBERED: usize = 16;

struct Nodes {
    running: Vec<Arc<Node>>,
    /// The last one at the end.
    stopped: VecDeque<Stopped>,
}

/// A node that has stopped.
struct Stopped {
    name: Arc<str>,
    instance: u128,
    /// It was the default, and then this one was.
    heir: Option<u128>,
    was_default: bool,
}

/// The process in which the last of them was started; 0 as long as there is none.
static HOME: AtomicU32 = AtomicU32::new(0);

/// Whether this process was forked from the one in which nodes were started, so that it has none of their threads.
pub(crate) fn is_forked() -> bool {
    let home = HOME.load(Ordering::Relaxed);
    home != 0 && home != process::id()
}

/// The node that free fetchers use, in a callback of `own` if they are called in one. If there is none, the name of the last one that
/// has stopped: or of `own` if that has, and was the default, since what its callback calls is where that was.
pub(crate) fn default_node(own: Option<u128>) -> Result<Arc<Node>, Option<Arc<str>>> {
    let nodes = nodes();
    let is_own = |stopped: &&Stopped| stopped.was_default && Some(stopped.instance) == own;
    if let Some(stopped) = nodes.stopped.iter().find(is_own) {
        return Err(Some(Arc::clone(&stopped.name)));
    }
    let mut running = nodes.running.iter();
    let node = running.find(|node| node.phase() != Phase::Stopped).cloned();
    node.ok_or_else(|| {
        let ended = nodes.running.last().map(|node| node.process_name());
        let last = ended.or_else(|| nodes.stopped.back().map(|stopped| &stopped.name));
        last.map(Arc::clone)
    })
}

/// The name of the node that was the default before `node`, and has stopped while that was there.
pub(crate) fn predecessor(node: &Node) -> Option<Arc<str>> {
    let nodes = nodes();
    let mut stopped = nodes.stopped.iter();
    let before = stopped.find(|stopped| stopped.heir == Some(node.instance()))?;
    Some(Arc::clone(&before.name))
}

/// The name of that node, if it has stopped.
pub(crate) fn stopped(instance: u128) -> Option<Arc<str>> {
    let nodes = nodes();
    let mut running = nodes.running.iter();
    if let Some(node) = running.find(|node| node.instance() == instance).map(Arc::clone) {
        drop(nodes);
        return node.is_closed().then(|| Arc::clone(node.process_name()));
    }
    let mut stopped = nodes.stopped.iter();
    let stopped = stopped.find(|stopped| stopped.instance == instance)?;
    Some(Arc::clone(&stopped.name))
}

fn nodes() -> RwLockReadGuard<'static, Nodes> {
    NODES.read().unwrap_or_else(PoisonError::into_inner)
}

/// A node has started.
pub(crate) fn add(node: &Arc<Node>) {
    let mut nodes = NODES.write().unwrap_or_else(PoisonError::into_inner);
    // Some may have ended together with their runtime, without being stopped.
    while let Some(ended) = nodes
        .running
        .iter()
        .position(|node| node.phase() == Phase::Stopped)
    {
        nodes.remove(ended);
    }
    nodes.running.push(Arc::clone(node));
    HOME.store(process::id(), Ordering::Relaxed);
}

/// A node has stopped.
pub(crate) fn remove(node: &Arc<Node>) {
    let mut nodes = NODES.write().unwrap_or_else(PoisonError::into_inner);
    let place = nodes.running.iter().position(|other| Arc::ptr_eq(other, node));
    let removed = place.map(|place| nodes.remove(place));
    drop(nodes);
    // It may be the last that has it, and what it holds is the program's.
    drop(removed);
}

impl Nodes {
    fn remove(&mut self, place: usize) -> Arc<Node> {
        let node = self.running.remove(place);
        if self.stopped.len() >= REMEMBERED {
            self.stopped.pop_front();
        }
        let was_default = place == 0;
        let heir = self.running.first().filter(|_| was_default);
        self.stopped.push_back(Stopped {
            name: Arc::clone(node.process_name()),
            instance: node.instance(),
            heir: heir.map(|heir| heir.instance()),
            was_default,
        });
        node
    }
}
