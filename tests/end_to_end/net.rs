//! A service with its controller, and callers beside it, over each transport.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use daffi::{Global, GlobalBuilder, Tls};
use daffi_certificates::{Authority, Purpose, Wanted};
use tempfile::TempDir;

/// How callers reach the controller.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Memory,
    Unix,
    Tcp,
    Tls,
}

/// A running service that runs the controller, and a way to join it.
pub struct Net {
    pub service: Global,
    transport: Transport,
    folder: TempDir,
}

impl Net {
    /// Starts the service that `describe` describes.
    pub async fn start(transport: Transport, describe: impl FnOnce(GlobalBuilder) -> GlobalBuilder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if matches!(transport, Transport::Tls) {
            issue(&folder);
        }
        let builder = serve(transport, 0, &folder);
        let service = describe(builder).start().await.unwrap();
        Self {
            service,
            transport,
            folder,
        }
    }

    /// A builder for another process of this net.
    pub fn join(&self) -> GlobalBuilder {
        let builder = Global::builder().auto_callbacks(false);
        match self.transport {
            Transport::Memory => builder.memory(&self.service),
            Transport::Unix => builder.unix_sock_path(self.folder.path()),
            Transport::Tcp => builder.host("127.0.0.1").port(self.port()),
            Transport::Tls => builder
                .host("127.0.0.1")
                .port(self.port())
                .tls(Tls::new().ca(self.folder.path().join("ca.pem"))),
        }
    }

    fn port(&self) -> u16 {
        self.service.address().port().unwrap()
    }

    /// Another process, which offers nothing.
    pub async fn caller(&self) -> Global {
        self.caller_named("caller").await
    }

    /// Another process of this name, which offers nothing.
    pub async fn caller_named(&self, name: &str) -> Global {
        self.join().process_name(name).start().await.unwrap()
    }

    /// Another process, which offers nothing, and how many connections it has lost.
    pub async fn counting_caller(&self) -> (Global, Arc<AtomicUsize>) {
        let lost = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&lost);
        let counting = self.join().on_node_disconnect(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let caller = counting.start().await.unwrap();
        (caller, lost)
    }

    /// Stops the service with its controller and starts another at the same address.
    pub async fn restart(self) -> Self {
        let port = self.service.address().port().unwrap_or_default();
        self.service.stop().await;
        Self {
            service: serve(self.transport, port, &self.folder).start().await.unwrap(),
            ..self
        }
    }

    /// Stops the service, and these before it.
    pub async fn stop(self, others: impl IntoIterator<Item = Global>) {
        for other in others {
            other.stop().await;
        }
        self.service.stop().await;
    }
}

/// What is a service with its controller.
fn serve(transport: Transport, port: u16, folder: &TempDir) -> GlobalBuilder {
    let builder = Global::builder()
        .process_name("service")
        .init_controller(true)
        .auto_callbacks(false);
    match transport {
        Transport::Memory | Transport::Unix => builder.unix_sock_path(folder.path()),
        Transport::Tcp => builder.host("127.0.0.1").port(port),
        Transport::Tls => builder
            .host("127.0.0.1")
            .port(port)
            .ssl_certificate(folder.path().join("server.pem"))
            .ssl_key(folder.path().join("server.key")),
    }
}

/// Makes a certificate for the controller, and the authority's own.
fn issue(folder: &TempDir) {
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let authority = Authority::generate().unwrap();
    let server = authority
        .issue(&Wanted::new(Purpose::Server, ["127.0.0.1"]))
        .unwrap();
    write("ca.pem", &authority.own().unwrap().certificate);
    write("server.pem", &server.certificate);
    write("server.key", &server.key);
}

/// Does the same over every transport.
pub async fn over_each<F: Future<Output = ()>>(mut check: impl FnMut(Transport) -> F) {
    for transport in [Transport::Memory, Transport::Unix, Transport::Tcp, Transport::Tls] {
        check(transport).await;
    }
}
