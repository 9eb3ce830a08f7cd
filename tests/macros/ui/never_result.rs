use daffi::{callback, fetcher};

#[callback]
fn forever() -> ! {
    loop {}
}

#[fetcher]
async fn forever_there() -> !;

fn main() {}
