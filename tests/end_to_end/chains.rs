//! Calls that come back to where they came from.

use std::sync::{Arc, OnceLock};

use daffi::{AsyncResult, CallError, Global, callback, fetcher};
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
fn words(error: CallError<String>) -> String {
    match error {
        CallError::App(words) => words,
        error => format!("{:?}, {}: {error}", error.kind(), error.may_have_run()),
    }
}

const WAITS_FOR_ITSELF: &str = "Overloaded, false: everybody who could answer `bank.pay` is at its limit, and the call would wait \
                                for itself: it was made, directly or through others, while `bank.pay` ran, which holds a place \
                                until it is answered; it did not run: raise `concurrency`, or do what it calls for without \
                                calling it";

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
