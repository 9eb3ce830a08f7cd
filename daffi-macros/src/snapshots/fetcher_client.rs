#[allow(async_fn_in_trait, dead_code)]
/// A shopping list.
pub trait Shopping: Send {
    /// Returns all items.
    async fn get_items(&self) -> Vec<String>;
    async fn add_item<'a>(&'a mut self, item: &'a str) -> Result<(), Full>;
}
#[allow(deprecated)]
///Calls the methods of [`Shopping`], wherever they are offered.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct ShoppingClient {
    global: ::daffi::Global,
}
#[allow(deprecated)]
#[allow(dead_code)]
impl ShoppingClient {
    ///A client whose calls are made by `global`.
    #[must_use]
    pub fn new(global: &::daffi::Global) -> Self {
        Self {
            global: ::core::clone::Clone::clone(global),
        }
    }
    /// Returns all items.
    pub fn get_items(&self) -> ::daffi::Call<Vec<String>> {
        use ::daffi::__private::by_type::choices::*;
        static __DAFFI_STUB: ::daffi::__private::Stub = ::daffi::__private::Stub::new(
            "get_items",
        );
        (&&&::daffi::__private::by_type::Answer::<
            Vec<String>,
            ::daffi::__private::RemoteError,
        >::new())
            .__daffi_call(
                &__DAFFI_STUB,
                || ::daffi::__private::by_type::signature(
                    [],
                    (&&&&::daffi::__private::by_type::Fetched::<Vec<String>>::new())
                        .__daffi_type(),
                    ::daffi::__private::ErrorType::None,
                ),
                &(),
            )
            .on(&self.global)
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
        (&&&::daffi::__private::by_type::Answer::<(), Full>::new())
            .__daffi_call(
                &__DAFFI_STUB,
                || ::daffi::__private::by_type::signature(
                    [("item", (&&&&__daffi_kind_0).__daffi_type())],
                    (&&&&::daffi::__private::by_type::Fetched::<()>::new())
                        .__daffi_type(),
                    (&&&::daffi::__private::by_type::FetchedError::<Full>::new())
                        .__daffi_error_type(),
                ),
                &(__daffi_0,),
            )
            .on(&self.global)
    }
}
