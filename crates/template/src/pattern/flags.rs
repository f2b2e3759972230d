//! The letters behind a regular expression.

use super::PatternError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags {
    pub(super) global: bool,
    pub(super) ignore_case: bool,
    pub(super) multi_line: bool,
    pub(super) dot_all: bool,
    pub(super) sticky: bool,
    pub(super) unicode: bool,
}

impl Flags {
    pub(super) fn parse(text: &str) -> Result<Self, PatternError> {
        let mut flags = Self::default();
        for flag in text.chars() {
            let place = match flag {
                'g' => &mut flags.global,
                'i' => &mut flags.ignore_case,
                'm' => &mut flags.multi_line,
                's' => &mut flags.dot_all,
                'y' => &mut flags.sticky,
                'u' => &mut flags.unicode,
                _ => return Err(PatternError::Flags(text.to_owned())),
            };
            if std::mem::replace(place, true) {
                return Err(PatternError::Flags(text.to_owned()));
            }
        }
        Ok(flags)
    }
}
