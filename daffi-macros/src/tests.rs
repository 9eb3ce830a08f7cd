//! What the attributes expand to, feature by feature, in `snapshots/`. After a change, `UPDATE_EXPECT=1 cargo test -p
//! daffi-macros` writes them anew; read the difference as a user's compiler would.

use expect_test::expect_file;
use proc_macro2::TokenStream;
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{Stmt, parse_quote};

use crate::{callback, fetcher};

#[track_caller]
fn check(name: &str, expansion: &TokenStream) {
    let mut file = syn::parse2(expansion.clone()).unwrap_or_else(|error| panic!("{error}: {expansion}"));
    SubmittedAsCalls.visit_file_mut(&mut file);
    expect_file![format!("snapshots/{name}.rs")].assert_eq(&prettyplease::unparse(&file));
}

/// Shows `inventory::submit! { … }` as a function's call, since what is in a macro's braces is not formatted.
struct SubmittedAsCalls;

impl VisitMut for SubmittedAsCalls {
    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        if let Stmt::Macro(submit) = statement
            && submit
                .mac
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "submit")
        {
            let (path, submitted) = (&submit.mac.path, &submit.mac.tokens);
            *statement = parse_quote!(#path(#submitted););
        }
        visit_mut::visit_stmt_mut(self, statement);
    }
}

#[track_caller]
fn check_callback(name: &str, arguments: TokenStream, item: &TokenStream) {
    check(&format!("callback_{name}"), &callback::attribute(arguments, item));
}

#[track_caller]
fn check_fetcher(name: &str, arguments: TokenStream, item: &TokenStream) {
    check(&format!("fetcher_{name}"), &fetcher::attribute(arguments, item));
}

// ------------------------------------------------------------------ callbacks

#[test]
fn an_argument_with_a_default() {
    check_callback(
        "default",
        quote!(),
        &quote! {
            fn discounted(price: u64, #[callback(default)] percent: &Percent, ctx: &CallContext) -> u64 {
                percent.of(price)
            }
        },
    );
}

#[test]
fn a_function_stays_and_registers_itself() {
    check_callback(
        "asynchronous",
        quote!(),
        &quote! {
            async fn calculate_sum(a: i64, b: i64) -> i64 {
                a + b
            }
        },
    );
}

#[test]
fn a_synchronous_function_runs_on_the_pool() {
    check_callback(
        "blocking",
        quote!(),
        &quote! {
            pub fn fibonacci(n: u64) -> u64 {
                if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
            }
        },
    );
}

#[test]
fn streams_come_as_arguments_and_are_sent_when_they_are_returned() {
    check_callback(
        "streams",
        quote!(),
        &quote! {
            async fn label(by: &str, lines: Streaming<String>) -> Result<impl Stream<Item = String>, Full> {
                Ok(lines)
            }
        },
    );
    check_callback(
        "iterator",
        quote!(),
        &quote! {
            fn generate_stream(end: u64) -> impl Iterator<Item = u64> {
                0..end
            }
        },
    );
}

#[test]
fn an_inline_function_runs_where_its_call_arrived() {
    check_callback(
        "inline",
        quote!(inline),
        &quote! {
            fn nothing() {}
        },
    );
}

#[test]
fn types_are_left_alone_where_that_is_said() {
    check_callback(
        "untraced",
        quote!(untraced),
        &quote! {
            async fn length(span: Span) -> u32 {}
        },
    );
    check_fetcher(
        "untraced",
        quote!(untraced),
        &quote! {
            async fn length(span: Span) -> u32;
        },
    );
}

#[test]
fn arguments_describe_the_callback() {
    check_callback(
        "arguments",
        quote!(
            alias = "greet",
            concurrency = 8,
            concurrency_per_caller = 2,
            timeout = "1m30s"
        ),
        &quote! {
            fn greet_politely() {}
        },
    );
}

#[test]
fn the_balance_is_described() {
    check_callback(
        "balance",
        quote!(balance = "round_robin"),
        &quote! {
            async fn price(item: &str) -> u64 {
                0
            }
        },
    );
}

#[test]
fn a_method_has_a_balance_of_its_own() {
    check_callback(
        "service_balance",
        quote!(),
        &quote! {
            impl Prices {
                #[callback(balance = "random")]
                pub fn price(&self) -> u64 {
                    0
                }

                #[callback(balance = "less_loaded")]
                pub fn stock(&self) -> u64 {
                    0
                }
            }
        },
    );
}

