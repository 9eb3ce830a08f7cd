#[allow(async_fn_in_trait, dead_code)]
trait Kitchen {
    async fn get_menu(&self) -> Vec<String>;
    async fn cook(&self, dish: &str) -> Result<u32, Burnt>;
}
#[allow(deprecated)]
///Calls the methods of [`Kitchen`], wherever they are offered.
struct KitchenClient {
    client: ::daffi::__private::Client,
}
#[allow(deprecated)]
impl ::core::clone::Clone for KitchenClient {
    fn clone(&self) -> Self {
        Self {
            client: ::core::clone::Clone::clone(&self.client),
        }
    }
}
#[allow(deprecated)]
impl ::core::fmt::Debug for KitchenClient {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        self.client.fmt_as("KitchenClient", f)
    }
}
#[allow(deprecated)]
#[allow(dead_code)]
impl KitchenClient {
    ///A client whose calls are made by `global`.
    #[must_use]
    fn new(global: &::daffi::Global) -> Self {
        Self {
            client: ::daffi::__private::Client::new(global),
        }
    }
    ///As `Call::timeout`, for all calls of this client. A call may say otherwise.
    #[must_use]
    fn timeout(mut self, timeout: ::core::time::Duration) -> Self {
        self.client = self.client.timeout(timeout);
        self
    }
    ///As `Call::to`, for all calls of this client. A call may say otherwise.
    #[must_use]
    fn to(
        mut self,
        process_name: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        self.client = self.client.to(process_name);
        self
    }
    ///As `Call::to_where`, for all calls of this client. A call may name more, all of which must hold.
    #[must_use]
    fn to_where(
        mut self,
        key: impl ::core::convert::Into<::std::string::String>,
        value: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        self.client = self.client.to_where(key, value);
        self
    }
    ///As `Call::key`, for all calls of this client. A call may say otherwise.
    #[must_use]
    fn key(mut self, key: impl ::core::convert::AsRef<[::core::primitive::u8]>) -> Self {
        self.client = self.client.key(key);
        self
    }
    ///As `Call::wait_for_provider`, for all calls of this client. A call may say otherwise.
    #[must_use]
    fn wait_for_provider(mut self, wait: ::core::time::Duration) -> Self {
        self.client = self.client.wait_for_provider(wait);
        self
    }
    ///As `Call::retry`, for all calls of this client, except for broadcasts, which are not made again. A call may say otherwise.
    #[must_use]
    fn retry(mut self, retries: ::core::primitive::u32) -> Self {
        self.client = self.client.retry(retries);
        self
    }
    ///As `Call::idempotent`, for all calls of this client, except for broadcasts, which are not made again. A call may say otherwise.
    #[must_use]
    fn idempotent(mut self) -> Self {
        self.client = self.client.idempotent();
        self
    }
    ///As `Call::metadata`, for all calls of this client. A call may say otherwise.
    #[must_use]
    fn metadata(
        mut self,
        key: impl ::core::convert::Into<::std::string::String>,
        value: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        self.client = self.client.metadata(key, value);
        self
    }
    ///Calls `get_menu`.
    fn get_menu(&self) -> ::daffi::Broadcast<Vec<String>> {
        use ::daffi::__private::by_type::choices::*;
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "get_menu",
        );
        self.client
            .call_to_many(
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
            .broadcast()
    }
    ///Calls `cook`.
    fn cook(&self, dish: &str) -> ::daffi::AsyncResult<u32, Burnt> {
        use ::daffi::__private::by_type::choices::*;
        ::daffi::__private::inventory::submit(
            ::daffi::__private::ShownEntry(|| {
                (&&&::daffi::__private::by_type::FetchedError::<Burnt>::new())
                    .__daffi_shown()
            }),
        );
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "cook",
        );
        let __daffi_kind_0 = ::daffi::__private::by_type::traced_like(&dish);
        let __daffi_0 = (&&&::daffi::__private::by_type::argument(&dish))
            .__daffi_lower(dish);
        let __daffi_arguments = (__daffi_0,);
        ::daffi::__private::check::background::<u32>();
        ::daffi::__private::check::background::<Burnt>();
        (&&::daffi::__private::by_type::Answer::<u32, Burnt>::new())
            .__daffi_background(
                self
                    .client
                    .call(
                        (&&&::daffi::__private::by_type::Answer::<u32, Burnt>::new())
                            .__daffi_call(
                                &__DAFFI_STUB,
                                || ::daffi::__private::by_type::signature(
                                    [
                                        (
                                            "dish",
                                            (&&&&__daffi_kind_0).__daffi_sent_type(&__daffi_arguments.0),
                                        ),
                                    ],
                                    (&&&::daffi::__private::by_type::FetchedInside::<
                                        u32,
                                    >::new())
                                        .__daffi_type(),
                                    (&&&::daffi::__private::by_type::FetchedError::<
                                        Burnt,
                                    >::new())
                                        .__daffi_error_type(),
                                ),
                                &__daffi_arguments,
                            ),
                    ),
            )
    }
}
#[allow(deprecated)]
impl Kitchen for KitchenClient
where
    for<'__daffi> Vec<String>: ::daffi::__private::check::OutcomeOfMany,
    for<'__daffi> Result<u32, Burnt>: ::daffi::__private::check::CanFail<u32, Burnt>,
{
    async fn get_menu(&self) -> Vec<String> {
        let _ = (self,);
        ::daffi::__private::check::OutcomeOfMany::of_many()
    }
    async fn cook(&self, dish: &str) -> Result<u32, Burnt> {
        ::daffi::__private::check::CanFail::of(Self::cook(self, dish).await)
    }
}
