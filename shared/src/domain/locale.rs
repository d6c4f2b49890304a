//! The languages that mails are written in.

use serde::{Deserialize, Serialize};

/// A language of the mails; a BCP 47 tag in settings and records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    #[default]
    En,
    De,
}
