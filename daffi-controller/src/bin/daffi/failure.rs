//! What can go wrong, and the exit code that says so.

use daffi_core::{
    CallError, CallErrorKind, CertificateFault, Json, JsonError, Refusal, StartError, TlsFault,
};
use serde::Serialize;

/// It was told something that cannot be used.
pub(crate) const USAGE: u8 = 2;
/// Of several that were called, some failed.
pub(crate) const SOME: u8 = 10;
/// Something else.
const OTHER: u8 = 11;
/// It was interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why it did not work.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    /// In a word, for programs.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// The callback may have run; nothing if there was no call.
    pub(crate) may_have_run: Option<bool>,
    /// The callback's own error.
    pub(crate) value: Option<Json>,
    /// What may be meant, for people.
    pub(crate) hint: Option<String>,
}

/// The same, as programs read it.
#[derive(Serialize)]
struct Shown<'a> {
    error: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_have_run: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Failure {
    fn new(code: u8, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            kind,
            message: message.into(),
            may_have_run: None,
            value: None,
            hint: None,
        }
    }

    /// It was told what cannot be used.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, "usage", message)
    }

    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::new(OTHER, "other", message)
    }

    /// There is no controller to be had.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is where an error is made another"
    )]
    pub(crate) fn start(error: StartError) -> Self {
        let code = match error {
            StartError::Config(_) => USAGE,
            _ => 3,
        };
        let hint = to_type(&error).map(str::to_owned);
        Self::new(code, "no_controller", error.to_string()).hinting(hint)
    }

    /// A call has failed.
    pub(crate) fn call(error: CallError<JsonError>) -> Self {
        let kind = error.kind();
        let mut failure = Self::new(code(&error), kind.as_str(), words(&error));
        failure.may_have_run = Some(error.may_have_run());
        let is_own = kind == CallErrorKind::App;
        if let Ok(own) = error.into_app::<JsonError>() {
            failure.value = own.value().cloned();
            if is_own {
                // With what caused it.
                failure.message = format!("{:?}", own.words());
            }
        }
        failure
    }

    /// A question to the controller has failed.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is where an error is made another"
    )]
    pub(crate) fn asked(error: CallError) -> Self {
        Self::new(code(&error), error.kind().as_str(), words(&error))
    }

    pub(crate) fn hinting(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// As programs read it.
    pub(crate) fn json(&self) -> impl Serialize + '_ {
        Shown {
            error: self.kind,
            message: &self.message,
            value: self.value.as_ref(),
            may_have_run: self.may_have_run,
            hint: self.hint.as_deref(),
        }
    }
}

/// Which option is wanted, where the message says what a program would.
fn to_type(error: &StartError) -> Option<&'static str> {
    Some(match error {
        StartError::NoController { .. } => "--port, --host and --port, or --unix-sock-path say where it is",
        StartError::Refused { refusal, .. } => match refusal {
            Refusal::Tls => {
                "--ssl-ca FILE uses TLS, with the authority of its certificate; --tls with those that this machine trusts"
            }
            Refusal::NoTls => "here: no --tls and no --ssl-…, also not by the environment (DAFFI_SSL_…)",
            Refusal::Unproven { .. } => "--token-file FILE, --key-file FILE or DAFFI_TOKEN prove who this is",
            Refusal::WrongProof | Refusal::Exposed => "--insecure is the word for it, here and there",
            _ => return None,
        },
        StartError::Tls {
            fault:
                TlsFault::Rejected {
                    fault: CertificateFault::Missing,
                    ..
                },
            ..
        } => "--ssl-certificate FILE and --ssl-key FILE show one",
        _ => return None,
    })
}

/// What an error says, to somebody who writes no program.
fn words<E: std::fmt::Debug + 'static>(error: &CallError<E>) -> String {
    let words = error.to_string();
    match error {
        CallError::NoProvider { .. } => match words.split_once(": ") {
            Some((what, _)) => format!("{what}; --wait TIME waits for that"),
            None => words,
        },
        CallError::Encode {
            message,
            may_have_run: false,
            ..
        } => format!("the arguments do not fit: {message}"),
        CallError::Encode { message, .. } => format!("the input does not fit: {message}"),
        _ => words,
    }
}

/// The exit code of an error.
fn code<E>(error: &CallError<E>) -> u8 {
    use CallErrorKind as Kind;
    // What ended it.
    if let CallError::Stopped { error, .. } = error {
        return code(error);
    }
    match error.kind() {
        Kind::App => 1,
        Kind::Invalid | Kind::Encode => USAGE,
        Kind::Disconnected | Kind::NotStarted => 3,
        Kind::NoProvider => 4,
        Kind::Timeout => 5,
        Kind::Denied => 6,
        Kind::Overloaded => 7,
        Kind::Panicked | Kind::ProviderLost | Kind::Cancelled | Kind::Lagged => 8,
        Kind::SignatureMismatch | Kind::TooLarge | Kind::Decode => 9,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_code() {
        let check =
            |error: CallError<JsonError>, expected: u8| assert_eq!(Failure::call(error).code, expected);
        check(CallError::no_provider("f"), 4);
        check(CallError::timeout("f", true), 5);
        check(CallError::encode("f", "no", false), 2);
        check(CallError::decode("f", "no", true), 9);
        check(CallError::invalid("f", "no"), 2);
        check(CallError::provider_lost("f", "p"), 8);
        check(CallError::stopped("f", 3, CallError::timeout("f", true)), 5);
    }

    #[test]
    fn programs_read_what_people_read() {
        let failure = Failure::call(CallError::timeout("add", true)).hinting(Some("h".to_owned()));
        let said = serde_json::to_value(failure.json()).unwrap();
        assert_eq!(said["error"], "timeout");
        assert_eq!(said["may_have_run"], true);
        assert_eq!(said["hint"], "h");
        assert!(said["message"].as_str().unwrap().contains("`add`"), "{said}");
        assert_eq!(said.get("value"), None);
    }
}
