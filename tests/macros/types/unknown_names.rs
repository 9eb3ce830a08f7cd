// What is not there is missed once, although generated code names it again.
#![allow(unused)]

use daffi::{callback, fetcher};

#[callback]
fn function(value: MissingA, lent: &MissingB) -> MissingC {
    //             ^ cannot find type `MissingA`
    //                              ^ cannot find type `MissingB`
    //                                           ^ cannot find type `MissingC`
    value
}

#[fetcher]
async fn function_there(value: MissingD, lent: &[MissingE]) -> MissingF;
//                             ^ cannot find type `MissingD`
//                                               ^ cannot find type `MissingE`
//                                                             ^ cannot find type `MissingF`

struct Service;

#[callback]
impl Service {
    pub async fn method(&self, value: MissingG) -> Result<MissingH, MissingI> {
        //                            ^ cannot find type `MissingG`
        //                                                ^ cannot find type `MissingH`
        //                                                          ^ cannot find type `MissingI`
        value
    }
}

#[fetcher]
trait Shopping {
    async fn method(&self, value: MissingJ) -> MissingK;
    //                            ^ cannot find type `MissingJ`
    //                                         ^ cannot find type `MissingK`
}

#[fetcher]
fn body(value: u8) -> u8 {
    (value, missing)
    //      ^ cannot find value `missing`
}

fn main() {}
