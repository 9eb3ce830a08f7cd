//! The nodes that run in this process. The first of them is its default.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::{Node, Phase};

static RUNNING: RwLock<Vec<Arc<Node>>> = RwLock::new(Vec::new());

/// The process in which the last of them was started; 0 as long as there is none.
static HOME: AtomicU32 = AtomicU32::new(0);

/// Whether this process was forked from the one in which nodes were started, so that it has none of their threads.
pub(crate) fn is_forked() -> bool {
    let home = HOME.load(Ordering::Relaxed);
    home != 0 && home != process::id()
}

/// The node that free fetchers use.
pub(crate) fn default_node() -> Option<Arc<Node>> {
    let running = RUNNING.read().unwrap_or_else(PoisonError::into_inner);
    running
        .iter()
        .find(|node| node.phase() != Phase::Stopped)
        .cloned()
}

/// A node has started.
pub(crate) fn add(node: &Arc<Node>) {
    let mut running = RUNNING.write().unwrap_or_else(PoisonError::into_inner);
    // Some may have ended together with their runtime, without being stopped.
    running.retain(|node| node.phase() != Phase::Stopped);
    running.push(Arc::clone(node));
    HOME.store(process::id(), Ordering::Relaxed);
}

/// A node has stopped.
pub(crate) fn remove(node: &Arc<Node>) {
    RUNNING
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .retain(|other| !Arc::ptr_eq(other, node));
}
