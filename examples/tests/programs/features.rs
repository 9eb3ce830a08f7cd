//! A pair of programs for each way to call, and for what processes know of each other.

use crate::program::{Program, Scene};

#[test]
fn calls_in_the_background() {
    let scene = Scene::new();
    let customer = scene.start(env!("CARGO_BIN_EXE_customer"), &[]);
    let bakery = scene.start(env!("CARGO_BIN_EXE_bakery"), &[]);
    let expected = "\
While the oven is cold, is the bread ready? false
The pie: the call of `bake` was cancelled, or its provider is stopping; it may have run
The bread: one bread, still warm
The cake, ready by now: one cake, still warm
";
    assert_eq!(customer.finish().0, expected);
    // Nobody waits for this one, so it may be done after its caller has ended.
    bakery.wait_for("the floor is swept");
    assert_eq!(bakery.stop(), "the floor is swept\n");
}

#[test]
fn restaurants_are_asked_all_at_once() {
    let scene = Scene::new();
    let restaurants = start_each(
        &scene,
        env!("CARGO_BIN_EXE_restaurant"),
        &[&["bistro"], &["diner"], &["trattoria"]],
    );
    let guest = scene.start(env!("CARGO_BIN_EXE_guest"), &[]);
    let (printed, _) = guest.finish();
    let (together, one_by_one) = printed.split_once("As they answer:\n").unwrap();
    let expected = "\
3 restaurants were asked:
bistro: quiche, salad
diner: the diner is closed today
trattoria: pizza, pasta
What there is at all: 4
";
    assert_eq!(together, expected);
    // They answer in any order.
    let mut one_by_one: Vec<_> = one_by_one.lines().collect();
    one_by_one.sort_unstable();
    assert_eq!(
        one_by_one,
        [
            "bistro: open? true",
            "diner: open? false",
            "trattoria: open? true"
        ]
    );
    stop_each(restaurants, &["", "", ""]);
}

#[test]
fn a_price_is_asked_for_until_somebody_knows_it() {
    let scene = Scene::new();
    let price_check = scene.start(env!("CARGO_BIN_EXE_price_check"), &[]);
    price_check.wait_for("What does milk cost?");
    let broken = scene.start(env!("CARGO_BIN_EXE_till"), &["breaks"]);
    broken.wait_for("the till breaks");
    drop(broken);
    let till = scene.start(env!("CARGO_BIN_EXE_till"), &[]);
    let expected = "\
What does milk cost?
99 cents
Caviar: we have no caviar
Counting the money: `count_money` was not answered within 1s, as its caller allows (the `timeout` of the call, or the `call_timeout` of its Global); it may have run
Might it have been counted? true
";
    assert_eq!(price_check.finish().0, expected);
    assert_eq!(till.stop(), "");
}

#[test]
fn workers_share_the_calls() {
    let scene = Scene::new();
    let foreman = scene.start(env!("CARGO_BIN_EXE_foreman"), &[]);
    let workers = start_each(
        &scene,
        env!("CARGO_BIN_EXE_worker"),
        &[&["ann"], &["bob"], &["cat"]],
    );
    let expected = "\
Holes in turn: {\"ann\": 2, \"bob\": 2, \"cat\": 2}
Workers in the garden: 1
Sent to bob: bob
Sent to dan: `dig` was called at process \"dan\", which is not there: check the name, or wait for it with \
wait_process(\"dan\")
";
    assert_eq!(foreman.finish().0, expected);
    stop_each(workers, &["", "", ""]);
}

#[test]
fn an_explorer_finds_a_translator_and_calls_it_by_name() {
    let scene = Scene::new();
    let explorer = scene.start(env!("CARGO_BIN_EXE_explorer"), &[]);
    let translator = scene.start(env!("CARGO_BIN_EXE_translator"), &[]);
    let expected = "\
Processes:
explorer offers 0 callbacks
translator offers 2 callbacks
Callbacks:
greet, by translator: fn(name: String) -> String
    Greets somebody, in English unless another language is asked for.
languages, by translator: fn() -> Vec<String>
    The languages that there are.
Calls:
Guten Tag, Ann.
Good day, Ann.
Bonjour, Ann.
caller and callback disagree about `greet`; change one of them
  because    `name`: u8 is written, and a string is expected; declare it alike on both sides, or add a field of the new type with a default beside the old one
  called as  fn(_: u8) -> u8
  offered as fn(name: String) -> String
";
    assert_eq!(explorer.finish().0, expected);
    assert_eq!(translator.stop(), "");
}

