fn length(span: Span) -> ::daffi::Call<u32> {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "length",
    );
    let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&span);
    let __daffi_0 = (&&&::daffi::__private::by_type::argument(&span))
        .__daffi_lower(span);
    let __daffi_arguments = (__daffi_0,);
    (&&&::daffi::__private::by_type::Answer::<
        u32,
        ::daffi::__private::RemoteError,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::untraced(|| ::daffi::__private::by_type::signature(
                [("span", (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0))],
                (&&&&::daffi::__private::by_type::Fetched::<u32>::new()).__daffi_type(),
                ::daffi::__private::ErrorType::None,
            )),
            &__daffi_arguments,
        )
}
