fn calculate_sum(a: i64, b: i64) -> i64 {
    a + b
}
::core::compile_error! {
    "unknown argument `aliass`: did you mean `alias`?\n`#[callback]` on a function takes `alias = \"name\"`, `concurrency = 8`, `concurrency_per_caller = 1`, `queue = 200`, `timeout = \"30s\"`, `balance = \"round_robin\"`, `inline` and `untraced`"
}
::core::compile_error! {
    "no call could ever run: `concurrency` is at least 1"
}
