fn greet_politely() {}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::FunctionEntry {
        description: ::daffi::__private::Declaration {
            name: "greet",
            docs: "",
            package: ::core::option_env!("CARGO_PKG_NAME"),
            item: ::core::concat!(::core::module_path!(), "::greet_politely"),
            file: ::core::file!(),
            line: ::core::line!(),
            concurrency: ::core::option::Option::Some(8u32),
            concurrency_per_caller: ::core::option::Option::Some(2u32),
            queue: ::core::option::Option::None,
            timeout: ::core::option::Option::Some(
                ::core::time::Duration::new(90u64, 0u32),
            ),
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
            let __daffi_returned = greet_politely();
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
