//! One stream to many: how far it may be read, what is kept for those who are behind, and who is too far behind.
//!
//! What each has granted comes in; what to send to whom comes out. It knows nothing of time: who is too slow is told by how far
//! the others are.

use std::collections::VecDeque;

use crate::proto::{Batch, Credit};

/// What becomes of a process that takes a stream to many slower than the others do.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # struct Counter;
/// # #[daffi::callback]
/// # impl Counter {
/// #     pub async fn count(&self, items: daffi::Streaming<u64>) -> u64 {
/// #         let mut items = items;
/// #         let mut count = 0;
/// #         while items.next().await.is_some() {
/// #             count += 1;
/// #         }
/// #         count
/// #     }
/// # }
/// # shop.register(Counter).await?;
/// # #[daffi::fetcher]
/// # fn count(items: impl daffi::Stream<Item = u64>) -> u64;
/// use daffi::Lagging;
/// use futures_util::stream;
///
/// // All at the pace of the slowest, which is what holds where nothing is said:
/// let all = count(stream::iter(0..10)).on(&g).broadcast().lagging(Lagging::Wait).await?;
/// assert_eq!(all["shop"], Ok(10));
/// // Or without those who do not keep up:
/// let most = count(stream::iter(0..10)).on(&g).broadcast().lagging(Lagging::DropSlow).await?;
/// assert_eq!(most["shop"], Ok(10));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lagging {
    /// The others wait for it: the slowest sets the pace.
    #[default]
    Wait,
    /// It loses its part once it is more than 4 MiB behind the one that is farthest, not counted what it may take ahead anyway,
    /// and the others go on. Its outcome is [`CallError::Lagged`](crate::CallError::Lagged).
    ///
    /// The calling process keeps what others are behind, so up to 4 MiB and an item for each such stream. A process that has yet
    /// to begin, one that is at its `concurrency` included, is waited for a second once another one has begun; from then on it is
    /// behind from the first item on, and has all if it begins in time.
    DropSlow,
}

/// So many bytes are kept at most for those who are behind, but for the last batch.
const KEPT_BYTES: usize = 4 << 20;

/// What a batch costs beside its bytes, so that empty items are not kept without end.
const BATCH_BYTES: usize = 64;

fn weight(batch: &Batch) -> usize {
    batch.bytes.len().saturating_add(BATCH_BYTES)
}

/// One of those who receive the stream.
#[derive(Debug)]
struct Reader {
    /// Its place on the roster.
    part: u32,
    /// What may be sent to it; nothing if it has granted nothing.
    credit: Credit,
    /// The most items that it has ever let be sent at once.
    most: u64,
    /// The number of the batch that it is sent next.
    next: u64,
    /// What is kept for it, in bytes.
    behind: usize,
}

impl Reader {
    const fn has_begun(&self) -> bool {
        self.most > 0
    }

    const fn takes(&self, batch: &Batch) -> bool {
        self.credit.allows() && batch.items as u64 <= self.credit.items
    }
}

/// A stream to many.
#[derive(Debug)]
pub struct Fan {
    lagging: Lagging,
    /// Those who have yet to begin are not waited for.
    without: bool,
    readers: Vec<Reader>,
    /// What some have been sent and others have not, in order.
    kept: VecDeque<Batch>,
    /// The number of the first of these.
    first: u64,
}

/// How much more of a stream to many is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Nothing until somebody has granted more.
    Wait,
    /// As much.
    Read(Credit),
    /// Nothing, as nobody reads it any more.
    Over,
}

/// What becomes of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// It goes to these now; for the others it is kept.
    pub now: Vec<u32>,
    /// These are too far behind, and get no more.
    pub dropped: Vec<u32>,
}

impl Fan {
    /// To so many processes.
    #[must_use]
    pub fn new(processes: usize, lagging: Lagging) -> Self {
        let readers = (0..).take(processes).map(|part| Reader {
            part,
            credit: Credit::default(),
            most: 0,
            next: 0,
            behind: 0,
        });
        Self {
            lagging,
            without: false,
            readers: readers.collect(),
            kept: VecDeque::new(),
            first: 0,
        }
    }

    /// Those who still read it, by their places on the roster.
    #[must_use]
    pub fn parts(&self) -> Vec<u32> {
        self.readers.iter().map(|reader| reader.part).collect()
    }

