//! Whom a process trusts, and with what it proves who it is.

use std::path::PathBuf;

use super::GlobalBuilder;
use crate::auth::{Source, Text};

impl GlobalBuilder {
    /// Whether processes of any user may meet at the Unix socket of [`unix_sock_path`](Self::unix_sock_path). Otherwise both sides look
    /// whose process the other is, and talk to those of their own user and of root alone. A controller of this process opens its
    /// socket to all users then, who must be able to enter its folder. Default: no.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// // In a folder that all users may enter.
    /// let shop = Global::builder().init_controller(true).unix_sock_path(folder).any_user(true);
    /// # let shop = shop.auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn any_user(mut self, any: bool) -> Self {
        self.any_user = any;
        self
    }

    /// Whether this process may do without the checks that keep strangers out. Default: no.
    ///
    /// A controller of it may then listen where other machines reach it although it lets everybody in who does, and takes proofs on
    /// connections that are not encrypted. Its node proves who it is on those, too, through tunnels and proxies, and without a proof of who
    /// the controller is.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// use daffi::{ConfigFault, StartError};
    ///
    /// // Whoever reaches it could call everything, so that has to be meant.
    /// let open = || Global::builder().init_controller(true).host("0.0.0.0").port(0).auto_callbacks(false);
    /// let Err(StartError::Config(faults)) = open().start().await else { panic!("it is open to all") };
    /// assert!(matches!(faults[0], ConfigFault::OpenToAll { .. }));
    /// let shop = open().insecure(true).start().await?;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn insecure(mut self, insecure: bool) -> Self {
        self.insecure = insecure;
        self
    }

    /// The token with which this process proves who it is: what `daffi-controller token NAME` prints. Needs the feature `auth`.
    ///
    /// A controller of this process lets in whoever has the same token, beside those whom it [knows](Self::known).
    ///
    /// The token itself is never sent. It is kept until the `Global` has stopped, shown nowhere, and overwritten in memory then. A program has it best
    /// from a [file](Self::token_file) or from the environment: without this, `token_file` and `key`, the variable
    /// `DAFFI_TOKEN` is used if it is set.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let file = |name: &str| folder.path().join(name);
    /// # let made = daffi_core::auth::token("shopper")?;
    /// # let token = made.shown().expect("it is a token").to_owned();
    /// # std::fs::write(file("known"), format!("{}\n", made.line))?;
    /// // The controller's file has the line that `daffi-controller token shopper` prints beside the token.
    /// let shop = Global::builder().init_controller(true).port(0).known(file("known"));
    /// # let shop = shop.auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// # let port = shop.address().port().expect("it listens at a port");
    /// let g = Global::builder().port(port).token(token).auto_callbacks(false).start().await?;
    /// # assert_eq!(shop.processes().await?.len(), 2);
    /// # g.stop().await;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.secrets.push(Source::Token(Text::new(token.into())));
        self
    }

    /// As [`token`](Self::token), from a file, which at most its group may read besides its owner.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let file = |name: &str| folder.path().join(name);
    /// # let made = daffi_core::auth::token("shopper")?;
    /// # let token = made.shown().expect("it is a token").to_owned();
    /// # std::fs::write(file("known"), format!("{}\n", made.line))?;
    /// # std::fs::write(file("token"), &token)?;
    /// # std::fs::set_permissions(file("token"), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    /// # let shop = Global::builder().init_controller(true).port(0).known(file("known")).auto_callbacks(false).start().await?;
    /// # let port = shop.address().port().expect("it listens at a port");
    /// let g = Global::builder().port(port).token_file(file("token")).auto_callbacks(false).start().await?;
    /// # g.stop().await;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.secrets.push(Source::TokenFile(path.into()));
        self
    }

    /// The file of the Ed25519 key with which this process proves who it is: what `daffi-controller key NAME FILE` writes. At most its group
    /// may read it besides its owner. Needs the feature `auth`.
    ///
    /// A key tells the controller who this process is, and this process nothing of the controller. So it is used where that is known by other
    /// means: by TLS, or through a Unix socket.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let file = |name: &str| folder.path().join(name);
    /// # let made = daffi_core::auth::key("worker", &file("worker.key"))?;
    /// # std::fs::write(file("known"), format!("{}\n", made.line))?;
    /// let shop = Global::builder().init_controller(true).unix_sock_path(folder.path()).known(file("known"));
    /// # let shop = shop.auto_callbacks(false);
    /// let shop = shop.start().await?;
    /// let g = Global::builder().unix_sock_path(folder.path()).key(file("worker.key")).auto_callbacks(false).start().await?;
    /// # g.stop().await;
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    pub fn key(mut self, path: impl Into<PathBuf>) -> Self {
        self.secrets.push(Source::KeyFile(path.into()));
        self
    }

    /// The file of those whom a controller of this process lets in. Each line is a name and what `daffi-controller token` or
    /// `daffi-controller key` prints for it. Needs the feature `auth`.
    ///
    /// Through TCP, whoever proves to be none of them is refused, unless it shows a certificate that [TLS](Self::tls) asks for. Through a Unix socket, processes of the same user are let in as such.
    pub fn known(mut self, path: impl Into<PathBuf>) -> Self {
        self.known = Some(path.into());
        self
    }
}
