//! What programs are written like, name by name: whatever stops one of these from compiling, or from what it says, breaks programs that are out
//! there. Each is as long as it takes to write it, and as plain.

#![allow(unreachable_pub, reason = "public methods are what a service offers")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test program has no outside")]

mod callbacks;
mod errors;
mod fetchers;
mod globals;
mod schedules;
