//! Every type of daffi's that a program meets has a name that it can write, says something of itself by `Debug`, and can be
//! handed to another thread.

use core::fmt::Debug;

use daffi::signature::{ErrorType, Parameter, Returns, Type, Variant, trace};
use daffi::{
    Absence, Access, Address, AsyncResult, Balance, BlockingItems, BlockingStream, Broadcast,
    BroadcastHandover, BroadcastItems, Call, CallContext, CallError, CallErrorKind, CallbackDescription,
    CallbackFn, CallbackInfo, CallbackVersion, CertificateFault, ConfigFault, Disconnect, DurableCall, Ended,
    Exceeded, Global, GlobalBuilder, Grants, Handover, Identity, Json, JsonBroadcast, JsonCall, JsonError,
    Lacking, Lagging, LeaveReason, Measure, Missed, Overlap, Oversized, Period, PeriodCall, Presence,
    PresenceEvents, ProcessInfo, Proven, ProviderInfo, Quota, QuotaOf, Quotas, Refusal, RegisterError,
    Registration, RemoteError, Replies, RepliesIter, Reply, ReplyStream, Right, Role, ScheduledTask,
    ScheduledTaskDescription, ScheduledTaskInfo, ScheduledTasks, Signature, Skipped, StartError, Stop,
    Stream, Streaming, TaskId, TaskState, Tick, TickCounts, TickOutcome, Ticks, TimeLimit, TlsConfigFault,
    TlsFault, TlsSide, Told, TooMuch, TraceContext, Unmet, Wait, bytes,
};

/// Whatever may be the value of a call: each of the following holds for all that are `Send` or `Sync` themselves.
type Value = Vec<u8>;

const fn shared<T: Send + Sync + Unpin + Debug>() {}

/// What one thread at a time has: it holds a reader of the user's, which need not be `Sync`.
const fn sent<T: Send + Unpin + Debug>() {}

const _: () = {
    shared::<Absence>();
    shared::<Access>();
    shared::<Address>();
    shared::<Disconnect>();
    shared::<Ended>();
    shared::<Exceeded>();
    shared::<Measure>();
    shared::<Quota>();
    shared::<QuotaOf>();
    shared::<Quotas>();
    shared::<Grants>();
    shared::<Right>();
    shared::<Role>();
    shared::<AsyncResult<Value>>();
    shared::<Balance>();
    shared::<BlockingItems<Value>>();
    shared::<BlockingStream<ReplyStream<Value>>>();
    shared::<Broadcast<Value>>();
    shared::<BroadcastHandover>();
    shared::<BroadcastItems<Value>>();
    shared::<Call<Value>>();
    shared::<CallContext>();
    shared::<CallError>();
    shared::<CallErrorKind>();
    shared::<CallbackDescription>();
    shared::<CallbackInfo>();
    shared::<CallbackVersion>();
    shared::<CertificateFault>();
    shared::<ConfigFault>();
    shared::<ErrorType>();
    shared::<Global>();
    shared::<GlobalBuilder>();
    shared::<Handover>();
    shared::<Identity>();
    shared::<Json>();
    shared::<JsonBroadcast>();
    shared::<JsonCall>();
    shared::<JsonError>();
    shared::<Lacking>();
    shared::<Lagging>();
    shared::<Told>();
    shared::<LeaveReason>();
    shared::<Oversized>();
    shared::<Parameter>();
    shared::<Presence>();
    shared::<PresenceEvents>();
    shared::<ProcessInfo>();
    shared::<Proven>();
    shared::<ProviderInfo>();
    shared::<Refusal>();
    shared::<RegisterError>();
    shared::<Registration>();
    shared::<RemoteError>();
    shared::<Replies<Value>>();
    shared::<RepliesIter<'static, Value, RemoteError>>();
    shared::<Reply<Value>>();
    shared::<ReplyStream<Value>>();
    shared::<Returns>();
    shared::<Signature>();
    shared::<StartError>();
    shared::<Stop>();
    shared::<Streaming<Value>>();
    shared::<Missed>();
    shared::<Overlap>();
    shared::<Period>();
    shared::<PeriodCall>();
    shared::<DurableCall>();
    shared::<ScheduledTask>();
    shared::<ScheduledTaskDescription>();
    shared::<ScheduledTasks<'_>>();
    shared::<ScheduledTaskInfo>();
    shared::<Skipped>();
    shared::<TaskId>();
    shared::<TaskState>();
    shared::<Tick>();
    shared::<TickCounts>();
    shared::<TickOutcome>();
    shared::<Ticks>();
    shared::<TimeLimit>();
    shared::<TlsConfigFault>();
    shared::<TlsFault>();
    shared::<TlsSide>();
    shared::<TooMuch>();
    shared::<TraceContext>();
    shared::<Type>();
    shared::<Unmet>();
    shared::<Variant>();
    shared::<Wait>();
    shared::<bytes::Bytes>();
    shared::<bytes::Chunk>();
    shared::<bytes::Data>();
    sent::<bytes::Reading>();
    shared::<bytes::TransferError>();
};

/// A signature and an error, as a program makes them that stands in for daffi in a test.
#[must_use]
pub fn made_by_hand() -> (Signature, CallError) {
    let returns = Returns {
        ok: trace::<Value>(),
        error: ErrorType::None,
    };
    let signature = Signature::new([("numbers", trace::<Value>())], returns);
    let error = CallError::signature_mismatch("sum", signature.clone(), signature.clone());
    (signature, error)
}

/// A callback that is made while a program runs, and is said what there is to say of it.
pub fn registration<A, K>(g: &Global, function: impl CallbackFn<A, K>) -> Registration {
    g.register_fn("made", function)
        .docs("Made.")
        .concurrency(1)
        .concurrency_per_caller(1)
}

/// Items of any kind, which `daffi` alone is needed for.
pub fn items(items: Streaming<Value>) -> impl Stream<Item = Result<Value, CallError>> {
    items
}
