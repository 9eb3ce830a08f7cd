fn add_many_items(
    items: impl Stream<Item = String> + ::core::marker::Send + 'static,
) -> ::daffi::Call<::core::primitive::u64, Full> {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(
        ::daffi::__private::ShownEntry(|| {
            (&&&::daffi::__private::by_type::FetchedError::<Full>::new()).__daffi_shown()
        }),
    );
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "add_item",
        )
        .each();
    ::daffi::__private::streams::feeding(
        (&&&::daffi::__private::by_type::Answer::<(), Full>::new())
            .__daffi_call_each(
                &__DAFFI_STUB,
                || ::daffi::__private::by_type::signature(
                    [
                        (
                            "items",
                            (&&&&&::daffi::__private::by_type::Item::<String>::new())
                                .__daffi_type(),
                        ),
                    ],
                    (&&&::daffi::__private::by_type::FetchedInside::<()>::new())
                        .__daffi_type(),
                    (&&&::daffi::__private::by_type::FetchedError::<Full>::new())
                        .__daffi_error_type(),
                ),
            ),
        {
            let mut __daffi_feeds = ::daffi::__private::Feeds::new();
            __daffi_feeds
                .add(
                    items,
                    |__daffi_item: String, __daffi_form, __daffi_items| ::daffi::__private::encode_arguments(
                        &(
                            (&&&::daffi::__private::by_type::argument(&__daffi_item))
                                .__daffi_lower(__daffi_item),
                        ),
                        __daffi_form,
                        __daffi_items,
                    ),
                );
            __daffi_feeds
        },
    )
}
