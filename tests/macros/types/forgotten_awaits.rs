// A call is used as if it were its outcome.

use daffi::fetcher;

#[fetcher]
async fn add(a: i64, b: i64) -> i64;

async fn uses() {
    let _ = add(1, 2).unwrap();
    //                ^ a call has no outcome before it is awaited … write `.await` after the call, or `.wait()`
    let _ = add(1, 2).is_ok();
    //                ^ a call has no outcome before it is awaited
    let _ = add(1, 2).expect("three");
    //                ^ a call has no outcome before it is awaited
}

async fn asks() -> Result<i64, daffi::CallError> {
    let sum = add(1, 2)?;
    //        ^ `?` operator … await
    Ok(sum)
}

fn main() {}
