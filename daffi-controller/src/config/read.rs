//! What is written in a file, looked through key by key.

use std::collections::BTreeMap;
use std::ops::Range;

use daffi_core::proto::QuotaOf;
use daffi_core::{Access, Right, Role};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::fault::{Fault, Place};
use super::said::{Config, Setting};
use crate::access::Policy;

/// The keys that are no options.
const EVERYONE: &str = "everyone";
const ROLES: &str = "roles";
const GRANTS: &str = "grants";
const QUOTAS: &str = "quotas";

/// What a role says beside its rights, and what is said of an identity beside its roles.
const DENY: &str = "deny";
const NAMES: &str = "names";

/// What the parser says of a key that comes again.
const TWICE: &str = "duplicate key";

pub(super) type Key<'a> = Spanned<DeString<'a>>;
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// A file that is read.
pub(super) struct Reader<'a> {
    text: &'a str,
    faults: Vec<Fault>,
    /// Where each text is that is on a list, first.
    words: BTreeMap<String, Range<usize>>,
}

impl Config {
    /// Reads a file's text, in which these options may be set.
    ///
    /// # Errors
    ///
    /// All that is at fault.
    pub fn read(text: &str, options: &[&str]) -> Result<Self, Vec<Fault>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader {
            text,
            faults: Vec::new(),
            words: BTreeMap::new(),
        };
        for error in errors {
            let span = error.span().unwrap_or(text.len()..text.len());
            match error.message() {
                TWICE => {
                    let key = text.get(span.clone()).unwrap_or_default();
                    reader.fault(
                        &span,
                        format!(
                            "`{key}` is said twice here: say it once, and put all that belongs to it there"
                        ),
                    );
                }
                message => reader.fault(&span, message),
            }
        }
        let config = reader.root(table.get_ref(), options);
        let mut faults = reader.faults;
        faults.sort();
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(faults)
        }
    }
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.faults.push(Fault::new(self.text, span, message));
    }

    fn root(&mut self, table: &DeTable<'_>, options: &[&str]) -> Config {
        let mut known: Vec<_> = options.to_vec();
        known.extend([EVERYONE, ROLES, GRANTS, QUOTAS]);
        let mut config = Config::default();
        let mut access = Access::new();
        let mut is_said = false;
        for (key, value) in table {
            match &**key.get_ref() {
                EVERYONE => {
                    is_said = true;
                    access = access.everyone(self.list(value));
                }
                ROLES => {
                    is_said = true;
                    for (name, role) in self.table(value, "roles, as `[roles.worker]`") {
                        access = access.role(&**name.get_ref(), self.role(role));
                    }
                }
                GRANTS => {
                    is_said = true;
                    for (name, grants) in self.table(value, "identities, as `[grants.ann]`") {
                        access = self.identity(access, name.get_ref(), grants);
                    }
                }
                QUOTAS => config.quotas = self.quotas(value, &QuotaOf::ALL),
                name if options.contains(&name) => config.settings.extend(self.setting(key, value)),
                name => self.unknown(key, name, &known),
            }
        }
        if let Err(faults) = Policy::new(&access) {
            for fault in faults {
                let span = self.words.get(fault.word()).cloned().unwrap_or_default();
                self.fault(&span, fault.to_string());
            }
        }
        config.access = is_said.then_some(access);
        config
    }

    /// A role.
    fn role(&mut self, value: &Value<'_>) -> Role {
        let mut role = Role::new();
        for (key, value) in self.table(value, "rights, as `call = [\"shop.*\"]`") {
            let name = &**key.get_ref();
            if name == DENY {
                for (key, value) in self.table(value, "rights, as `deny.call = [\"shop.admin.*\"]`") {
                    match right(key.get_ref()) {
                        Some(right) => role = role.deny(right, self.list(value)),
                        None => self.unknown(key, key.get_ref(), &rights()),
                    }
                }
                continue;
            }
            if name == QUOTAS {
                role = role.quotas(self.quotas(value, &[QuotaOf::Connection, QuotaOf::Identity]));
                continue;
            }
            match right(name) {
                Some(right) => role = role.allow(right, self.list(value)),
                None => {
                    let mut known = rights();
                    known.extend([DENY, QUOTAS]);
                    self.unknown(key, name, &known);
                }
            }
        }
        role
    }

    /// What is said of an identity.
    fn identity(&mut self, mut access: Access, name: &str, value: &Value<'_>) -> Access {
        for (key, value) in self.table(value, "what is said of an identity, as `roles = [\"worker\"]`") {
            match &**key.get_ref() {
                ROLES => access = access.identity(name, self.list(value)),
                NAMES => access = access.names(name, self.list(value)),
                other => self.unknown(key, other, &[ROLES, NAMES]),
            }
        }
        access
    }

    /// What an option is set to; nothing if it is one that is not given.
    fn setting(&mut self, key: &Key<'_>, value: &Value<'_>) -> Option<Setting> {
        let one = |value: &DeValue<'_>| match value {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().replace('_', "")),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            _ => None,
        };
        let values = match value.get_ref() {
            DeValue::Boolean(false) => return None,
            DeValue::Boolean(true) => Some(Vec::new()),
            DeValue::Array(values) => values.iter().map(|value| one(value.get_ref())).collect(),
            value => one(value).map(|value| vec![value]),
        };
        let Some(values) = values else {
            let message = format!(
                "`{}` is set to a text, a number, true or false, or a list of these",
                key.get_ref()
            );
            self.fault(&value.span(), message);
            return None;
        };
        Some(Setting {
            name: key.get_ref().to_string(),
            values,
            place: Place::of(self.text, key.span().start),
        })
    }

    /// The entries of a table.
    pub(super) fn table<'t, 'v>(
        &mut self,
        value: &'t Value<'v>,
        of: &str,
    ) -> impl Iterator<Item = (&'t Key<'v>, &'t Value<'v>)> + use<'t, 'v> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.fault(&value.span(), format!("here is a table expected of {of}"));
        }
        table.into_iter().flatten()
    }

    /// A list of texts.
    fn list(&mut self, value: &Value<'_>) -> Vec<String> {
        let message = "a list of texts is expected, as [\"shop.*\", \"price\"]";
        let Some(list) = value.get_ref().as_array() else {
            self.fault(&value.span(), message);
            return Vec::new();
        };
        let mut words = Vec::new();
        for word in list {
            match word.get_ref().as_str() {
                Some(text) => {
                    self.words.entry(text.to_owned()).or_insert_with(|| word.span());
                    words.push(text.to_owned());
                }
                None => self.fault(&word.span(), message),
            }
        }
        words
    }

    pub(super) fn unknown(&mut self, key: &Key<'_>, name: &str, known: &[&str]) {
        let near = known
            .iter()
            .map(|known| (strsim::damerau_levenshtein(name, known), known));
        let nearest = near
            .min()
            .filter(|(distance, known)| *distance <= known.len().max(3) / 3);
        let message = match nearest {
            Some((_, nearest)) => format!("`{name}` is no key here; is `{nearest}` meant?"),
            None => format!("`{name}` is no key here, only {}", listed(known)),
        };
        self.fault(&key.span(), message);
    }
}

fn right(name: &str) -> Option<Right> {
    Right::ALL.into_iter().find(|right| right.as_str() == name)
}

fn rights() -> Vec<&'static str> {
    Right::ALL.iter().map(|right| right.as_str()).collect()
}

fn listed(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
