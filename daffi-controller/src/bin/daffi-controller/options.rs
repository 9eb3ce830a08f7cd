//! How the controller shall run, as its arguments say, with what is in the files that they name.

use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use daffi_controller::{ControllerOptions, StandbyOf};
use daffi_core::auth::{Identities, Proving, Source};
use daffi_core::transport::TlsConfigFault;
use daffi_core::{Access, Quotas};

use super::arguments::Arguments;

/// What an option names cannot be used.
#[derive(Debug)]
pub(crate) struct Unusable {
    /// The option, as it is written in a file.
    pub(crate) option: &'static str,
    message: String,
}

impl Unusable {
    fn new(option: &'static str, error: impl fmt::Display) -> Self {
        let message = error.to_string();
        Self { option, message }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{}: {}", self.option, self.message)
    }
}

/// What of TLS cannot be used, where its authorities are named by this option.
fn of_tls(faults: Vec<TlsConfigFault>, ca: &'static str) -> impl Iterator<Item = Unusable> {
    let option = move |setting: &str| match setting {
        "ssl_key" => "ssl-key",
        "ca" => ca,
        _ => "ssl-certificate",
    };
    faults.into_iter().map(move |fault| match &fault {
        TlsConfigFault::File {
            setting,
            path,
            reason,
            ..
        } => Unusable::new(option(setting), format!("{}: {reason}", path.display())),
        TlsConfigFault::Value { setting, .. } | TlsConfigFault::Missing(setting, _) => {
            Unusable::new(option(setting), &fault)
        }
        _ => Unusable::new(option(""), &fault),
    })
}

/// How it shall run.
///
/// # Errors
///
/// All that cannot be used.
pub(crate) fn options(
    arguments: &Arguments,
    access: Option<Access>,
    quotas: Quotas,
) -> Result<ControllerOptions, Vec<Unusable>> {
    let mut unusable = Vec::new();
    let mut options = ControllerOptions::new(arguments.address());
    options.heartbeat = Duration::from_millis(arguments.heartbeat);
    options.resume_grace = Duration::from_millis(arguments.resume_grace);
    options.any_user = arguments.any_user;
    options.insecure = arguments.insecure;
    options.data_dir.clone_from(&arguments.data_dir);
    options.access = access;
    options.quotas = quotas;
    if let Some(name) = &arguments.process_name {
        options.process_name = name.as_str().into();
    }
    if let Some(bytes) = arguments.queue_memory {
        options.queue_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    }
    if let Some(bytes) = arguments.max_frame {
        options.limits.frame_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    }
    if let Some(file) = &arguments.known {
        match Identities::load(file) {
            Ok(known) => options.identities = Some(Arc::new(known)),
            Err(error) => unusable.push(Unusable::new("known", error)),
        }
    }
    match standby_of(arguments) {
        Ok(of) => options.standby_of = of,
        Err(cannot) => unusable.extend(cannot),
    }
    match arguments.security.read() {
        Ok(security) => options.security = security,
        Err(faults) => unusable.extend(of_tls(faults, "ssl-ca")),
    }
    if unusable.is_empty() {
        Ok(options)
    } else {
        Err(unusable)
    }
}

fn standby_of(arguments: &Arguments) -> Result<Option<StandbyOf>, Vec<Unusable>> {
    let Some(address) = &arguments.standby_of else {
        return Ok(None);
    };
    let mut of = StandbyOf::new(address.clone());
    of.drain = Duration::from_millis(arguments.drain);
    let security = arguments.security.joining(arguments.standby_ca.as_deref());
    of.security = security.map_err(|faults| of_tls(faults, "standby-ca").collect::<Vec<_>>())?;
    let source = Source::environment();
    let proving = source.map(|source| Proving::load(&source)).transpose();
    of.proving =
        proving.map_err(|error| vec![Unusable::new("standby-of", format!("DAFFI_TOKEN: {error}"))])?;
    Ok(Some(of))
}

/// What there is to say of a configuration that others than its owner may write: whoever does lets in whom it likes. Other files are refused then, when
/// they are read.
pub(crate) fn open_to_others(config: &Path) -> Option<String> {
    let mode = std::fs::metadata(config).ok()?.mode();
    (mode & 0o022 != 0).then(|| {
        let file = config.display();
        format!(
            "others than its owner may write {file} (mode {:03o}), and so say who is let in: run `chmod go-w {file}`",
            mode & 0o777
        )
    })
}
