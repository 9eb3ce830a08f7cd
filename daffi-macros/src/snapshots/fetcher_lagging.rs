fn watch(
    prices: impl Stream<Item = u64> + ::core::marker::Send + 'static,
) -> ::daffi::Broadcast<u64> {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "watch",
    );
    ::daffi::__private::streams::feeding(
            (&&&::daffi::__private::by_type::Answer::<
                u64,
                ::daffi::__private::RemoteError,
            >::new())
                .__daffi_call(
                    &__DAFFI_STUB,
                    || ::daffi::__private::by_type::signature(
                        [
                            (
                                "prices",
                                ::daffi::__private::streams::stream_type(
                                    (&&&&&::daffi::__private::by_type::Item::<u64>::new())
                                        .__daffi_type(),
                                ),
                            ),
                        ],
                        (&&&&::daffi::__private::by_type::Fetched::<u64>::new())
                            .__daffi_type(),
                        ::daffi::__private::ErrorType::None,
                    ),
                    &(),
                ),
            {
                let mut __daffi_feeds = ::daffi::__private::Feeds::new();
                __daffi_feeds
                    .add(
                        prices,
                        |__daffi_item: u64, __daffi_form, __daffi_items| ::daffi::__private::encode_item(
                            &(&&&::daffi::__private::by_type::argument(&__daffi_item))
                                .__daffi_lower(__daffi_item),
                            __daffi_form,
                            __daffi_items,
                        ),
                    );
                __daffi_feeds
            },
        )
        .broadcast()
        .lagging(::daffi::__private::Lagging::DropSlow)
}
