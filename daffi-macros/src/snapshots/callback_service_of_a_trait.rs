impl Storage<u8> for Service<u32> {
    type Item = String;
    fn store(&mut self, item: Self::Item, other: &Self) -> Option<Self> {
        None
    }
}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::ServiceEntry {
        type_id: ::core::any::TypeId::of::<Service<u32>>,
        type_name: ::core::any::type_name::<Service<u32>>,
        package: ::core::option_env!("CARGO_PKG_NAME"),
        module: ::core::module_path!(),
        mutable: true,
        auto_init: ::core::option::Option::None,
        bind: |__daffi_instance| {
            (&&::daffi::__private::by_type::State::<Service<u32>>::new())
                .__daffi_bind(
                    __daffi_instance,
                    [
                        ::daffi::__private::MethodEntry {
                            description: ::daffi::__private::Declaration {
                                name: "store",
                                docs: "",
                                package: ::core::option_env!("CARGO_PKG_NAME"),
                                item: ::core::concat!(
                                    ::core::module_path!(), "::Service<u32>::store"
                                ),
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
                                            "item",
                                            (&&&::daffi::__private::by_type::Parameter::<
                                                <Service<u32> as Storage<u8>>::Item,
                                            >::new())
                                                .__daffi_type(),
                                        ),
                                        (
                                            "other",
                                            (&&&::daffi::__private::by_type::Parameter::<
                                                <Service<u32> as ::daffi::__private::by_type::Lent>::Owned,
                                            >::new())
                                                .__daffi_type(),
                                        ),
                                    ],
                                    (&&&&&&&&::daffi::__private::by_type::Returned::<
                                        Option<Service<u32>>,
                                    >::new())
                                        .__daffi_value_type(),
                                    (&&&&&::daffi::__private::by_type::Returned::<
                                        Option<Service<u32>>,
                                    >::new())
                                        .__daffi_error_type(),
                                ),
                            },
                            method: ::daffi::__private::Method::<
                                Service<u32>,
                            >::BlockingMut(|__daffi_self, __daffi_call| {
                                let (__daffi_0, __daffi_1) = ::daffi::__private::Invocation::arguments(
                                    __daffi_call,
                                )?;
                                let __daffi_0 = (&&&::daffi::__private::by_type::Parameter::<
                                    <Service<u32> as Storage<u8>>::Item,
                                >::new())
                                    .__daffi_take(__daffi_0);
                                let __daffi_1 = (&&&::daffi::__private::by_type::Parameter::<
                                    <Service<u32> as ::daffi::__private::by_type::Lent>::Owned,
                                >::new())
                                    .__daffi_take(__daffi_1);
                                let __daffi_returned = <Service<
                                    u32,
                                > as Storage<
                                    u8,
                                >>::store(__daffi_self, __daffi_0, &__daffi_1);
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
