fn price() -> ::daffi::Call<u64> {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "price",
        )
        .idempotent();
    (&&&::daffi::__private::by_type::Answer::<
        u64,
        ::daffi::__private::RemoteError,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [],
                (&&&&::daffi::__private::by_type::Fetched::<u64>::new()).__daffi_type(),
                ::daffi::__private::ErrorType::None,
            ),
            &(),
        )
}
