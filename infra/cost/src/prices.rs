//! AWS's prices.

use serde::Deserialize;

/// The file `prices.toml`, which says what each is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    pub gateway: Gateway,
    pub lambda: Lambda,
    pub dynamodb: DynamoDb,
    pub ses: Ses,
    pub cloudwatch: CloudWatch,
    pub kms: Kms,
    pub eventbridge: EventBridge,
    pub transfer: Transfer,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    pub requests: Vec<Tier>,
}

/// So many at a price; without a number, all that are left.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub first: Option<f64>,
    pub price: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lambda {
    pub requests: f64,
    pub gb_second: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DynamoDb {
    pub write_units: f64,
    pub read_units: f64,
    pub storage: f64,
    pub point_in_time_recovery: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ses {
    pub mails: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudWatch {
    pub logs: f64,
    pub metric: f64,
    pub alarm: f64,
    pub dashboard: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kms {
    pub key: f64,
    pub requests: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventBridge {
    pub events: f64,
    pub pipes: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    pub out: f64,
}

/// What so many cost, the first tier first.
pub fn tiered(tiers: &[Tier], mut amount: f64) -> f64 {
    let mut dollars = 0.0;
    for tier in tiers {
        let here = tier.first.map_or(amount, |first| amount.min(first));
        dollars += here * tier.price;
        amount -= here;
    }
    dollars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tier_has_its_price() {
        let tiers = [Tier { first: Some(300.0), price: 1.0 }, Tier { first: None, price: 0.5 }];
        for (amount, dollars) in [(0.0, 0.0), (100.0, 100.0), (300.0, 300.0), (500.0, 400.0)] {
            assert_eq!(tiered(&tiers, amount), dollars);
        }
    }
}
