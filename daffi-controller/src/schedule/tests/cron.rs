//! Lines of cron where clocks are put forward and back, against a look at every minute.

use daffi_core::proto::{CronLine, Plan, Time, When};
use jiff::civil::{DateTime, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use super::world::{Calls, World, seconds};
use crate::schedule::cron::{Line, Zones};

fn line(line: &str, zone: &str) -> Line {
    Line::new(line, zone, &Zones::bundled()).expect("a line")
}

fn cron(line: &str, zone: &str) -> Plan {
    Plan::new(When::Cron {
        line: line.to_owned(),
        zone: zone.to_owned(),
    })
}

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).expect("a zone")
}

fn time(timestamp: Timestamp) -> Time {
    Time(timestamp.as_microsecond().cast_unsigned())
}

/// Its ticks from a time on.
fn ticks(line: &Line, first: Time) -> impl Iterator<Item = Time> {
    std::iter::successors(line.at_or_after(first), |last| line.at_or_after(Time(last.0 + 1)))
}

/// Its times from one on, as its clock shows them, with its distance from UTC.
fn times(said: &str, zone_name: &str, from: DateTime, count: usize) -> Vec<String> {
    let (kept, zone) = (line(said, zone_name), zone(zone_name));
    let first = zone.to_timestamp(from).expect("a time");
    let shown = |tick: Time| {
        let tick = Timestamp::from_microsecond(tick.0.cast_signed()).expect("a time");
        let minutes = zone.to_offset(tick).seconds() / 60;
        let shown = zone.to_datetime(tick).strftime("%m-%d %H:%M");
        format!("{shown} {:+03}:{:02}", minutes / 60, minutes.abs() % 60)
    };
    ticks(&kept, time(first)).take(count).map(shown).collect()
}

#[test]
fn what_is_left_out_by_the_clock_is_made_at_once_or_not_at_all() {
    // From 3:00 to 4:00 on the 29th of March 2026, in Kyiv.
    let kyiv = |said, count| times(said, "Europe/Kyiv", date(2026, 3, 28).at(12, 0, 0, 0), count);
    assert_eq!(
        kyiv("30 3 * * *", 3),
        ["03-29 04:00 +03:00", "03-30 03:30 +03:00", "03-31 03:30 +03:00"]
    );
    assert_eq!(
        kyiv("0,30 3,4 29 * *", 3),
        ["03-29 04:00 +03:00", "03-29 04:30 +03:00", "04-29 03:00 +03:00"],
        "three of them are one"
    );
    assert_eq!(
        kyiv("*/30 2-4 29 * *", 4),
        [
            "03-29 02:00 +02:00",
            "03-29 02:30 +02:00",
            "03-29 04:00 +03:00",
            "03-29 04:30 +03:00"
        ]
    );
    // From 2:00 to 3:00 on the 8th of March 2026, in New York.
    let new_york = |said, count| times(said, "America/New_York", date(2026, 3, 7).at(12, 0, 0, 0), count);
    assert_eq!(
        new_york("15 2 * * *", 2),
        ["03-08 03:00 -04:00", "03-09 02:15 -04:00"]
    );
    assert_eq!(
        new_york("15 * 8 * *", 4)[1..],
        ["03-08 01:15 -05:00", "03-08 03:15 -04:00", "03-08 04:15 -04:00"]
    );
    // From 2:00 to 2:30 on the 4th of October 2026, on Lord Howe Island.
    let island = |said, count| {
        times(
            said,
            "Australia/Lord_Howe",
            date(2026, 10, 3).at(12, 0, 0, 0),
            count,
        )
    };
    assert_eq!(
        island("10 2 * * *", 2),
        ["10-04 02:30 +11:00", "10-05 02:10 +11:00"]
    );
}

