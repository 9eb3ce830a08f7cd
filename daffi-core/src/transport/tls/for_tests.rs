//! What tests of records need of what is private here.

use std::sync::{Arc, OnceLock};

use daffi_certificates::{Authority, Purpose, Wanted};
use rustls::{ClientConfig, Connection, ServerConfig};

use super::super::fault::TlsSide;
use super::judge::Judge;
use super::keys;
use super::records::Records;
use super::settings::Tls;

/// The configurations of two that trust each other.
pub(in crate::transport) fn keys() -> &'static (Arc<ServerConfig>, Arc<ClientConfig>) {
    static KEYS: OnceLock<(Arc<ServerConfig>, Arc<ClientConfig>)> = OnceLock::new();
    KEYS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let authority = Authority::generate().unwrap();
        let issued = authority
            .issue(&Wanted::new(Purpose::Server, ["localhost"]))
            .unwrap();
        std::fs::write(path("ca"), authority.own().unwrap().certificate).unwrap();
        std::fs::write(path("certificate"), issued.certificate).unwrap();
        std::fs::write(path("key"), &*issued.key).unwrap();
        let server = keys::serving(&Tls::new().certificate(path("certificate")).key(path("key"))).unwrap();
        let client = keys::joining(&Tls::new().ca(path("ca"))).unwrap();
        (server.config, client.config)
    })
}

/// As if so many bytes had come in the handshake.
pub(in crate::transport) const RECEIVED: usize = 1000;

/// Two records that belong together.
pub(in crate::transport) struct Ends {
    pub(in crate::transport) server: Records,
    pub(in crate::transport) client: Records,
}

impl Ends {
    pub(in crate::transport) fn new(server: Connection, client: Connection) -> Self {
        let judge = |peer| Judge { peer, own: None };
        Self {
            server: Records::new(server, judge(TlsSide::Node), RECEIVED),
            client: Records::new(client, judge(TlsSide::Controller), RECEIVED),
        }
    }

    /// Has one of them change its keys.
    pub(in crate::transport) fn refresh(&self, server: bool) {
        if server {
            self.server.refresh();
        } else {
            self.client.refresh();
        }
    }
}
