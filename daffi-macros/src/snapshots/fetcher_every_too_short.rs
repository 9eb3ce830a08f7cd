#[allow(unused_variables, unused_mut)]
fn report() -> ::daffi::PeriodCall {
    ::core::unreachable!()
}
::core::compile_error! {
    "an interval is at least a millisecond: what comes more often is better sent as a stream"
}
