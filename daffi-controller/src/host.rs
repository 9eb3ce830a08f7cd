//! A controller inside of a `Global`.

use std::sync::Arc;
use std::time::Duration;

use daffi_core::auth::Identities;
use daffi_core::host::{BoxFuture, ControllerHost, HostEntry, HostOptions, HostedController};
use daffi_core::transport::{Address, Connection};
use daffi_core::{Access, Quotas, StartError};

use crate::server::{Controller, ControllerOptions};

/// Runs controllers for `Global`s.
struct Host;

inventory::submit!(HostEntry(&Host));

impl ControllerHost for Host {
    fn start(&self, options: HostOptions) -> BoxFuture<Result<Arc<dyn HostedController>, StartError>> {
        Box::pin(async move {
            let HostOptions {
                address,
                process_name,
                limits,
                heartbeat,
                resume_grace,
                any_user,
                insecure,
                access,
                quotas,
                security,
                identities,
                data_dir,
            } = options;
            let options = ControllerOptions {
                process_name,
                limits,
                heartbeat,
                resume_grace,
                any_user,
                insecure,
                access,
                quotas,
                security,
                identities,
                data_dir,
                ..ControllerOptions::new(address)
            };
            let controller = Controller::start(options).await?;
            Ok(Arc::new(Hosted(Arc::new(controller))) as Arc<dyn HostedController>)
        })
    }
}

#[derive(Debug)]
struct Hosted(Arc<Controller>);

impl HostedController for Hosted {
    fn address(&self) -> &Address {
        self.0.address()
    }

    fn connect(&self) -> Option<Connection> {
        self.0.connect()
    }

    fn set_access(&self, access: Option<Access>) -> BoxFuture<Result<(), StartError>> {
        let controller = Arc::clone(&self.0);
        Box::pin(async move { controller.set_access(access.as_ref()).await })
    }

    fn set_quotas(&self, quotas: Quotas) -> BoxFuture<()> {
        let controller = Arc::clone(&self.0);
        Box::pin(async move { controller.set_quotas(quotas).await })
    }

    fn set_identities(&self, identities: Identities) -> BoxFuture<()> {
        let controller = Arc::clone(&self.0);
        Box::pin(async move { controller.set_identities(identities).await })
    }

    fn drain(&self, within: Duration) -> BoxFuture<()> {
        let controller = Arc::clone(&self.0);
        Box::pin(async move { controller.drain(within).await })
    }

    fn stop(&self) -> BoxFuture<()> {
        let controller = Arc::clone(&self.0);
        Box::pin(async move { controller.stop().await })
    }

    fn abort(&self) {
        self.0.abort();
    }
}
