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

fn uses_plain(_: impl Plain) {}
fn uses_own(_: impl Own) {}

fn main() {}

fn pass(g: &Global) {
    uses_plain(PlainClient::new(g));
    //         ^ `u64` cannot say that a call has failed
    uses_own(OwnClient::new(g));
    //       ^ Result<u64, Full>` cannot say that a call has failed
}
