//! What processes say of themselves: who is told, and what is refused.

use super::*;

fn said(pairs: &[(&str, &str)]) -> Attributes {
    let mut attributes = Attributes::default();
    pairs.iter().for_each(|(key, value)| attributes.set(*key, *value));
    attributes
}

/// A greeting with attributes, as some value.
macro_rules! hello {
    ($name:expr, $attributes:expr) => {{
        let mut hello = Hello::new($name, 1, 77);
        let extensions = Extensions::default().with(Extensions::ATTRIBUTES, $attributes);
        hello.extensions = extensions.unwrap();
        hello
    }};
}

impl Fixture {
    fn enter(&mut self, hello: &Hello) -> Result<PeerId, Refusal> {
        self.router.connect(hello, Who::Nobody, None)
    }

    fn joins(&mut self, hello: &Hello) -> PeerId {
        let peer = self.enter(hello).unwrap();
        self.send_offer(peer, &[], true);
        peer
    }
}

#[test]
fn what_a_process_says_of_itself_is_told_to_all_who_ask() {
    let mut f = Fixture::new();
    let watcher = f.join("watcher", &[]);
    f.ask(watcher, 0, Query::Presence);
    f.said();
    let resizer = said(&[("zone", "a"), ("kind", "resizer"), ("kind", "scaler")]);
    f.joins(&hello!("resizer", &resizer));
    let joined = Change::Joined {
        process: "resizer".to_owned(),
        identity: Who::Nobody,
        attributes: resizer.clone(),
    };
    let events = vec![joined.clone()];
    assert!(
        f.said()
            .contains(&(watcher, Said::Happened { number: 0, events }))
    );
    let listed = f.processes();
    assert_eq!(listed[0].attributes, resizer);
    assert_eq!(listed[1].attributes, Attributes::default());
    let in_order: Vec<(String, String)> = resizer.into();
    assert_eq!(in_order[0], ("kind".to_owned(), "scaler".to_owned()));
    // So is who asks later.
    let late = f.connect("late");
    f.send_offer(late, &[], true);
    f.said();
    f.ask(late, 0, Query::Presence);
    let told = f.said().into_iter().any(
        |(to, said)| matches!(said, Said::Happened { events, .. } if to == late && events.contains(&joined)),
    );
    assert!(told);
}

#[test]
fn p11_what_is_more_than_a_process_may_say_is_refused() {
    let mut f = Fixture::new();
    let pair = |number: usize, value: &str| (format!("{number:02}"), value.to_owned());
    let eight: Vec<_> = (0..8).map(|number| pair(number, &"v".repeat(126))).collect();
    let peer = f.enter(&hello!("all that it may", &eight)).unwrap();
    f.disconnect(peer);
    let nine: Vec<_> = (0..9).map(|number| pair(number, "v")).collect();
    let mut long = eight;
    long[3].1.push('v');
    let twice = vec![pair(0, "a"), pair(0, "b")];
    let unsorted = vec![pair(1, "a"), pair(0, "b")];
    let nameless = vec![(String::new(), "v".to_owned())];
    let many: Vec<_> = (0..5000).map(|number| pair(number, "")).collect();
    for (pairs, words) in [
        (nine, "9 attributes"),
        (long, "1025 bytes"),
        (twice, "order"),
        (unsorted, "order"),
        (nameless, "without a key"),
        (many, "cannot be read"),
    ] {
        let refusal = f.enter(&hello!("hostile", &pairs)).unwrap_err();
        let Refusal::Denied { reason } = &refusal else {
            panic!("{refusal}")
        };
        assert!(reason.contains(words), "{reason}");
    }
    let refusal = f.enter(&hello!("hostile", &7_u64)).unwrap_err();
    assert!(matches!(refusal, Refusal::Denied { .. }), "{refusal}");
    assert_empty(&f.router);
}

/// However long they are, frames that tell who is there are short.
#[test]
fn p15_many_who_say_much_are_told_of_in_several_frames() {
    const PROCESSES: usize = 40;
    let limits = Limits::default();
    let mut f = Fixture {
        router: Router::new(limits, 1 << 20, 1 << 30, 1),
        queues: Queues::new(&limits),
    };
    for number in 0..PROCESSES {
        let long = said(&[("key", &"v".repeat(1000))]);
        f.joins(&hello!(&format!("process {number}"), &long));
    }
    f.said();
    let watcher = f.join("watcher", &[]);
    f.ask(watcher, 0, Query::Presence);
    let mut told = 0;
    for (_, frame) in std::mem::take(&mut f.queues.sent) {
        if let (Header::Happened { .. }, payload) = frame.decode().unwrap() {
            assert!(payload.len() < 16 * 1024, "{} bytes", payload.len());
            let events: Vec<Change> = proto::decode_guarded(&payload).unwrap();
            told += events
                .iter()
                .filter(|event| matches!(event, Change::Joined { .. }))
                .count();
        }
    }
    assert_eq!(told, PROCESSES + 1);
}
