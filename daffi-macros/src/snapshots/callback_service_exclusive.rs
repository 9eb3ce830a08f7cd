impl ShoppingService {
    pub fn add_item(&mut self, item: String) {
        self.items.push(item);
    }
    pub async fn clear_items(&mut self) {
        self.items.clear();
    }
}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::ServiceEntry {
        type_id: ::core::any::TypeId::of::<ShoppingService>,
        type_name: ::core::any::type_name::<ShoppingService>,
        package: ::core::option_env!("CARGO_PKG_NAME"),
        module: ::core::module_path!(),
        mutable: true,
        auto_init: ::core::option::Option::None,
        bind: |__daffi_instance| {
            (&&::daffi::__private::by_type::State::<ShoppingService>::new())
                .__daffi_bind(
                    __daffi_instance,
                    [
                        ::daffi::__private::MethodEntry {
                            description: ::daffi::__private::Declaration {
                                name: "add_item",
                                docs: "",
                                package: ::core::option_env!("CARGO_PKG_NAME"),
                                item: ::core::concat!(
                                    ::core::module_path!(), "::ShoppingService::add_item"
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
                                            (&&&::daffi::__private::by_type::Parameter::<String>::new())
                                                .__daffi_type(),
                                        ),
                                    ],
                                    (&&&&&&&&::daffi::__private::by_type::Returned::<()>::new())
                                        .__daffi_value_type(),
                                    (&&&&&::daffi::__private::by_type::Returned::<()>::new())
                                        .__daffi_error_type(),
                                ),
                            },
                            method: ::daffi::__private::Method::<
                                ShoppingService,
                            >::BlockingMut(|__daffi_self, __daffi_call| {
                                let (__daffi_0,) = ::daffi::__private::Invocation::arguments(
                                    __daffi_call,
                                )?;
                                let __daffi_0 = (&&&::daffi::__private::by_type::Parameter::<
                                    String,
                                >::new())
                                    .__daffi_take(__daffi_0);
                                let __daffi_returned = <ShoppingService>::add_item(
                                    __daffi_self,
                                    __daffi_0,
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
                        ::daffi::__private::MethodEntry {
                            description: ::daffi::__private::Declaration {
                                name: "clear_items",
                                docs: "",
                                package: ::core::option_env!("CARGO_PKG_NAME"),
                                item: ::core::concat!(
                                    ::core::module_path!(), "::ShoppingService::clear_items"
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
                            >::AsyncMut(|__daffi_self, __daffi_call| {
                                (&&::daffi::__private::by_type::State::<
                                    ShoppingService,
                                >::new())
                                    .__daffi_boxed(async move {
                                        let () = ::daffi::__private::Invocation::arguments(
                                            &__daffi_call,
                                        )?;
                                        let __daffi_returned = <ShoppingService>::clear_items(
                                                __daffi_self,
                                            )
                                            .await;
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
                                                        ::daffi::__private::Invocation::answers(&__daffi_call),
                                                    ),
                                                ::daffi::__private::Invocation::answers(&__daffi_call),
                                            )
                                    })
                            }),
                        },
                    ],
                )
        },
    });
};