    /// Whether nobody reads it any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.readers.is_empty()
    }

    /// Whether who is behind is sent what is kept as soon as it grants more, whatever else is waited for.
    #[must_use]
    pub const fn keeps(&self) -> bool {
        matches!(self.lagging, Lagging::DropSlow)
    }

    fn some_have_yet_to_begin(&self) -> bool {
        !self.readers.iter().all(Reader::has_begun)
    }

    /// Whether some have begun, and wait for others that need not be waited for.
    #[must_use]
    pub fn waits_in_vain(&self) -> bool {
        self.keeps()
            && !self.without
            && self.some_have_yet_to_begin()
            && self.readers.iter().any(Reader::has_begun)
    }

    /// Those who have yet to begin have been waited for long enough, where the slow are dropped: from now on they are behind.
    pub const fn go_on_without(&mut self) {
        self.without = self.keeps();
    }

    /// What may be sent to each, in the order of [`parts`](Self::parts): `None` if it has granted nothing, nothing in it if it
    /// reads no more.
    pub fn look(&mut self, credits: &[Option<Option<Credit>>]) {
        let mut credits = credits.iter();
        self.readers.retain_mut(|reader| match credits.next() {
            Some(Some(None)) => false,
            Some(Some(Some(credit))) => {
                reader.credit = *credit;
                reader.most = reader.most.max(credit.items);
                true
            }
            Some(None) | None => {
                reader.credit = Credit::default();
                true
            }
        });
        self.trim();
    }

    /// One reads no more.
    pub fn leave(&mut self, part: u32) {
        self.readers.retain(|reader| reader.part != part);
        self.trim();
    }

    /// What was kept and is to be sent now, in this order.
    pub fn due(&mut self) -> Vec<(u32, Batch)> {
        let mut due = Vec::new();
        for reader in &mut self.readers {
            let place = usize::try_from(reader.next - self.first).unwrap_or(usize::MAX);
            for batch in self.kept.iter().skip(place) {
                if !reader.takes(batch) {
                    break;
                }
                reader
                    .credit
                    .spend(batch.items, batch.bytes.len(), batch.explained);
                reader.behind -= weight(batch);
                reader.next += 1;
                due.push((reader.part, batch.clone()));
            }
        }
        self.trim();
        due
    }

    /// How much more is to be read.
    ///
    /// Where all are waited for, nothing before all have begun, and then as much as all have granted. Otherwise as much as those have that are farthest and have granted
    /// something; and no more at once than whoever is behind will be able to take at once.
    #[must_use]
    pub fn pace(&self) -> Pace {
        if self.readers.is_empty() {
            return Pace::Over;
        }
        let waits = !self.keeps();
        if !self.without && self.some_have_yet_to_begin() {
            return Pace::Wait;
        }
        let end = self.end();
        let farthest = self
            .readers
            .iter()
            .filter(|reader| waits || (reader.next == end && reader.credit.allows()));
        let least = farthest
            .map(|reader| reader.credit)
            .reduce(|least, credit| Credit {
                items: least.items.min(credit.items),
                bytes: least.bytes.min(credit.bytes),
                ..least
            });
        let Some(mut least) = least.filter(|least| least.allows()) else {
            return Pace::Wait;
        };
        if !waits {
            // One that has taken all has granted more than half of its window again. Of one that has yet to begin no more is
            // known than that it will take an item.
            let fits = self
                .readers
                .iter()
                .map(|reader| reader.most.div_ceil(2).max(1))
                .min();
            least.items = least.items.min(fits.unwrap_or(u64::MAX));
        }
        Pace::Read(least)
    }

    /// These items were read. Whoever has not granted enough is sent them later, unless too much is kept for it already.
    pub fn pass(&mut self, batch: &Batch) -> Passed {
        let mut passed = Passed::default();
        let end = self.end();
        let mut is_kept = false;
        self.readers.retain_mut(|reader| {
            if reader.next == end && reader.takes(batch) {
                reader
                    .credit
                    .spend(batch.items, batch.bytes.len(), batch.explained);
                reader.next += 1;
                passed.now.push(reader.part);
                return true;
            }
            if reader.behind >= KEPT_BYTES {
                passed.dropped.push(reader.part);
                return false;
            }
            reader.behind += weight(batch);
            is_kept = true;
            true
        });
        if is_kept {
            self.kept.push_back(batch.clone());
        } else {
            self.kept.clear();
            self.first = end + 1;
        }
        self.trim();
        passed
    }

    /// There is no more: those who have been sent all of it, who leave.
    pub fn finished(&mut self) -> Vec<u32> {
        let end = self.end();
        let finished = self.readers.extract_if(.., |reader| reader.next == end);
        finished.map(|reader| reader.part).collect()
    }

    /// The number of the batch that is read next.
    fn end(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// Keeps no more than somebody is to be sent.
    fn trim(&mut self) {
        let needed = self.readers.iter().map(|reader| reader.next).min();
        let needed = needed.unwrap_or_else(|| self.end());
        while self.first < needed && self.kept.pop_front().is_some() {
            self.first += 1;
        }
    }
}
