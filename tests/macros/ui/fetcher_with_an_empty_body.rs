use daffi::fetcher;

#[fetcher]
async fn add(a: i64, b: i64) -> i64 {}

struct Calculator;

#[fetcher]
impl Calculator {
    pub async fn subtract(&self, a: i64, b: i64) -> i64 {}
}

fn main() {}
