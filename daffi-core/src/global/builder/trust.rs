//! Whom a process trusts, and with what it proves who it is.

use std::path::PathBuf;

use super::GlobalBuilder;
use crate::auth::{Source, Text};

impl GlobalBuilder {
    /// Whether processes of any user may meet at the Unix socket of [`unix_sock_path`](Self::unix_sock_path). Otherwise both sides look
    /// whose process the other is, and talk to those of their own user and of root alone. A controller of this process opens its
    /// socket to all users then, who must be able to enter its folder. Default: no.
    pub fn any_user(mut self, any: bool) -> Self {
        self.any_user = any;
        self
    }

    /// Whether this process may do without the checks that keep strangers out. Default: no.
    ///
    /// A controller of it may then listen where other machines reach it although it lets everybody in who does, and takes proofs on
    /// connections that are not encrypted. Its node proves who it is on those, too, through tunnels and proxies, and without a proof of who
    /// the controller is.
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
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.secrets.push(Source::Token(Text::new(token.into())));
        self
    }

    /// As [`token`](Self::token), from a file, which at most its group may read besides its owner.
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.secrets.push(Source::TokenFile(path.into()));
        self
    }

    /// The file of the Ed25519 key with which this process proves who it is: what `daffi-controller key NAME FILE` writes. At most its group
    /// may read it besides its owner. Needs the feature `auth`.
    ///
    /// A key tells the controller who this process is, and this process nothing of the controller. So it is used where that is known by other
    /// means: by TLS, or through a Unix socket.
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
