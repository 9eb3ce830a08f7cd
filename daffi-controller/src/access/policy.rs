//! What was said of roles and identities, checked and put together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use daffi_core::proto::{Limits, Measure, QuotaOf, USER_PREFIX};
use daffi_core::{Access, Quotas, Right, Role};

use super::allowed::{Allowed, most_generous, replaced};
use super::pattern::Pattern;
use super::rights::{Rights, who};

/// Who may do what.
#[derive(Debug)]
pub struct Policy {
    /// What those may do of whom nothing is said.
    everyone: Arc<Rights>,
    /// The quotas that they have instead of those of all.
    quotas: Quotas,
    identities: BTreeMap<Arc<str>, Known>,
}

/// What is known of an identity.
#[derive(Debug)]
struct Known {
    rights: Arc<Rights>,
    quotas: Quotas,
    names: Vec<Pattern>,
}

/// Something that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A role is given that is nowhere said.
    #[error("{} given the role `{role}`, and there is no such role", whose(.identity.as_deref()))]
    UnknownRole {
        /// Its name.
        role: String,
        /// Who has it; everybody, if nothing.
        identity: Option<String>,
    },
    /// A pattern that no name matches.
    #[error(
        "the pattern {pattern:?} stands for no name: a pattern has 1 to {} bytes, and `*` in it stands for any characters",
        Limits::NAME_BYTES
    )]
    Pattern {
        /// The pattern.
        pattern: String,
    },
    /// A role has a quota of something that there is not, as of the connections of a connection.
    #[error(
        "the role `{role}` says `{measure}` of `quotas.{of}`, and there is no such quota of a role: how many connections there may be, or may \
         come in a second, is said of the identity, as Quotas::new().identity(Quota::new().connections(4))"
    )]
    Quota {
        /// The role.
        role: String,
        /// Whose quota that is.
        of: QuotaOf,
        /// Of what.
        measure: Measure,
    },
}

impl Fault {
    /// What is at fault, as it was said.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::UnknownRole { role: word, .. }
            | Self::Pattern { pattern: word }
            | Self::Quota { role: word, .. } => word,
        }
    }
}

fn whose(identity: Option<&str>) -> String {
    identity.map_or_else(
        || "everyone is".to_owned(),
        |identity| format!("the identity `{identity}` is"),
    )
}

