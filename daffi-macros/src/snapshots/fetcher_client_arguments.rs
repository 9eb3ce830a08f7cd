#[allow(async_fn_in_trait, dead_code)]
#[cfg(unix)]
#[allow(clippy::module_name_repetitions)]
pub(crate) trait Shopping {
    #[cfg(feature = "count")]
    #[must_use]
    #[deprecated]
    fn how_many(&self) -> usize {
        0
    }
    fn local(&self);
}
#[cfg(unix)]
#[allow(clippy::module_name_repetitions)]
#[allow(deprecated)]
///Calls the methods of [`Shopping`], wherever they are offered.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub(crate) struct Shopper {
    global: ::daffi::Global,
}
#[cfg(unix)]
#[allow(clippy::module_name_repetitions)]
#[allow(deprecated)]
#[allow(dead_code)]
impl Shopper {
    ///A client whose calls are made by `global`.
    #[must_use]
    pub(crate) fn new(global: &::daffi::Global) -> Self {
        Self {
            global: ::core::clone::Clone::clone(global),
        }
    }
    #[cfg(feature = "count")]
    #[deprecated]
    ///Calls `shop.count`.
    pub(crate) fn how_many(&self) -> ::daffi::Call<usize> {
        use ::daffi::__private::by_type::choices::*;
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
                "shop.count",
            )
            .timeout(::core::time::Duration::new(1u64, 0u32))
            .to("shopping service");
        (&&&::daffi::__private::by_type::Answer::<
            usize,
            ::daffi::__private::RemoteError,
        >::new())
            .__daffi_call(
                &__DAFFI_STUB,
                || ::daffi::__private::by_type::signature(
                    [],
                    (&&&&::daffi::__private::by_type::Fetched::<usize>::new())
                        .__daffi_type(),
                    ::daffi::__private::ErrorType::None,
                ),
                &(),
            )
            .on(&self.global)
    }
}
