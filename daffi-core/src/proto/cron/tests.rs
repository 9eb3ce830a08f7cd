use super::*;

/// The numbers of a field.
fn numbers(set: u64) -> Vec<u8> {
    (0..64).filter(|number| is_in(set, *number)).collect()
}

#[test]
fn fields_are_read() {
    let read = |line: &str| {
        let line = CronLine::parse(line).expect(line);
        [line.minutes, line.hours, line.days, line.months, line.weekdays].map(numbers)
    };
    assert_eq!(
        read(" 5,50-52  */6\t1-10/4 feb,OCT-DEC  mon-FRI "),
        [
            vec![5, 50, 51, 52],
            vec![0, 6, 12, 18],
            vec![1, 5, 9],
            vec![2, 10, 11, 12],
            vec![1, 2, 3, 4, 5]
        ]
    );
    assert_eq!(read("0/20 0 L,15 1 5-7")[0], [0, 20, 40]);
    assert_eq!(read("0 0 L,15 1 5-7")[2], [0, 15]);
    assert_eq!(read("0 0 1 1 5-7")[4], [0, 5, 6], "both are Sunday");
    assert_eq!(read("0 0 * * *")[4], [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(read("0 0 1 1 */2")[4], [0, 2, 4, 6]);
    assert_eq!(CronLine::parse("@Weekly"), CronLine::parse("0 0 * * SUN"));
    const { assert!(CronLine::parse("0 3 * * *").is_ok(), "while it is compiled, too") };
}

#[test]
fn days_are_of_both_kinds_or_of_either() {
    let is_day = |line: &str, day, weekday| CronLine::parse(line).expect(line).has_day(day, 30, weekday);
    // The 13th, or a Friday: as every cron has it.
    for (day, weekday, is) in [(13, 1, true), (12, 5, true), (12, 1, false)] {
        assert_eq!(is_day("0 0 13 * FRI", day, weekday), is, "{day} {weekday}");
    }
    for (line, day, weekday, is) in [
        ("0 0 */2 * FRI", 13, 5, true),
        ("0 0 */2 * FRI", 13, 4, false),
        ("0 0 */2 * FRI", 12, 5, false),
        ("0 0 L * *", 30, 2, true),
        ("0 0 L * *", 29, 2, false),
    ] {
        assert_eq!(is_day(line, day, weekday), is, "{line} {day} {weekday}");
    }
}

#[test]
fn times_of_a_day_come_in_their_order() {
    let line = CronLine::parse("10,40 9,17 * * *").expect("a line");
    for (from, next) in [
        ((0, 0), Some((9, 10))),
        ((9, 10), Some((9, 10))),
        ((9, 11), Some((9, 40))),
        ((9, 41), Some((17, 10))),
        ((17, 40), Some((17, 40))),
        ((17, 41), None),
        ((23, 59), None),
    ] {
        assert_eq!(line.time(from.0, from.1), next, "{from:?}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    use CronField::{Day, Hour, Minute, Month, Weekday};
    for (line, fault) in [
        ("", CronFault::Fields),
        ("* * * *", CronFault::Fields),
        ("0 0 3 * * *", CronFault::Fields),
        ("0 3 * * * Europe/Kyiv", CronFault::Fields),
        ("@often", CronFault::Word),
        ("60 * * * *", CronFault::Range(Minute)),
        ("* 24 * * *", CronFault::Range(Hour)),
        ("* * 0 * *", CronFault::Range(Day)),
        ("* * * 13 *", CronFault::Range(Month)),
        ("* * * * 8", CronFault::Range(Weekday)),
        ("x * * * *", CronFault::Syntax(Minute)),
        ("1, * * * *", CronFault::Syntax(Minute)),
        ("* 1- * * *", CronFault::Syntax(Hour)),
        ("* -1 * * *", CronFault::Syntax(Hour)),
        ("* 1--2 * * *", CronFault::Syntax(Hour)),
        ("* * ** * *", CronFault::Syntax(Day)),
        ("* * 5L * *", CronFault::Syntax(Day)),
        ("* * * JANUARY *", CronFault::Syntax(Month)),
        ("* * * é *", CronFault::Syntax(Month)),
        ("* * * * MON#2", CronFault::Syntax(Weekday)),
        ("*/ * * * *", CronFault::Syntax(Minute)),
        ("*/x * * * *", CronFault::Syntax(Minute)),
        ("1/2/3 * * * *", CronFault::Syntax(Minute)),
        ("*/0 * * * *", CronFault::Step(Minute)),
        ("* 22-4 * * *", CronFault::Order(Hour)),
        ("99999999999999999999 * * * *", CronFault::Syntax(Minute)),
        ("0 0 30 2 *", CronFault::Never),
        ("0 0 31 4,6,9,11 *", CronFault::Never),
    ] {
        assert_eq!(CronLine::parse(line), Err(fault), "{line}");
    }
    for line in ["0 0 29 2 *", "0 0 30 2 MON", "0 0 31 4,5 *", "*/999 * * * *"] {
        assert!(CronLine::parse(line).is_ok(), "{line}");
    }
}
