//! Calls that come back to where they came from.

use std::fmt::{Debug, Display};
use std::sync::{Arc, OnceLock};

use daffi::{AsyncResult, CallError, Global, callback, fetcher};
use futures_util::stream::{self, Stream};
use tokio::sync::Mutex;

use super::net::{Net, Transport, over_each};

/// Where a service is.
#[derive(Clone, Default)]
struct Place(Arc<OnceLock<Global>>);

impl Place {
    fn global(&self) -> &Global {
        self.0.get().unwrap()
    }
}

/// Starts a process of this name with a service, which learns where it is.
async fn joined<T: Send + Sync + 'static>(net: &Net, name: &str, place: &Place, service: T) -> Global {
    let g = net.join().process_name(name).service(service).start();
    let g = g.await.unwrap();
    assert!(place.0.set(g.clone()).is_ok());
    g
}

/// Runs one call at a time, which may call others.
#[derive(Clone, Default)]
struct Bank {
    place: Place,
}

#[callback(prefix = "bank.")]
impl Bank {
    /// Pays through a till, again and again.
    #[callback(concurrency = 1)]
    pub async fn pay(&self, times: u32) -> Result<u32, String> {
        match times {
            0 => Ok(0),
            times => Till
                .pay(times - 1)
                .on(self.place.global())
                .await
                .map(|paid| paid + 1)
                .map_err(words),
        }
    }

    /// The same on a thread.
    #[callback(concurrency = 1)]
    pub fn pay_blocking(&self, times: u32) -> Result<u32, String> {
        match times {
            0 => Ok(0),
            times => Till
                .pay_blocking(times - 1)
                .on(self.place.global())
                .wait()
                .map(|paid| paid + 1)
                .map_err(words),
        }
    }

    /// Hands itself over.
    #[callback(concurrency = 1)]
    pub async fn again(&self) -> Result<(), String> {
        let call = Banks.again().to("bank").on(self.place.global());
        call.send().await.map_err(|error| error.kind().to_string())
    }

    /// Leaves a payment to a till, and does not wait for it.
    #[callback(concurrency = 1)]
    pub async fn later(&self, times: u32) -> Result<u32, String> {
        match times {
            0 => Ok(0),
            times => Till.later(times - 1).on(self.place.global()).await.map_err(words),
        }
    }
}

#[derive(Clone, Default)]
struct Tills {
    place: Place,
    left: Arc<Mutex<Option<AsyncResult<u32, String>>>>,
}

#[callback(prefix = "till.")]
impl Tills {
    pub async fn pay(&self, times: u32) -> Result<u32, String> {
        Banks.pay(times).on(self.place.global()).await.map_err(words)
    }

    pub fn pay_blocking(&self, times: u32) -> Result<u32, String> {
        Banks
            .pay_blocking(times)
            .on(self.place.global())
            .wait()
            .map_err(words)
    }

    pub async fn later(&self, times: u32) -> Result<u32, String> {
        *self.left.lock().await = Some(Banks.later(times).on(self.place.global()).bg());
        Ok(7)
    }
}

struct Banks;

#[fetcher(prefix = "bank.")]
impl Banks {
    async fn pay(&self, times: u32) -> Result<u32, String>;
    async fn pay_blocking(&self, times: u32) -> Result<u32, String>;
    async fn again(&self) -> Result<(), String>;
    async fn later(&self, times: u32) -> Result<u32, String>;
}

struct Till;

#[fetcher(prefix = "till.")]
impl Till {
    async fn pay(&self, times: u32) -> Result<u32, String>;
    async fn pay_blocking(&self, times: u32) -> Result<u32, String>;
    async fn later(&self, times: u32) -> Result<u32, String>;
}

/// What a call ended with: the words of a callback, or of daffi.
fn words<E: Debug + Display + 'static>(error: CallError<E>) -> String {
    match error {
        CallError::App(words) => words.to_string(),
        error => format!("{:?}, {}: {error}", error.kind(), error.may_have_run()),
    }
}

const WAITS_FOR_ITSELF: &str = "Overloaded, false: everybody who could answer `bank.pay` is at its limit, and the call would wait \
                                for itself: it was made, directly or through others, while `bank.pay` ran, which holds a place \
                                until it is answered; it did not run: raise `concurrency` (or `concurrency_per_caller`), or do what it \
                                calls for without calling it";

