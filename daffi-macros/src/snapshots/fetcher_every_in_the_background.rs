#[allow(unused_variables, unused_mut)]
fn report() -> ::daffi::PeriodCall {
    ::core::unreachable!()
}
::core::compile_error! {
    "`bg` says nothing of calls that are made again and again: the controller makes the calls, and nobody here waits for them; leave it out"
}
