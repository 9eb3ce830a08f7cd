//! What a process asks of the controller, and is answered.

use core::time::Duration;

use bytes::Bytes;

use crate::proto::{
    Absence, CallHeader, CallId, Failed, Header, Limits, Mode, Moment, Query, RunId, TaskId, TraceContext,
    Window,
};

/// Something to be sent that ends with a reply.
#[derive(Debug)]
pub enum Message<'a> {
    /// A call, with its encoded arguments.
    Call(Request<'a>, &'a Bytes),
    /// A question to the controller, to be answered until then.
    Ask(Query<'a>, Option<Moment>),
    /// Callbacks to be offered.
    Announce {
        /// Encoded.
        payload: &'a Bytes,
        /// The process is complete with them.
        ready: bool,
        /// They are what a connection begins with, and go before all else.
        first: bool,
    },
    /// Numbers of callbacks that are no longer offered, encoded.
    Withdraw(&'a Bytes),
    /// A call that the controller is to make.
    Schedule(Scheduling<'a>, &'a Bytes),
}

/// A call that the controller is to make, beside the plan, which goes with its arguments.
#[derive(Clone, Debug)]
pub struct Scheduling<'a> {
    /// The call. It has no deadline.
    pub request: Request<'a>,
    /// How long each of those that are made may take.
    pub timeout: Option<Duration>,
    /// The schedule that is to be this one from now on.
    pub instead_of: Option<TaskId>,
}

/// A call to be sent.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The callback's remote name.
    pub name: &'a str,
    /// The number of the caller's signature.
    pub signature: u64,
    /// The process that shall run it.
    pub to: Option<&'a str>,
    /// The attributes that the process has, in ascending order.
    pub having: &'a [(String, String)],
    /// The processes that a call to many asks; all that offer the callback if there are none.
    pub processes: &'a [String],
    /// When it ends.
    pub deadline: Option<Moment>,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
    /// Keys and values for the callback.
    pub metadata: &'a [(String, String)],
    /// Calls with the same number go to the same provider.
    pub key: Option<u64>,
    /// What becomes of the outcome.
    pub mode: Mode,
    /// The run that waits for it.
    pub within: Option<RunId>,
    /// How many of its arguments are streams.
    pub streams: u32,
    /// How much may come at first of the stream that its callback returns, if it is one that does.
    pub window: Option<Window>,
    /// It is kept, and not ended, where nobody is there to answer it.
    pub lasting: bool,
    /// The versions that may run it. Then the arguments have their structure in front of them, and so has what answers them.
    pub versions: &'a [u64],
}

impl Request<'_> {
    /// The header under a number, while the call `within` waits for it.
    fn header(&self, call: CallId, deadline: Option<Duration>, within: Option<CallId>) -> CallHeader<'_> {
        CallHeader {
            call,
            name: self.name,
            signature: self.signature,
            to: self.to,
            having: borrowed(self.having),
            deadline,
            trace: self.trace,
            metadata: borrowed(self.metadata),
            key: self.key,
            mode: self.mode,
            within,
            versions: self.versions.to_vec(),
        }
    }
}

