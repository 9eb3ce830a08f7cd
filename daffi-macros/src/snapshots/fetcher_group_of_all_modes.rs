impl Kitchen {
    pub fn get_menu(&self) -> ::daffi::Call<Vec<String>> {
        use ::daffi::__private::by_type::choices::*;
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
                "get_menu",
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
    pub fn get_menus(&self) -> ::daffi::Broadcast<Vec<String>> {
        use ::daffi::__private::by_type::choices::*;
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
                "get_menu",
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
            .broadcast()
    }
    pub fn cook_for_me(&self, dish: &str) -> ::daffi::AsyncResult<u32> {
        use ::daffi::__private::by_type::choices::*;
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
                "cook",
            )
            .timeout(::core::time::Duration::new(3u64, 0u32));
        let (__daffi_computed_0, __daffi_computed_1) = ::daffi::__private::check::arguments(|| -> (
            _,
            _,
        ) { (dish, self.guest) });
        let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(
            &__daffi_computed_0,
        );
        let __daffi_0 = (&&&::daffi::__private::by_type::argument(&__daffi_computed_0))
            .__daffi_lower(__daffi_computed_0);
        let __daffi_kind_1 = ::daffi::__private::by_type::traced_like(
            &__daffi_computed_1,
        );
        let __daffi_1 = (&&&::daffi::__private::by_type::argument(&__daffi_computed_1))
            .__daffi_lower(__daffi_computed_1);
        let __daffi_arguments = (__daffi_0, __daffi_1);
        ::daffi::__private::check::background::<u32>();
        (&&::daffi::__private::by_type::Answer::<
            u32,
            ::daffi::__private::RemoteError,
        >::new())
            .__daffi_background(
                (&&&::daffi::__private::by_type::Answer::<
                    u32,
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
                                (
                                    "_",
                                    (&&&&__daffi_kind_1).__daffi_sent_type(&__daffi_arguments.1),
                                ),
                            ],
                            (&&&&::daffi::__private::by_type::Fetched::<u32>::new())
                                .__daffi_type(),
                            ::daffi::__private::ErrorType::None,
                        ),
                        &__daffi_arguments,
                    ),
            )
    }
}
