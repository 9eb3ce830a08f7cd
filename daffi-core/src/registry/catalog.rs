//! The callbacks of one process by name, each name once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{BoundCallback, FunctionEntry, Origin, ServiceEntry, ServiceInstance};
use crate::error::ConfigFault;
use crate::proto::Limits;

/// Callbacks gathered for a node, with every fault that was found on the way.
#[derive(Debug, Default)]
pub struct Catalog {
    callbacks: Vec<BoundCallback>,
    /// Names, and where their callbacks stand.
    places: HashMap<Arc<str>, String>,
    faults: Vec<ConfigFault>,
}

impl Catalog {
    /// Adds everything that the program registered, or what these packages have: functions, and services that are made by themselves
    /// unless a value of their type is among `services`.
    pub fn add_registered(&mut self, services: &[ServiceInstance], of: Option<&[String]>) {
        of.into_iter()
            .flatten()
            .for_each(|package| self.check_package(package));
        let is_wanted = |origin: Origin<'_>| of.is_none_or(|of| of.iter().any(|package| origin.is(package)));
        for entry in inventory::iter::<FunctionEntry>() {
            if is_wanted(Origin::of_function(entry)) {
                self.add(BoundCallback::function(entry));
            }
        }
        let mut made: Vec<_> = services.iter().map(ServiceInstance::type_id).collect();
        for entry in inventory::iter::<ServiceEntry>() {
            if let Some(make) = entry.auto_init
                && is_wanted(Origin::of_service(entry))
            {
                let type_id = (entry.type_id)();
                if !made.contains(&type_id) {
                    made.push(type_id);
                    self.add_service(&make());
                }
            }
        }
    }

    /// That something of the package is a part of the program.
    fn check_package(&mut self, package: &str) {
        let functions = inventory::iter::<FunctionEntry>().map(Origin::of_function);
        let services = inventory::iter::<ServiceEntry>().map(Origin::of_service);
        let origins: Vec<_> = functions.chain(services).collect();
        if origins.iter().any(|origin| origin.is(package)) {
            return;
        }
        let known: BTreeSet<_> = origins.iter().map(|origin| origin.name()).collect();
        let known = Vec::from_iter(known).join(", ");
        self.faults.push(ConfigFault::UnknownPackage {
            name: package.to_owned(),
            known: if known.is_empty() {
                "none".to_owned()
            } else {
                known
            },
        });
    }

    /// Adds one registered function by its remote name.
    pub fn add_function(&mut self, name: &str) {
        match inventory::iter::<FunctionEntry>().find(|entry| entry.description.name == name) {
            Some(entry) => self.add(BoundCallback::function(entry)),
            None => {
                let mut known: Vec<_> = inventory::iter::<FunctionEntry>()
                    .map(|entry| entry.description.name)
                    .collect();
                known.sort_unstable();
                let known = if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                };
                self.faults.push(ConfigFault::UnknownCallback {
                    name: name.to_owned(),
                    known,
                });
            }
        }
    }

    /// Keeps a name for a callback that stands at `place` and is offered already.
    pub fn reserve(&mut self, name: impl Into<Arc<str>>, place: String) {
        self.places.insert(name.into(), place);
    }

    /// Adds the methods of a service.
    pub fn add_service(&mut self, service: &ServiceInstance) {
        let callbacks = service.callbacks();
        if callbacks.is_empty() {
            self.faults.push(ConfigFault::NoCallbacks(service.type_name()));
        }
        callbacks.into_iter().for_each(|callback| self.add(callback));
    }

    /// Adds a callback.
    pub fn add(&mut self, callback: BoundCallback) {
        let name = callback.name();
        if name.is_empty() || name.len() > Limits::NAME_BYTES {
            self.faults.push(ConfigFault::Value {
                setting: "a callback's name",
                value: format!("{name:?}"),
                expected: "it has 1 to 255 bytes",
            });
        } else if let Some(first) = self.places.get(name) {
            self.faults.push(ConfigFault::SameName {
                name: name.to_owned(),
                first: first.clone(),
                second: callback.place(),
            });
        } else {
            self.reserve(name, callback.place());
            self.callbacks.push(callback);
        }
    }

    /// The callbacks, and what is wrong with them.
    #[must_use]
    pub fn finish(self) -> (Vec<BoundCallback>, Vec<ConfigFault>) {
        (self.callbacks, self.faults)
    }
}
