fn greet() -> ::daffi::Call<String, GreetError> {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(
        ::daffi::__private::ShownEntry(|| {
            (&&&::daffi::__private::by_type::FetchedError::<GreetError>::new())
                .__daffi_shown()
        }),
    );
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "greet",
    );
    (&&&::daffi::__private::by_type::Answer::<String, GreetError>::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [],
                (&&&::daffi::__private::by_type::FetchedInside::<String>::new())
                    .__daffi_type(),
                (&&&::daffi::__private::by_type::FetchedError::<GreetError>::new())
                    .__daffi_error_type(),
            ),
            &(),
        )
}
