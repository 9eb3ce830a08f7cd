#[allow(unused_variables, unused_mut)]
fn report(
    items: impl Stream<Item = u64> + ::core::marker::Send + 'static,
) -> ::daffi::PeriodCall {
    ::core::unreachable!()
}
::core::compile_error! {
    "a call that sends a stream cannot be made again and again: what was sent is gone; take values"
}
::core::compile_error! {
    "a call that gives a stream cannot be made by the controller, since nobody would read it: return a value"
}
