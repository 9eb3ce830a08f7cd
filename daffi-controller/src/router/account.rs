//! What one connection, or one identity, may do in a second, and how much it may have.

use std::time::Duration;

use daffi_core::Quota;
use daffi_core::proto::{Exceeded, Measure, Moment, QuotaOf};

use crate::access::Bucket;

/// A quota, with what is left of it in this second.
#[derive(Debug)]
pub(super) struct Account {
    of: QuotaOf,
    quota: Quota,
    calls: Option<Bucket>,
    bytes: Option<Bucket>,
    /// As many bytes may come as answers.
    answers: Option<Bucket>,
    connections: Option<Bucket>,
}

/// How much there is of something that is counted as long as it lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: usize,
    pub(super) streams: usize,
    pub(super) callbacks: usize,
}

/// How many bytes a call brings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Brings {
    /// Those that are here.
    pub(super) here: u64,
    /// Those that follow in pieces, whether the call is refused or not.
    pub(super) to_come: u64,
}

impl Brings {
    pub(super) const fn bytes(self) -> u64 {
        self.here.saturating_add(self.to_come)
    }
}

impl Account {
    pub(super) fn new(of: QuotaOf, quota: &Quota, now: Moment) -> Self {
        let bucket = |measure| quota.of(measure).map(|rate| Bucket::full(rate, now));
        Self {
            of,
            quota: *quota,
            calls: bucket(Measure::CallsPerSecond),
            bytes: bucket(Measure::BytesPerSecond),
            answers: bucket(Measure::BytesPerSecond),
            connections: bucket(Measure::ConnectionsPerSecond),
        }
    }

    /// From now on it is this.
    pub(super) fn change(&mut self, quota: &Quota, now: Moment) {
        let new = Self::new(self.of, quota, now);
        let changed = |old: Option<Bucket>, new: Option<Bucket>| match (old, new) {
            (Some(mut old), Some(new)) => {
                old.change(&new, now);
                Some(old)
            }
            (_, new) => new,
        };
        self.calls = changed(self.calls, new.calls);
        self.bytes = changed(self.bytes, new.bytes);
        self.answers = changed(self.answers, new.answers);
        self.connections = changed(self.connections, new.connections);
        self.quota = *quota;
    }

    /// How many calls it may make in a second.
    pub(super) const fn calls_per_second(&self) -> Option<u64> {
        self.quota.of(Measure::CallsPerSecond)
    }

    /// How many bytes it may send in a second.
    pub(super) const fn bytes_per_second(&self) -> Option<u64> {
        self.quota.of(Measure::BytesPerSecond)
    }

    /// Whether there may be one more where there are so many.
    pub(super) fn check(&self, measure: Measure, there: usize) -> Result<(), Exceeded> {
        match self.quota.of(measure) {
            Some(most) if there as u64 >= most => Err(Exceeded::new(measure, self.of, most, None)),
            _ => Ok(()),
        }
    }

    /// One more connection comes, if it may in this second.
    pub(super) fn arrive(&mut self, now: Moment) -> Result<(), Exceeded> {
        let measure = Measure::ConnectionsPerSecond;
        match (self.quota.of(measure), &mut self.connections) {
            (Some(0), _) => Err(Exceeded::new(measure, self.of, 0, None)),
            (Some(most), Some(bucket)) => {
                let taken = bucket.take(1, now);
                taken.map_err(|room_in| Exceeded::new(measure, self.of, most, room_in))
            }
            _ => Ok(()),
        }
    }

    /// Whether a call more may be made in this second.
    pub(super) fn check_rate(&mut self, now: Moment) -> Result<(), Exceeded> {
        self.check_second(Measure::CallsPerSecond, (1, 0), now)
    }

    /// Whether a call that brings so much may be sent in this second: those before it have brought back no more than they may.
    pub(super) fn check_bytes(&mut self, brings: Brings, now: Moment) -> Result<(), Exceeded> {
        let measure = Measure::BytesPerSecond;
        let checked = self.check_second(measure, (brings.bytes(), brings.to_come), now);
        let owed = owing(self.answers.as_mut(), (measure, self.of, &self.quota), now);
        longer(owed.map_or(Ok(()), Err), checked)
    }

