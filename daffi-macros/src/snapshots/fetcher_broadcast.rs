fn get_menu(day: &str) -> ::daffi::Broadcast<Vec<String>> {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "get_menu",
        )
        .timeout(::core::time::Duration::new(2u64, 0u32));
    let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&day);
    let __daffi_0 = (&&&::daffi::__private::by_type::argument(&day)).__daffi_lower(day);
    let __daffi_arguments = (__daffi_0,);
    (&&&::daffi::__private::by_type::Answer::<
        Vec<String>,
        ::daffi::__private::RemoteError,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [("day", (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0))],
                (&&&&::daffi::__private::by_type::Fetched::<Vec<String>>::new())
                    .__daffi_type(),
                ::daffi::__private::ErrorType::None,
            ),
            &__daffi_arguments,
        )
        .broadcast()
}
