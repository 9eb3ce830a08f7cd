use daffi::fetcher;

#[fetcher]
trait Shopping {
    async fn merge(&self, other: Self) -> Option<Self>
    where
        Self: Sized;
}

fn main() {}
