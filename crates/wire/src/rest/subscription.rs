//! What an account may have and what it has: two things that are compared and never mixed.
//!
//! There is no plan that anybody sells: limits are what the owner writes down, and say when there is more than was meant
//! to be. They stop nobody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Metered {
    /// Integrations that are not in the recycle bin.
    Integrations,
    /// Flows that are not in the recycle bin.
    Flows,
    /// Those of them that are switched on.
    FlowsOn,
    /// Connections that are not in the recycle bin.
    Connections,
    /// Lookup caches that are not in the recycle bin.
    LookupCaches,
    /// Members, and invitations that let somebody in.
    Members,
    /// API tokens that are not revoked.
    ApiTokens,
    /// What stored files take.
    FileBytes,
    /// What entries of lookup caches take.
    CacheBytes,
}

impl Metered {
    /// Everything that is counted.
    pub const ALL: [Self; 9] = [
        Self::Integrations,
        Self::Flows,
        Self::FlowsOn,
        Self::Connections,
        Self::LookupCaches,
        Self::Members,
        Self::ApiTokens,
        Self::FileBytes,
        Self::CacheBytes,
    ];

    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integrations => "integrations",
            Self::Flows => "flows",
            Self::FlowsOn => "flowsOn",
            Self::Connections => "connections",
            Self::LookupCaches => "lookupCaches",
            Self::Members => "members",
            Self::ApiTokens => "apiTokens",
            Self::FileBytes => "fileBytes",
            Self::CacheBytes => "cacheBytes",
        }
    }

    /// Whether it is counted in bytes.
    #[must_use]
    pub const fn is_bytes(self) -> bool {
        matches!(self, Self::FileBytes | Self::CacheBytes)
    }
}

/// A number of each; what is not in it has none.
pub type Amounts = BTreeMap<Metered, u64>;

/// `PUT /api/accounts/{account}/limits`: all limits anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeepLimits {
    /// The limits; what is left out has none.
    pub limits: Amounts,
}

/// The answer to `GET /api/accounts/{account}/subscription`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// What it may have.
    pub limits: Amounts,
    /// What it has, of everything that is counted.
    pub usage: Amounts,
}

impl Subscription {
    /// Whether there is more than there may be.
    #[must_use]
    pub fn is_over(&self, metered: Metered) -> bool {
        let used = self.usage.get(&metered).copied().unwrap_or(0);
        self.limits.get(&metered).is_some_and(|limit| used > *limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_limit_is_over_it_and_without_one_nothing_is() {
        let of = |limit: Option<u64>, used: u64| Subscription {
            limits: limit.map(|limit| (Metered::Flows, limit)).into_iter().collect(),
            usage: Amounts::from([(Metered::Flows, used)]),
        };
        assert!(of(Some(2), 3).is_over(Metered::Flows) && of(Some(0), 1).is_over(Metered::Flows));
        assert!(!of(Some(3), 3).is_over(Metered::Flows) && !of(None, 3_000_000).is_over(Metered::Flows));
    }

    #[test]
    fn limits_are_written_by_the_names_of_what_they_limit() {
        for metered in Metered::ALL {
            assert_eq!(serde_json::to_value(metered).unwrap(), metered.name());
        }
        let body: KeepLimits = serde_json::from_str(r#"{"limits":{"flowsOn":3}}"#).unwrap();
        assert_eq!(body.limits, Amounts::from([(Metered::FlowsOn, 3)]));
        assert!(serde_json::from_str::<KeepLimits>(r#"{"limits":{"horses":3}}"#).is_err());
    }
}
