use daffi::fetcher;

#[fetcher(cron = "0 25 * * *", tz = "UTC")]
async fn report();

#[fetcher(cron = "0 0 30 2 *", tz = "UTC")]
async fn never();

fn main() {}
