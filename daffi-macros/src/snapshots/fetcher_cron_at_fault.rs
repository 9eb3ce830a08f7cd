#[allow(unused_variables, unused_mut)]
fn report() -> ::daffi::PeriodCall {
    ::core::unreachable!()
}
::core::compile_error! {
    "there is no such time zone: name one as the IANA has it, such as \"Europe/Kyiv\" or \"UTC\""
}
