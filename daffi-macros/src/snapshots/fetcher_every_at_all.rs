fn refresh() -> ::daffi::PeriodCall {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "refresh",
    );
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
        .broadcast()
        .period(::daffi::Period::every(::core::time::Duration::new(5u64, 0u32)))
}
