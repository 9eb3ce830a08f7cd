use daffi::fetcher;

#[fetcher]
async fn number() -> u64;

#[fetcher]
async fn double(by: u64) -> u64 {
    let number = number().await.unwrap_or_default();
    (number, by)
}

fn main() {}
