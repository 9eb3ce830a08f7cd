use daffi::{callback, fetcher};

// Whoever calls what is at fault gets no errors.

#[callback(aliass = "sum")]
fn calculate_sum(a: i64, b: i64) -> i64 {
    a + b
}

#[fetcher(aliass = "sum")]
async fn fetch_sum(a: i64, mut b: i64) -> i64;

struct Client;

#[fetcher(prefixx = "a.")]
impl Client {
    async fn method(&self, a: u8) -> Result<u8, String>;
}

struct Service;

#[callback(prefixx = "a.")]
impl Service {
    pub fn method(&self, a: u8) -> u8 {
        a
    }
}

async fn calls() {
    assert_eq!(calculate_sum(1, 2), 3);
    assert_eq!(fetch_sum(1, 2).await, Ok(3));
    assert_eq!(Client.method(1).await, Ok(1));
    assert_eq!(Service.method(1), 1);
}

fn main() {}