#[tokio::test]
async fn p14_a_callback_that_comes_back_to_itself_is_told_so() {
    over_each(async |transport| {
        let (bank, till) = (Bank::default(), Tills::default());
        let net = Net::start(transport, |builder| builder).await;
        let banks = joined(&net, "bank", &bank.place, bank.clone()).await;
        let tills = joined(&net, "till", &till.place, till.clone()).await;
        let g = net.caller().await;
        assert_eq!(Banks.pay(0).on(&g).await, Ok(0));
        let told = Banks.pay(1).on(&g).await.unwrap_err();
        assert_eq!(words(told), WAITS_FOR_ITSELF);
        let told = Banks.pay_blocking(1).on(&g).await.unwrap_err();
        assert_eq!(
            words(told),
            WAITS_FOR_ITSELF.replace("bank.pay", "bank.pay_blocking")
        );
        // Where there is a place, it goes on.
        let second = Bank::default();
        let other = joined(&net, "other bank", &second.place, second.clone()).await;
        assert_eq!(Banks.pay(1).on(&g).await, Ok(1));
        let told = Banks.pay(2).on(&g).await.unwrap_err();
        assert_eq!(words(told), WAITS_FOR_ITSELF);
        net.stop([g, other, tills, banks]).await;
    })
    .await;
}

#[tokio::test]
async fn p14_a_callback_that_hands_itself_over_is_told_so() {
    let bank = Bank::default();
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let banks = joined(&net, "bank", &bank.place, bank.clone()).await;
    let g = net.caller().await;
    let told = Banks.again().on(&g).await;
    assert_eq!(told, Err(CallError::App("overloaded".to_owned())));
    net.stop([g, banks]).await;
}

#[tokio::test]
async fn p14_what_is_not_awaited_waits() {
    let (bank, till) = (Bank::default(), Tills::default());
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let banks = joined(&net, "bank", &bank.place, bank.clone()).await;
    let tills = joined(&net, "till", &till.place, till.clone()).await;
    let g = net.caller().await;
    // The bank's place is free again when it has ended.
    assert_eq!(Banks.later(1).on(&g).await, Ok(7));
    let left = till.left.lock().await.take().unwrap();
    assert_eq!(left.await, Ok(0));
    net.stop([g, tills, banks]).await;
}

/// A list that clerks are asked to add up.
#[derive(Clone, Default)]
struct List {
    place: Place,
    sum: u32,
}

#[callback(prefix = "list.")]
impl List {
    pub async fn add(&mut self, n: u32, then: &str) -> Result<u32, String> {
        self.sum += n;
        asks(&self.place, then).await
    }

    pub fn add_blocking(&mut self, n: u32, then: &str) -> Result<u32, String> {
        self.sum += n;
        let then = (then.to_owned(),);
        self.place.global().call("clerk.ask", then).wait().map_err(words)
    }

    pub async fn add_one(&mut self, then: &str) -> Result<u32, String> {
        self.add(1, then).await
    }

    pub async fn look(&self, then: &str) -> Result<u32, String> {
        asks(&self.place, then).await
    }

    #[callback(concurrency = 8)]
    pub fn sum(&self) -> Result<u32, String> {
        Ok(self.sum)
    }

    pub async fn clear(&mut self) -> Result<u32, String> {
        Ok(std::mem::take(&mut self.sum))
    }

    pub fn clear_blocking(&mut self) -> Result<u32, String> {
        Ok(std::mem::take(&mut self.sum))
    }
}

/// Has a clerk do something with the list.
async fn asks(place: &Place, then: &str) -> Result<u32, String> {
    if then.is_empty() {
        return Ok(0);
    }
    Clerks.ask(then).on(place.global()).await.map_err(words)
}

#[derive(Clone, Default)]
struct Clerk {
    place: Place,
    left: Arc<Mutex<Option<AsyncResult<u32>>>>,
}

#[callback(prefix = "clerk.")]
impl Clerk {
    /// Does it, and waits for that; or leaves it in the background if it is begun with a `&`.
    pub async fn ask(&self, then: &str) -> Result<u32, String> {
        let g = self.place.global();
        if let Some(beside) = then.strip_prefix('&') {
            *self.left.lock().await = Some(g.call(beside, ()).bg());
            return Ok(0);
        }
        g.call(then, ()).await.map_err(words)
    }
}

struct Lists;

#[fetcher(prefix = "list.")]
impl Lists {
    async fn add(&self, n: u32, then: &str) -> Result<u32, String>;
    async fn add_blocking(&self, n: u32, then: &str) -> Result<u32, String>;
    async fn look(&self, then: &str) -> Result<u32, String>;
    #[fetcher(each, alias = "add_one")]
    async fn add_ones(&self, then: impl Stream<Item = String>) -> Result<u32, String>;
}

struct Clerks;

#[fetcher(prefix = "clerk.")]
impl Clerks {
    async fn ask(&self, then: &str) -> Result<u32, String>;
}

