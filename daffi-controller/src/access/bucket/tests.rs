//! Buckets in virtual time.

use super::*;

fn at(nanoseconds: u64) -> Moment {
    Moment::new(Duration::from_nanos(nanoseconds))
}

const SECOND: u64 = 1_000_000_000;

#[test]
fn small_ones_have_their_turn_beside_one_that_takes_much_again_and_again() {
    let mut bucket = Bucket::full(1000, at(0));
    assert_eq!(bucket.take(1000, at(0)), Ok(()));
    let (mut much, mut little) = (0, 0);
    let mut next = 0;
    for ms in 0..60_000 {
        let now = at(ms * 1_000_000);
        if ms >= next {
            match bucket.take(600, now) {
                Ok(()) => much += 1,
                Err(room_in) => next = ms + u64::try_from(room_in.unwrap().as_millis()).unwrap(),
            }
        }
        if ms % 20 == 0 {
            little += u64::from(bucket.take(10, now).is_ok());
        }
    }
    assert!(much > 20, "{much}");
    assert!(little > 500, "{little}");
}

#[test]
fn what_is_kept_for_somebody_stays_so_where_a_quota_is_said_again() {
    let mut bucket = Bucket::full(1000, at(0));
    assert_eq!(bucket.take(1000, at(0)), Ok(()));
    assert_eq!(bucket.take(1000, at(0)), Err(Some(Duration::from_secs(1))));
    let again = Bucket::full(1000, at(SECOND / 2));
    bucket.change(&again, at(SECOND / 2));
    assert!(bucket.take(10, at(SECOND / 2)).is_err());
    assert_eq!(bucket.take(1000, at(SECOND)), Ok(()));
}

#[test]
fn a_second_is_held_and_as_much_flows_in_by_the_second() {
    let mut bucket = Bucket::full(3, at(0));
    for _ in 0..3 {
        assert_eq!(bucket.take(1, at(0)), Ok(()));
    }
    // A third of a second is no whole number of nanoseconds.
    assert_eq!(
        bucket.take(1, at(0)),
        Err(Some(Duration::from_nanos(333_333_334)))
    );
    assert_eq!(
        bucket.take(1, at(333_333_333)),
        Err(Some(Duration::from_nanos(1)))
    );
    assert_eq!(bucket.take(1, at(333_333_334)), Ok(()));
    assert!(bucket.is_full(at(100 * SECOND)));
    assert_eq!(
        (0..10)
            .filter(|_| bucket.take(1, at(100 * SECOND)).is_ok())
            .count(),
        3
    );
}

#[test]
fn nothing_is_lost_however_often_it_is_looked() {
    let mut bucket = Bucket::full(7, at(0));
    let mut taken = 0;
    // A number of nanoseconds in which less than a token flows in, and never a whole number of them.
    for step in 0..1_000_000_u64 {
        taken += u64::from(bucket.take(1, at(step * 1_000_003)).is_ok());
    }
    let last = 999_999 * 1_000_003;
    assert_eq!(taken, 7 + last * 7 / SECOND);
}

#[test]
fn what_is_owed_is_paid_before_anything_is_taken() {
    let mut bucket = Bucket::full(10, at(0));
    bucket.charge(25, at(0));
    assert_eq!(bucket.owes(at(0)), Some(Duration::from_millis(1500)));
    assert_eq!(bucket.take(1, at(0)), Err(Some(Duration::from_millis(1600))));
    assert_eq!(bucket.owes(at(3 * SECOND / 2)), None);
    assert_eq!(bucket.take(1, at(16 * SECOND / 10)), Ok(()));
}

#[test]
fn what_is_larger_than_all_of_it_takes_a_full_one() {
    let mut bucket = Bucket::full(10, at(0));
    assert_eq!(bucket.take(1, at(0)), Ok(()));
    assert_eq!(bucket.take(600, at(0)), Err(Some(Duration::from_millis(100))));
    assert_eq!(bucket.take(600, at(SECOND / 10)), Ok(()));
    assert_eq!(bucket.owes(at(SECOND / 10)), Some(Duration::from_secs(59)));
}

#[test]
fn nobody_owes_more_than_a_minute_and_nothing_is_taken_that_would() {
    let mut bucket = Bucket::full(10, at(0));
    assert_eq!(bucket.take(611, at(0)), Err(None));
    assert_eq!(bucket.take(610, at(0)), Ok(()));
    assert_eq!(bucket.owes(at(0)), Some(Duration::from_secs(60)));
    bucket.charge(1_000_000, at(0));
    assert_eq!(bucket.owes(at(0)), Some(Duration::from_secs(60)));
}

#[test]
fn nothing_overflows_and_time_never_runs_back() {
    let mut bucket = Bucket::full(u64::MAX, at(0));
    for _ in 0..3 {
        bucket.charge(u64::MAX, at(u64::MAX));
    }
    assert!(bucket.owes(at(u64::MAX)).is_some());
    let end = Moment::new(Duration::MAX);
    assert_eq!(bucket.take(u64::MAX, end), Ok(()));
    let mut slow = Bucket::full(0, at(0));
    (0..5).for_each(|_| slow.charge(u64::MAX, at(0)));
    assert_eq!(slow.owes(at(0)), Some(Duration::from_secs(OWED)));
    let mut bucket = Bucket::full(1, at(SECOND));
    assert_eq!(bucket.take(1, at(SECOND)), Ok(()));
    assert_eq!(bucket.take(1, at(0)), Err(Some(Duration::from_secs(1))));
    assert_eq!(bucket.take(1, at(2 * SECOND)), Ok(()));
}

