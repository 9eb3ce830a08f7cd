use daffi::{callback, fetcher};

// Whoever calls what is at fault gets no errors.

#[callback(aliass = "sum")]
fn calculate_sum(a: i64, b: i64) -> i64 {
    a + b
}

#[fetcher(aliass = "sum")]
async fn fetch_sum(a: i64, mut b: i64) -> i64;

#[fetcher(bg, aliass = "sum")]
async fn sum_in_the_background(a: i64, b: i64) -> i64;

#[fetcher(broadcast, aliass = "sum")]
async fn sum_everywhere(a: i64, b: i64) -> Result<i64, String>;

struct Client;

#[fetcher(prefixx = "a.")]
impl Client {
    async fn method(&self, a: u8) -> Result<u8, String>;

    #[fetcher(bg, retry = 2)]
    async fn in_the_background(&self) -> u8;
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
    assert!(sum_in_the_background(1, 2).is_ready());
    assert!(sum_everywhere(1, 2).await.unwrap().get("shop").is_none());
    Client.in_the_background().cancel();
    assert_eq!(Client.method(1).await, Ok(1));
    assert_eq!(Service.method(1), 1);
}

fn main() {}
