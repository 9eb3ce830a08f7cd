use daffi::fetcher;

#[fetcher]
async fn name() -> &'static str;

#[fetcher]
async fn first(items: &[String]) -> Option<&str>;

#[fetcher]
async fn either(name: &str) -> Result<&str, &str>;

#[fetcher]
async fn inside(name: &str) -> std::borrow::Cow<'_, str>;

#[fetcher]
async fn named<'a>(name: &'a str) -> Option<&'a str>;

fn main() {}
