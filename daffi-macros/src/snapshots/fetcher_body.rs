fn calculate_scaled((a, b): (i64, i64), mut by: i64) -> ::daffi::Call<i64> {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "calculate_sum",
    );
    let (__daffi_computed_0, __daffi_computed_1) = ::daffi::__private::check::arguments(|| -> (
        _,
        _,
    ) {
        by += 1;
        (a * by, b * by)
    });
    let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&__daffi_computed_0);
    let __daffi_0 = (&&&::daffi::__private::by_type::argument(&__daffi_computed_0))
        .__daffi_lower(__daffi_computed_0);
    let __daffi_kind_1 = ::daffi::__private::by_type::traced_like(&__daffi_computed_1);
    let __daffi_1 = (&&&::daffi::__private::by_type::argument(&__daffi_computed_1))
        .__daffi_lower(__daffi_computed_1);
    let __daffi_arguments = (__daffi_0, __daffi_1);
    (&&&::daffi::__private::by_type::Answer::<
        i64,
        ::daffi::__private::RemoteError,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [
                    ("_", (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0)),
                    ("_", (&&&&__daffi_kind_1).__daffi_sent_type(&__daffi_arguments.1)),
                ],
                (&&&&::daffi::__private::by_type::Fetched::<i64>::new()).__daffi_type(),
                ::daffi::__private::ErrorType::None,
            ),
            &__daffi_arguments,
        )
}