#[test]
fn borrowed_parameters_are_decoded_and_lent() {
    check_callback(
        "borrowed",
        quote!(),
        &quote! {
            fn borrowed(view: &str, bytes: &[u8], slice: &[String], item: &Item, inside: Option<&str>) {}
        },
    );
}

#[test]
fn a_borrowed_result_is_described_as_what_owns_it() {
    check_callback(
        "borrowed_result",
        quote!(),
        &quote! {
            fn first<'a>(items: &'a [Item], fallback: &'a str) -> Result<Option<&'a Item>, &'static str> {
                Ok(items.first())
            }
        },
    );
}

#[test]
fn the_context_is_filled_in() {
    check_callback(
        "context",
        quote!(),
        &quote! {
            async fn who(lent: &CallContext, name: String, owned: daffi::CallContext) -> String {
                name
            }
        },
    );
}

#[test]
fn patterns_and_raw_identifiers_have_names_on_the_wire() {
    check_callback(
        "patterns",
        quote!(),
        &quote! {
            fn r#match((a, b): (i32, i32), _: u8, mut x: u8, r#type: u8) {}
        },
    );
}

#[test]
fn what_is_generated_has_the_conditions_and_the_docs_of_the_function() {
    check_callback(
        "attributes",
        quote!(),
        &quote! {
            /// Adds.
            ///
            /// Twice.
            #[cfg(unix)]
            #[cfg_attr(windows, cfg(test), allow(dead_code))]
            #[expect(clippy::too_many_lines, reason = "so many")]
            #[deprecated]
            #[doc = include_str!("more.md")]
            fn add() {}
        },
    );
}

#[test]
fn shared_methods_need_no_lock() {
    check_callback(
        "service_shared",
        quote!(),
        &quote! {
            impl ShoppingService {
                /// Return all items.
                pub fn get_items(&self) -> Vec<String> {
                    self.items.clone()
                }

                #[callback(alias = "count", inline)]
                pub fn how_many(&self) -> usize {
                    self.items.len()
                }

                pub async fn wait(&self, ctx: &CallContext) {}
            }
        },
    );
}

#[test]
fn an_exclusive_method_needs_the_lock() {
    check_callback(
        "service_exclusive",
        quote!(),
        &quote! {
            impl ShoppingService {
                pub fn add_item(&mut self, item: String) {
                    self.items.push(item);
                }

                pub async fn clear_items(&mut self) {
                    self.items.clear();
                }
            }
        },
    );
}

#[test]
fn a_method_under_a_condition_needs_the_lock_under_it() {
    check_callback(
        "service_conditional",
        quote!(),
        &quote! {
            impl ShoppingService {
                pub fn get_items(&self) {}

                #[cfg(feature = "write")]
                pub fn add_item(&mut self) {}
            }
        },
    );
}

#[test]
fn what_is_not_offered_stays_as_it_is() {
    check_callback(
        "service_local",
        quote!(prefix = "shop."),
        &quote! {
            impl ShoppingService {
                const LIMIT: usize = 3;

                pub fn new() -> Self {
                    Self
                }

                pub fn offered(&self) {}

                #[callback(local)]
                pub fn local(&self) {}

                pub fn _hidden(&self) {}

                fn private(&self) {}
            }
        },
    );
}

#[test]
fn a_service_can_be_built_by_itself() {
    check_callback(
        "service_auto_init",
        quote!(auto_init),
        &quote! {
            impl ShoppingService {
                pub fn get_items(&self) {}
            }
        },
    );
}

#[test]
fn the_methods_of_a_trait_are_called_as_the_traits() {
    check_callback(
        "service_of_a_trait",
        quote!(),
        &quote! {
            impl Storage<u8> for Service<u32> {
                type Item = String;

                fn store(&mut self, item: Self::Item, other: &Self) -> Option<Self> {
                    None
                }
            }
        },
    );
}

#[test]
fn a_faulty_callback_stays_and_is_not_registered() {
    check_callback(
        "at_fault",
        quote!(aliass = "sum", concurrency = 0),
        &quote! {
            fn calculate_sum(a: i64, b: i64) -> i64 {
                a + b
            }
        },
    );
}

// The compiler refuses such a function as well, so that what a user sees of it is not ours to compare.
#[test]
fn a_variadic_function_is_refused() {
    let item = quote! {
        unsafe extern "C" fn sum(first: u8, ...) {}
    };
    let expansion = callback::attribute(quote!(), &item).to_string();
    assert!(
        expansion.contains("a callback has a fixed number of parameters"),
        "{expansion}"
    );
}

// ------------------------------------------------------------------ fetchers