#[test]
fn what_comes_twice_by_the_clock_is_made_once_or_as_often() {
    // From 4:00 back to 3:00 on the 25th of October 2026, in Kyiv.
    let kyiv = |said, count| times(said, "Europe/Kyiv", date(2026, 10, 24).at(12, 0, 0, 0), count);
    assert_eq!(
        kyiv("30 3 * * *", 2),
        ["10-25 03:30 +03:00", "10-26 03:30 +02:00"]
    );
    assert_eq!(
        kyiv("*/30 3 25 * *", 4),
        [
            "10-25 03:00 +03:00",
            "10-25 03:30 +03:00",
            "10-25 03:00 +02:00",
            "10-25 03:30 +02:00"
        ]
    );
    // From 2:00 back to 1:00 on the 1st of November 2026, in New York.
    let new_york = |said, count| {
        times(
            said,
            "America/New_York",
            date(2026, 10, 31).at(12, 0, 0, 0),
            count,
        )
    };
    assert_eq!(
        new_york("15 1 * * *", 2),
        ["11-01 01:15 -04:00", "11-02 01:15 -05:00"]
    );
    assert_eq!(
        new_york("0 * 1 * *", 4),
        [
            "11-01 00:00 -04:00",
            "11-01 01:00 -04:00",
            "11-01 01:00 -05:00",
            "11-01 02:00 -05:00"
        ]
    );
    // From 2:00 back to 1:30 on the 5th of April 2026, on Lord Howe Island.
    let island = |said, count| {
        times(
            said,
            "Australia/Lord_Howe",
            date(2026, 4, 4).at(12, 0, 0, 0),
            count,
        )
    };
    assert_eq!(
        island("45 1 * * *", 2),
        ["04-05 01:45 +11:00", "04-06 01:45 +10:30"]
    );
    assert_eq!(
        island("*/15 1 5 * *", 6)[2..],
        [
            "04-05 01:30 +11:00",
            "04-05 01:45 +11:00",
            "04-05 01:30 +10:30",
            "04-05 01:45 +10:30"
        ]
    );
}

#[test]
fn rare_days_are_found() {
    let utc = |said, year, count| {
        let (kept, from) = (line(said, "UTC"), date(year, 1, 2).at(0, 0, 0, 0));
        let first = time(TimeZone::UTC.to_timestamp(from).expect("a time"));
        let date = |tick: Time| {
            Timestamp::from_microsecond(tick.0.cast_signed())
                .expect("a time")
                .strftime("%F %a")
                .to_string()
        };
        ticks(&kept, first).take(count).map(date).collect::<Vec<_>>()
    };
    assert_eq!(utc("0 0 29 2 *", 2095, 2), ["2096-02-29 Wed", "2104-02-29 Fri"]);
    assert_eq!(utc("0 0 29 2 */1", 2026, 1), ["2028-02-29 Tue"]);
    assert_eq!(utc("0 0 29 2 */7", 2026, 2), ["2032-02-29 Sun", "2060-02-29 Sun"]);
    assert_eq!(
        utc("0 0 L * *", 2027, 3),
        ["2027-01-31 Sun", "2027-02-28 Sun", "2027-03-31 Wed"]
    );
}

/// Numbers one after the other, by chance.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn field(&mut self, from: u64, to: u64) -> String {
        let numbers = to - from + 1;
        match self.below(5) {
            0 => "*".to_owned(),
            1 => format!("*/{}", 1 + self.below(numbers)),
            2 => format!("{},{}", from + self.below(numbers), from + self.below(numbers)),
            3 => {
                let first = from + self.below(numbers);
                format!("{first}-{}", first + self.below(to - first + 1))
            }
            _ => (from + self.below(numbers)).to_string(),
        }
    }
}

/// Whether a line is made at a minute, by a look at the clock there, an instant before, and at all that it leaves out.
fn is_made(line: CronLine, zone: &TimeZone, minute: Timestamp) -> bool {
    let fits = |shown: DateTime| {
        let part = |part: i8| part.cast_unsigned();
        let time = (part(shown.hour()), part(shown.minute()));
        line.has_month(part(shown.month()))
            && line.has_day(
                part(shown.day()),
                part(shown.days_in_month()),
                part(shown.weekday().to_sunday_zero_offset()),
            )
            && line.time(time.0, time.1) == Some(time)
    };
    let hours = |hours| SignedDuration::from_hours(hours);
    let shown = zone.to_datetime(minute);
    if !line.is_of_certain_times() {
        return fits(shown);
    }
    // It was shown before.
    let offset = zone.to_offset(minute);
    let was_shown = |earlier: i64| {
        let earlier = minute - SignedDuration::from_mins(earlier);
        zone.to_datetime(earlier) == shown
    };
    if zone.to_offset(minute - hours(3)) != offset && (1..180).any(was_shown) {
        return false;
    }
    let mut before = zone.to_datetime(minute - SignedDuration::from_mins(1));
    loop {
        before += SignedDuration::from_mins(1);
        if before >= shown {
            return fits(shown);
        }
        if fits(before) {
            return true;
        }
    }
}

