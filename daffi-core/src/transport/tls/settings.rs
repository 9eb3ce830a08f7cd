//! What a program asks of TLS.

use std::path::{Path, PathBuf};

/// TLS over TCP, as a process that joins a controller, or runs one, asks for it. Files are in PEM.
///
/// A process that **joins** checks the controller's certificate: that an authority it knows has signed it ([`ca`](Self::ca), or else
/// those of the system), that it is valid now, and that it is for the host that was named ([`server_name`](Self::server_name)).
/// It shows a certificate of its own if it has one and the controller asks (*mutual TLS*).
///
/// A process that runs a **controller** shows its [`certificate`](Self::certificate). With a [`ca`](Self::ca), whoever joins must show
/// one, too, which that authority has signed.
///
/// TLS 1.3, unless [`allow_tls12`](Self::allow_tls12) was said. No early data, no renegotiation, and no resuming: who joins again is
/// checked again. Files that change are read again within two seconds, at the next connection; if the new ones cannot be used,
/// the log says why and the old ones stay.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use daffi::{Global, Tls};
///
/// # use daffi_certificates::{Authority, Purpose, Wanted};
/// # let folder = tempfile::tempdir()?;
/// # let file = |name: &str| folder.path().join(name);
/// # let authority = Authority::generate()?;
/// # std::fs::write(file("ca.pem"), authority.own()?.certificate)?;
/// # for (name, purpose, names) in [("server", Purpose::Server, "localhost"), ("buyer", Purpose::Client, "buyer")] {
/// #     let issued = authority.issue(&Wanted::new(purpose, [names]))?;
/// #     std::fs::write(file(&format!("{name}.pem")), &issued.certificate)?;
/// #     std::fs::write(file(&format!("{name}.key")), &*issued.key)?;
/// #     std::fs::set_permissions(file(&format!("{name}.key")), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
/// # }
///
/// // `daffi-controller cert` makes the files.
/// let controller = Tls::new().certificate(file("server.pem")).key(file("server.key"));
/// let shop = Global::builder().init_controller(true).host("localhost").port(0).tls(controller).insecure(true);
/// # let shop = shop.auto_callbacks(false);
/// let shop = shop.start().await?;
/// # let port = shop.address().port().expect("it listens at a port");
/// let buyer = Global::builder().host("localhost").port(port).tls(Tls::new().ca(file("ca.pem")));
/// # let buyer = buyer.auto_callbacks(false);
/// let buyer = buyer.start().await?;
/// # buyer.stop().await;
/// # shop.stop().await;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "it does nothing until a builder is given it"]
pub struct Tls {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    ca: Option<PathBuf>,
    server_name: Option<String>,
    client_optional: bool,
    tls12: bool,
}

impl Tls {
    /// TLS with what the system trusts.
    pub fn new() -> Self {
        Self::default()
    }

    /// The file of the certificate that this process shows, followed by those that lead to its authority, if there are any between.
    pub fn certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.certificate = Some(file.into());
        self
    }

    /// The file of the key of the [`certificate`](Self::certificate). It is nobody's but its owner's (`chmod 600`).
    pub fn key(mut self, file: impl Into<PathBuf>) -> Self {
        self.key = Some(file.into());
        self
    }

    /// The file of the certificates of the authorities that are trusted, and no others. For a process that joins: to sign the controller's
    /// certificate; without it, those of the system. For a controller: to sign those of the processes that join, which must show one
    /// then.
    pub fn ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca = Some(file.into());
        self
    }

    /// The name, or IP address, that the controller's certificate must be for, if it is not the host that was named.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// For a controller with a [`ca`](Self::ca): whether it lets in processes that show no certificate, too. One that is shown is checked
    /// all the same. Default: no.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::{Global, Tls};
    ///
    /// # use daffi_certificates::{Authority, Purpose, Wanted};
    /// # let folder = tempfile::tempdir()?;
    /// # let file = |name: &str| folder.path().join(name);
    /// # let authority = Authority::generate()?;
    /// # std::fs::write(file("ca.pem"), authority.own()?.certificate)?;
    /// # for (name, purpose, names) in [("server", Purpose::Server, "localhost"), ("buyer", Purpose::Client, "buyer")] {
    /// #     let issued = authority.issue(&Wanted::new(purpose, [names]))?;
    /// #     std::fs::write(file(&format!("{name}.pem")), &issued.certificate)?;
    /// #     std::fs::write(file(&format!("{name}.key")), &*issued.key)?;
    /// #     std::fs::set_permissions(file(&format!("{name}.key")), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    /// # }
    ///
    /// // The controller asks for a certificate, which its authority must have signed, and lets those in who have none as well.
    /// let controller = Tls::new().certificate(file("server.pem")).key(file("server.key")).ca(file("ca.pem")).client_optional(true);
    /// let shop = Global::builder().init_controller(true).host("localhost").port(0).tls(controller.allow_tls12(true));
    /// # let shop = shop.auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// # let port = shop.address().port().expect("it listens at a port");
    /// // This one has one, and looks for the controller at an address that its certificate does not name.
    /// let own = Tls::new().certificate(file("buyer.pem")).key(file("buyer.key"));
    /// let tls = own.ca(file("ca.pem")).server_name("localhost");
    /// let buyer = Global::builder().host("127.0.0.1").port(port).tls(tls);
    /// # let buyer = buyer.auto_callbacks(false);
    /// let buyer = buyer.start().await?;
    /// # buyer.stop().await;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn client_optional(mut self, optional: bool) -> Self {
        self.client_optional = optional;
        self
    }

    /// Whether TLS 1.2 will do, for what stands between the two and knows nothing newer. Default: no, 1.3 only.
    pub fn allow_tls12(mut self, allow: bool) -> Self {
        self.tls12 = allow;
        self
    }

    /// The same, and what `other` has of what this has not.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            certificate: self.certificate.or(other.certificate),
            key: self.key.or(other.key),
            ca: self.ca.or(other.ca),
            server_name: self.server_name.or(other.server_name),
            client_optional: self.client_optional || other.client_optional,
            tls12: self.tls12 || other.tls12,
        }
    }

    /// The same, wherever the working directory is later.
    pub(super) fn absolute(mut self) -> Self {
        for file in [&mut self.certificate, &mut self.key, &mut self.ca]
            .into_iter()
            .flatten()
        {
            if let Ok(absolute) = std::path::absolute(&*file) {
                *file = absolute;
            }
        }
        self
    }

    pub(super) fn certificate_file(&self) -> Option<&Path> {
        self.certificate.as_deref()
    }

    pub(super) fn key_file(&self) -> Option<&Path> {
        self.key.as_deref()
    }

    pub(super) fn ca_file(&self) -> Option<&Path> {
        self.ca.as_deref()
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    pub(super) const fn is_client_optional(&self) -> bool {
        self.client_optional
    }

    pub(super) const fn has_tls12(&self) -> bool {
        self.tls12
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        [&self.certificate, &self.key, &self.ca]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }
}
