/// Adds.
pub(crate) fn calculate_sum(a: i64, b: i64) -> ::daffi::Call<i64> {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "calculate_sum",
    );
    let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&a);
    let __daffi_0 = (&&&::daffi::__private::by_type::argument(&a)).__daffi_lower(a);
    let __daffi_kind_1 = ::daffi::__private::by_type::traced_like(&b);
    let __daffi_1 = (&&&::daffi::__private::by_type::argument(&b)).__daffi_lower(b);
    let __daffi_arguments = (__daffi_0, __daffi_1);
    (&&&::daffi::__private::by_type::Answer::<
        i64,
        ::daffi::__private::RemoteError,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [
                    ("a", (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0)),
                    ("b", (&&&&__daffi_kind_1).__daffi_sent_type(&__daffi_arguments.1)),
                ],
                (&&&&::daffi::__private::by_type::Fetched::<i64>::new()).__daffi_type(),
                ::daffi::__private::ErrorType::None,
            ),
            &__daffi_arguments,
        )
}
