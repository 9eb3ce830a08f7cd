//! How much each may have, as a file says it.

use daffi_core::proto::{Measure, QuotaOf};
use daffi_core::{Quota, Quotas};
use toml::de::DeValue;

use super::amount::size;
use super::read::{Reader, Value};

/// What takes away a bound that is said for all.
const UNLIMITED: &str = "unlimited";

impl Reader<'_> {
    /// Quotas of some of these.
    pub(super) fn quotas(&mut self, value: &Value<'_>, some: &[QuotaOf]) -> Quotas {
        let names: Vec<_> = some.iter().map(|of| of.as_str()).collect();
        let mut quotas = Quotas::new();
        for (key, value) in self.table(value, "quotas, as `connection.calls = 100`") {
            let name = &**key.get_ref();
            match some.iter().find(|of| of.as_str() == name) {
                Some(QuotaOf::Connection) => {
                    quotas = quotas.connection(self.quota(QuotaOf::Connection, value));
                }
                Some(QuotaOf::Identity) => quotas = quotas.identity(self.quota(QuotaOf::Identity, value)),
                Some(QuotaOf::Address) => quotas = quotas.address(self.quota(QuotaOf::Address, value)),
                _ => self.unknown(key, name, &names),
            }
        }
        quotas
    }

    fn quota(&mut self, of: QuotaOf, value: &Value<'_>) -> Quota {
        let known: Vec<_> = Measure::ALL
            .into_iter()
            .filter(|measure| of.has(*measure))
            .collect();
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
        let is_size = matches!(measure, Measure::BytesPerSecond | Measure::FrameBytes);
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
        if measure == Measure::FrameBytes && most.is_some_and(|most| most < Quota::LEAST_FRAME_BYTES) {
            self.fault(
                &value.span(),
                "at least 64 KiB is expected, as \"1MiB\"".to_owned(),
            );
        }
        most
    }
}
