//! Threads beside a model that knows what each run waits for, and so whether anybody could go on.

mod world;

use super::*;

/// The run with this number.
fn run(number: u64) -> RunId {
    RunId {
        stamp: number,
        index: 0,
    }
}

/// Waited for by these runs, the nearest first.
fn below(runs: &[u64]) -> Vec<Waiting> {
    runs.iter().map(|number| Waiting::Here(run(*number))).collect()
}

/// Threads, of which so many may be held and as many have come, for runs with the numbers from 0 that nobody waits for.
fn held(limit: usize) -> (Threads<u64>, Vec<Thread>) {
    let mut threads = Threads::new(limit);
    let held = (0..).take(limit).map(|number| {
        threads.want(run(number), &[], number);
        assert_eq!(threads.next().threads, 1);
        let (thread, begun) = threads.come().unwrap();
        assert_eq!(begun, number);
        thread
    });
    let held = held.collect();
    (threads, held)
}

/// What is refused now.
#[track_caller]
fn refused(threads: &mut Threads<u64>) -> Vec<u64> {
    let next = threads.next();
    assert_eq!((next.threads, next.stalled), (0, None));
    next.refused
}

#[test]
fn p16_what_waits_for_a_thread_that_its_own_callers_hold_is_refused() {
    let (mut threads, held) = held(2);
    for number in [10, 11] {
        threads.want(run(number), &below(&[number - 10]), number);
        assert!(refused(&mut threads).is_empty(), "they go on, as far as is known");
    }
    threads.wait(held[0], Some(For::Answer));
    assert!(refused(&mut threads).is_empty(), "the second goes on");
    threads.wait(held[1], Some(For::Answer));
    let first = refused(&mut threads);
    assert_eq!(first, [11], "the one that has waited the least, and no other");
    // Its caller is told, and ends.
    threads.wait(held[1], None);
    threads.end(held[1]);
    assert_eq!(threads.next().threads, 1);
    assert_eq!(threads.come().map(|(_, job)| job), Some(10));
}

#[test]
fn what_frees_a_thread_goes_before_what_takes_one() {
    let (mut threads, held) = held(2);
    threads.want(run(5), &[], 5);
    threads.want(run(10), &below(&[0]), 10);
    assert!(refused(&mut threads).is_empty());
    threads.wait(held[0], Some(For::Answer));
    threads.end(held[1]);
    assert_eq!(threads.next().threads, 1);
    assert_eq!(threads.come().map(|(_, job)| job), Some(10));
}

#[test]
fn p16_whoever_has_the_least_to_wait_for_is_freed() {
    let (mut threads, held) = held(2);
    // By way of another process, for instance, which waits for three.
    for number in [10, 11, 12] {
        threads.want(
            run(number),
            &[Waiting::At("other".into()), below(&[0])[0].clone()],
            number,
        );
    }
    threads.want(run(20), &below(&[1]), 20);
    for thread in &held {
        threads.wait(*thread, Some(For::Answer));
    }
    assert_eq!(refused(&mut threads), [20]);
}

#[test]
fn p16_all_that_one_waits_for_is_refused_where_nothing_less_frees_it() {
    let (mut threads, held) = held(1);
    for number in [10, 11] {
        threads.want(run(number), &below(&[0]), number);
    }
    threads.wait(held[0], Some(For::Answer));
    assert_eq!(refused(&mut threads), [11, 10]);
    assert!(refused(&mut threads).is_empty());
}

#[test]
fn p16_what_is_not_ready_needs_a_thread_just_the_same() {
    let (mut threads, held) = held(2);
    threads.want(run(10), &below(&[0]), 10);
    // It waits for the object that the first one has.
    threads.will_want(run(11), &below(&[1]), 11);
    for thread in &held {
        threads.wait(*thread, Some(For::Answer));
    }
    assert_eq!(refused(&mut threads), [11]);
    assert_eq!(threads.leave(run(11)), None, "it was refused");
}

