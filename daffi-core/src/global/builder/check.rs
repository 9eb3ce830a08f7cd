//! What is wrong with a description, and where its controller is.

use std::path::Path;
use std::time::Duration;

use super::super::no_quota::no_quota;
use super::GlobalBuilder;
use crate::error::ConfigFault;
use crate::host::HostEntry;
use crate::proto::{Hello, Limits};
use crate::quota::Quota;
use crate::transport::{Address, Security};

impl GlobalBuilder {
    /// What protects connections, and what is wrong with that. Reads files.
    #[cfg(feature = "tls")]
    pub(super) fn security(&self) -> Result<Security, Vec<ConfigFault>> {
        let made = match self.tls.clone() {
            None => Ok(Security::none()),
            Some(tls) if self.init_controller => Security::serving(tls),
            Some(tls) => Security::joining(tls),
        };
        made.map_err(|faults| faults.into_iter().map(ConfigFault::from).collect())
    }

    /// Nothing protects connections.
    #[cfg(not(feature = "tls"))]
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "with the feature `tls`, it needs both"
    )]
    pub(super) fn security(&self) -> Result<Security, Vec<ConfigFault>> {
        Ok(Security::none())
    }

    /// Where controllers are, the best one first, and what is wrong with that. None if that is said in another way.
    fn listed(&self, faults: &mut Vec<ConfigFault>) -> Vec<Address> {
        let Some(written) = &self.controllers else {
            return Vec::new();
        };
        let others = [
            (self.host.is_some() || self.port.is_some(), "host and port"),
            (self.unix_sock_path.is_some(), "unix_sock_path"),
            (self.memory.is_some(), "memory"),
            (self.init_controller, "init_controller(true)"),
        ];
        for (_, other) in others.into_iter().filter(|(is_said, _)| *is_said) {
            faults.push(ConfigFault::Conflict("controllers", other));
        }
        let mut fault = |value: String| {
            faults.push(ConfigFault::Value {
                setting: "controllers",
                value,
                expected: "each is a host and its port, as in controllers([\"a.example:8888\", \"[::1]:8888\"])",
            });
        };
        if written.is_empty() {
            fault("empty".to_owned());
        }
        let addresses = written.iter().filter_map(|written| {
            let address = Address::tcp(written);
            if address.is_none() {
                fault(format!("{written:?}"));
            }
            address
        });
        addresses.collect()
    }

    /// Where the controller is or shall be, in all places in which it may be, and what is wrong with the settings.
    pub(super) fn addresses(&self) -> (Vec<Address>, Vec<ConfigFault>) {
        let mut faults = Vec::new();
        let controllers = self.listed(&mut faults);
        let (address, more) = self.address();
        faults.extend(more);
        if controllers.is_empty() {
            (vec![address], faults)
        } else {
            (controllers, faults)
        }
    }

    fn address(&self) -> (Address, Vec<ConfigFault>) {
        let mut faults = Vec::new();
        let tcp = self.host.is_some() || self.port.is_some();
        if tcp && self.unix_sock_path.is_some() {
            faults.push(ConfigFault::Conflict("host or port", "unix_sock_path"));
        }
        if let Some(other) = &self.memory {
            if tcp || self.unix_sock_path.is_some() {
                faults.push(ConfigFault::Conflict("memory", "an address"));
            }
            if self.init_controller {
                faults.push(ConfigFault::Conflict("memory", "init_controller(true)"));
            }
            if other.inner.joinable.is_none() {
                faults.push(ConfigFault::Missing(
                    "memory",
                    "a Global with init_controller(true)",
                ));
            }
        }
        if self.in_memory {
            if tcp || self.unix_sock_path.is_some() {
                faults.push(ConfigFault::Conflict("in_memory", "an address"));
            }
            if self.memory.is_none() && !self.init_controller {
                faults.push(ConfigFault::Missing(
                    "in_memory",
                    "init_controller(true); who joins that says memory(&g) instead",
                ));
            }
            if self.memory.is_some() {
                faults.push(ConfigFault::Conflict("in_memory", "memory"));
            }
            if self.any_user {
                faults.push(ConfigFault::Conflict("in_memory", "any_user(true)"));
            }
            #[cfg(feature = "tls")]
            if self.tls.is_some() {
                faults.push(ConfigFault::Conflict("in_memory", "TLS"));
            }
        }
        if self.any_user && self.unix_sock_path.is_none() && !self.in_memory {
            faults.push(ConfigFault::Missing(
                "any_user(true)",
                "unix_sock_path, a folder that those users can enter",
            ));
        }
        if self.data_dir.is_some() && !self.init_controller {
            faults.push(ConfigFault::Missing(
                "data_dir",
                "init_controller(true): it is the controller that keeps schedules",
            ));
        }
        if self.access.is_some() && !self.init_controller {
            faults.push(ConfigFault::Missing(
                "access",
                "init_controller(true): it is the controller that decides by it",
            ));
        }
        if self.quotas.is_any() && !self.init_controller {
            faults.push(ConfigFault::Missing(
                "quotas",
                "init_controller(true): it is the controller that keeps them",
            ));
        }
        faults.extend(no_quota(&self.quotas));
        if let [_, _, ..] = self.secrets[..] {
            faults.push(ConfigFault::Conflict("token, token_file", "key or each other"));
        }
        if self.known.is_some() && !self.init_controller {
            faults.push(ConfigFault::Missing("known", "init_controller(true)"));
        }
        if !self.init_controller && !self.init_node {
            faults.push(ConfigFault::Missing(
                "init_node(false)",
                "init_controller(true), or nothing is started",
            ));
        }
        let offers = !self.services.is_empty() || !self.functions.is_empty();
        if offers && !self.init_node {
            faults.push(ConfigFault::Missing(
                "service, callback",
                "a node, and init_node(false) is said: it is the node that offers callbacks",
            ));
        }
        if self.init_controller && HostEntry::find().is_none() {
            faults.push(ConfigFault::NoHost);
        }
        if self.host.is_some() && self.port.is_none() {
            faults.push(ConfigFault::Missing("host", "port (0 picks a free one)"));
        }
        if self.port == Some(0) && !self.init_controller {
            faults.push(ConfigFault::Value {
                setting: "port",
                value: "0".to_owned(),
                expected: "only a controller of this process can pick its port; name the port that it listens on",
            });
        }
        if let Some(name) = &self.process_name
            && !Hello::may_be_called(name)
        {
            faults.push(ConfigFault::Value {
                setting: "process_name",
                value: match name.len() {
                    1..=Limits::NAME_BYTES => format!("{name:?}"),
                    bytes => format!("{bytes} bytes long"),
                },
                expected: "it has 1 to 255 bytes, and no letters that cannot be seen",
            });
        }
        if let Some(fault) = self.attributes.fault() {
            faults.push(ConfigFault::Value {
                setting: "attribute",
                value: fault,
                expected: "a process says up to 8, each with a key, of 1024 bytes in all",
            });
        }
        if !(Quota::LEAST_FRAME_BYTES..=Limits::MOST_FRAME_BYTES).contains(&(self.limits.frame_bytes as u64))
        {
            faults.push(ConfigFault::Value {
                setting: "max_frame",
                value: format!("{} bytes", self.limits.frame_bytes),
                expected: "it is from 64 KiB to 1 GiB",
            });
        }
        if let Some(heartbeat) = self.heartbeat
            && !(Duration::from_millis(10)..=Duration::from_secs(3600)).contains(&heartbeat)
        {
            faults.push(ConfigFault::Value {
                setting: "heartbeat",
                value: format!("{heartbeat:?}"),
                expected: "it is from 10 ms to one hour",
            });
        }
        if self.resume_grace > Duration::from_secs(3600) {
            faults.push(ConfigFault::Value {
                setting: "resume_grace",
                value: format!("{:?}", self.resume_grace),
                expected: "it is one hour at most",
            });
        }
        if self.call_timeout.is_some_and(|timeout| timeout.is_zero()) {
            faults.push(ConfigFault::Value {
                setting: "call_timeout",
                value: "zero".to_owned(),
                expected: "it is more than zero; leave it out for none",
            });
        }
        if self.blocking_threads == 0 {
            faults.push(ConfigFault::Value {
                setting: "blocking_threads",
                value: "0".to_owned(),
                expected: "callbacks that block need one at least",
            });
        }
        if self.stream_bytes < 64 * 1024 {
            faults.push(ConfigFault::Value {
                setting: "max_unread",
                value: format!("{} bytes", self.stream_bytes),
                expected: "it is 64 KiB or more",
            });
        }
        #[cfg(feature = "tls")]
        if self.tls.is_some() && !tcp && self.controllers.is_none() && !self.in_memory {
            faults.push(ConfigFault::Missing("TLS", "host and port: it is for TCP"));
        }
        let port = self.port.or(self.host.as_ref().map(|_| 0));
        let address = match (&self.unix_sock_path, port) {
            (None, None) if self.in_memory => Address::Memory,
            (Some(folder), _) => Address::unix_in(folder),
            (None, Some(port)) => Address::Tcp {
                host: self.host.clone().unwrap_or_else(|| "localhost".to_owned()),
                port,
            },
            (None, None) => Address::default_unix(),
        }
        .absolute();
        if let Some(expected) = address.correction() {
            faults.push(match &address {
                Address::Tcp { host, .. } => ConfigFault::Value {
                    setting: "host",
                    value: format!("{host:?}"),
                    expected,
                },
                other => ConfigFault::Value {
                    setting: "unix_sock_path",
                    value: format!(
                        "{:?}",
                        other.path().and_then(Path::parent).unwrap_or(Path::new(""))
                    ),
                    expected,
                },
            });
        }
        (address, faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::global::Global;

    #[test]
    fn callbacks_of_a_process_without_a_node_are_a_fault() {
        let is_told = |builder: GlobalBuilder| {
            let (_, faults) = builder.init_controller(true).in_memory().addresses();
            let told = |fault: &ConfigFault| matches!(fault, ConfigFault::Missing("service, callback", _));
            faults.iter().any(told)
        };
        assert!(is_told(Global::builder().init_node(false).service(5_u8)));
        assert!(is_told(Global::builder().init_node(false).callback("pay")));
        assert!(!is_told(Global::builder().init_node(false)));
        assert!(!is_told(Global::builder().service(5_u8).callback("pay")));
    }
}
