fn label(
    by: &str,
    lines: impl Stream<Item = String> + ::core::marker::Send + 'static,
) -> ::daffi::Call<::daffi::Streaming<String>, Full> {
    use ::daffi::__private::by_type::choices::*;
    #[allow(dead_code)]
    fn __daffi_stream(_: impl Stream) {}
    ::daffi::__private::inventory::submit(
        ::daffi::__private::ShownEntry(|| {
            (&&&::daffi::__private::by_type::FetchedError::<Full>::new()).__daffi_shown()
        }),
    );
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "label",
    );
    let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&by);
    let __daffi_0 = (&&&::daffi::__private::by_type::argument(&by)).__daffi_lower(by);
    let __daffi_arguments = (__daffi_0,);
    ::daffi::__private::streams::feeding(
        (&&&::daffi::__private::by_type::Answer::<String, Full>::new())
            .__daffi_call_stream(
                &__DAFFI_STUB,
                || ::daffi::__private::by_type::signature(
                    [
                        (
                            "by",
                            (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0),
                        ),
                        (
                            "lines",
                            ::daffi::__private::streams::stream_type(
                                (&&&&&::daffi::__private::by_type::Item::<String>::new())
                                    .__daffi_type(),
                            ),
                        ),
                    ],
                    ::daffi::__private::streams::stream_type(
                        (&&&&::daffi::__private::by_type::Traced::<String>::new())
                            .__daffi_type(),
                    ),
                    (&&&::daffi::__private::by_type::FetchedError::<Full>::new())
                        .__daffi_error_type(),
                ),
                &__daffi_arguments,
            ),
        {
            let mut __daffi_feeds = ::daffi::__private::Feeds::new();
            __daffi_feeds
                .add(
                    lines,
                    |__daffi_item: String, __daffi_form, __daffi_items| ::daffi::__private::encode_item(
                        &(&&&::daffi::__private::by_type::argument(&__daffi_item))
                            .__daffi_lower(__daffi_item),
                        __daffi_form,
                        __daffi_items,
                    ),
                );
            __daffi_feeds
        },
    )
}
