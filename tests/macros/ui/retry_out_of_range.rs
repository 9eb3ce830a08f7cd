use daffi::fetcher;

#[fetcher(retry = 0, idempotent)]
async fn none();

#[fetcher(retry = 0)]
async fn none_and_not_idempotent();

#[fetcher(retry = 101, idempotent)]
async fn too_many();

#[fetcher(retry = -1, idempotent)]
async fn negative();

#[fetcher(retry = 4294967296, idempotent)]
async fn more_than_fit();

#[fetcher(retry = 1.5, idempotent)]
async fn between();

#[fetcher(retry, idempotent)]
async fn unsaid();

fn main() {}