/// As many as possible take three tokens, every tenth of a second; answers how many got them.
fn small_ones(bucket: &mut Bucket, from: u64, tenths: u64) -> usize {
    (0..tenths)
        .filter(|tenth| bucket.take(3, at(from + tenth * SECOND / 10)).is_ok())
        .count()
}

#[test]
fn what_flows_in_is_kept_for_who_wants_much_until_it_has_had_time_to_come_again() {
    let mut bucket = Bucket::full(20, at(0));
    assert!(small_ones(&mut bucket, 0, 20) > 15);
    let mut now = 2 * SECOND;
    let mut tried = 0;
    while let Err(room_in) = bucket.take(20, at(now)) {
        tried += 1;
        let next = now + u64::try_from(room_in.unwrap().as_nanos()).unwrap() + SECOND / 100;
        small_ones(&mut bucket, now, (next - now) * 10 / SECOND + 1);
        now = next;
    }
    assert_eq!(tried, 1);
    // It is there no more, and what flows in is everybody's again.
    assert!(small_ones(&mut bucket, now, 20) > 10);
}

#[test]
fn nothing_is_kept_for_long_for_who_does_not_come_again() {
    let mut bucket = Bucket::full(20, at(0));
    let (mut got, mut now) = (0, 0);
    while now < 100 * SECOND {
        // It asks for all of it, again and again, and takes none.
        let _ = bucket.check(20, 0, at(now));
        got += small_ones(&mut bucket, now, 1);
        now += SECOND / 10;
    }
    // Without it they would get two of three.
    assert!(got > 550, "{got}");
    let mut bucket = Bucket::full(20, at(0));
    assert!(small_ones(&mut bucket, 0, 1000) > 660);
}

#[test]
fn what_is_kept_until_another_bucket_has_room_is_not_kept_for_ever() {
    let mut bucket = Bucket::full(20, at(0));
    assert_eq!(bucket.take(20, at(0)), Ok(()));
    assert!(bucket.check(20, 0, at(0)).is_err());
    // Who wants less cannot have it kept for longer.
    bucket.keep(19, Duration::from_secs(5), at(0));
    assert_eq!(bucket.take(3, at(21 * SECOND / 10)), Ok(()));
    assert_eq!(bucket.take(20, at(22 * SECOND)), Ok(()));
    assert!(bucket.check(20, 0, at(22 * SECOND)).is_err());
    for second in 22..200 {
        bucket.keep(20, Duration::from_secs(100), at(second * SECOND));
        let small = bucket.check(3, 0, at(second * SECOND));
        assert_eq!(small.is_ok(), second > 142, "{second}");
    }
}

#[test]
fn who_wants_as_much_as_is_kept_has_it_and_who_wants_less_has_what_is_beyond() {
    let mut bucket = Bucket::full(20, at(0));
    assert_eq!(bucket.take(15, at(0)), Ok(()));
    assert_eq!(bucket.take(10, at(0)), Err(Some(Duration::from_millis(250))));
    assert_eq!(bucket.take(1, at(0)), Err(Some(Duration::from_millis(300))));
    assert_eq!(bucket.take(1, at(SECOND * 3 / 10)), Ok(()));
    assert_eq!(bucket.take(10, at(SECOND * 3 / 10)), Ok(()));
    assert_eq!(bucket.take(1, at(SECOND * 35 / 100)), Ok(()));
}

#[test]
fn it_holds_no_more_than_another_one_and_fills_again() {
    let mut spent = Bucket::holding(10, 60, at(0));
    spent.charge(70, at(0));
    let mut bucket = Bucket::holding(10, 60, at(SECOND / 2));
    bucket.lower(spent, at(SECOND / 2));
    assert_eq!(bucket.owes(at(SECOND / 2)), Some(Duration::from_millis(500)));
    assert_eq!(bucket.take(10, at(2 * SECOND)), Ok(()));
    let mut fuller = Bucket::holding(10, 60, at(0));
    fuller.lower(bucket, at(8 * SECOND));
    assert!(fuller.is_full(at(8 * SECOND)) && !bucket.is_full(at(7 * SECOND)));
}

#[test]
fn another_rate_counts_from_now_on() {
    let mut bucket = Bucket::full(100, at(0));
    bucket.change(&Bucket::full(10, at(0)), at(0));
    assert_eq!((0..100).filter(|_| bucket.take(1, at(0)).is_ok()).count(), 10);
    bucket.change(&Bucket::full(1000, at(0)), at(0));
    assert_eq!(bucket.take(1, at(0)), Err(Some(Duration::from_millis(1))));
    bucket.charge(1000, at(0));
    bucket.change(&Bucket::full(500, at(0)), at(0));
    assert_eq!(bucket.owes(at(0)), Some(Duration::from_secs(2)));
}
