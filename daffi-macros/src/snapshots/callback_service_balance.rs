impl Prices {
    pub fn price(&self) -> u64 {
        0
    }
    pub fn stock(&self) -> u64 {
        0
    }
}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::ServiceEntry {
        type_id: ::core::any::TypeId::of::<Prices>,
        type_name: ::core::any::type_name::<Prices>,
        package: ::core::option_env!("CARGO_PKG_NAME"),
        module: ::core::module_path!(),
        mutable: false,
        auto_init: ::core::option::Option::None,
        bind: |__daffi_instance| {
            (&&::daffi::__private::by_type::State::<Prices>::new())
                .__daffi_bind(
                    __daffi_instance,
                    [
                        ::daffi::__private::MethodEntry {
                            description: ::daffi::__private::Declaration {
                                name: "price",
                                docs: "",
                                package: ::core::option_env!("CARGO_PKG_NAME"),
                                item: ::core::concat!(
                                    ::core::module_path!(), "::Prices::price"
                                ),
                                file: ::core::file!(),
                                line: ::core::line!(),
                                concurrency: ::core::option::Option::None,
                                concurrency_per_caller: ::core::option::Option::None,
                                queue: ::core::option::Option::None,
                                timeout: ::core::option::Option::None,
                                balance: ::daffi::__private::Balance::Random,
                                signature: || ::daffi::__private::by_type::signature(
                                    [],
                                    (&&&&&&&&::daffi::__private::by_type::Returned::<
                                        u64,
                                    >::new())
                                        .__daffi_value_type(),
                                    (&&&&&::daffi::__private::by_type::Returned::<u64>::new())
                                        .__daffi_error_type(),
                                ),
                            },
                            method: ::daffi::__private::Method::<
                                Prices,
                            >::BlockingRef(|__daffi_self, __daffi_call| {
                                let () = ::daffi::__private::Invocation::arguments(
                                    __daffi_call,
                                )?;
                                let __daffi_returned = <Prices>::price(__daffi_self);
                                let __daffi_kind = ::daffi::__private::by_type::returned(
                                    &__daffi_returned,
                                );
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
                        },
                        ::daffi::__private::MethodEntry {
                            description: ::daffi::__private::Declaration {
                                name: "stock",
                                docs: "",
                                package: ::core::option_env!("CARGO_PKG_NAME"),
                                item: ::core::concat!(
                                    ::core::module_path!(), "::Prices::stock"
                                ),
                                file: ::core::file!(),
                                line: ::core::line!(),
                                concurrency: ::core::option::Option::None,
                                concurrency_per_caller: ::core::option::Option::None,
                                queue: ::core::option::Option::None,
                                timeout: ::core::option::Option::None,
                                balance: ::daffi::__private::Balance::LessLoaded,
                                signature: || ::daffi::__private::by_type::signature(
                                    [],
                                    (&&&&&&&&::daffi::__private::by_type::Returned::<
                                        u64,
                                    >::new())
                                        .__daffi_value_type(),
                                    (&&&&&::daffi::__private::by_type::Returned::<u64>::new())
                                        .__daffi_error_type(),
                                ),
                            },
                            method: ::daffi::__private::Method::<
                                Prices,
                            >::BlockingRef(|__daffi_self, __daffi_call| {
                                let () = ::daffi::__private::Invocation::arguments(
                                    __daffi_call,
                                )?;
                                let __daffi_returned = <Prices>::stock(__daffi_self);
                                let __daffi_kind = ::daffi::__private::by_type::returned(
                                    &__daffi_returned,
                                );
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
                        },
                    ],
                )
        },
    });
};
