//! TLS as one side of a connection has it: its keys, and how a socket becomes records.

use std::io;
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};
use tokio::net::TcpStream;

use super::super::fault::{ConnectError, TlsConfigFault, TlsFault, TlsSide};
use super::certificate;
use super::handshake::shake;
use super::judge::Judge;
use super::keys::{self, Keys};
use super::records::Records;
use super::settings::Tls;
use super::watched::Watched;

/// What a binding to the connection is exported for (RFC 9266).
const BINDING: &[u8] = b"EXPORTER-Channel-Binding";

/// A socket whose handshake is over.
pub(in crate::transport) struct Secured {
    pub(in crate::transport) records: Records,
    /// Whose certificate the other side has shown.
    pub(in crate::transport) name: Option<Arc<str>>,
    /// A secret that the two sides of this connection have, and nobody else.
    pub(in crate::transport) binding: Arc<[u8]>,
}

impl Secured {
    async fn shake(
        stream: &TcpStream,
        mut connection: Connection,
        judge: Judge,
    ) -> Result<Self, ConnectError> {
        let heard = shake(stream, &mut connection, judge).await?;
        let binding = connection
            .export_keying_material([0; 32], BINDING, Some(&[]))
            .map_err(|error| ConnectError::Io(io::Error::other(error)))?;
        let shown = connection.peer_certificates().and_then(<[_]>::first);
        Ok(Self {
            name: shown.and_then(certificate::name),
            binding: Arc::from(binding),
            records: Records::new(connection, judge, heard),
        })
    }
}

/// A controller's.
#[derive(Debug)]
pub(in crate::transport) struct Serving {
    watched: Arc<Watched<Keys<ServerConfig>>>,
    knows_all: bool,
}

impl Serving {
    pub(in crate::transport) fn new(tls: Tls) -> Result<Self, Vec<TlsConfigFault>> {
        let tls = tls.absolute();
        let knows_all = tls.ca_file().is_some() && !tls.is_client_optional();
        let watched = Watched::new(tls.files(), move || keys::serving(&tls))?;
        Ok(Self {
            watched: Arc::new(watched),
            knows_all,
        })
    }

    /// Whether nobody is let in who has not shown a certificate.
    pub(in crate::transport) const fn knows_all(&self) -> bool {
        self.knows_all
    }

    pub(in crate::transport) fn reload(&self) {
        self.watched.reload();
    }

    pub(in crate::transport) async fn accept(&self, stream: &TcpStream) -> Result<Secured, ConnectError> {
        let Keys { config, own } = self.watched.current().await;
        let judge = Judge {
            peer: TlsSide::Node,
            own,
        };
        let connection = ServerConnection::new(config).map_err(|error| judge.fault(&error))?;
        Secured::shake(stream, connection.into(), judge).await
    }
}

/// A node's.
#[derive(Debug)]
pub(in crate::transport) struct Joining {
    watched: Arc<Watched<Keys<ClientConfig>>>,
    /// Whose certificate is wanted, if not that of the host.
    name: Option<String>,
}

impl Joining {
    pub(in crate::transport) fn new(tls: Tls) -> Result<Self, Vec<TlsConfigFault>> {
        let tls = tls.absolute();
        let name = tls.name().map(str::to_owned);
        let watched = Watched::new(tls.files(), move || keys::joining(&tls))?;
        Ok(Self {
            watched: Arc::new(watched),
            name,
        })
    }

    pub(in crate::transport) fn reload(&self) {
        self.watched.reload();
    }

    pub(in crate::transport) async fn connect(
        &self,
        stream: &TcpStream,
        host: &str,
    ) -> Result<Secured, ConnectError> {
        let Keys { config, own } = self.watched.current().await;
        let judge = Judge {
            peer: TlsSide::Controller,
            own,
        };
        let host = self.name.as_deref().unwrap_or(host);
        let name = keys::server_name(host).ok_or_else(|| TlsFault::Protocol {
            with: TlsSide::Controller,
            reason: format!(
                "{host:?} is no name that a certificate can be for: say which one it is to have (server_name)"
            ),
        })?;
        let connection = ClientConnection::new(config, name).map_err(|error| judge.fault(&error))?;
        Secured::shake(stream, connection.into(), judge).await
    }
}
