#[allow(unused_variables, unused_mut)]
fn report() -> ::daffi::Call<()> {
    ::core::unreachable!()
}
::core::compile_error! {
    "`tz` is the time zone of a line of cron: add `cron = \"0 3 * * *\"`, or leave `tz` out"
}
