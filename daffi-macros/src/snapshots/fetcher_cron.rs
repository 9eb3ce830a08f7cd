fn report() -> ::daffi::PeriodCall {
    use ::daffi::__private::by_type::choices::*;
    static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
        "report",
    );
    (&&&::daffi::__private::by_type::Answer::<
        (),
        ::daffi::__private::RemoteError,
    >::new())
        .__daffi_call(
            &__DAFFI_STUB,
            || ::daffi::__private::by_type::signature(
                [],
                (&&&&::daffi::__private::by_type::Fetched::<()>::new()).__daffi_type(),
                ::daffi::__private::ErrorType::None,
            ),
            &(),
        )
        .period({
            const _: () = ::daffi::__private::check::cron("0 3 * * *");
            ::daffi::Period::cron("0 3 * * *", "Europe/Kyiv")
        })
}
