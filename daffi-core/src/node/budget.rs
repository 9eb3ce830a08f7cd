//! How many calls a node makes again.
//!
//! When a service fails, callers that all try again multiply the load on what is left of it. A budget lets a node
//! repeat a part of its calls only.

/// Every call earns this much of a retry.
const EARNED: u32 = 1;

/// What a retry costs: one for ten calls.
const COST: u32 = 10;

/// What a node has to begin with, and keeps at most: a hundred retries.
const MOST: u32 = 100 * COST;

/// What a node may spend on retries.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    left: u32,
}

impl RetryBudget {
    pub(crate) const fn new() -> Self {
        Self { left: MOST }
    }

    /// A call that may be repeated is made for the first time.
    pub(crate) fn earn(&mut self) {
        self.left = (self.left + EARNED).min(MOST);
    }

    /// Whether one may be repeated now.
    pub(crate) fn spend(&mut self) -> bool {
        match self.left.checked_sub(COST) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_not_amplified_by_more_than_a_tenth() {
        let mut budget = RetryBudget::new();
        let mut retries = 0;
        for _ in 0..10_000 {
            budget.earn();
            // Each call fails, and would be repeated three times.
            retries += (0..3).filter(|_| budget.spend()).count();
        }
        assert!((1_000..=1_100).contains(&retries), "{retries}");
    }

    #[test]
    fn what_is_saved_is_bounded() {
        let mut budget = RetryBudget::new();
        (0..1_000_000).for_each(|_| budget.earn());
        assert_eq!((0..10_000).filter(|_| budget.spend()).count(), 100);
    }
}
