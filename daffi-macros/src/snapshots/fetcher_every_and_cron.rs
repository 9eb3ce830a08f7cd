#[allow(unused_variables, unused_mut)]
fn report() -> ::daffi::PeriodCall {
    ::core::unreachable!()
}
::core::compile_error! {
    "`every` and `cron` both say when: leave one of them out"
}
