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
pub(crate) struct Shopper {
    client: ::daffi::__private::Client,
}
#[cfg(unix)]
#[allow(clippy::module_name_repetitions)]
#[allow(deprecated)]
impl ::core::clone::Clone for Shopper {
    fn clone(&self) -> Self {
        Self {
            client: ::core::clone::Clone::clone(&self.client),
        }
    }
}
#[cfg(unix)]
#[allow(clippy::module_name_repetitions)]
#[allow(deprecated)]
impl ::core::fmt::Debug for Shopper {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        self.client.fmt_as("Shopper", f)
    }
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
            client: ::daffi::__private::Client::new(global),
        }
    }
    ///As `Call::timeout`, for all calls of this client. A call may say otherwise.
    #[must_use]
    pub(crate) fn timeout(mut self, timeout: ::core::time::Duration) -> Self {
        self.client = self.client.timeout(timeout);
        self
    }
    ///As `Call::to`, for all calls of this client. A call may say otherwise.
    #[must_use]
    pub(crate) fn to(
        mut self,
        process_name: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        self.client = self.client.to(process_name);
        self
    }
    ///As `Call::to_where`, for all calls of this client. A call may name more, all of which must hold.
    #[must_use]
    pub(crate) fn to_where(
        mut self,
        key: impl ::core::convert::Into<::std::string::String>,
        value: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        self.client = self.client.to_where(key, value);
        self
    }
    ///As `Call::key`, for all calls of this client. A call may say otherwise.
    #[must_use]
    pub(crate) fn key(
        mut self,
        key: impl ::core::convert::AsRef<[::core::primitive::u8]>,
    ) -> Self {
        self.client = self.client.key(key);
        self
    }
    ///As `Call::wait_for_provider`, for all calls of this client. A call may say otherwise.
    #[must_use]
    pub(crate) fn wait_for_provider(mut self, wait: ::core::time::Duration) -> Self {
        self.client = self.client.wait_for_provider(wait);
        self
    }
    ///As `Call::retry`, for all calls of this client, except for broadcasts, which are not made again. A call may say otherwise.
    #[must_use]
    pub(crate) fn retry(mut self, retries: ::core::primitive::u32) -> Self {
        self.client = self.client.retry(retries);
        self
    }
    ///As `Call::idempotent`, for all calls of this client, except for broadcasts, which are not made again. A call may say otherwise.
    #[must_use]
    pub(crate) fn idempotent(mut self) -> Self {
        self.client = self.client.idempotent();
        self
    }
    ///As `Call::metadata`, for all calls of this client. A call may say otherwise.
    #[must_use]
    pub(crate) fn metadata(
        mut self,
        key: impl ::core::convert::Into<::std::string::String>,
        value: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        self.client = self.client.metadata(key, value);
        self
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
        self.client
            .call(
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
                    ),
            )
    }
}
