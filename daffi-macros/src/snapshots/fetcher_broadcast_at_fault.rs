#[allow(unused_variables, unused_mut)]
fn get_menu() -> ::daffi::Broadcast<Vec<String>> {
    ::core::unreachable!()
}
::core::compile_error! {
    "a broadcast is not made again: those that have answered would run the callback once more\nleave this out, look at the outcome of each process, and call those that failed with `to`"
}
