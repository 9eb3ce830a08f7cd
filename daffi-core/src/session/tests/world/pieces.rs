//! Arguments and results that come in pieces.

use super::*;
use crate::proto::PieceOf;

impl World {
    // ------------------------------------------------------------------ arguments

    /// What a caller has sent begins, in its order, as far as it has come.
    pub(super) fn begin_runs(&mut self, caller: usize) {
        loop {
            let waits = |run: &Running| run.caller == caller && run.run.is_none() && run.answered.is_none();
            let Some(index) = self.running.iter().position(waits) else {
                return;
            };
            if self.running[index].left > 0 {
                return;
            }
            let overdue = self.running[index]
                .deadline
                .is_some_and(|deadline| deadline <= self.now);
            if overdue {
                return self.stop(index, failed(Failed::timeout(false)));
            }
            self.begin(index);
        }
    }

    fn begin(&mut self, index: usize) {
        let running = &mut self.running[index];
        let token = running.token;
        let started = self.events.iter().find_map(|event| match event {
            Event::Start(start) if token_of(&start.payload) == token => Some(start),
            _ => None,
        });
        let start = started.unwrap_or_else(|| panic!("{token} does not begin: {:?}", self.events));
        let own = running.own.map(|own| (self.now + own, own));
        if let Some((until, own)) = own
            && running.deadline.is_none_or(|deadline| until < deadline)
        {
            running.deadline = Some(until);
            running.limit = TimeLimit::Callback(MS * own);
        }
        assert_eq!(
            (start.callback, start.deadline),
            (running.callback, running.deadline.map(at))
        );
        running.run = Some(start.run);
        self.expected_events.push(Happened::Started(token));
        let caller = running.caller;
        self.history.push(Entry::RunStarted { token, caller });
    }

    pub(super) fn more_of_arguments(&mut self, index: usize, bytes: usize) {
        let coming: Vec<_> = (0..self.running.len())
            .filter(|index| self.running[*index].left > 0)
            .collect();
        let Some(index) = pick(index, coming.len()) else {
            return;
        };
        let running = &mut self.running[coming[index]];
        let (whole, left) = (payload(running.token, Size::Small), running.left);
        let piece = whole.slice(whole.len() - left..).split_to(bytes.clamp(1, left));
        running.left -= piece.len();
        let (call, of, caller) = (id(running.number), PieceOf::Arguments, running.caller);
        self.receive(Header::Piece { call, of }, piece).unwrap();
        self.begin_runs(caller);
    }

    /// What has not begun does not any more.
    pub(super) fn dismiss_all(&mut self) {
        let (begun, held) = std::mem::take(&mut self.running)
            .into_iter()
            .partition::<Vec<_>, _>(|run| run.run.is_some());
        self.running = begun;
        self.expected_events
            .extend(held.iter().map(|run| Happened::Dismissed(run.callback)));
    }

    pub(super) fn stray_piece(&mut self, number: u32) {
        let call = id(number);
        let given = self.given.contains_key(&number) && self.connected && !self.wire.closed;
        let arguments = Header::Piece {
            call,
            of: PieceOf::Arguments,
        };
        let too_much = Bytes::from_static(&[0; 9]);
        let open = self
            .running
            .iter()
            .any(|run| run.number == number && run.answered.is_none());
        if given && open {
            assert!(self.receive(arguments, too_much).is_err(), "{number} has its own");
        } else if !open {
            // It crossed the answer.
            self.receive(arguments, too_much).unwrap();
        }
        let result = Header::Piece {
            call,
            of: PieceOf::Result(7),
        };
        assert!(self.receive(result, Bytes::from_static(b"a")).is_err());
    }

    /// The calls of one caller begin in the order in which they came.
    pub(super) fn check_order(&self) {
        for caller in 0..CALLERS.len() {
            let started = self.events.iter().filter_map(|event| match event {
                Event::Start(start) => Some(token_of(&start.payload)),
                _ => None,
            });
            let is_of = |token: &u32| {
                self.running
                    .iter()
                    .any(|run| run.token == *token && run.caller == caller)
            };
            assert!(started.filter(is_of).is_sorted(), "{:?}", self.events);
        }
    }

    // ------------------------------------------------------------------ results

    /// The place on the roster whose part comes next, if it is a broadcast and one does.
    fn next_part(&self, number: u32) -> Option<Option<u32>> {
        match self.sent[&number].answers {
            None => Some(None),
            Some(answers) => {
                let index = answers.checked_sub(1)?;
                ((index as usize) < ROSTER.len()).then_some(Some(index))
            }
        }
    }

    pub(super) fn begin_reply(&mut self, number: u32, ending: Ending) {
        let sent = &self.sent[&number];
        let outcome = ending.outcome(sent.waiting.unwrap_or_default());
        let bytes = with_reply(&outcome, |_, payload| payload.len());
        let Some(part) = self.next_part(number).filter(|_| bytes > 0) else {
            return;
        };
        if bytes > ITEM_BYTES {
            return;
        }
        let call = id(number);
        let has_begun = sent.coming.is_some();
        let received = with_reply(&outcome, |status, _| {
            let frame = match part {
                None => Large::Reply { call, status },
                Some(index) => Large::Part { call, index, status },
            };
            let bytes = bytes as u64;
            self.receive(Header::Large { bytes, frame }, Bytes::new())
        });
        assert_eq!(received.is_err(), has_begun);
        if !has_begun {
            self.sent.get_mut(&number).unwrap().coming = Some((outcome, bytes));
        }
    }

    pub(super) fn more_of_reply(&mut self, number: u32, bytes: usize) {
        let part = self.next_part(number);
        let sent = self.sent.get_mut(&number).unwrap();
        let Some((outcome, left)) = &mut sent.coming else {
            return;
        };
        let whole = with_reply(outcome, |_, payload| payload);
        let piece = whole.slice(whole.len() - *left..).split_to(bytes.clamp(1, *left));
        *left -= piece.len();
        let ends = (*left == 0).then(|| outcome.clone());
        let part = part.unwrap();
        let piece_of = Header::Piece {
            call: id(number),
            of: PieceOf::Result(part.unwrap_or(0)),
        };
        self.receive(piece_of, piece).unwrap();
        let Some(outcome) = ends else { return };
        let sent = self.sent.get_mut(&number).unwrap();
        sent.coming = None;
        match (part, &mut sent.answers) {
            (Some(index), Some(answers)) => {
                *answers += 1;
                let waiting = sent.waiting;
                self.given(waiting, Item::Part(index, outcome));
            }
            _ => self.replied(number, outcome),
        }
    }

    /// What nobody waits for any more is not kept.
    pub(super) fn check_results(&self) {
        let coming = self.sent.values().filter(|sent| sent.coming.is_some());
        let is_wanted = |sent: &&OnItsWay| {
            let held = self.held.iter().find(|held| Some(held.token) == sent.waiting);
            held.is_some_and(|held| held.ended.is_none())
        };
        let kept = coming.clone().filter(is_wanted).count();
        assert_eq!(self.session.results.count(), (coming.count(), kept));
    }
}
