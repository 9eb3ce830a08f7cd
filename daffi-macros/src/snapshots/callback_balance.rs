async fn price(item: &str) -> u64 {
    0
}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::FunctionEntry {
        description: ::daffi::__private::Declaration {
            name: "price",
            docs: "",
            package: ::core::option_env!("CARGO_PKG_NAME"),
            item: ::core::concat!(::core::module_path!(), "::price"),
            file: ::core::file!(),
            line: ::core::line!(),
            concurrency: ::core::option::Option::None,
            concurrency_per_caller: ::core::option::Option::None,
            queue: ::core::option::Option::None,
            timeout: ::core::option::Option::None,
            balance: ::daffi::__private::Balance::RoundRobin,
            signature: || ::daffi::__private::by_type::signature(
                [
                    (
                        "item",
                        (&&&::daffi::__private::by_type::Parameter::<
                            <str as ::daffi::__private::by_type::Lent>::Owned,
                        >::new())
                            .__daffi_type(),
                    ),
                ],
                (&&&&&&&&::daffi::__private::by_type::Returned::<u64>::new())
                    .__daffi_value_type(),
                (&&&&&::daffi::__private::by_type::Returned::<u64>::new())
                    .__daffi_error_type(),
            ),
        },
        function: ::daffi::__private::Function::Async(|__daffi_call| ::daffi::__private::by_type::boxed(async move {
            let (__daffi_0,) = ::daffi::__private::Invocation::arguments(&__daffi_call)?;
            let __daffi_0 = (&&&::daffi::__private::by_type::Parameter::<&str>::new())
                .__daffi_take(__daffi_0);
            let __daffi_returned = price(__daffi_0).await;
            let __daffi_kind = ::daffi::__private::by_type::returned(&__daffi_returned);
            (&&&&&&__daffi_kind)
                .__daffi_outcome(
                    &__daffi_returned,
                    (&&&&&&&&__daffi_kind).__daffi_described(&__daffi_returned),
                    (&&&&__daffi_kind)
                        .__daffi_typed(
                            &__daffi_returned,
                            ::daffi::__private::Invocation::answers(&__daffi_call),
                        ),
                    ::daffi::__private::Invocation::answers(&__daffi_call),
                )
        })),
    });
};
