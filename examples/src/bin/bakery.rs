//! Bakes what `customer` orders in the background.
//!
//! `cargo run --bin bakery` and `cargo run --bin customer` in two terminals, in any order.

use daffi::{Global, StartError, callback};
use tokio::sync::Semaphore;

struct Bakery {
    /// Has a place for everything once it is hot.
    oven: Semaphore,
}

#[callback]
impl Bakery {
    /// Waits until the oven is hot.
    pub async fn bake(&self, what: &str) -> Result<String, String> {
        let _place = self.oven.acquire().await.map_err(|error| error.to_string())?;
        Ok(format!("one {what}, still warm"))
    }

    pub async fn heat_oven(&self) {
        self.oven.add_permits(10);
    }

    pub async fn sweep_floor(&self) {
        println!("the floor is swept");
    }
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let oven = Semaphore::new(0);
    let g = Global::builder()
        .process_name("bakery")
        .init_controller(true)
        .service(Bakery { oven })
        .start()
        .await?;
    g.join().await;
    Ok(())
}
