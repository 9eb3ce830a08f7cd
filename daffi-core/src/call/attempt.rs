//! A call that was begun: sent, and perhaps sent again.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::encoded::Arguments;
use super::options::Options;
use super::patience::Patience;
use super::pause::{Pause, longer_each_time, pause};
use super::question::told_by;
use super::request::message;
use super::source::Source;
use super::stub::Traced;
use super::worth::{is_worth_retrying, wait_before};
use crate::error::{CallError, Unmet};
use crate::node::{Exchange, Item, Next, NoTime, Node, OwnCall, Stage, Terms, in_process};
use crate::proto::{Described, Failed, Failure, Moment, Outcome};
use crate::scope::{Home, Scope};

/// So often a call is sent again in the terms of a provider: once is enough where providers are honest, and few differ.
const TERMS: u32 = 4;

/// A call that was begun.
pub(super) struct Attempt {
    pub(super) exchange: Exchange,
    sent_in: Terms,
    /// The arguments with their structure in front, once they are sent so.
    described: Option<Arguments>,
    /// How often it may be sent again in other terms.
    terms: u32,
    /// The number to send first, which has the names of the parameters compared as well.
    named: Option<u64>,
    /// Items of its streams were sent, and are gone.
    fed: bool,
    pub(super) deadline: Option<Moment>,
    /// How long the caller allows, where the deadline is its own.
    pub(super) allowed: Option<Duration>,
    scope: Scope,
    retries: u32,
    /// How often it was made again.
    made_again: u32,
    patience: Patience,
    /// An attempt before this one may have run.
    ran: bool,
    /// For so many items of its stream the callback is known to be done.
    done: u64,
    /// There would be another attempt, were there retries left for it.
    spent: bool,
    /// It is made by the process's default, since nothing says by whom.
    free: bool,
    /// That the node has it, also where its session has not.
    _own: OwnCall,
}

impl Attempt {
    /// Finds the call's node, unless it is given, and fixes its deadline.
    pub(super) fn begin<E>(
        source: &Source,
        options: &Options,
        arguments: &Arguments,
        (node, mut scope): (Option<Arc<Node>>, Scope),
    ) -> Result<Self, CallError<E>> {
        let callback = || source.name().to_owned();
        if let Err(message) = &arguments.0 {
            let message = format!("the arguments: {message}");
            return Err(CallError::Encode {
                callback: callback(),
                message,
                may_have_run: false,
            });
        }
        options.check_metadata(source)?;
        if options.streams > 0 && options.mode.hands_over() {
            return Err(CallError::Invalid {
                callback: callback(),
                reason:
                    "a call that sends a stream cannot be handed over: its caller stays to send it; use bg()"
                        .to_owned(),
                may_have_run: false,
            });
        }
        let node = node.map_or_else(|| options.node_for(source, scope.home), Ok)?;
        scope.trace = node.traces().current().or(scope.trace);
        // Of what another node runs, the controller of this one knows nothing.
        scope.run = scope.run.filter(|(of, _)| *of == node.key());
        let allowed = options
            .timeout
            .or_else(|| node.call_timeout().filter(|_| options.waits_for_one()));
        let timeout = allowed.and_then(|allowed| Instant::now().checked_add(allowed));
        let inherited = scope
            .deadline
            .is_some_and(|theirs| timeout.is_none_or(|own| theirs < own));
        let deadline = [timeout, scope.deadline]
            .into_iter()
            .flatten()
            .min()
            .map(|at| node.moment(at));
        let sent_in = source.terms(&node);
        // A stream cannot be sent twice.
        let retries = if options.streams == 0 { options.retries } else { 0 };
        if retries > 0 {
            node.retries().earn();
        }
        Ok(Self {
            patience: Patience::new(&node, options.patience),
            _own: node.own_call(Stage::Made),
            exchange: Exchange::new(node).inheriting(inherited),
            // Whoever has other types is not the one whose names would be compared.
            named: source.named().filter(|_| sent_in.versions().is_empty()),
            fed: false,
            sent_in,
            described: None,
            terms: if source.exact().is_some() { 0 } else { TERMS },
            deadline,
            allowed: allowed.filter(|_| !inherited),
            free: options.is_free() && scope.home == Home::Outside,
            scope,
            retries,
            made_again: 0,
            ran: false,
            spent: false,
            done: 0,
        })
    }