#[test]
fn what_waits_elsewhere_may_go_on() {
    let (mut threads, held) = held(1);
    threads.want(run(5), &[], 5);
    threads.wait(held[0], Some(For::Answer));
    assert!(refused(&mut threads).is_empty());
    assert_eq!(threads.leave(run(5)), Some(5));
    threads.end(held[0]);
    assert_eq!(threads.next().threads, 0);
}

#[test]
fn p16_a_stream_whose_sender_waits_in_vain_gives_its_reader_nothing() {
    for opened in [false, true] {
        let (mut threads, reader) = (Threads::new(2), run(0));
        threads.want(reader, &[], 0);
        threads.want(run(1), &below(&[0]), 1);
        assert_eq!(threads.next().threads, 2);
        let threads_held = [(); 2].map(|()| threads.come().unwrap().0);
        if opened {
            threads.open(run(1));
        }
        threads.want(run(2), &below(&[1]), 2);
        threads.wait(threads_held[0], Some(For::Items));
        threads.wait(threads_held[1], Some(For::Answer));
        // Of a stream that is not theirs nothing is known.
        let expected: &[u64] = if opened { &[2] } else { &[] };
        assert_eq!(refused(&mut threads), expected);
    }
}

#[test]
fn p16_a_stream_whose_reader_waits_in_vain_is_not_read() {
    let mut threads = Threads::new(2);
    threads.want(run(0), &[], 0);
    threads.want(run(1), &below(&[0]), 1);
    assert_eq!(threads.next().threads, 2);
    let [reader, sender] = [(); 2].map(|()| threads.come().unwrap().0);
    threads.open(run(1));
    threads.wait(sender, Some(For::Caller));
    threads.wait(reader, Some(For::Answer));
    assert!(refused(&mut threads).is_empty(), "it waits for something else");
    threads.want(run(2), &below(&[0]), 2);
    assert_eq!(refused(&mut threads), [2]);
}

#[test]
fn p16_a_runtime_that_has_fewer_threads_is_found_out() {
    let mut threads = Threads::new(100);
    threads.want(run(0), &[], 0);
    assert_eq!(threads.next().threads, 1);
    let (thread, _) = threads.come().unwrap();
    threads.wait(thread, Some(For::Answer));
    let ask = |threads: &mut Threads<u64>, number| {
        threads.want(run(number), &below(&[0]), number);
        threads.next()
    };
    let next = ask(&mut threads, 10);
    assert_eq!((next.threads, next.refused.len()), (1, 0), "it may be on its way");
    let stalled = next.stalled.unwrap();
    assert_eq!(stalled.patience, PATIENCE);
    // Something has happened meanwhile.
    threads.wait(thread, None);
    assert!(threads.overdue(stalled).is_empty());
    threads.wait(thread, Some(For::Answer));
    let stalled = threads.next().stalled.unwrap();
    assert_eq!(threads.overdue(stalled), [10]);
    assert_eq!(threads.limit(), 1);
    assert_eq!(ask(&mut threads, 11).stalled.unwrap().patience, AGAIN);
    // There was one, after all.
    assert_eq!(threads.come().map(|(_, job)| job), Some(11));
    assert_eq!(threads.limit(), 100);
}

#[test]
fn what_was_to_be_done_is_given_back_when_no_thread_will_come() {
    let mut threads = Threads::new(1);
    for number in 0..3 {
        threads.want(run(number), &[], number);
    }
    threads.will_want(run(3), &[], 3);
    assert_eq!(threads.next().threads, 1);
    assert_eq!(threads.lose(), [0, 1, 2]);
    assert_eq!(threads.next().threads, 0);
    assert_eq!(threads.leave(run(3)), Some(3), "it did not ask for one");
    threads.want(run(3), &[], 4);
    assert_eq!(threads.next().threads, 1);
    assert_eq!(threads.lose(), [4]);
}
