/// Computes.
pub fn begin_fibonacci(n: u64) -> ::daffi::AsyncResult<u64, TooLarge> {
    use ::daffi::__private::by_type::choices::*;
    ::daffi::__private::inventory::submit(
        ::daffi::__private::ShownEntry(|| {
            (&&&::daffi::__private::by_type::FetchedError::<TooLarge>::new())
                .__daffi_shown()
        }),
    );
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "fibonacci",
        )
        .timeout(::core::time::Duration::new(60u64, 0u32))
        .to("calculator")
        .retry(3u32)
        .idempotent();
    let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&n);
    let __daffi_0 = (&&&::daffi::__private::by_type::argument(&n)).__daffi_lower(n);
    let __daffi_arguments = (__daffi_0,);
    ::daffi::__private::check::background::<u64>();
    ::daffi::__private::check::background::<TooLarge>();
    (&&::daffi::__private::by_type::Answer::<u64, TooLarge>::new())
        .__daffi_background(
            (&&&::daffi::__private::by_type::Answer::<u64, TooLarge>::new())
                .__daffi_call(
                    &__DAFFI_STUB,
                    || ::daffi::__private::by_type::signature(
                        [
                            (
                                "n",
                                (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0),
                            ),
                        ],
                        (&&&::daffi::__private::by_type::FetchedInside::<u64>::new())
                            .__daffi_type(),
                        (&&&::daffi::__private::by_type::FetchedError::<TooLarge>::new())
                            .__daffi_error_type(),
                    ),
                    &__daffi_arguments,
                ),
        )
}