#[test]
fn a_fetcher_makes_a_call() {
    check_fetcher(
        "function",
        quote!(),
        &quote! {
            /// Adds.
            pub(crate) async fn calculate_sum(a: i64, mut b: i64) -> i64;
        },
    );
}

#[test]
fn arguments_are_in_the_stub() {
    check_fetcher(
        "arguments",
        quote!(alias = "greet", timeout = "500ms", to = "polite service"),
        &quote! {
            async fn greet_politely();
        },
    );
    check_fetcher(
        "to_where",
        quote!(
            to_where("zone", "north"),
            wait = "5s",
            to_where("kind", "resizer",)
        ),
        &quote! {
            async fn resize();
        },
    );
    check_fetcher(
        "group_to_where",
        quote!(to_where("kind", "resizer")),
        &quote! {
            impl Resizers {
                async fn resize(&self);

                #[fetcher(broadcast, to_where("zone", "north"), to_where("kind", "resizer"))]
                async fn resize_all(&self);
            }
        },
    );
}

#[test]
fn what_may_be_made_again_is_in_the_stub() {
    check_fetcher(
        "retry",
        quote!(timeout = "500ms", wait = "5s", retry = 2, idempotent),
        &quote! {
            async fn price(item: &str) -> u64;
        },
    );
    check_fetcher(
        "idempotent",
        quote!(idempotent),
        &quote! {
            async fn price() -> u64;
        },
    );
}

#[test]
fn a_call_in_the_background_is_begun_by_the_fetcher() {
    check_fetcher(
        "background",
        quote!(
            bg,
            alias = "fibonacci",
            timeout = "1m",
            to = "calculator",
            retry = 3,
            idempotent
        ),
        &quote! {
            /// Computes.
            pub async fn begin_fibonacci(n: u64) -> Result<u64, TooLarge>;
        },
    );
}

#[test]
fn a_broadcast_is_what_the_fetcher_returns() {
    check_fetcher(
        "broadcast",
        quote!(broadcast, timeout = "2s"),
        &quote! {
            async fn get_menu(day: &str) -> Vec<String>;
        },
    );
}

#[test]
fn a_schedule_is_what_the_fetcher_returns() {
    check_fetcher(
        "every",
        quote!(every = "1m24s", timeout = "2s"),
        &quote! {
            pub async fn refresh(city: String) -> Result<u32, NoSuchCity>;
        },
    );
    check_fetcher(
        "every_at_all",
        quote!(every = "5s", broadcast),
        &quote! {
            async fn refresh();
        },
    );
}

#[cfg(feature = "cron")]
#[test]
fn a_line_of_cron_is_looked_at_by_the_compiler() {
    check_fetcher(
        "cron",
        quote!(cron = "0 3 * * *", tz = "Europe/Kyiv"),
        &quote! {
            async fn report();
        },
    );
    check_fetcher(
        "cron_at_fault",
        quote!(cron = "0 3 * * *", tz = "Europe/Kiyv"),
        &quote! {
            async fn report();
        },
    );
}

#[test]
fn what_is_said_of_a_schedule_makes_sense() {
    for (name, arguments) in [
        ("every_and_cron", quote!(every = "5s", cron = "0 3 * * *")),
        ("every_too_short", quote!(every = "5us")),
        ("cron_without_zone", quote!(cron = "0 3 * * *")),
        ("zone_without_cron", quote!(tz = "UTC")),
        ("every_in_the_background", quote!(every = "5s", bg)),
        ("every_and_again", quote!(every = "5s", retry = 2, idempotent)),
    ] {
        check_fetcher(
            name,
            arguments,
            &quote! {
                async fn report();
            },
        );
    }
    check_fetcher(
        "every_with_streams",
        quote!(every = "5s"),
        &quote! {
            async fn report(items: impl Stream<Item = u64>) -> impl Stream<Item = u64>;
        },
    );
}

#[test]
fn what_becomes_of_those_who_lag_is_said_of_the_broadcast() {
    check_fetcher(
        "lagging",
        quote!(broadcast, lagging = "drop_slow"),
        &quote! {
            async fn watch(prices: impl Stream<Item = u64>) -> u64;
        },
    );
}

#[test]
fn the_methods_of_a_group_return_what_they_say() {
    check_fetcher(
        "group_of_all_modes",
        quote!(timeout = "3s"),
        &quote! {
            impl Kitchen {
                pub async fn get_menu(&self) -> Vec<String>;

                #[fetcher(broadcast, alias = "get_menu")]
                pub async fn get_menus(&self) -> Vec<String>;

                #[fetcher(bg, alias = "cook")]
                pub fn cook_for_me(&self, dish: &str) -> u32 {
                    (dish, self.guest)
                }
            }
        },
    );
}

