use daffi::fetcher;

#[fetcher]
fn many(x: u8) {
    (x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x + 1)
}

fn main() {}
