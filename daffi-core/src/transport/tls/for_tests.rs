//! What tests of records need of what is private here.

use std::sync::{Arc, OnceLock};

use daffi_certificates::{Authority, Purpose, Wanted};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::TLS13;
use rustls::{ClientConfig, Connection, RootCertStore, ServerConfig};

use super::super::fault::TlsSide;
use super::handshake::Heard;
use super::judge::Judge;
use super::keys;
use super::records::Records;
use super::settings::Tls;

type Pair = (Arc<ServerConfig>, Arc<ClientConfig>);

/// The configurations of two that trust each other.
pub(in crate::transport) fn keys() -> &'static Pair {
    &all()[0]
}

/// The same as rustls makes them, with its own ciphers.
pub(in crate::transport) fn of_rustls() -> &'static Pair {
    &all()[1]
}

fn all() -> &'static [Pair; 2] {
    static KEYS: OnceLock<[Pair; 2]> = OnceLock::new();
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
        let provider = || Arc::new(rustls::crypto::ring::default_provider());
        let chain = CertificateDer::from_pem_file(path("certificate")).unwrap();
        let key = PrivateKeyDer::from_pem_file(path("key")).unwrap();
        let mut their_server = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap();
        their_server.alpn_protocols = server.config.alpn_protocols.clone();
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(path("ca")).unwrap())
            .unwrap();
        let mut their_client = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        their_client.alpn_protocols = server.config.alpn_protocols.clone();
        [
            (server.config, client.config),
            (Arc::new(their_server), Arc::new(their_client)),
        ]
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
        Self {
            server: Self::one(server, true),
            client: Self::one(client, false),
        }
    }

    /// The records of one end, which is let in.
    pub(in crate::transport) fn one(connection: Connection, is_server: bool) -> Records {
        let peer = if is_server {
            TlsSide::Node
        } else {
            TlsSide::Controller
        };
        let heard = Heard {
            bytes: RECEIVED,
            ..Heard::default()
        };
        Records::new(connection, Judge { peer, own: None }, heard)
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
