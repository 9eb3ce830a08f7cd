pub fn refresh(city: String) -> ::daffi::PeriodCall {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(
        ::daffi::__private::ShownEntry(|| {
            (&&&::daffi::__private::by_type::FetchedError::<NoSuchCity>::new())
                .__daffi_shown()
        }),
    );
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "refresh",
        )
        .timeout(::core::time::Duration::new(2u64, 0u32));
    let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&city);
    let __daffi_0 = (&&&::daffi::__private::by_type::argument(&city))
        .__daffi_lower(city);
    let __daffi_arguments = (__daffi_0,);
    (&&&::daffi::__private::by_type::Answer::<u32, NoSuchCity>::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [("city", (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0))],
                (&&&::daffi::__private::by_type::FetchedInside::<u32>::new())
                    .__daffi_type(),
                (&&&::daffi::__private::by_type::FetchedError::<NoSuchCity>::new())
                    .__daffi_error_type(),
            ),
            &__daffi_arguments,
        )
        .period(::daffi::Period::every(::core::time::Duration::new(84u64, 0u32)))
}
