//! The configuration of rustls, as daffi uses it, from what a program asks for.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
#[cfg(feature = "tls-aws-lc")]
use rustls::crypto::aws_lc_rs as library;
#[cfg(not(feature = "tls-aws-lc"))]
use rustls::crypto::ring as library;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tracing::warn;

use super::super::fault::TlsConfigFault;
use super::certificate::Validity;
use super::ciphers::suites;
use super::files::Named;
use super::settings::Tls;

/// What daffi calls itself in the handshake, so that its connections are not taken for those of another protocol, nor others for its.
const PROTOCOL: &[u8] = b"daffi";

/// A configuration, and when the certificate that it shows is valid.
#[derive(Debug)]
pub(super) struct Keys<C> {
    pub(super) config: Arc<C>,
    pub(super) own: Option<Validity>,
}

impl<C> Clone for Keys<C> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            own: self.own,
        }
    }
}

/// `ring`, or `aws-lc-rs` with the feature `tls-aws-lc`; never what the program may have set for the whole process.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = library::default_provider();
    // Those that both libraries have. What the other one has beside them makes a greeting longer, of which little is taken before it is
    // known who greets.
    provider.kx_groups = vec![
        library::kx_group::X25519,
        library::kx_group::SECP256R1,
        library::kx_group::SECP384R1,
    ];
    provider.cipher_suites = suites().collect();
    provider.cipher_suites.extend([
        library::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        library::cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        library::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        library::cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        library::cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        library::cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]);
    Arc::new(provider)
}

static NEWEST: [&SupportedProtocolVersion; 1] = [&TLS13];
static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

fn versions(tls: &Tls) -> &'static [&'static SupportedProtocolVersion] {
    if tls.has_tls12() { &BOTH } else { &NEWEST }
}

/// A certificate with what leads to its authority, and its key.
type Shown = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn named<'a>(setting: &'static str, path: Option<&'a std::path::Path>) -> Option<Named<'a>> {
    path.map(|path| Named { setting, path })
}

/// What this process shows, if anything.
fn shown(tls: &Tls, faults: &mut Vec<TlsConfigFault>) -> Option<Shown> {
    let certificate = named("ssl_certificate", tls.certificate_file());
    let key = named("ssl_key", tls.key_file());
    match (certificate, key) {
        (None, None) => None,
        (Some(_), None) => {
            faults.push(TlsConfigFault::Missing(
                "ssl_certificate",
                "ssl_key, the file of its private key",
            ));
            None
        }
        (None, Some(_)) => {
            faults.push(TlsConfigFault::Missing(
                "ssl_key",
                "ssl_certificate, the file of its certificate",
            ));
            None
        }
        (Some(certificate), Some(key)) => {
            let certificates = certificate
                .certificates()
                .map_err(|fault| faults.push(fault))
                .ok();
            let key = key.key().map_err(|fault| faults.push(fault)).ok();
            certificates.zip(key)
        }
    }
}

fn authorities(tls: &Tls, faults: &mut Vec<TlsConfigFault>) -> Option<RootCertStore> {
    let file = named("ca", tls.ca_file())?;
    file.authorities().map_err(|fault| faults.push(fault)).ok()
}

/// What rustls says of a certificate and its key.
fn unusable(tls: &Tls, error: &rustls::Error) -> Vec<TlsConfigFault> {
    let reason = match error {
        rustls::Error::InconsistentKeys(_) => "it is not the key of the certificate".to_owned(),
        other => format!("it cannot be used: {other}"),
    };
    let file = named("ssl_key", tls.key_file());
    vec![file.map_or_else(
        || TlsConfigFault::Value {
            setting: "tls",
            value: reason.clone(),
            expected: "this is a fault of daffi's",
        },
        |file| file.fault(reason.clone()),
    )]
}

