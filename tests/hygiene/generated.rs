//! Annotated code that other macros write: pieces of it come in invisible groups, names with the hygiene of where they
//! were written.

macro_rules! both_sides {
    ($($(#[$attribute:meta])* $visibility:vis fn $name:ident($($parameter:ident: $type:ty),*) -> $result:ty $body:block)*) => {
        mod offered {
            $(
                #[daffi::callback]
                fn $name($($parameter: $type),*) -> $result $body
            )*
        }

        $(
            $(#[$attribute])*
            #[daffi::fetcher]
            $visibility async fn $name($($parameter: $type),*) -> $result;
        )*
    };
}

both_sides! {
    /// Adds.
    pub fn generated_sum(a: i64, b: i64) -> i64 { a + b }

    /// Joins.
    pub fn generated_join(words: &[String], by: &str) -> String { words.join(by) }

    /// Parses.
    pub fn generated_parse(text: &str) -> Result<u8, String> { text.parse().map_err(|_| text.to_owned()) }

    /// Reverses.
    pub fn generated_bytes(bytes: &[u8]) -> Vec<u8> { bytes.iter().rev().copied().collect() }
}

macro_rules! computed {
    ($(#[$attribute:meta])* $name:ident = $alias:literal, $timeout:literal, $values:expr_2021) => {
        $(#[$attribute])*
        #[daffi::fetcher(alias = $alias, timeout = $timeout)]
        pub fn $name() -> i64 {
            $values
        }
    };
}

computed! {
    /// Adds one and two.
    one_and_two = "generated_sum", "10s", (1i64, 2i64)
}

macro_rules! in_other_ways {
    ($(#[$attribute:meta])* $name:ident($retry:literal) -> $result:ty = $value:expr_2021, $background:ident, $everywhere:ident, $balance:literal) => {
        mod shared {
            #[daffi::callback(balance = $balance)]
            fn $name() -> $result {
                $value
            }
        }

        $(#[$attribute])*
        #[daffi::fetcher(retry = $retry, idempotent)]
        pub async fn $name() -> $result;

        $(#[$attribute])*
        #[daffi::fetcher(alias = "generated_one", bg, to = "service")]
        pub async fn $background() -> $result;

        $(#[$attribute])*
        #[daffi::fetcher(alias = "generated_one", broadcast)]
        pub async fn $everywhere() -> $result;
    };
}

in_other_ways! {
    /// Gives one.
    generated_one(2) -> Result<u8, String> = "1".parse().map_err(|_| "none".to_owned()), begin_one, one_everywhere, "random"
}

// The attribute is of one macro, and all the rest of who calls it.
macro_rules! fetched {
    ($($item:tt)*) => {
        #[daffi::fetcher]
        $($item)*
    };
}

macro_rules! offered {
    ($($item:tt)*) => {
        #[daffi::callback(auto_init)]
        $($item)*
    };
}

fetched! {
    /// Says what it hears.
    pub trait Echo {
        /// Says it.
        async fn generated_echo(&self, text: &str) -> String;
    }
}

/// Says what it hears.
#[derive(Debug, Default)]
pub struct Parrot;

offered! {
    impl Echo for Parrot {
        async fn generated_echo(&self, text: &str) -> String {
            std::future::ready(text.to_owned()).await
        }
    }
}

macro_rules! service {
    ($(#[$attribute:meta])* $service:ident<$type:ty> { $($name:ident: $result:ty = $value:expr_2021;)* }) => {
        $(#[$attribute])*
        #[derive(Debug, Default)]
        pub struct $service<T> {
            inside: std::marker::PhantomData<T>,
        }

        #[daffi::callback(auto_init)]
        impl $service<$type> {
            $(
                /// Gives a value.
                #[must_use]
                pub fn $name(&self) -> $result {
                    let Self { inside: _ } = self;
                    $value
                }
            )*
        }
    };
}

service! {
    /// Gives values.
    Values<u128> {
        generated_number: u64 = 7;
        generated_name: &str = "seven";
    }
}
