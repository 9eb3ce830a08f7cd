use daffi::fetcher;

#[fetcher]
async fn anything() -> Vec<_>;

fn main() {}
