fn borrowed(
    view: &str,
    bytes: &[u8],
    slice: &[String],
    item: &Item,
    inside: Option<&str>,
) {}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::FunctionEntry {
        description: ::daffi::__private::Declaration {
            name: "borrowed",
            docs: "",
            package: ::core::option_env!("CARGO_PKG_NAME"),
            item: ::core::concat!(::core::module_path!(), "::borrowed"),
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
                        "view",
                        (&&&::daffi::__private::by_type::Parameter::<
                            <str as ::daffi::__private::by_type::Lent>::Owned,
                        >::new())
                            .__daffi_type(),
                    ),
                    (
                        "bytes",
                        (&&&::daffi::__private::by_type::Parameter::<
                            <[u8] as ::daffi::__private::by_type::Lent>::Owned,
                        >::new())
                            .__daffi_type(),
                    ),
                    (
                        "slice",
                        (&&&::daffi::__private::by_type::Parameter::<
                            <[String] as ::daffi::__private::by_type::Lent>::Owned,
                        >::new())
                            .__daffi_type(),
                    ),
                    (
                        "item",
                        (&&&::daffi::__private::by_type::Parameter::<
                            <Item as ::daffi::__private::by_type::Lent>::Owned,
                        >::new())
                            .__daffi_type(),
                    ),
                    (
                        "inside",
                        (&&&::daffi::__private::by_type::Parameter::<
                            Option<&str>,
                        >::new())
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
            let (__daffi_0, __daffi_1, __daffi_2, __daffi_3, __daffi_4) = ::daffi::__private::Invocation::arguments(
                __daffi_call,
            )?;
            let __daffi_0 = (&&&::daffi::__private::by_type::Parameter::<&str>::new())
                .__daffi_take(__daffi_0);
            let __daffi_1 = (&&&::daffi::__private::by_type::Parameter::<&[u8]>::new())
                .__daffi_take(__daffi_1);
            let __daffi_2 = (&&&::daffi::__private::by_type::Parameter::<
                <[String] as ::daffi::__private::by_type::Lent>::Owned,
            >::new())
                .__daffi_take(__daffi_2);
            let __daffi_3 = (&&&::daffi::__private::by_type::Parameter::<
                <Item as ::daffi::__private::by_type::Lent>::Owned,
            >::new())
                .__daffi_take(__daffi_3);
            let __daffi_4 = (&&&::daffi::__private::by_type::Parameter::<
                Option<&str>,
            >::new())
                .__daffi_take(__daffi_4);
            let __daffi_returned = borrowed(
                __daffi_0,
                __daffi_1,
                &__daffi_2,
                &__daffi_3,
                __daffi_4,
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
