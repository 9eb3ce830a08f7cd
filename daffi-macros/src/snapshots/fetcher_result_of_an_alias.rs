fn read() -> ::daffi::Call<
    <io::Result<Vec<u8>> as ::daffi::__private::check::AnyResult>::Value,
    <io::Result<Vec<u8>> as ::daffi::__private::check::AnyResult>::Error,
> {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(
        ::daffi::__private::ShownEntry(|| {
            (&&&::daffi::__private::by_type::FetchedError::<
                <io::Result<Vec<u8>> as ::daffi::__private::check::AnyResult>::Error,
            >::new())
                .__daffi_shown()
        }),
    );
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "read",
    );
    (&&&::daffi::__private::by_type::Answer::<
        <io::Result<Vec<u8>> as ::daffi::__private::check::AnyResult>::Value,
        <io::Result<Vec<u8>> as ::daffi::__private::check::AnyResult>::Error,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [],
                (&&&::daffi::__private::by_type::FetchedInside::<
                    <io::Result<Vec<u8>> as ::daffi::__private::check::AnyResult>::Value,
                >::new())
                    .__daffi_type(),
                (&&&::daffi::__private::by_type::FetchedError::<
                    <io::Result<Vec<u8>> as ::daffi::__private::check::AnyResult>::Error,
                >::new())
                    .__daffi_error_type(),
            ),
            &(),
        )
}
