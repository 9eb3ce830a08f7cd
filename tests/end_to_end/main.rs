//! Whole programs' worth of daffi in one process: over memory, over Unix sockets and over TCP.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "public methods are what a service offers")]

mod abort;
mod access;
mod background;
mod bad_input;
mod blocking;
mod broadcast;
mod call_timeout;
mod calls;
mod chains;
mod context;
mod cutter;
mod each;
mod errors;
mod gaps;
mod homes;
mod identities;
mod in_memory;
mod late;
mod lifecycle;
mod limits;
mod lost_links;
mod net;
mod one_sided;
mod own_calls;
mod packages;
mod paused;
mod pieces;
mod presence;
mod queueing;
mod quotas;
mod receivers;
mod refused;
mod register_fn;
mod renamed;
mod restarts;
mod resume;
mod schedules;
mod services;
mod sharing;
mod signatures;
mod slow_link;
mod spread;
mod stop_on_drop;
mod streams;
mod threads;
mod tls;
mod to_come;
mod to_where;
mod traces;
mod unread;
mod values;
mod wedged;
