fn generate_stream(end: u64) -> impl Iterator<Item = u64> {
    0..end
}
#[allow(deprecated)]
const _: () = {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(::daffi::__private::FunctionEntry {
        description: ::daffi::__private::Declaration {
            name: "generate_stream",
            docs: "",
            package: ::core::option_env!("CARGO_PKG_NAME"),
            item: ::core::concat!(::core::module_path!(), "::generate_stream"),
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
                        "end",
                        (&&&::daffi::__private::by_type::Parameter::<u64>::new())
                            .__daffi_type(),
                    ),
                ],
                ::daffi::__private::streams::stream_type(
                    (&&&&&::daffi::__private::by_type::Item::<u64>::new()).__daffi_type(),
                ),
                (&&&&&::daffi::__private::by_type::Returned::<()>::new())
                    .__daffi_error_type(),
            ),
        },
        function: ::daffi::__private::Function::Blocking(|__daffi_call| {
            let (__daffi_0,) = ::daffi::__private::Invocation::arguments(__daffi_call)?;
            let __daffi_0 = (&&&::daffi::__private::by_type::Parameter::<u64>::new())
                .__daffi_take(__daffi_0);
            let __daffi_returned = generate_stream(__daffi_0);
            ::daffi::__private::streams::send_iterator(
                __daffi_call,
                __daffi_returned,
                |__daffi_item: u64, __daffi_form, __daffi_items| ::daffi::__private::encode_item(
                    &(&&&::daffi::__private::by_type::argument(&__daffi_item))
                        .__daffi_lower(__daffi_item),
                    __daffi_form,
                    __daffi_items,
                ),
            )
        }),
    });
};
