#[allow(async_fn_in_trait, dead_code)]
trait Kitchen {
    async fn get_menu(&self) -> Vec<String>;
    async fn cook(&self, dish: &str) -> Result<u32, Burnt>;
}
#[allow(deprecated)]
///Calls the methods of [`Kitchen`], wherever they are offered.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
struct KitchenClient {
    global: ::daffi::Global,
}
#[allow(deprecated)]
#[allow(dead_code)]
impl KitchenClient {
    ///A client whose calls are made by `global`.
    #[must_use]
    fn new(global: &::daffi::Global) -> Self {
        Self {
            global: ::core::clone::Clone::clone(global),
        }
    }
    ///Calls `get_menu`.
    fn get_menu(&self) -> ::daffi::Broadcast<Vec<String>> {
        use ::daffi::__private::by_type::choices::*;
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "get_menu",
        );
        (&&&::daffi::__private::by_type::Answer::<
            Vec<String>,
            ::daffi::__private::RemoteError,
        >::new())
            .__daffi_call(
                &__DAFFI_STUB,
                || ::daffi::__private::by_type::signature(
                    [],
                    (&&&&::daffi::__private::by_type::Fetched::<Vec<String>>::new())
                        .__daffi_type(),
                    ::daffi::__private::ErrorType::None,
                ),
                &(),
            )
            .on(&self.global)
            .broadcast()
    }
    ///Calls `cook`.
    fn cook(&self, dish: &str) -> ::daffi::AsyncResult<u32, Burnt> {
        use ::daffi::__private::by_type::choices::*;
        ::daffi::__private::inventory::submit(
            ::daffi::__private::ShownEntry(|| {
                (&&&::daffi::__private::by_type::FetchedError::<Burnt>::new())
                    .__daffi_shown()
            }),
        );
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "cook",
        );
        let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&dish);
        let __daffi_0 = (&&&::daffi::__private::by_type::argument(&dish))
            .__daffi_lower(dish);
        ::daffi::__private::check::background::<u32>();
        ::daffi::__private::check::background::<Burnt>();
        (&&::daffi::__private::by_type::Answer::<u32, Burnt>::new())
            .__daffi_background(
                (&&&::daffi::__private::by_type::Answer::<u32, Burnt>::new())
                    .__daffi_call(
                        &__DAFFI_STUB,
                        || ::daffi::__private::by_type::signature(
                            [("dish", (&&&&__daffi_kind_0).__daffi_type())],
                            (&&&&::daffi::__private::by_type::Fetched::<u32>::new())
                                .__daffi_type(),
                            (&&&::daffi::__private::by_type::FetchedError::<
                                Burnt,
                            >::new())
                                .__daffi_error_type(),
                        ),
                        &(__daffi_0,),
                    )
                    .on(&self.global),
            )
    }
}
