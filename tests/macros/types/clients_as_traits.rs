// A client is its trait where its errors can say that a call has failed.

use daffi::{Global, fetcher};

#[fetcher]
trait Plain {
    async fn count(&self) -> u64;
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Full;

#[fetcher]
trait Own {
    async fn count(&self) -> Result<u64, Full>;
}

#[fetcher]
trait ToAll {
    async fn count(&self) -> Result<u64, String>;
    #[fetcher(broadcast)]
    async fn forget(&self, what: u64) -> Result<(), String>;
}

fn uses_to_all(_: impl ToAll) {}
fn uses_plain(_: impl Plain) {}
fn uses_own(_: impl Own) {}

fn main() {}

fn pass(g: &Global) {
    uses_plain(PlainClient::new(g));
    //         ^ `u64` cannot say that a call has failed
    uses_to_all(ToAllClient::new(g));
    //          ^ Result<(), String>` is a `broadcast`, so the client is no implementation of its trait … move the methods
    uses_own(OwnClient::new(g));
    //       ^ Result<u64, Full>` cannot say that a call has failed
}
