#[allow(unused_variables, unused_mut)]
fn calculate_sum(a: i64, (b, c): (i64, i64)) -> ::daffi::Call<i64, String> {
    ::core::unreachable!()
}
::core::compile_error! {
    "unknown argument `aliass`: did you mean `alias`?\n`#[fetcher]` on a function takes `alias = \"name\"`, `timeout = \"30s\"`, `to = \"process name\"`, `to_where(\"kind\", \"resizer\")`, `wait = \"5s\"`, `retry = 2`, `idempotent`, `bg`, `broadcast`, `lagging = \"drop_slow\"`, `each`, `every = \"5s\"`, `cron = \"0 3 * * *\"`, `tz = \"Europe/Kyiv\"` and `untraced`"
}
::core::compile_error! {
    "without a body, a fetcher's parameters are names, as what is passed for them is sent as it is: write one name for this"
}
