impl<'a> Shop<'a> {
    const LIMIT: usize = 3;
    pub fn get_items(&self) -> ::daffi::Call<Vec<String>> {
        use ::daffi::__private::by_type::choices::*;
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
                "shop.get_items",
            )
            .timeout(::core::time::Duration::new(3u64, 0u32));
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
    }
    pub fn add_named(&self, item: &str) -> ::daffi::Call<()> {
        use ::daffi::__private::by_type::choices::*;
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
                "shop.add_item",
            )
            .timeout(::core::time::Duration::new(5u64, 0u32))
            .to("shopping service");
        let (__daffi_computed_0,) = ::daffi::__private::check::arguments(|| -> (_,) {
            (format!("{}: {item}", self.name),)
        });
        let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(
            &__daffi_computed_0,
        );
        let __daffi_0 = (&&&::daffi::__private::by_type::argument(&__daffi_computed_0))
            .__daffi_lower(__daffi_computed_0);
        let __daffi_arguments = (__daffi_0,);
        (&&&::daffi::__private::by_type::Answer::<
            (),
            ::daffi::__private::RemoteError,
        >::new())
            .__daffi_call(
                &__DAFFI_STUB,
                || ::daffi::__private::by_type::signature(
                    [
                        (
                            "_",
                            (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0),
                        ),
                    ],
                    (&&&&::daffi::__private::by_type::Fetched::<()>::new())
                        .__daffi_type(),
                    ::daffi::__private::ErrorType::None,
                ),
                &__daffi_arguments,
            )
    }
    pub fn describe(&self) -> String {
        String::new()
    }
    fn helper(&self) -> u8 {
        1
    }
}
