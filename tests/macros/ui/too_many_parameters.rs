use daffi::{callback, fetcher};

#[callback]
fn many(
    _p1: u8, _p2: u8, _p3: u8, _p4: u8, _p5: u8, _p6: u8, _p7: u8, _p8: u8, _p9: u8,
    _p10: u8, _p11: u8, _p12: u8, _p13: u8, _p14: u8, _p15: u8, _p16: u8, _p17: u8,
) {
}

#[fetcher]
async fn many_there(
    p1: u8, p2: u8, p3: u8, p4: u8, p5: u8, p6: u8, p7: u8, p8: u8, p9: u8,
    p10: u8, p11: u8, p12: u8, p13: u8, p14: u8, p15: u8, p16: u8, p17: u8,
);

fn main() {}
