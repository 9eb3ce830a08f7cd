/// Adds.
///
/// Twice.
#[cfg(unix)]
#[cfg_attr(windows, cfg(test), allow(dead_code))]
#[expect(clippy::too_many_lines, reason = "so many")]
#[deprecated]
#[doc = include_str!("more.md")]
fn add() {}
#[cfg(unix)]
#[cfg(any(not(windows), test))]
#[allow(clippy::too_many_lines, reason = "so many")]
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::FunctionEntry {
        description: ::daffi::__private::Declaration {
            name: "add",
            docs: ::core::concat!(
                "Adds.", "\n", "\nTwice.", "\n", include_str!("more.md")
            ),
            package: ::core::option_env!("CARGO_PKG_NAME"),
            item: ::core::concat!(::core::module_path!(), "::add"),
            file: ::core::file!(),
            line: ::core::line!(),
            concurrency: ::core::option::Option::None,
            concurrency_per_caller: ::core::option::Option::None,
            queue: ::core::option::Option::None,
            timeout: ::core::option::Option::None,
            balance: ::daffi::__private::Balance::LessLoaded,
            signature: || ::daffi::__private::by_type::signature(
                [],
                (&&&&&&&&::daffi::__private::by_type::Returned::<()>::new())
                    .__daffi_value_type(),
                (&&&&&::daffi::__private::by_type::Returned::<()>::new())
                    .__daffi_error_type(),
            ),
        },
        function: ::daffi::__private::Function::Blocking(|__daffi_call| {
            let () = ::daffi::__private::Invocation::arguments(__daffi_call)?;
            let __daffi_returned = add();
            let __daffi_kind = ::daffi::__private::by_type::returned(&__daffi_returned);
            (&&&&&&__daffi_kind)
                .__daffi_outcome(
                    &__daffi_returned,
                    (&&&&&&&&__daffi_kind).__daffi_described(&__daffi_returned),
                    (&&&&__daffi_kind)
                        .__daffi_typed(
                            &__daffi_returned,
                            ::daffi::__private::Invocation::answers(__daffi_call),
                        ),
                    ::daffi::__private::Invocation::answers(__daffi_call),
                )
        }),
    });
};
