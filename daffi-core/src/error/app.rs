//! The callback's own error apart from what else can go wrong.

use super::CallError;

/// The same error, of whatever type the callback's own would be: the variants that have nothing of it.
macro_rules! without_own {
    ($error:expr, { $($variant:ident { $($field:ident),+ })+ } $($rest:tt)+) => {
        match $error {
            $(CallError::$variant { $($field),+ } => Err(CallError::$variant { $($field),+ }),)+
            $($rest)+
        }
    };
}

impl<E> CallError<E> {
    /// The callback's own error ([`App`](Self::App), also where it has [`Stopped`](Self::Stopped) a call for each item); `Err` with what else went wrong, whatever the
    /// callback's own errors are.
    ///
    /// So an error can be passed on with `?` where the types of the callbacks' errors differ:
    ///
    /// ```
    /// use daffi::CallError;
    ///
    /// #[derive(Debug)]
    /// struct Full;
    ///
    /// enum Added {
    ///     Yes,
    ///     No(Full),
    /// }
    ///
    /// fn added(outcome: Result<(), CallError<Full>>) -> Result<Added, CallError> {
    ///     match outcome {
    ///         Ok(()) => Ok(Added::Yes),
    ///         Err(error) => Ok(Added::No(error.into_app()?)),
    ///     }
    /// }
    ///
    /// assert!(matches!(added(Err(CallError::App(Full))), Ok(Added::No(Full))));
    /// assert!(added(Err(CallError::no_provider("add"))).is_err());
    /// ```
    pub fn into_app<F>(self) -> Result<E, CallError<F>> {
        without_own!(self, {
            NoProvider { callback, process, stopped, absence, waited, may_have_run, retries_spent }
            ProviderLost { callback, process, retries_spent }
            Lagged { callback, process }
            Timeout { callback, limit, allowed, waited, unmet, may_have_run }
            Cancelled { callback, stopped, may_have_run, retries_spent }
            Overloaded { callback, recursive, threads, quota, unread, may_have_run, retries_spent }
            Panicked { callback, message, place }
            SignatureMismatch { callback, called, offered, fault, may_have_run }
            Denied { callback, reason, may_have_run }
            TooLarge { callback, size, limit, what, may_have_run }
            Disconnected { callback, may_have_run, retries_spent, refusal }
            NotStarted { callback, stopped }
            Ambiguous { callback, globals }
            Blocking { callback }
            Invalid { callback, reason, may_have_run }
            Encode { callback, message, may_have_run }
            Decode { callback, message, may_have_run }
        }
            CallError::App(own) => Ok(own),
            CallError::Stopped { callback, done, error } => match error.into_app() {
                Ok(own) => Ok(own),
                Err(error) => Err(CallError::Stopped { callback, done, error: Box::new(error) }),
            },
        )
    }
}

/// What is wrong, in words: where those are what a program's own errors are.
impl From<CallError> for String {
    fn from(error: CallError) -> Self {
        error.to_string()
    }
}
