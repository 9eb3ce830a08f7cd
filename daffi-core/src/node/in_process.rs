//! The nodes that run in this process, and which of them makes the calls that name none.

use std::collections::VecDeque;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{Node, Phase};
use crate::context::NodeKey;
use crate::scope::Home;

static NODES: RwLock<Nodes> = RwLock::new(Nodes {
    running: Vec::new(),
    stopped: VecDeque::new(),
});

/// So many of those that have stopped are remembered, so that their names can be told.
const REMEMBERED: usize = 16;

struct Nodes {
    running: Vec<Running>,
    /// The last one at the end.
    stopped: VecDeque<Stopped>,
}

/// A node that runs, or has ended together with its runtime.
struct Running {
    node: Arc<Node>,
    /// It was marked as the one that makes the calls which name none.
    is_marked: bool,
    /// Whoever starts it knows that it runs; before that it may come to nothing.
    has_started: bool,
}

/// A node that has stopped.
struct Stopped {
    name: Arc<str>,
    key: NodeKey,
    /// It was the default, and then this one was.
    heir: Option<NodeKey>,
}

/// Why nobody makes a call that names nobody.
#[derive(Debug)]
pub(crate) enum NoNode {
    /// Nobody is there. The name of one that was, and has stopped.
    Stopped(Option<Arc<str>>),
    /// These are, and nothing tells which of them is meant.
    Several(Vec<Arc<str>>),
}

/// The process in which the last of them was started; 0 as long as there is none.
static HOME: AtomicU32 = AtomicU32::new(0);

/// What a forked process is told.
pub(crate) const FORKED: &str = "this process was forked from the one that started the Global, and nothing of that runs here: start \
                                 another Global in it";

/// Whether this process was forked from the one in which nodes were started, so that it has none of their threads.
pub(crate) fn is_forked() -> bool {
    let home = HOME.load(Ordering::Relaxed);
    home != 0 && home != process::id()
}

/// The node that makes the calls which name none, where the code is that of `home`.
pub(crate) fn default_node(home: Home) -> Result<Arc<Node>, NoNode> {
    let nodes = nodes();
    match home {
        Home::Outside => nodes.default().map(Arc::clone),
        Home::Of(key) => nodes.of(key).map(Arc::clone),
        Home::Nowhere => Err(NoNode::Stopped(None)),
    }
}

/// The name of the node that was the default before `node`, and has stopped while that was there.
pub(crate) fn predecessor(node: &Node) -> Option<Arc<str>> {
    let nodes = nodes();
    let mut stopped = nodes.stopped.iter();
    let before = stopped.find(|stopped| stopped.heir == Some(node.key()))?;
    Some(Arc::clone(&before.name))
}

/// The name of that node, if it has stopped.
pub(crate) fn stopped(key: NodeKey) -> Option<Arc<str>> {
    let nodes = nodes();
    if let Some(node) = nodes.running(key).map(Arc::clone) {
        drop(nodes);
        return node.is_closed().then(|| Arc::clone(node.process_name()));
    }
    nodes.stopped(key)
}

fn nodes() -> RwLockReadGuard<'static, Nodes> {
    NODES.read().unwrap_or_else(PoisonError::into_inner)
}

fn nodes_mut() -> RwLockWriteGuard<'static, Nodes> {
    NODES.write().unwrap_or_else(PoisonError::into_inner)
}

/// A node is there, and will be started.
pub(crate) fn add(node: &Arc<Node>, is_marked: bool) {
    let mut nodes = nodes_mut();
    // Some may have ended together with their runtime, without being stopped.
    let mut ended = Vec::new();
    while let Some(place) = nodes.running.iter().position(Running::has_ended) {
        ended.push(nodes.remove(place));
    }
    nodes.running.push(Running {
        node: Arc::clone(node),
        is_marked,
        has_started: false,
    });
    HOME.store(process::id(), Ordering::Relaxed);
    drop(nodes);
    // This may be the last that has them, and what they hold is the program's.
    drop(ended);
}

/// A node that was added has started.
pub(crate) fn has_started(node: &Arc<Node>) {
    let mut nodes = nodes_mut();
    let mut running = nodes.running.iter_mut();
    if let Some(running) = running.find(|running| Arc::ptr_eq(&running.node, node)) {
        running.has_started = true;
    }
}

/// A node has stopped.
pub(crate) fn remove(node: &Arc<Node>) {
    let mut nodes = nodes_mut();
    let place = nodes
        .running
        .iter()
        .position(|running| Arc::ptr_eq(&running.node, node));
    let removed = place.map(|place| nodes.remove(place));
    drop(nodes);
    // It may be the last that has it, and what it holds is the program's.
    drop(removed);
}

impl Running {
    fn has_ended(&self) -> bool {
        self.node.phase() == Phase::Stopped
    }

    fn is_stopping(&self) -> bool {
        self.node.phase() != Phase::Running
    }
}

impl Nodes {
    fn running(&self, key: NodeKey) -> Option<&Arc<Node>> {
        let mut nodes = self.running.iter().map(|running| &running.node);
        nodes.find(|node| node.key() == key)
    }

    fn stopped(&self, key: NodeKey) -> Option<Arc<str>> {
        let mut stopped = self.stopped.iter();
        let stopped = stopped.find(|stopped| stopped.key == key)?;
        Some(Arc::clone(&stopped.name))
    }

    /// That one, if it has not stopped.
    fn of(&self, key: NodeKey) -> Result<&Arc<Node>, NoNode> {
        match self.running(key) {
            Some(node) if node.phase() != Phase::Stopped => Ok(node),
            Some(node) => Err(NoNode::Stopped(Some(Arc::clone(node.process_name())))),
            None => Err(NoNode::Stopped(self.stopped(key))),
        }
    }

    /// The one that is marked, or the only one. One that is about to start or to stop counts where there is no other, so that nobody's
    /// calls go astray because somebody else comes or goes.
    fn default(&self) -> Result<&Arc<Node>, NoNode> {
        let all = || self.running.iter().filter(|running| !running.has_ended());
        let has_started = all().any(|running| running.has_started);
        let there = || all().filter(|running| running.has_started || !has_started);
        let is_marked = there().any(|running| running.is_marked);
        let is_steady = there().any(|running| !running.is_stopping());
        let mut meant = there().filter(|running| {
            if is_marked {
                running.is_marked
            } else {
                !is_steady || !running.is_stopping()
            }
        });
        match (meant.next(), meant.next()) {
            (Some(only), None) => Ok(&only.node),
            (Some(first), Some(second)) => Err(NoNode::Several(
                [first, second]
                    .into_iter()
                    .chain(meant)
                    .map(|running| Arc::clone(running.node.process_name()))
                    .collect(),
            )),
            (None, _) => {
                let ended = self.running.last().map(|running| running.node.process_name());
                let last = ended.or_else(|| self.stopped.back().map(|stopped| &stopped.name));
                Err(NoNode::Stopped(last.map(Arc::clone)))
            }
        }
    }

    fn remove(&mut self, place: usize) -> Arc<Node> {
        let Running { node, is_marked, .. } = self.running.remove(place);
        // The first was the only one once.
        let was_default = is_marked || place == 0 && !self.running.iter().any(|other| other.is_marked);
        let heir = self.default().ok().filter(|_| was_default);
        let heir = heir.map(|heir| heir.key());
        if self.stopped.len() >= REMEMBERED {
            self.stopped.pop_front();
        }
        self.stopped.push_back(Stopped {
            name: Arc::clone(node.process_name()),
            key: node.key(),
            heir,
        });
        node
    }
}
