//! How the controller is reached: what was said, and else what the environment says.

use std::ffi::OsString;

use daffi_core::{Global, GlobalBuilder};

use super::arguments::Connection;
use super::failure::Failure;

/// What it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    host: Option<String>,
    port: Option<u16>,
    unix_sock_path: Option<std::path::PathBuf>,
}

/// A process that joins the controller.
pub(crate) fn builder(
    said: &Connection,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<GlobalBuilder, Failure> {
    let environment = |name: &str| environment(name).filter(|value| !value.is_empty());
    let place = place(said, environment)?;
    let mut builder = Global::builder()
        .auto_callbacks(false)
        .any_user(said.any_user)
        .insecure(said.insecure)
        .connect_timeout(said.connect_timeout);
    if let Some(name) = &said.process_name {
        builder = builder.process_name(name);
    }
    if let Some(host) = place.host {
        builder = builder.host(host);
    }
    if let Some(port) = place.port {
        builder = builder.port(port);
    }
    if let Some(folder) = place.unix_sock_path {
        builder = builder.unix_sock_path(folder);
    }
    match (&said.token_file, &said.key_file) {
        (Some(token), _) => builder = builder.token_file(token),
        (None, Some(key)) => builder = builder.key(key),
        (None, None) => {
            // `DAFFI_TOKEN` is looked at where a process is started.
            if let Some(token) = environment("DAFFI_TOKEN_FILE") {
                builder = builder.token_file(token);
            }
            if let Some(key) = environment("DAFFI_KEY_FILE") {
                builder = builder.key(key);
            }
        }
    }
    secured(builder, said, environment)
}

/// Where the controller is.
fn place(said: &Connection, environment: impl Fn(&str) -> Option<OsString>) -> Result<Place, Failure> {
    if said.host.is_some() || said.port.is_some() || said.unix_sock_path.is_some() {
        if said.host.is_some() && said.port.is_none() {
            return Err(Failure::usage("--host says on which machine, and needs --port"));
        }
        return Ok(Place {
            host: said.host.clone(),
            port: said.port,
            unix_sock_path: said.unix_sock_path.clone(),
        });
    }
    let text = |name: &str| {
        let value = environment(name)?;
        Some(
            value
                .into_string()
                .map_err(|_| Failure::usage(format!("{name} is no text"))),
        )
    };
    let port = match text("DAFFI_PORT").transpose()? {
        Some(port) => Some(
            port.parse()
                .map_err(|_| Failure::usage(format!("DAFFI_PORT is no port: {port:?}")))?,
        ),
        None => None,
    };
    let place = Place {
        host: text("DAFFI_HOST").transpose()?,
        port,
        unix_sock_path: environment("DAFFI_UNIX_SOCK_PATH").map(Into::into),
    };
    match place {
        Place {
            host: Some(_),
            port: None,
            ..
        } => Err(Failure::usage(
            "DAFFI_HOST says on which machine, and needs DAFFI_PORT",
        )),
        Place {
            port: Some(_),
            unix_sock_path: Some(_),
            ..
        } => Err(Failure::usage(
            "DAFFI_PORT and DAFFI_UNIX_SOCK_PATH are two places: unset one, or say --port or --unix-sock-path",
        )),
        place => Ok(place),
    }
}

/// The same, with TLS where it is asked for.
#[cfg(feature = "tls")]
fn secured(
    builder: GlobalBuilder,
    said: &Connection,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<GlobalBuilder, Failure> {
    use std::path::PathBuf;

    use daffi_core::Tls;

    let file =
        |said: &Option<PathBuf>, name: &str| said.clone().or_else(|| environment(name).map(PathBuf::from));
    let ca = file(&said.ssl_ca, "DAFFI_SSL_CA");
    let certificate = file(&said.ssl_certificate, "DAFFI_SSL_CERTIFICATE");
    let key = file(&said.ssl_key, "DAFFI_SSL_KEY");
    if !said.tls && ca.is_none() && certificate.is_none() && key.is_none() {
        return Ok(builder);
    }
    let mut tls = Tls::new();
    if let Some(ca) = ca {
        tls = tls.ca(ca);
    }
    if let Some(certificate) = certificate {
        tls = tls.certificate(certificate);
    }
    if let Some(key) = key {
        tls = tls.key(key);
    }
    Ok(builder.tls(tls))
}

/// There is no TLS to be had.
#[cfg(not(feature = "tls"))]
fn secured(
    builder: GlobalBuilder,
    said: &Connection,
    _: impl Fn(&str) -> Option<OsString>,
) -> Result<GlobalBuilder, Failure> {
    if said.tls || said.ssl_ca.is_some() || said.ssl_certificate.is_some() || said.ssl_key.is_some() {
        return Err(Failure::usage("this program was built without its feature `tls`"));
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(host: Option<&str>, port: Option<u16>, folder: Option<&str>) -> Connection {
        Connection {
            host: host.map(str::to_owned),
            port,
            unix_sock_path: folder.map(Into::into),
            ..Connection::default()
        }
    }

    /// A host, a port and a folder.
    type Expected<'a> = (Option<&'a str>, Option<u16>, Option<&'a str>);

    fn check(said: &Connection, environment: &[(&str, &str)], expected: Result<Expected<'_>, &str>) {
        let value = |name: &str| {
            environment
                .iter()
                .find(|(of, _)| *of == name)
                .map(|(_, value)| value.into())
        };
        let found = place(said, value);
        match (found, expected) {
            (Ok(place), Ok((host, port, folder))) => {
                assert_eq!((place.host.as_deref(), place.port), (host, port));
                assert_eq!(place.unix_sock_path, folder.map(Into::into));
            }
            (Err(failure), Err(part)) => assert!(failure.message.contains(part), "{}", failure.message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_said_stands_for_all_that_the_environment_says() {
        let all = [("DAFFI_HOST", "a"), ("DAFFI_PORT", "7")];
        check(&said(None, None, None), &[], Ok((None, None, None)));
        check(&said(None, None, None), &all, Ok((Some("a"), Some(7), None)));
        check(
            &said(None, None, None),
            &[("DAFFI_UNIX_SOCK_PATH", "/run")],
            Ok((None, None, Some("/run"))),
        );
        check(&said(None, Some(8), None), &all, Ok((None, Some(8), None)));
        check(
            &said(None, None, Some("/run")),
            &all,
            Ok((None, None, Some("/run"))),
        );
        check(&said(Some("b"), None, None), &all, Err("needs --port"));
        check(&said(None, None, None), &all[..1], Err("needs DAFFI_PORT"));
        check(&said(None, None, None), &[("DAFFI_PORT", "x")], Err("no port"));
        let both = [("DAFFI_PORT", "7"), ("DAFFI_UNIX_SOCK_PATH", "/run")];
        check(&said(None, None, None), &both, Err("two places"));
    }
}