impl Policy {
    /// Checks what was said.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub fn new(access: &Access) -> Result<Self, Vec<Fault>> {
        let roles: BTreeMap<&str, &Role> = access.roles().collect();
        let mut faults = Vec::new();
        let everyone: BTreeSet<&str> = access.of_everyone().collect();
        check_roles(&roles, &everyone, None, &mut faults);
        for (name, role) in access.roles() {
            let patterns = Right::ALL
                .into_iter()
                .flat_map(|right| role.allowed(right).chain(role.denied(right)));
            check_patterns(patterns, &mut faults);
            let said = role.said_quotas();
            // What addresses may is said for all: who comes from there is not known yet.
            let of_addresses = said.of(QuotaOf::Address).said(Measure::ConnectionsPerSecond);
            let of_addresses = of_addresses.map(|_| (QuotaOf::Address, Measure::ConnectionsPerSecond));
            faults.extend(
                said.meaningless()
                    .chain(of_addresses)
                    .map(|(of, measure)| Fault::Quota {
                        role: name.to_owned(),
                        of,
                        measure,
                    }),
            );
        }
        let mut identities = BTreeMap::new();
        for (name, grants) in access.identities() {
            let own: BTreeSet<_> = grants.roles().collect();
            check_roles(&roles, &own, Some(name), &mut faults);
            check_patterns(grants.names(), &mut faults);
            let all: BTreeSet<_> = own.union(&everyone).copied().collect();
            let known = Known {
                rights: Arc::new(rights(&roles, &all, Some(name.into()))),
                quotas: quotas(&roles, &all),
                names: grants.names().map(Pattern::new).collect(),
            };
            identities.insert(name.into(), known);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            quotas: quotas(&roles, &everyone),
            everyone: Arc::new(rights(&roles, &everyone, None)),
            identities,
        })
    }

    /// How much a process may have that is known by an identity, or has not said who it is, where this is said for all; nothing where that
    /// has no bound.
    #[must_use]
    pub fn allowed(policy: Option<&Self>, identity: Option<&str>, all: &Quotas) -> Option<Allowed> {
        let instead = policy.map(|policy| {
            let known = identity.and_then(|identity| policy.identities.get(identity));
            known.map_or(&policy.quotas, |known| &known.quotas)
        });
        let said = instead.map_or(*all, |instead| replaced(all, instead));
        Allowed::new(identity, said)
    }

    /// What a process may do: one that is known by an identity, or one that has not said who it is.
    #[must_use]
    pub fn rights(&self, identity: Option<&str>) -> Arc<Rights> {
        let Some(identity) = identity else {
            return Arc::clone(&self.everyone);
        };
        match self.identities.get(identity) {
            Some(known) => Arc::clone(&known.rights),
            None => Arc::new(Rights {
                identity: Some(identity.into()),
                roles: self.everyone.roles.clone(),
                rules: self.everyone.rules.clone(),
            }),
        }
    }

    /// Whether this user of the machine is named.
    #[must_use]
    pub fn names_user(&self, uid: u32) -> bool {
        self.identities.contains_key(&*format!("{USER_PREFIX}{uid}"))
    }

    /// Whether another user of the machine is named than this.
    #[must_use]
    pub fn names_others(&self, own: u32) -> bool {
        let users = self
            .identities
            .keys()
            .filter_map(|name| name.strip_prefix(USER_PREFIX));
        users
            .filter_map(|uid| uid.parse().ok())
            .any(|uid: u32| uid != own)
    }

    /// Checks that a process may take a name.
    ///
    /// # Errors
    ///
    /// Why not, and what to do about it.
    pub fn check_name(&self, identity: Option<&str>, process_name: &str) -> Result<(), String> {
        let has = |known: &Known| known.names.iter().any(|pattern| pattern.matches(process_name));
        let own = identity.and_then(|identity| self.identities.get(identity));
        if own.is_some_and(has) {
            return Ok(());
        }
        let who = who(identity);
        if let Some(own) = own.filter(|own| !own.names.is_empty()) {
            let names: Vec<_> = own
                .names
                .iter()
                .map(|name| format!("{:?}", name.as_str()))
                .collect();
            return Err(format!(
                "{who} may not take the process name {process_name:?}, only such as {}; whoever runs the controller can allow \
                 it, by `names` in its configuration",
                names.join(", ")
            ));
        }
        if self.identities.values().any(has) {
            return Err(format!(
                "{who} may not take the process name {process_name:?}: it is kept for another identity; choose another \
                 process_name, or have whoever runs the controller allow it, by `names` in its configuration"
            ));
        }
        Ok(())
    }
}

/// What some roles together allow.
fn rights(roles: &BTreeMap<&str, &Role>, own: &BTreeSet<&str>, identity: Option<Arc<str>>) -> Rights {
    let mut rights = Rights {
        identity,
        roles: own.iter().map(|role| Arc::from(*role)).collect(),
        ..Rights::default()
    };
    for role in own.iter().filter_map(|name| roles.get(name)) {
        for (right, rules) in Right::ALL.into_iter().zip(&mut rights.rules) {
            rules.allowed.extend(role.allowed(right).map(Pattern::new));
            rules.denied.extend(role.denied(right).map(Pattern::new));
        }
    }
    rights
}

/// The quotas that some roles have.
fn quotas(roles: &BTreeMap<&str, &Role>, own: &BTreeSet<&str>) -> Quotas {
    most_generous(
        own.iter()
            .filter_map(|name| roles.get(name))
            .map(|role| role.said_quotas()),
    )
}

fn check_roles(
    roles: &BTreeMap<&str, &Role>,
    given: &BTreeSet<&str>,
    identity: Option<&str>,
    faults: &mut Vec<Fault>,
) {
    let unknown = given.iter().filter(|role| !roles.contains_key(**role));
    faults.extend(unknown.map(|role| Fault::UnknownRole {
        role: (*role).to_owned(),
        identity: identity.map(str::to_owned),
    }));
}

fn check_patterns<'a>(patterns: impl Iterator<Item = &'a str>, faults: &mut Vec<Fault>) {
    let is_meant = |pattern: &&str| (1..=Limits::NAME_BYTES).contains(&pattern.len());
    faults.extend(
        patterns
            .filter(|pattern| !is_meant(pattern))
            .map(|pattern| Fault::Pattern {
                pattern: pattern.to_owned(),
            }),
    );
}
