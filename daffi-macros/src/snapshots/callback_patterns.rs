fn r#match((a, b): (i32, i32), _: u8, mut x: u8, r#type: u8) {}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::FunctionEntry {
        description: ::daffi::__private::Declaration {
            name: "match",
            docs: "",
            package: ::core::option_env!("CARGO_PKG_NAME"),
            item: ::core::concat!(::core::module_path!(), "::r#match"),
            file: ::core::file!(),
            line: ::core::line!(),
            concurrency: ::core::option::Option::None,
            concurrency_per_caller: ::core::option::Option::None,
            queue: ::core::option::Option::None,
            timeout: ::core::option::Option::None,
            balance: ::daffi::__private::Balance::LessLoaded,
            signature: || ::daffi::__private::by_type::signature(
                [
                    (
                        "_",
                        (&&&::daffi::__private::by_type::Parameter::<(i32, i32)>::new())
                            .__daffi_type(),
                    ),
                    (
                        "_",
                        (&&&::daffi::__private::by_type::Parameter::<u8>::new())
                            .__daffi_type(),
                    ),
                    (
                        "x",
                        (&&&::daffi::__private::by_type::Parameter::<u8>::new())
                            .__daffi_type(),
                    ),
                    (
                        "type",
                        (&&&::daffi::__private::by_type::Parameter::<u8>::new())
                            .__daffi_type(),
                    ),
                ],
                (&&&&&&&&::daffi::__private::by_type::Returned::<()>::new())
                    .__daffi_value_type(),
                (&&&&&::daffi::__private::by_type::Returned::<()>::new())
                    .__daffi_error_type(),
            ),
        },
        function: ::daffi::__private::Function::Blocking(|__daffi_call| {
            let (__daffi_0, __daffi_1, __daffi_2, __daffi_3) = ::daffi::__private::Invocation::arguments(
                __daffi_call,
            )?;
            let __daffi_0 = (&&&::daffi::__private::by_type::Parameter::<
                (i32, i32),
            >::new())
                .__daffi_take(__daffi_0);
            let __daffi_1 = (&&&::daffi::__private::by_type::Parameter::<u8>::new())
                .__daffi_take(__daffi_1);
            let __daffi_2 = (&&&::daffi::__private::by_type::Parameter::<u8>::new())
                .__daffi_take(__daffi_2);
            let __daffi_3 = (&&&::daffi::__private::by_type::Parameter::<u8>::new())
                .__daffi_take(__daffi_3);
            let __daffi_returned = r#match(__daffi_0, __daffi_1, __daffi_2, __daffi_3);
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
