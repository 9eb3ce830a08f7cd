//! The table, as a page has it.

use std::time::Duration;

/// What a row says, behind what happened to whom.
#[derive(Debug)]
pub struct Row {
    pub who: &'static str,
    pub fault: &'static str,
    /// Of the call, the streams and the broadcast of the caller.
    pub caller: String,
    /// Of the callbacks of the provider.
    pub provider: String,
    /// Of the process to which it happens, or of both if it happens to the controller.
    pub own: String,
    /// Of those who listen to what happens to it.
    pub observer: String,
    /// Of a call that is made just after.
    pub next: String,
}

/// Between these stands the table.
const MARKS: [&str; 2] = ["<!-- faults -->\n", "<!-- end of faults -->\n"];

const HEAD: &str = "\
| who | what happens | its call, streams and broadcast, at the caller | what runs for them at the provider | hooks of the process | `Presence` elsewhere | a call just after it |
|---|---|---|---|---|---|---|
";

pub fn of(rows: impl Iterator<Item = Row>) -> String {
    let line = |row: Row| {
        let Row {
            who,
            fault,
            caller,
            provider,
            own,
            observer,
            next,
        } = row;
        format!("| {who} | {fault} | {caller} | {provider} | {own} | {observer} | {next} |\n")
    };
    HEAD.to_owned() + &rows.map(line).collect::<String>()
}

/// The page with this table.
pub fn put(page: &str, table: &str) -> String {
    let (before, rest) = page.split_once(MARKS[0]).unwrap();
    let (_, after) = rest.split_once(MARKS[1]).unwrap();
    format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1])
}

/// How long something took, as far as it is the same everywhere.
pub fn rough(took: Duration) -> String {
    match took.as_millis() {
        ..400 => "at once".to_owned(),
        400..500 => "half a second".to_owned(),
        ms => format!("{} s", (ms + 500) / 1000),
    }
}
