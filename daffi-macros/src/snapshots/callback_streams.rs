async fn label(
    by: &str,
    lines: Streaming<String>,
) -> Result<impl Stream<Item = String>, Full> {
    Ok(lines)
}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::FunctionEntry {
        description: ::daffi::__private::Declaration {
            name: "label",
            docs: "",
            package: ::core::option_env!("CARGO_PKG_NAME"),
            item: ::core::concat!(::core::module_path!(), "::label"),
            file: ::core::file!(),
            line: ::core::line!(),
            concurrency: ::core::option::Option::None,
            concurrency_per_caller: ::core::option::Option::None,
            queue: ::core::option::Option::None,
            timeout: ::core::option::Option::None,
            balance: ::daffi::__private::Balance::LessLoaded,
            signature: || ::daffi::__private::by_type::signature(
                [
                    (
                        "by",
                        (&&&::daffi::__private::by_type::Parameter::<
                            <str as ::daffi::__private::by_type::Lent>::Owned,
                        >::new())
                            .__daffi_type(),
                    ),
                    (
                        "lines",
                        ::daffi::__private::streams::stream_type(
                            (&&&&::daffi::__private::by_type::Traced::<String>::new())
                                .__daffi_type(),
                        ),
                    ),
                ],
                ::daffi::__private::streams::stream_type(
                    (&&&&&::daffi::__private::by_type::Item::<String>::new())
                        .__daffi_type(),
                ),
                (&&&&&::daffi::__private::by_type::Returned::<
                    ::core::result::Result<(), Full>,
                >::new())
                    .__daffi_error_type(),
            ),
        },
        function: ::daffi::__private::Function::Async(|__daffi_call| ::daffi::__private::by_type::boxed(async move {
            let (__daffi_0,) = ::daffi::__private::Invocation::arguments(&__daffi_call)?;
            let __daffi_0 = (&&&::daffi::__private::by_type::Parameter::<&str>::new())
                .__daffi_take(__daffi_0);
            let __daffi_stream_0 = ::daffi::__private::streams::stream_argument::<
                String,
            >(
                &__daffi_call,
                0u32,
                (&&&::daffi::__private::by_type::Parameter::<String>::new())
                    .__daffi_decode_item(),
            )?;
            let __daffi_returned = label(__daffi_0, __daffi_stream_0).await;
            let __daffi_returned = match __daffi_returned {
                ::core::result::Result::Ok(__daffi_stream) => __daffi_stream,
                ::core::result::Result::Err(__daffi_error) => {
                    let __daffi_returned: ::core::result::Result<(), Full> = ::core::result::Result::Err(
                        __daffi_error,
                    );
                    return {
                        let __daffi_kind = ::daffi::__private::by_type::returned(
                            &__daffi_returned,
                        );
                        (&&&&&&__daffi_kind)
                            .__daffi_outcome(
                                &__daffi_returned,
                                (&&&&&&&&__daffi_kind).__daffi_described(&__daffi_returned),
                                (&&&&__daffi_kind)
                                    .__daffi_typed(
                                        &__daffi_returned,
                                        ::daffi::__private::Invocation::answers(&__daffi_call),
                                    ),
                                ::daffi::__private::Invocation::answers(&__daffi_call),
                            )
                    };
                }
            };
            ::daffi::__private::streams::send_stream(
                    &__daffi_call,
                    __daffi_returned,
                    |__daffi_item: String, __daffi_form, __daffi_items| ::daffi::__private::encode_item(
                        &(&&&::daffi::__private::by_type::argument(&__daffi_item))
                            .__daffi_lower(__daffi_item),
                        __daffi_form,
                        __daffi_items,
                    ),
                )
                .await
        })),
    });
};
