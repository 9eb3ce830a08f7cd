#[allow(unused_variables, unused_mut)]
fn report() -> ::daffi::PeriodCall {
    ::core::unreachable!()
}
::core::compile_error! {
    "`retry` says nothing of calls that are made again and again: a call is made once for each tick; leave it out"
}
::core::compile_error! {
    "`idempotent` says nothing of calls that are made again and again: a call is made once for each tick; leave it out"
}
