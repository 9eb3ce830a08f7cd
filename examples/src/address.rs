//! Where the controller is, as it is written on a command line.

use std::env;

use daffi::{Global, GlobalBuilder};

/// A builder for the address in the first argument: `HOST:PORT`, or the folder of a Unix socket. Without an argument,
/// the default socket.
pub fn from_arguments() -> GlobalBuilder {
    let builder = Global::builder();
    let Some(address) = env::args().nth(1) else {
        return builder;
    };
    match address.rsplit_once(':') {
        Some((host, port)) => match port.parse() {
            Ok(port) => builder.host(host).port(port),
            Err(_) => builder.unix_sock_path(address),
        },
        None => builder.unix_sock_path(address),
    }
}
