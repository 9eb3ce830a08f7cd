// The others stay what they are.

use daffi::fetcher;

struct Client;

#[fetcher]
impl Client {
    pub async fn good(&self, name: &str) -> Option<String>;

    #[fetcher(alias = "")]
    pub async fn bad(&self, name: &str) -> Option<String>;
}

async fn calls() {
    let _: Option<String> = Client.good("a").await.unwrap();
    let _: Option<String> = Client.bad("a").await.unwrap();
}

fn main() {
    drop(calls());
}
