fn discounted(price: u64, percent: &Percent, ctx: &CallContext) -> u64 {
    percent.of(price)
}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::FunctionEntry {
        description: ::daffi::__private::Declaration {
            name: "discounted",
            docs: "",
            package: ::core::option_env!("CARGO_PKG_NAME"),
            item: ::core::concat!(::core::module_path!(), "::discounted"),
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
                        "price",
                        (&&&::daffi::__private::by_type::Parameter::<u64>::new())
                            .__daffi_type(),
                    ),
                    (
                        "percent",
                        ::daffi::__private::by_type::optional(
                            (&&&::daffi::__private::by_type::Parameter::<
                                <Percent as ::daffi::__private::by_type::Lent>::Owned,
                            >::new())
                                .__daffi_type(),
                        ),
                    ),
                ],
                (&&&&&&&&::daffi::__private::by_type::Returned::<u64>::new())
                    .__daffi_value_type(),
                (&&&&&::daffi::__private::by_type::Returned::<u64>::new())
                    .__daffi_error_type(),
            ),
        },
        function: ::daffi::__private::Function::Blocking(|__daffi_call| {
            let (__daffi_0, __daffi_1) = ::daffi::__private::Invocation::arguments(
                __daffi_call,
            )?;
            let __daffi_0 = (&&&::daffi::__private::by_type::Parameter::<u64>::new())
                .__daffi_take(__daffi_0);
            let __daffi_1 = ::daffi::__private::Defaulted::or_default(__daffi_1);
            let __daffi_1 = (&&&::daffi::__private::by_type::Parameter::<
                <Percent as ::daffi::__private::by_type::Lent>::Owned,
            >::new())
                .__daffi_take(__daffi_1);
            let __daffi_returned = discounted(
                __daffi_0,
                &__daffi_1,
                ::daffi::__private::Invocation::context(__daffi_call),
            );
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
