//! What a person says of themselves.

use serde::{Deserialize, Serialize};

/// The answer to `GET /api/profile`, and what `PUT /api/profile` takes in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Profile {
    /// Their name, as others see it.
    pub name: String,
    /// Whom they work for.
    pub company: String,
    /// What they do there: one of [`Self::ROLES`], or nothing. No right hangs on it.
    pub role: String,
    /// Where they are called.
    pub phone: String,
}

impl Profile {
    /// The functions that one may have: keys, and words for people.
    pub const ROLES: [(&'static str, &'static str); 7] = [
        ("executive", "Executive"),
        ("it", "IT"),
        ("developer", "Developer"),
        ("finance", "Finance"),
        ("operations", "Operations"),
        ("consultant", "Consultant"),
        ("other", "Other"),
    ];
    /// The longest text, in characters.
    pub const LONGEST: usize = 200;
}