/// What is told to a call of `called` that comes back to the list, while `holder` has it.
fn told(called: &str, holder: &str, how: &str) -> String {
    format!(
        "Invalid, false: `{called}` cannot be called like this: `{holder}` {how} the object that it needs, and waits for this call, \
         which came back through \"clerk\", so that each would wait for the other; call it when `{holder}` has ended, or keep what \
         they share in a lock of its own"
    )
}

#[tokio::test]
async fn p16_a_method_that_comes_back_to_its_own_object_is_told_who_holds_it() {
    over_each(async |transport| {
        let (list, clerk) = (List::default(), Clerk::default());
        let net = Net::start(transport, |builder| builder).await;
        let lists = joined(&net, "list", &list.place, list.clone()).await;
        let clerks = joined(&net, "clerk", &clerk.place, clerk.clone()).await;
        let g = net.caller().await;
        for called in ["list.sum", "list.clear", "list.clear_blocking"] {
            let outcome = Lists.add(1, called).on(&g).await;
            assert_eq!(words(outcome.unwrap_err()), told(called, "list.add", "changes"));
            let outcome = Lists.add_blocking(1, called).on(&g).await;
            assert_eq!(
                words(outcome.unwrap_err()),
                told(called, "list.add_blocking", "changes")
            );
        }
        for called in ["list.clear", "list.clear_blocking"] {
            let outcome = Lists.look(called).on(&g).await;
            assert_eq!(words(outcome.unwrap_err()), told(called, "list.look", "reads"));
        }
        // To read what is read is fine.
        assert_eq!(Lists.look("list.sum").on(&g).await, Ok(6));
        net.stop([g, clerks, lists]).await;
    })
    .await;
}

#[tokio::test]
async fn p16_a_method_that_is_called_for_each_item_is_told_so_too() {
    let (list, clerk) = (List::default(), Clerk::default());
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let lists = joined(&net, "list", &list.place, list.clone()).await;
    let clerks = joined(&net, "clerk", &clerk.place, clerk.clone()).await;
    let g = net.caller().await;
    let then = ["", "", "list.sum", ""].map(str::to_owned);
    let stopped = Lists.add_ones(stream::iter(then)).on(&g).await.unwrap_err();
    let expected = told("list.sum", "list.add_one", "changes");
    assert!(stopped.to_string().ends_with(&expected), "{stopped}\n{expected}");
    assert_eq!(g.call::<u32>("list.sum", ()).await.map_err(words), Ok(3));
    net.stop([g, clerks, lists]).await;
}

#[tokio::test]
async fn p16_what_nobody_awaits_waits_for_the_object() {
    let (list, clerk) = (List::default(), Clerk::default());
    let net = Net::start(Transport::Unix, |builder| builder).await;
    let lists = joined(&net, "list", &list.place, list.clone()).await;
    let clerks = joined(&net, "clerk", &clerk.place, clerk.clone()).await;
    let g = net.caller().await;
    assert_eq!(Lists.add(5, "&list.sum").on(&g).await, Ok(0));
    let left = clerk.left.lock().await.take().unwrap();
    assert_eq!(left.await, Ok(5));
    net.stop([g, clerks, lists]).await;
}

/// Adds up through whoever runs it, without being told where it is.
#[derive(Default)]
struct Ledger {
    sum: u32,
}

#[callback(prefix = "ledger.")]
impl Ledger {
    pub async fn add(&mut self, n: u32, then: bool) -> Result<u32, String> {
        self.sum += n;
        if then {
            return free::ask().await.map_err(words);
        }
        Ok(self.sum)
    }
}

#[callback(alias = "ledger.ask")]
async fn ask() -> Result<u32, String> {
    free::add(1, false).await.map_err(words)
}

mod free {
    use super::fetcher;

    #[fetcher(alias = "ledger.add")]
    pub(super) async fn add(n: u32, then: bool) -> Result<u32, String>;
    #[fetcher(alias = "ledger.ask")]
    pub(super) async fn ask() -> Result<u32, String>;
}

/// Several `Global`s run in this process, and none is said: each call goes through the one whose callback makes it, which knows who
/// waits for it.
#[tokio::test]
async fn p16_a_method_that_comes_back_by_free_fetchers_is_told_so() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let ledger = net.join().process_name("ledger").service(Ledger::default());
        let ledger = ledger.start().await.unwrap();
        let clerk = net.join().process_name("clerk").callback("ledger.ask");
        let clerk = clerk.start().await.unwrap();
        let g = net.caller().await;
        let outcome = free::add(1, true).on(&g).await;
        let Err(CallError::App(told)) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(
            told.contains("`ledger.add` changes the object that it needs"),
            "{told}"
        );
        assert!(told.contains("came back through \"clerk\""), "{told}");
        assert_eq!(free::add(1, false).on(&g).await, Ok(2));
        net.stop([g, clerk, ledger]).await;
    })
    .await;
}
