fn greet_politely() -> ::daffi::Call<()> {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "greet",
        )
        .timeout(::core::time::Duration::new(0u64, 500000000u32))
        .to("polite service");
    (&&&::daffi::__private::by_type::Answer::<
        (),
        ::daffi::__private::RemoteError,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [],
                (&&&&::daffi::__private::by_type::Fetched::<()>::new()).__daffi_type(),
                ::daffi::__private::ErrorType::None,
            ),
            &(),
        )
}