/// For a controller.
pub(super) fn serving(tls: &Tls) -> Result<Keys<ServerConfig>, Vec<TlsConfigFault>> {
    let mut faults = Vec::new();
    let shown = shown(tls, &mut faults);
    let authorities = authorities(tls, &mut faults);
    if shown.is_none() && faults.is_empty() {
        faults.push(TlsConfigFault::Missing(
            "a controller with TLS",
            "ssl_certificate and ssl_key (`daffi-controller cert` makes some)",
        ));
    }
    if tls.is_client_optional() && tls.ca_file().is_none() {
        faults.push(TlsConfigFault::Missing(
            "client_optional",
            "ca: whose certificates are they?",
        ));
    }
    let (true, Some((chain, key))) = (faults.is_empty(), shown) else {
        return Err(faults);
    };
    let own = chain.first().and_then(Validity::of);
    let provider = provider();
    let verifier = match authorities {
        None => WebPkiClientVerifier::no_client_auth(),
        Some(authorities) => {
            let builder =
                WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(&provider));
            let builder = if tls.is_client_optional() {
                builder.allow_unauthenticated()
            } else {
                builder
            };
            builder.build().map_err(|error| {
                let file = named("ca", tls.ca_file());
                file.map(|file| file.fault(error.to_string()))
                    .into_iter()
                    .collect::<Vec<_>>()
            })?
        }
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions(tls))
        .map(|builder| builder.with_client_cert_verifier(verifier))
        .and_then(|builder| builder.with_single_cert(chain, key))
        .map_err(|error| unusable(tls, &error))?;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    // What is proven on a connection is bound to it, also where it speaks TLS 1.2.
    config.require_ems = true;
    // Who joins again is checked again; nothing is remembered of anybody, and nothing is accepted before the handshake is over.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(Keys {
        config: Arc::new(config),
        own,
    })
}

/// For a process that joins.
pub(super) fn joining(tls: &Tls) -> Result<Keys<ClientConfig>, Vec<TlsConfigFault>> {
    let mut faults = Vec::new();
    let shown = shown(tls, &mut faults);
    let authorities = authorities(tls, &mut faults);
    if let Some(name) = tls.name()
        && server_name(name).is_none()
    {
        faults.push(TlsConfigFault::Value {
            setting: "server_name",
            value: name.to_owned(),
            expected: "it is the name of a host, or an IP address",
        });
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let own = shown
        .as_ref()
        .and_then(|(chain, _)| chain.first())
        .and_then(Validity::of);
    let authorities = authorities.map_or_else(of_the_system, Ok)?;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(versions(tls))
        .map(|builder| builder.with_root_certificates(authorities));
    let mut config = match (builder, shown) {
        (Ok(builder), None) => Ok(builder.with_no_client_auth()),
        (Ok(builder), Some((chain, key))) => builder.with_client_auth_cert(chain, key),
        (Err(error), _) => Err(error),
    }
    .map_err(|error| unusable(tls, &error))?;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    config.require_ems = true;
    config.resumption = Resumption::disabled();
    Ok(Keys {
        config: Arc::new(config),
        own,
    })
}

/// The authorities that the system trusts.
fn of_the_system() -> Result<RootCertStore, Vec<TlsConfigFault>> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    if ignored > 0 {
        warn!(
            added,
            ignored, "some of the authorities that the system trusts cannot be read"
        );
    }
    if added == 0 {
        return Err(vec![TlsConfigFault::Missing(
            "TLS",
            "an authority that is trusted, and the system has none: name one, as in `Tls::new().ca(\"ca.pem\")`",
        )]);
    }
    Ok(roots)
}

/// A host as it is looked for in a certificate: without the zone of an IPv6 address.
pub(super) fn server_name(host: &str) -> Option<ServerName<'static>> {
    let host = match host.split_once('%') {
        Some((address, _)) if address.contains(':') => address,
        _ => host,
    };
    ServerName::try_from(host).ok().map(|name| name.to_owned())
}
