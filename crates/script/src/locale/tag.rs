//! The languages and countries whose habits are known here. Another one is an error: its dates would be plausible and wrong.

use tombolo_wire::excerpt;

/// How a country writes numbers and dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Locale {
    UnitedStates,
    Britain,
    Canada,
    Germany,
    Sweden,
}

const TAGS: [(&str, Locale); 9] = [
    ("", Locale::UnitedStates),
    ("en", Locale::UnitedStates),
    ("en-US", Locale::UnitedStates),
    ("en-GB", Locale::Britain),
    ("en-CA", Locale::Canada),
    ("de", Locale::Germany),
    ("de-DE", Locale::Germany),
    ("sv", Locale::Sweden),
    ("sv-SE", Locale::Sweden),
];

impl Locale {
    /// The locale of a tag; the empty one is that of a script that names none.
    pub(crate) fn named(tag: &str) -> Result<Self, String> {
        let found = TAGS.iter().find(|(have, _)| have.eq_ignore_ascii_case(tag));
        found.map(|(_, locale)| *locale).ok_or_else(|| {
            format!(
                "the locale “{}” is not available in a script: use en-US, en-GB, en-CA, de-DE or sv-SE",
                excerpt(&tag)
            )
        })
    }
}
