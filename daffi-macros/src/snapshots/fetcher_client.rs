#[allow(async_fn_in_trait, dead_code)]
/// A shopping list.
pub trait Shopping: Send {
    /// Returns all items.
    async fn get_items(&self) -> Vec<String>;
    async fn add_item<'a>(&'a mut self, item: &'a str) -> Result<(), Full>;
}
#[allow(deprecated)]
///Calls the methods of [`Shopping`], wherever they are offered.
pub struct ShoppingClient {
    client: ::daffi::__private::Client,
}
#[allow(deprecated)]
impl ::core::clone::Clone for ShoppingClient {
    fn clone(&self) -> Self {
        Self {
            client: ::core::clone::Clone::clone(&self.client),
        }
    }
}
#[allow(deprecated)]
impl ::core::fmt::Debug for ShoppingClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        self.client.fmt_as("ShoppingClient", f)
    }
}
#[allow(deprecated)]
#[allow(dead_code)]
impl ShoppingClient {
    ///A client whose calls are made by `global`.
    #[must_use]
    pub fn new(global: &::daffi::Global) -> Self {
        Self {
            client: ::daffi::__private::Client::new(global),
        }
    }
    ///As `Call::timeout`, for all calls of this client. A call may say otherwise.
    #[must_use]
    pub fn timeout(mut self, timeout: ::core::time::Duration) -> Self {
        self.client = self.client.timeout(timeout);
        self
    }
    ///As `Call::to`, for all calls of this client. A call may say otherwise.
    #[must_use]
    pub fn to(
        mut self,
        process_name: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        self.client = self.client.to(process_name);
        self
    }
    ///As `Call::to_where`, for all calls of this client. A call may name more, all of which must hold.
    #[must_use]
    pub fn to_where(
        mut self,
        key: impl ::core::convert::Into<::std::string::String>,
        value: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        self.client = self.client.to_where(key, value);
        self
    }
    ///As `Call::key`, for all calls of this client. A call may say otherwise.
    #[must_use]
    pub fn key(
        mut self,
        key: impl ::core::convert::AsRef<[::core::primitive::u8]>,
    ) -> Self {
        self.client = self.client.key(key);
        self
    }
    ///As `Call::wait_for_provider`, for all calls of this client. A call may say otherwise.
    #[must_use]
    pub fn wait_for_provider(mut self, wait: ::core::time::Duration) -> Self {
        self.client = self.client.wait_for_provider(wait);
        self
    }
    ///As `Call::retry`, for all calls of this client, except for broadcasts, which are not made again. A call may say otherwise.
    #[must_use]
    pub fn retry(mut self, retries: ::core::primitive::u32) -> Self {
        self.client = self.client.retry(retries);
        self
    }
    ///As `Call::idempotent`, for all calls of this client, except for broadcasts, which are not made again. A call may say otherwise.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.client = self.client.idempotent();
        self
    }
    ///As `Call::metadata`, for all calls of this client. A call may say otherwise.
    #[must_use]
    pub fn metadata(
        mut self,
        key: impl ::core::convert::Into<::std::string::String>,
        value: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        self.client = self.client.metadata(key, value);
        self
    }
    /// Returns all items.
    pub fn get_items(&self) -> ::daffi::Call<Vec<String>> {
        use ::daffi::__private::by_type::choices::*;
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "get_items",
        );
        self.client
            .call(
                (&&&::daffi::__private::by_type::Answer::<
                    Vec<String>,
                    ::daffi::__private::RemoteError,
                >::new())
                    .__daffi_call(
                        &__DAFFI_STUB,
                        || ::daffi::__private::by_type::signature(
                            [],
                            (&&&&::daffi::__private::by_type::Fetched::<
                                Vec<String>,
                            >::new())
                                .__daffi_type(),
                            ::daffi::__private::ErrorType::None,
                        ),
                        &(),
                    ),
            )
    }
    ///Calls `add_item`.
    pub fn add_item<'a>(&'a self, item: &'a str) -> ::daffi::Call<(), Full> {
        use ::daffi::__private::by_type::choices::*;
        ::daffi::__private::inventory::submit(
            ::daffi::__private::ShownEntry(|| {
                (&&&::daffi::__private::by_type::FetchedError::<Full>::new())
                    .__daffi_shown()
            }),
        );
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "add_item",
        );
        let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&item);
        let __daffi_0 = (&&&::daffi::__private::by_type::argument(&item))
            .__daffi_lower(item);
        let __daffi_arguments = (__daffi_0,);
        self.client
            .call(
                (&&&::daffi::__private::by_type::Answer::<(), Full>::new())
                    .__daffi_call(
                        &__DAFFI_STUB,
                        || ::daffi::__private::by_type::signature(
                            [
                                (
                                    "item",
                                    (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0),
                                ),
                            ],
                            (&&&::daffi::__private::by_type::FetchedInside::<()>::new())
                                .__daffi_type(),
                            (&&&::daffi::__private::by_type::FetchedError::<Full>::new())
                                .__daffi_error_type(),
                        ),
                        &__daffi_arguments,
                    ),
            )
    }
}
#[allow(deprecated)]
impl Shopping for ShoppingClient
where
    for<'__daffi> Self: Send,
    for<'__daffi> Vec<
        String,
    >: ::daffi::__private::check::CanFail<Vec<String>, ::daffi::__private::RemoteError>,
    for<'__daffi> Result<(), Full>: ::daffi::__private::check::CanFail<(), Full>,
{
    async fn get_items(&self) -> Vec<String> {
        ::daffi::__private::check::CanFail::of(Self::get_items(self).await)
    }
    async fn add_item<'a>(&'a mut self, item: &'a str) -> Result<(), Full> {
        ::daffi::__private::check::CanFail::of(Self::add_item(self, item).await)
    }
}