#[test]
fn without_async() {
    let scene = Scene::new();
    let client = scene.start(env!("CARGO_BIN_EXE_blocking_client"), &[]);
    let service = scene.start(env!("CARGO_BIN_EXE_blocking_service"), &[]);
    let expected = "\
Letters: 11
Read in the background: FOUR
Read in the background: FIVE
Read with patience: SIX
Asked everybody: {\"blocking service\": Ok(5)}
";
    assert_eq!(client.finish().0, expected);
    assert_eq!(service.stop(), "");
}

#[test]
fn a_rumour_goes_twice_around_a_ring() {
    let scene = Scene::new();
    let neighbours = start_each(
        &scene,
        env!("CARGO_BIN_EXE_neighbour"),
        &[&["ann", "bob"], &["bob", "cat"], &["cat", "ann"]],
    );
    let rumour = scene.start(env!("CARGO_BIN_EXE_rumour"), &[]);
    let (ann, bob, cat) = (", and ann knows", ", and bob knows", ", and cat knows");
    let once = format!("it snows{ann}{bob}{cat}");
    assert_eq!(rumour.finish().0, format!("{once}{ann}{bob}{cat}\n"));
    let expected = [
        format!("rumour says: it snows\ncat says: {once}\n"),
        format!("ann says: it snows{ann}\nann says: {once}{ann}\n"),
        format!("bob says: it snows{ann}{bob}\nbob says: {once}{ann}{bob}\n"),
    ];
    stop_each(neighbours, &expected.each_ref().map(String::as_str));
}

#[test]
fn a_doorman_sees_who_comes_and_goes() {
    let scene = Scene::new();
    let doorman = scene.start(env!("CARGO_BIN_EXE_doorman"), &[]);
    // It sees only what is there then, and what happens from then on.
    doorman.wait_for("doorman is there");
    let visitor = scene.start(env!("CARGO_BIN_EXE_visitor"), &[]);
    let expected = "\
doorman is there
visitor is there
visitor offers chat
visitor offers umbrella.open
visitor takes umbrella.open back
visitor has left: it said goodbye
";
    assert_eq!(doorman.finish().0, expected);
    assert_eq!(visitor.finish().0, "");
}

/// Starts a program several times, with different arguments.
pub fn start_each(scene: &Scene, program: &str, arguments: &[&[&str]]) -> Vec<Program> {
    arguments
        .iter()
        .map(|arguments| scene.start(program, arguments))
        .collect()
}

/// Tells programs to end, whose controller has ended before them: what each has printed.
pub fn stop_each(programs: Vec<Program>, expected: &[&str]) {
    let printed: Vec<_> = programs.into_iter().map(Program::stop).collect();
    assert_eq!(printed, expected);
}

#[test]
fn callbacks_are_made_at_run_time() {
    let scene = Scene::new();
    let tourist = scene.start(env!("CARGO_BIN_EXE_tourist"), &[]);
    let phrasebook = scene.start(env!("CARGO_BIN_EXE_phrasebook"), &["milk=Milch", "bread=Brot"]);
    let expected = "\
2 pages
bread: fn(_: u64) -> Result<String, String> (Says \"bread\" as the printer does.)
Brot, Brot!
milk: fn(_: u64) -> Result<String, String> (Says \"milk\" as the printer does.)
Milch, Milch!
tea: fn(_: u64) -> Result<String, String> (Says \"tea\" as tourist does.)
Tee, Tee!
Not twice: true
Nothing: how often?
";
    assert_eq!(tourist.finish().0, expected);
    assert_eq!(phrasebook.stop(), "");
}
