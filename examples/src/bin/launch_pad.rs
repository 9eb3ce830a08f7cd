//! Has a rocket with three stages, which `mission_control` has ignited at certain times.
//!
//! `cargo run --bin launch_pad` and `cargo run --bin mission_control` in two terminals, in any order.

use std::sync::atomic::{AtomicUsize, Ordering};

use daffi::{Global, StartError, callback};

#[derive(Default)]
struct Rocket {
    ignited: AtomicUsize,
}

#[callback]
impl Rocket {
    pub async fn ignite(&self) -> Result<usize, String> {
        let stage = self.ignited.fetch_add(1, Ordering::Relaxed) + 1;
        println!("stage {stage} burns");
        Ok(stage)
    }
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("launch pad")
        .init_controller(true)
        .service(Rocket::default())
        .start()
        .await?;
    g.join().await;
    Ok(())
}
