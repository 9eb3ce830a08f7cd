//! Every form that is right: each is called, in memory, and gives what it should.
//!
//! What is said to the compiler in two places, such as a type that is lent here and owned there, has to mean the same on
//! the wire and in the signatures; a call between them shows it.

mod clients;
mod fetchers;
mod modes;
mod parameters;
mod results;
mod services;

use daffi::Global;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: u32,
}

fn item(name: &str, price: u32) -> Item {
    Item {
        name: name.to_owned(),
        price,
    }
}

/// A service that offers all that is annotated in these tests, and a caller.
struct Pair {
    service: Global,
    caller: Global,
    _folder: tempfile::TempDir,
}

impl Pair {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let builder = Global::builder().process_name("service").init_controller(true);
        let service = builder.unix_sock_path(folder.path()).start().await.unwrap();
        let builder = Global::builder().process_name("caller").memory(&service);
        let caller = builder.auto_callbacks(false).start().await.unwrap();
        Self {
            service,
            caller,
            _folder: folder,
        }
    }

    async fn stop(self) {
        self.caller.stop().await;
        self.service.stop().await;
    }

    /// The signature of a callback, and what the caller's side calls it.
    async fn signature(&self, name: &str) -> String {
        let callbacks = self.caller.callbacks().await.unwrap();
        let callback = callbacks.iter().find(|callback| callback.name == name);
        callback
            .unwrap_or_else(|| panic!("{name} is not offered"))
            .signature
            .to_string()
    }
}
