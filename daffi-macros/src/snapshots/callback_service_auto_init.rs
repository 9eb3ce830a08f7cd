impl ShoppingService {
    pub fn get_items(&self) {}
}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::ServiceEntry {
        type_id: ::core::any::TypeId::of::<ShoppingService>,
        type_name: ::core::any::type_name::<ShoppingService>,
        package: ::core::option_env!("CARGO_PKG_NAME"),
        module: ::core::module_path!(),
        mutable: false,
        auto_init: ::core::option::Option::Some(|| {
            (&&&::daffi::__private::by_type::State::<ShoppingService>::new())
                .__daffi_auto_init()
        }),
        bind: |__daffi_instance| {
            (&&::daffi::__private::by_type::State::<ShoppingService>::new())
                .__daffi_bind(
                    __daffi_instance,
                    [
                        ::daffi::__private::MethodEntry {
                            description: ::daffi::__private::Declaration {
                                name: "get_items",
                                docs: "",
                                package: ::core::option_env!("CARGO_PKG_NAME"),
                                item: ::core::concat!(
                                    ::core::module_path!(), "::ShoppingService::get_items"
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
                                    (&&&&&&&&::daffi::__private::by_type::Returned::<()>::new())
                                        .__daffi_value_type(),
                                    (&&&&&::daffi::__private::by_type::Returned::<()>::new())
                                        .__daffi_error_type(),
                                ),
                            },
                            method: ::daffi::__private::Method::<
                                ShoppingService,
                            >::BlockingRef(|__daffi_self, __daffi_call| {
                                let () = ::daffi::__private::Invocation::arguments(
                                    __daffi_call,
                                )?;
                                let __daffi_returned = <ShoppingService>::get_items(
                                    __daffi_self,
                                );
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