#[test]
fn the_methods_of_a_client_return_what_they_say() {
    check_fetcher(
        "client_of_all_modes",
        quote!(),
        &quote! {
            trait Kitchen {
                #[fetcher(broadcast)]
                async fn get_menu(&self) -> Vec<String>;

                #[fetcher(bg)]
                async fn cook(&self, dish: &str) -> Result<u32, Burnt>;
            }
        },
    );
}

#[test]
fn borrowed_arguments_are_described_as_what_owns_them() {
    check_fetcher(
        "borrowed",
        quote!(),
        &quote! {
            async fn borrowed<'a>(name: &'a str, items: &[Item], inside: Option<&'a Item>);
        },
    );
}

#[test]
fn a_result_gives_the_error_its_type() {
    check_fetcher(
        "result",
        quote!(),
        &quote! {
            async fn greet() -> Result<String, GreetError>;
        },
    );
}

#[test]
fn an_alias_of_a_result_is_looked_into_by_the_compiler() {
    check_fetcher(
        "result_of_an_alias",
        quote!(),
        &quote! {
            async fn read() -> io::Result<Vec<u8>>;
        },
    );
}

#[test]
fn a_body_computes_the_arguments() {
    check_fetcher(
        "body",
        quote!(alias = "calculate_sum"),
        &quote! {
            fn calculate_scaled((a, b): (i64, i64), mut by: i64) -> i64 {
                by += 1;
                (a * by, b * by)
            }
        },
    );
}

#[test]
fn a_body_that_ends_otherwise_is_looked_into_by_the_compiler() {
    check_fetcher(
        "body_with_branches",
        quote!(),
        &quote! {
            fn order(a: i64, b: i64) {
                if a < b { (a, b) } else { (b, a) }
            }
        },
    );
}

#[test]
fn a_group_has_fetchers_for_methods() {
    check_fetcher(
        "group",
        quote!(prefix = "shop.", timeout = "3s"),
        &quote! {
            impl<'a> Shop<'a> {
                const LIMIT: usize = 3;

                pub async fn get_items(&self) -> Vec<String>;

                #[fetcher(alias = "add_item", timeout = "5s", to = "shopping service")]
                pub fn add_named(&self, item: &str) {
                    (format!("{}: {item}", self.name),)
                }

                #[fetcher(local)]
                pub fn describe(&self) -> String {
                    String::new()
                }

                fn helper(&self) -> u8 {
                    1
                }
            }
        },
    );
}

#[test]
fn a_trait_has_a_client() {
    check_fetcher(
        "client",
        quote!(),
        &quote! {
            /// A shopping list.
            pub trait Shopping: Send {
                /// Returns all items.
                async fn get_items(&self) -> Vec<String>;

                async fn add_item<'a>(&'a mut self, item: &'a str) -> Result<(), Full>;
            }
        },
    );
}

#[test]
fn a_client_has_what_exists_in_the_build() {
    check_fetcher(
        "client_arguments",
        quote!(client = "Shopper", prefix = "shop.", to = "shopping service"),
        &quote! {
            #[cfg(unix)]
            #[allow(clippy::module_name_repetitions)]
            pub(crate) trait Shopping {
                #[cfg(feature = "count")]
                #[fetcher(alias = "count", timeout = "1s")]
                #[must_use]
                #[deprecated]
                fn how_many(&self) -> usize {
                    0
                }

                #[fetcher(local)]
                fn local(&self);
            }
        },
    );
}

#[test]
fn a_stream_is_sent_beside_the_arguments_and_received() {
    check_fetcher(
        "streams",
        quote!(),
        &quote! {
            async fn label(by: &str, lines: impl Stream<Item = String>) -> Result<impl Stream<Item = String>, Full>;
        },
    );
}

#[test]
fn each_item_of_a_stream_is_the_arguments_of_a_call() {
    check_fetcher(
        "each",
        quote!(alias = "add_item", each),
        &quote! {
            async fn add_many_items(items: impl Stream<Item = String>) -> Result<(), Full>;
        },
    );
}

#[test]
fn a_faulty_fetcher_can_be_called_and_does_nothing() {
    check_fetcher(
        "at_fault",
        quote!(aliass = "sum"),
        &quote! {
            async fn calculate_sum(a: i64, (b, c): (i64, i64)) -> Result<i64, String>;
        },
    );
}