    /// Sends the call and waits for its outcome. Where only the signatures' numbers differ, it is sent once more, in
    /// the provider's terms.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &Source,
        options: &Options,
        arguments: &Arguments,
    ) -> Poll<Answer> {
        loop {
            let next = self.poll_sent(cx, source, options, arguments);
            let outcome = match ready!(next) {
                Next::End(outcome) => outcome,
                Next::Item(Item::Done(done)) => {
                    self.done = done;
                    continue;
                }
                Next::Item(Item::Opened(_, front)) => {
                    if self.named.is_some() {
                        source.compared(None);
                    }
                    return Poll::Ready(Answer::Opened(front));
                }
                // Nothing else was asked for.
                Next::Item(_) => continue,
            };
            let (Err(Failure::Failed(Failed::SignatureMismatch { offered, others })), Some(traced)) =
                (&outcome, source.traced())
            else {
                if self.named.is_some()
                    && matches!(outcome, Ok(_) | Err(Failure::App { .. } | Failure::Explained(_)))
                {
                    source.compared(None);
                }
                return Poll::Ready(Answer::Outcome(outcome));
            };
            // The callback did not run.
            let named = self.named.take().is_some();
            if named {
                source.compared(Some(offered));
            }
            if self.fed {
                return Poll::Ready(Answer::Outcome(outcome));
            }
            if named && matches!(self.sent_in, Terms::Number(number) if offered.accepts(number)) {
                continue;
            }
            if self.terms == 0 {
                return Poll::Ready(Answer::Outcome(outcome));
            }
            // Parts that could not be traced match anything, and of others the structure may be sent.
            let told: Vec<_> = [&**offered].into_iter().chain(others).collect();
            match self.terms_after(source.name(), traced, &told) {
                Ok(Some(terms)) => (self.sent_in, self.described) = (terms, None),
                Ok(None) => return Poll::Ready(Answer::Outcome(outcome)),
                Err(no_time) => return Poll::Ready(Answer::Outcome(Err(Failed::from(no_time).into()))),
            }
            self.terms -= 1;
        }
    }

    /// The next of the answers of a broadcast.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        source: &Source,
        options: &Options,
        arguments: &Arguments,
    ) -> Poll<Next> {
        self.poll_sent(cx, source, options, arguments)
    }

    /// Sends the call if it was not sent, and waits for what comes of it; where nobody offers the callback, perhaps for
    /// somebody who does.
    fn poll_sent(
        &mut self,
        cx: &mut Context<'_>,
        source: &Source,
        options: &Options,
        arguments: &Arguments,
    ) -> Poll<Next> {
        if self.sent_in.versions().is_empty() {
            self.described = None;
        } else if self.described.is_none() {
            self.described = source.described(arguments, self.sent_in.named());
        }
        if let Some(Arguments(Err(reason))) = &self.described {
            let reason = reason.clone();
            return Poll::Ready(Next::End(Err(Failed::Invalid { reason }.into())));
        }
        loop {
            if let Err(failed) = ready!(self.patience.poll(cx)) {
                return Poll::Ready(Next::End(self.exchange.told(Err(failed.into()))));
            }
            let Self {
                exchange,
                described,
                deadline,
                scope,
                patience,
                sent_in,
                named,
                ..
            } = self;
            let lasting = patience.is_kept(exchange.node());
            let number = match sent_in {
                Terms::Number(number) => named.unwrap_or(*number),
                Terms::Versions(_) | Terms::Named(..) => 0,
            };
            let terms = (number, sent_in.versions(), lasting);
            let arguments = described.as_ref().unwrap_or(arguments);
            let message = || message(source, options, arguments, terms, *deadline, scope);
            if let Poll::Ready(failed) = patience.poll_over(cx) {
                // It may have been sent again just now.
                let in_vain = exchange.leave_absent();
                patience.end(!in_vain);
                if in_vain {
                    return Poll::Ready(Next::End(exchange.told(Err(failed.into()))));
                }
            }
            let next = ready!(exchange.poll_next(cx, message));
            let (absence, is_kept) = match &next {
                Next::Item(Item::Absent(absence)) => (absence, true),
                Next::End(Err(Failure::Failed(Failed::NoProvider(absence)))) => (absence, false),
                _ => {
                    patience.end(true);
                    return Poll::Ready(next);
                }
            };
            patience.end(false);
            let wanted = (source.name(), options.to.as_deref(), &*options.having);
            if !patience.begin(exchange.node(), wanted, (absence, is_kept), *deadline) {
                return Poll::Ready(match next {
                    // Its time was over before this was looked at.
                    Next::Item(Item::Absent(absence)) if exchange.leave_absent() => {
                        Next::End(Err(Failed::NoProvider(absence).into()))
                    }
                    Next::Item(Item::Absent(_)) => continue,
                    next => next,
                });
            }
        }
    }

    /// Whether a provider's signature is compatible though its number differs, or that cannot be found out now.
    pub(super) fn accepts(&self, source: &Source, offered: &Described) -> bool {
        let traced = source.traced().filter(|_| source.exact().is_none());
        traced.is_some_and(|traced| {
            let terms = self.terms_after(source.name(), traced, &[offered]);
            !matches!(terms, Ok(None))
        })
    }

    /// In which terms the call is made to who offers that, where it was refused in those that it has.
    fn terms_after(
        &self,
        callback: &str,
        traced: &Traced,
        told: &[&Described],
    ) -> Result<Option<Terms>, NoTime> {
        let accepted = self.exchange.node().accepted();
        accepted.refused(callback, &self.sent_in, &traced.called(), told)
    }

    /// Items of its streams were sent: it cannot be made again from their beginning.
    pub(super) const fn was_fed(&mut self) {
        self.fed = true;
    }

    /// Whether its answers have their structure in front of them: those that come from a callback.
    pub(super) const fn is_described(&self, options: &Options) -> bool {
        self.described.is_some() && !options.mode.hands_over()
    }

    /// Where it was made.
    pub(super) const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// It ends here: whether any attempt may have run.
    pub(super) fn may_have_run(&self) -> bool {
        let ran = self.exchange.give_up();
        self.ran || ran
    }

    /// It is given up, and not made again. Whether something is to come of that: what is known of it then.
    pub(super) fn cancel(&mut self) -> bool {
        self.retries = 0;
        self.exchange.cancel()
    }

    /// The error of the last attempt, told of all of them.
    pub(super) fn told<E>(&self, callback: &str, mut error: CallError<E>) -> CallError<E> {
        if self.ran {
            error = error.having_run();
        }
        if self.spent {
            error = error.not_made_again();
        }
        let node = self.exchange.node();
        error = told_by(node, error).waiting_for(|| {
            let refusal = node.last_refusal();
            (!node.is_connected()).then_some(Unmet::Connection { refusal })
        });
        if self.free
            && matches!(error, CallError::NoProvider { .. })
            && let Some(before) = in_process::predecessor(node)
        {
            error = error.instead_of(&before);
        }
        error = self.patience.told(self.limited(error));
        if self.done > 0 {
            error = CallError::stopped(callback, self.done, error);
        }
        error
    }

    /// The error of one of many, which says how long the caller allowed.
    pub(super) fn limited<E>(&self, error: CallError<E>) -> CallError<E> {
        error.within(self.allowed)
    }

    /// For how many items of its stream the callback is known to be done.
    pub(super) fn done(&self) -> u64 {
        self.done.max(self.exchange.done())
    }

    /// The pause before the call is made again, if its outcome, its deadline and the node's budget allow that.
    pub(super) fn again(&mut self, outcome: &Outcome, idempotent: bool) -> Option<Pause> {
        let Err(Failure::Failed(failed)) = outcome else {
            return None;
        };
        let allowed = idempotent || !failed.may_have_run();
        if self.retries == 0 || !allowed || !is_worth_retrying(failed) {
            return None;
        }
        let node = Arc::clone(self.exchange.node());
        // Before there is room it would be refused again, and the attempt is lost.
        let delay = wait_before(failed, longer_each_time().after(self.made_again).pause());
        let at = Instant::now().checked_add(delay);
        if self
            .deadline
            .is_some_and(|deadline| at.is_none_or(|at| node.moment(at) >= deadline))
        {
            return None;
        }
        if !node.retries().spend() {
            self.spent = true;
            return None;
        }
        self.retries -= 1;
        self.made_again += 1;
        self.ran |= failed.may_have_run();
        Some(pause(&node, delay))
    }
}

/// What a call is answered.
pub(super) enum Answer {
    Outcome(Outcome),
    /// A stream, with what stands in front of its items; the outcome is its end.
    Opened(Bytes),
}