#[test]
fn p10_generated_lines_are_made_when_a_look_at_every_minute_says() {
    let mut dice = Dice(0x9e37_79b9);
    let changes = [
        ("Europe/Kyiv", date(2026, 3, 29)),
        ("Europe/Kyiv", date(2026, 10, 25)),
        ("America/New_York", date(2026, 3, 8)),
        ("America/New_York", date(2026, 11, 1)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
    ];
    for turn in 0..300 {
        let (name, day) = changes[turn % changes.len()];
        let said = format!("{} {} * * *", dice.field(0, 59), dice.field(0, 5));
        let (kept, parsed, zone) = (
            line(&said, name),
            CronLine::parse(&said).expect("a line"),
            zone(name),
        );
        let first = zone.to_timestamp(day.at(0, 0, 0, 0)).expect("a time");
        let end = first + SignedDuration::from_hours(8);
        let minutes =
            std::iter::successors(Some(first), |minute| Some(*minute + SignedDuration::from_mins(1)));
        let expected: Vec<_> = minutes
            .take_while(|minute| *minute < end)
            .filter(|minute| is_made(parsed, &zone, *minute))
            .collect();
        let made: Vec<_> = ticks(&kept, time(first))
            .take_while(|tick| *tick < time(end))
            .map(|tick| Timestamp::from_microsecond(tick.0.cast_signed()).expect("a time"))
            .collect();
        assert_eq!(made, expected, "{said:?} in {name}");
    }
}

#[test]
fn ticks_that_were_missed_are_counted() {
    let mut world = World::new(Calls::Take(seconds(1)));
    // A test begins at 22:13:20.
    let id = world.make(cron("*/2 * * * *", "UTC")).expect("it is made");
    world.pass(seconds(60));
    assert_eq!(world.happened(), ["40: start 0", "41: 40 ok"]);
    // Somebody sets the clock forward by a day.
    world.now.wall = world.now.wall.plus(seconds(24 * 60 * 60));
    world.pass(seconds(120));
    let described = world.schedules.describe(id, world.now).expect("it is there");
    assert_eq!(described.entry.counts.missed, 719);
    assert_eq!(
        described.last.len(),
        4,
        "those that were missed are one: {:?}",
        described.last
    );
    assert_eq!(described.entry.counts.ok, 3);
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |said: &str, zone: &str| {
        World::new(Calls::Stay)
            .make(cron(said, zone))
            .expect_err("none can be")
            .to_string()
    };
    assert_eq!(
        refused("0 3 * *", "UTC"),
        "a schedule cannot have the line \"0 3 * *\" of cron: it has five fields, the minute, the hour, the day of the month, the month and the day of \
         the week, as in \"0 3 * * *\": what comes more often than once a minute is an interval, and the time zone has a place of its own"
    );
    assert_eq!(
        refused("0 0 30 2 *", "UTC"),
        "a schedule cannot have the line \"0 0 30 2 *\" of cron: it never comes: none of its months has such a day"
    );
    assert_eq!(
        refused("0 3 * * *", "Europe/Kiyv"),
        "a schedule cannot have the time zone \"Europe/Kiyv\", which the controller does not know: name one as the IANA has it, such as \
         \"Europe/Kyiv\" or \"UTC\""
    );
    let none = refused("0 0 29 2 */8", "../../etc/passwd");
    assert!(
        none.contains("the time zone \"../../etc/passwd\", which"),
        "{none}"
    );
}