    fn check_second(
        &mut self,
        measure: Measure,
        (tokens, before): (u64, u64),
        now: Moment,
    ) -> Result<(), Exceeded> {
        let Some(most) = self.quota.of(measure) else {
            return Ok(());
        };
        let of = self.of;
        let exceeded = |room_in: Option<Duration>| match room_in {
            // Of calls it is one, for which there is room some time.
            None => Exceeded::never(measure, of, most, (tokens, Bucket::most(most))),
            _ => Exceeded::new(measure, of, most, room_in),
        };
        let bucket = match measure {
            Measure::CallsPerSecond => &mut self.calls,
            _ => &mut self.bytes,
        };
        match bucket {
            Some(bucket) if most > 0 => bucket.check(tokens, before, now).map_err(exceeded),
            // What cannot be refused flows as slowly as anything can.
            _ => Err(Exceeded::new(measure, of, most, None)),
        }
    }

    /// A call that brings so much was told to come again when `time` has passed.
    pub(super) fn keep(&mut self, brings: Brings, time: Duration, now: Moment) {
        if let Some(bucket) = &mut self.bytes {
            bucket.keep(brings.bytes(), time, now);
        }
    }

    /// A call begins that may be made. What of it is to come is charged as it comes.
    pub(super) fn begin(&mut self, brings: Brings, now: Moment) {
        if let Some(bucket) = &mut self.calls {
            bucket.begin(1, 1, now);
        }
        if let Some(bucket) = &mut self.bytes {
            bucket.begin(brings.bytes(), brings.here, now);
        }
    }

    /// So much is done, on credit if need be.
    pub(super) fn charge(&mut self, calls: u64, bytes: u64, now: Moment) {
        if let Some(bucket) = &mut self.calls {
            bucket.charge(calls, now);
        }
        if let Some(bucket) = &mut self.bytes {
            bucket.charge(bytes, now);
        }
    }

    /// So many bytes are answered to what it has called, on credit if need be.
    pub(super) fn charge_answer(&mut self, bytes: u64, now: Moment) {
        if let Some(bucket) = &mut self.answers {
            bucket.charge(bytes, now);
        }
    }

    /// How long until nothing is owed any more, if something is. What its calls have brought back counts where they have streams, which
    /// bring more by what else it sends.
    pub(super) fn owes(&mut self, streams: bool, now: Moment) -> Option<Duration> {
        let owed = self.owing(now).and_then(|owing| owing.room_in);
        let answers = self.answers.as_mut().filter(|_| streams);
        owed.max(answers.and_then(|bucket| bucket.owes(now)))
    }

    /// What is owed for longest, if anything is, beside answers.
    pub(super) fn owing(&mut self, now: Moment) -> Option<Exceeded> {
        let whose = |measure| (measure, self.of, &self.quota);
        let calls = owing(self.calls.as_mut(), whose(Measure::CallsPerSecond), now);
        let bytes = owing(self.bytes.as_mut(), whose(Measure::BytesPerSecond), now);
        let owing = calls.into_iter().chain(bytes);
        owing.max_by_key(|owing| owing.room_in)
    }
}

/// What is owed to a bucket, if anything is.
fn owing(
    bucket: Option<&mut Bucket>,
    (measure, of, quota): (Measure, QuotaOf, &Quota),
    now: Moment,
) -> Option<Exceeded> {
    let time = bucket?.owes(now)?;
    let limit = quota.of(measure).unwrap_or_default();
    Some(Exceeded::new(measure, of, limit, Some(time)))
}

/// Whether a call may be made in this second that brings so much, if it brings anything of its own.
pub(super) fn rates(account: &mut Account, brings: Brings, now: Moment) -> Result<(), Exceeded> {
    let calls = account.check_rate(now);
    if brings.bytes() == 0 {
        return calls;
    }
    longer(calls, account.check_bytes(brings, now))
}

/// Of two reasons the one that lasts longer: before that is gone, it is in vain to come again.
pub(super) fn longer(one: Result<(), Exceeded>, other: Result<(), Exceeded>) -> Result<(), Exceeded> {
    let lasts = |exceeded: &Exceeded| exceeded.room_in.unwrap_or(Duration::MAX);
    match (one, other) {
        (Err(one), Err(other)) if lasts(&other) > lasts(&one) => Err(other),
        (Err(one), _) => Err(one),
        (Ok(()), other) => other,
    }
}
