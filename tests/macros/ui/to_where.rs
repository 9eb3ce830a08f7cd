use daffi::{callback, fetcher};

#[fetcher(to_where = "resizer")]
async fn one_value();

#[fetcher(to_where("kind"))]
async fn half();

#[fetcher(to_where("kind", 3))]
async fn number();

#[fetcher(to_where)]
async fn nothing();

#[fetcher(to_where("", "resizer"))]
async fn no_key();

#[fetcher(to_where("kind", "resizer"), to_where("kind", "joiner"))]
async fn two_values();

#[fetcher(attribute("kind", "resizer"))]
async fn by_another_name();

#[callback(to_where("kind", "resizer"))]
fn of_callers() {}

struct Client;

#[fetcher(
    to_where("a", ""),
    to_where("b", ""),
    to_where("c", ""),
    to_where("d", ""),
    to_where("e", ""),
    to_where("f", ""),
    to_where("g", ""),
    to_where("kind", "resizer")
)]
impl Client {
    #[fetcher(to_where("h", ""))]
    async fn too_many(&self);

    #[fetcher(to_where("kind", "joiner"))]
    async fn of_another_kind(&self);
}

fn main() {}
