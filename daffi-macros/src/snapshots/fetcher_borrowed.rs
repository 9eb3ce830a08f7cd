fn borrowed<'a>(
    name: &'a str,
    items: &[Item],
    inside: Option<&'a Item>,
) -> ::daffi::Call<()> {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "borrowed",
    );
    let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&name);
    let __daffi_0 = (&&&::daffi::__private::by_type::argument(&name))
        .__daffi_lower(name);
    let __daffi_kind_1 = ::daffi::__private::by_type::traced_like(&items);
    let __daffi_1 = (&&&::daffi::__private::by_type::argument(&items))
        .__daffi_lower(items);
    let __daffi_kind_2 = ::daffi::__private::by_type::Traced::<
        Option<<Item as ::daffi::__private::by_type::Lent>::Owned>,
    >::new();
    let __daffi_2 = (&&&::daffi::__private::by_type::argument(&inside))
        .__daffi_lower(inside);
    let __daffi_arguments = (__daffi_0, __daffi_1, __daffi_2);
    (&&&::daffi::__private::by_type::Answer::<
        (),
        ::daffi::__private::RemoteError,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [
                    (
                        "name",
                        (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0),
                    ),
                    (
                        "items",
                        (&&&&__daffi_kind_1).__daffi_sent_type(&__daffi_arguments.1),
                    ),
                    (
                        "inside",
                        (&&&&__daffi_kind_2).__daffi_sent_type(&__daffi_arguments.2),
                    ),
                ],
                (&&&&::daffi::__private::by_type::Fetched::<()>::new()).__daffi_type(),
                ::daffi::__private::ErrorType::None,
            ),
            &__daffi_arguments,
        )
}