impl Message<'_> {
    /// What speaks against sending it, whoever there is to send it to.
    pub(super) fn check(&self, now: Moment) -> Result<(), Failed> {
        match self {
            Self::Schedule(Scheduling { request, .. }, payload) => {
                Message::Call(request.clone(), payload).check(now)
            }
            // A controller takes longer names for garbage, and nobody can have one.
            Self::Call(request, _) if request.name.len() > Limits::NAME_BYTES => {
                Err(Failed::NoProvider(Absence::nobody()))
            }
            Self::Call(request, _) if request.to.is_some_and(|to| to.len() > Limits::NAME_BYTES) => {
                Err(Failed::NoProvider(Absence::ProcessUnknown))
            }
            Self::Call(request, _) if request.processes.len() > Limits::RECEIVERS => {
                let (given, most) = (request.processes.len(), Limits::RECEIVERS);
                let reason = format!("a call names at most {most} processes, and {given} were given");
                Err(Failed::Invalid { reason })
            }
            Self::Call(request, _)
                if request
                    .processes
                    .iter()
                    .any(|name| name.len() > Limits::NAME_BYTES) =>
            {
                let reason = format!("the name of a process has at most {} bytes", Limits::NAME_BYTES);
                Err(Failed::Invalid { reason })
            }
            Self::Call(request, _) if !request.having.is_empty() && excess(request.having).is_some() => {
                let reason = excess(request.having).unwrap_or_default();
                Err(Failed::Invalid { reason })
            }
            Self::Call(request, _) if request.deadline.is_some_and(|deadline| deadline <= now) => {
                Err(Failed::timeout(false))
            }
            Self::Ask(query, _) => query
                .impossible()
                .map_or(Ok(()), |reason| Err(Failed::Invalid { reason })),
            _ => Ok(()),
        }
    }

    pub(super) const fn deadline(&self) -> Option<Moment> {
        match self {
            Self::Call(request, _) => request.deadline,
            Self::Ask(_, deadline) => *deadline,
            Self::Announce { .. } | Self::Withdraw(_) | Self::Schedule(..) => None,
        }
    }

    /// Whether it is a call.
    pub(super) const fn is_call(&self) -> bool {
        matches!(self, Self::Call(..))
    }

    /// Whether it waits for something to appear.
    pub(super) const fn waits(&self) -> bool {
        matches!(self, Self::Ask(query, _) if query.waits())
    }

    /// Whether it is kept where nobody is there.
    pub(super) const fn is_lasting(&self) -> bool {
        matches!(self, Self::Call(Request { lasting: true, .. }, _))
    }

    /// Whether it goes before all else.
    pub(super) const fn is_first(&self) -> bool {
        matches!(self, Self::Announce { first: true, .. })
    }

    /// Whether its callback runs for each item of a stream.
    pub(super) const fn runs_for_each(&self) -> bool {
        matches!(self, Self::Call(Request { mode: Mode::Each, .. }, _))
    }

    /// Whether it may go to several processes.
    pub(super) const fn asks_many(&self) -> bool {
        match self {
            Self::Call(request, _) => request.mode.asks_many(),
            _ => false,
        }
    }

    /// How many streams go with it.
    pub(super) const fn streams(&self) -> u32 {
        match self {
            Self::Call(request, _) => request.streams,
            _ => 0,
        }
    }

    /// How much may come at first of the stream that it is answered with.
    pub(super) const fn window(&self) -> Option<Window> {
        match self {
            Self::Call(request, _) => request.window,
            _ => None,
        }
    }

    /// The run that waits for it.
    pub(super) const fn within(&self) -> Option<RunId> {
        match self {
            Self::Call(request, _) => request.within,
            _ => None,
        }
    }

    /// The header under a number, while the call `within` waits for it.
    pub(super) fn header(&self, now: Moment, call: CallId, within: Option<CallId>) -> Header<'_> {
        match self {
            Self::Schedule(scheduling, _) => Header::Schedule {
                call: scheduling.request.header(call, scheduling.timeout, None),
                instead_of: scheduling.instead_of,
            },
            Self::Call(request, _) => {
                let deadline = request.deadline.map(|deadline| deadline.since(now));
                let call = request.header(call, deadline, within);
                if request.processes.is_empty() {
                    Header::Call(call)
                } else {
                    let processes = request.processes.iter().map(String::as_str).collect();
                    Header::CallTo { call, processes }
                }
            }
            Self::Ask(query, _) => Header::Query {
                call,
                query: query.clone(),
            },
            Self::Announce { ready, .. } => Header::Offer { call, ready: *ready },
            Self::Withdraw(_) => Header::Withdraw { call },
        }
    }

    pub(super) const fn payload(&self) -> &Bytes {
        static NONE: Bytes = Bytes::new();
        match self {
            Self::Call(_, payload)
            | Self::Announce { payload, .. }
            | Self::Withdraw(payload)
            | Self::Schedule(_, payload) => payload,
            Self::Ask(..) => &NONE,
        }
    }
}

/// Keys and values as they are sent.
pub(crate) fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = pairs.iter();
    pairs.map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// What is too much of the attributes that a call wants, or wrong with them.
fn excess(having: &[(String, String)]) -> Option<String> {
    let bytes: usize = having.iter().map(|(key, value)| key.len() + value.len()).sum();
    let (most, most_bytes) = (Limits::ATTRIBUTES, Limits::ATTRIBUTE_BYTES);
    match having.len() {
        0 => None,
        given if given > most => Some(format!(
            "no process has more than {most} attributes, and {given} are wanted of it"
        )),
        _ if bytes > most_bytes => Some(format!(
            "no process has attributes of more than {most_bytes} bytes in all, and those that are wanted of it have {bytes}"
        )),
        _ if having.iter().any(|(key, _)| key.is_empty()) => {
            Some("an attribute is wanted that has no key, and each has one".to_owned())
        }
        _ => None,
    }
}
