#[allow(unused_variables, unused_mut)]
fn report() -> ::daffi::PeriodCall {
    ::core::unreachable!()
}
::core::compile_error! {
    "a line of cron goes by the clock of a time zone: add `tz = \"Europe/Kyiv\"`, or `tz = \"UTC\"`"
}
