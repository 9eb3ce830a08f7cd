fn order(a: i64, b: i64) -> ::daffi::Call<()> {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "order",
    );
    let __daffi_computed = ::daffi::__private::check::arguments(|| {
        if a < b { (a, b) } else { (b, a) }
    });
    let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&__daffi_computed);
    let __daffi_0 = (&&&::daffi::__private::by_type::argument(&__daffi_computed))
        .__daffi_lower(__daffi_computed);
    (&&&::daffi::__private::by_type::Answer::<
        (),
        ::daffi::__private::RemoteError,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature_of_tuple(
                (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_0),
                (&&&&::daffi::__private::by_type::Fetched::<()>::new()).__daffi_type(),
                ::daffi::__private::ErrorType::None,
            ),
            &__daffi_0,
        )
}
