//! The controller of daffi: it knows who offers what, routes every call, and runs no user code.
//!
//! [`router`] decides, as a plain state machine; [`Controller`] is the server around it. A process runs one with
//! `Global::builder().init_controller(true)`, or it runs by itself as the program `daffi-controller`.

pub mod access;
#[cfg(feature = "program")]
pub mod config;
mod host;
#[cfg(feature = "program")]
pub mod manual;
pub mod router;
pub mod schedule;
mod server;

#[cfg(feature = "simulation")]
#[doc(hidden)]
pub use server::simulated;
pub use server::{Controller, ControllerOptions, StandbyOf};
