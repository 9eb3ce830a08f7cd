//! How much each may have, as a file says it.

use daffi_core::proto::{Measure, QuotaOf};
use daffi_core::{Quota, Quotas};
use toml::de::DeValue;

use super::amount::size;
use super::read::{Reader, Value};

/// What takes away a bound that is said for all.
const UNLIMITED: &str = "unlimited";

impl Reader<'_> {
    /// Quotas: of connections, and of identities.
    pub(super) fn quotas(&mut self, value: &Value<'_>) -> Quotas {
        let mut quotas = Quotas::new();
        for (key, value) in self.table(value, "quotas, as `connection.calls = 100`") {
            match &**key.get_ref() {
                "connection" => quotas = quotas.connection(self.quota(QuotaOf::Connection, value)),
                "identity" => quotas = quotas.identity(self.quota(QuotaOf::Identity, value)),
                other => self.unknown(
                    key,
                    other,
                    &[QuotaOf::Connection.as_str(), QuotaOf::Identity.as_str()],
                ),
            }
        }
        quotas
    }

    fn quota(&mut self, of: QuotaOf, value: &Value<'_>) -> Quota {
        // There is one of each connection.
        let is_counted = |measure: &Measure| of == QuotaOf::Identity || *measure != Measure::Connections;
        let known: Vec<_> = Measure::ALL.into_iter().filter(is_counted).collect();
        let names: Vec<_> = known.iter().map(|measure| measure.as_str()).collect();
        let mut quota = Quota::new();
        for (key, value) in self.table(value, "numbers, as `calls = 100`") {
            let name = &**key.get_ref();
            match known.iter().find(|measure| measure.as_str() == name) {
                Some(measure) => {
                    if let Some(most) = self.most(*measure, value) {
                        quota = quota.with(*measure, most);
                    }
                }
                None => self.unknown(key, name, &names),
            }
        }
        quota
    }

    fn most(&mut self, measure: Measure, value: &Value<'_>) -> Option<u64> {
        let is_size = measure == Measure::BytesPerSecond;
        let most = match value.get_ref() {
            DeValue::String(text) if *text == UNLIMITED => Some(Quota::UNLIMITED),
            DeValue::String(text) if is_size => size(text, 1, 0..=u64::MAX).ok(),
            DeValue::Integer(number) => {
                u64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
            }
            _ => None,
        };
        if most.is_none() {
            let message = match value.get_ref() {
                DeValue::Integer(number) if !number.as_str().starts_with('-') => {
                    format!("at most {} is expected, or \"{UNLIMITED}\"", u64::MAX)
                }
                _ if is_size => {
                    format!(
                        "a number is expected, 0 or more, one with a unit, as \"50MB\", or \"{UNLIMITED}\""
                    )
                }
                _ => format!("a number is expected, 0 or more, or \"{UNLIMITED}\""),
            };
            self.fault(&value.span(), message);
        }
        most
    }
}