#[test]
fn a_faulty_fetcher_returns_what_it_would() {
    check_fetcher(
        "background_at_fault",
        quote!(bg, aliass = "sum"),
        &quote! {
            async fn calculate_sum(a: i64, b: i64) -> Result<i64, String>;
        },
    );
    check_fetcher(
        "broadcast_at_fault",
        quote!(broadcast, retry = 2),
        &quote! {
            async fn get_menu() -> Vec<String>;
        },
    );
}

// ------------------------------------------------------------------ daffi by another name

#[test]
fn where_daffi_has_another_name_it_is_named_by_that() {
    let items = [
        quote! {
            pub async fn greet(name: &str, ctx: &CallContext) -> Result<String, GreetError> { ::other::daffi::greet(name) }
        },
        quote! {
            impl Shop {
                #[callback(alias = "all", concurrency = 2, balance = "random")]
                pub fn items(&self) -> impl Iterator<Item = u64> { 0..2 }
                pub async fn add(&mut self, items: Streaming<u64>) -> u64 { 0 }
            }
        },
    ];
    let fetched = [
        quote!(
            async fn greet(name: &str) -> Result<String, GreetError>;
        ),
        quote!(
            async fn all(items: impl Stream<Item = u64>) -> impl Stream<Item = u64>;
        ),
        quote! {
            pub trait Shop {
                #[fetcher(timeout = "5s", bg)]
                async fn items(&self) -> Vec<String>;
                fn add(&self, item: &str) -> impl Future<Output = Result<u8, Full>> + Send;
            }
        },
    ];
    let callbacks = items.iter().map(|item| {
        crate::renamed::expand(quote!(crate = "crate::rpc"), item.clone(), |others, item| {
            assert!(others.is_empty(), "{others}");
            callback::attribute(others, item)
        })
    });
    let fetchers = fetched.iter().map(|item| {
        crate::renamed::expand(
            quote!(wait = "5s", crate = "rpc"),
            item.clone(),
            |others, item| {
                assert_eq!(others.to_string(), "wait = \"5s\" ,");
                fetcher::attribute(others, item)
            },
        )
    });
    for (expanded, path) in callbacks
        .map(|expanded| (expanded, "crate :: rpc :: __private"))
        .chain(fetchers.map(|expanded| (expanded, "rpc :: __private")))
    {
        let expanded = expanded.to_string();
        assert!(expanded.contains(path), "{expanded}");
        let ours = expanded.replace(":: other :: daffi", "");
        assert!(!ours.contains(":: daffi"), "{ours}");
    }
}

/// Where a program has a crate `daffi` beside the one that it knows by another name, it may name both.
#[test]
fn what_the_user_writes_keeps_its_meaning_where_daffi_has_another_name() {
    let item = quote! {
        pub async fn buy(item: ::daffi::Item, daffi: u8) -> ::daffi::Bill {
            ::daffi::buy(item, || vec![::daffi::price!(daffi)])
        }
    };
    let expanded = crate::renamed::expand(quote!(crate = "rpc"), item.clone(), callback::attribute);
    let expanded = expanded.to_string();
    assert!(expanded.starts_with(&item.to_string()), "{expanded}");
    assert!(expanded.contains("rpc :: __private"), "{expanded}");
    assert!(!expanded.contains(":: daffi :: __private"), "{expanded}");
    let fetched = quote!(
        async fn buy(item: ::daffi::Item) -> ::daffi::Bill;
    );
    let expanded = crate::renamed::expand(quote!(crate = "rpc"), fetched, fetcher::attribute).to_string();
    assert!(
        expanded.contains(":: daffi :: Item") && expanded.contains(":: daffi :: Bill"),
        "{expanded}"
    );
}

#[test]
fn what_is_no_path_of_a_crate_is_told() {
    for (arguments, expected) in [
        (
            quote!(crate),
            "`crate` has a value: `crate = \\\"path::to::daffi\\\"`",
        ),
        (quote!(crate =), "`crate` has a value"),
        (quote!(crate("rpc")), "`crate` has a value"),
        (
            quote!(crate = rpc),
            "the path by which the program knows daffi is expected here",
        ),
        (
            quote!(crate = "no path"),
            "the path by which the program knows daffi is expected here",
        ),
        (
            quote!(crate = ""),
            "the path by which the program knows daffi is expected here",
        ),
        (quote!(crate = "a", crate = "b"), "`crate` is given twice"),
    ] {
        let expanded = crate::renamed::expand(arguments.clone(), quote!(), |_, _| quote!()).to_string();
        assert!(expanded.contains(expected), "{arguments}: {expanded}");
    }
}
