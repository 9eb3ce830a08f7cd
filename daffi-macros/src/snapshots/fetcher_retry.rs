fn price(item: &str) -> ::daffi::Call<u64> {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "price",
        )
        .timeout(::core::time::Duration::new(0u64, 500000000u32))
        .wait(::core::time::Duration::new(5u64, 0u32))
        .retry(2u32)
        .idempotent();
    let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&item);
    let __daffi_0 = (&&&::daffi::__private::by_type::argument(&item))
        .__daffi_lower(item);
    let __daffi_arguments = (__daffi_0,);
    (&&&::daffi::__private::by_type::Answer::<
        u64,
        ::daffi::__private::RemoteError,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [("item", (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0))],
                (&&&&::daffi::__private::by_type::Fetched::<u64>::new()).__daffi_type(),
                ::daffi::__private::ErrorType::None,
            ),
            &__daffi_arguments,
        )
}
