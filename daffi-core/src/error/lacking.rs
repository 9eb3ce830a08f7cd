//! The words of a call that names attributes which no process has that offers its callback.

use std::fmt;

use crate::proto::{Lacking, Told};

/// What is missing, and what there is instead.
pub(super) struct Lacks<'a> {
    pub(super) callback: &'a str,
    /// The process that was named as well.
    pub(super) process: Option<&'a str>,
    pub(super) lacking: &'a Lacking,
    /// The call has waited for somebody.
    pub(super) waited: bool,
}

impl fmt::Display for Lacks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            callback,
            process,
            lacking,
            waited,
        } = self;
        match process {
            Some(process) => write!(f, "process {process:?} offers `{callback}`, and is not ")?,
            None => write!(f, "nobody who offers `{callback}` is ")?,
        }
        for (place, (key, value)) in lacking.wanted.iter().enumerate() {
            let and = if place > 0 { " and " } else { "" };
            write!(f, "{and}{key} = {value:?}")?;
        }
        if lacking.told != Told::Nothing {
            self.say_what_there_is(f)?;
        }
        match process {
            Some(_) => f.write_str(": name a process that is with .to(…), or none to have any that is"),
            None if *waited => f.write_str(
                ": start a process that says so with .attribute(…) and offers it, or have the call wait longer with \
                 .wait_for_provider(…)",
            ),
            None => f.write_str(
                ": check what is written in .to_where(…), start a process that says so with .attribute(…) and offers it, or have the \
                 call wait for one with .wait_for_provider(…)",
            ),
        }
    }
}

impl Lacks<'_> {
    fn say_what_there_is(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lacking {
            wanted, there, told, ..
        } = self.lacking;
        let mut keys: Vec<_> = wanted.iter().map(|(key, _)| key).collect();
        keys.dedup();
        for (place, key) in keys.into_iter().enumerate() {
            f.write_str(if place > 0 { ", and " } else { " (" })?;
            let mut values = there
                .iter()
                .filter(|(other, _)| other == key)
                .map(|(_, value)| value);
            match (values.next(), told) {
                (None, Told::All) => write!(f, "there is no {key}")?,
                (None, _) => write!(f, "there may be a {key}")?,
                (Some(first), _) => {
                    write!(f, "{key} is {first:?}")?;
                    values.try_for_each(|value| write!(f, " or {value:?}"))?;
                    if *told == Told::Some {
                        f.write_str(" or something else")?;
                    }
                }
            }
        }
        f.write_str(")")
    }
}
