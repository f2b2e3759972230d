//! The editors of a step, by the names that the address of the page has for them.

use std::fmt;
use std::str::FromStr;

use super::super::steps::StepKind;

/// The editors of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages::flow) enum Tool {
    /// Which records are looked up.
    InputFilter,
    /// Which records go on.
    Filter,
    /// Which field goes where.
    Mapping,
    /// What becomes of the records that are read.
    Transform,
    /// The address and the body of requests.
    Templates,
    /// Which records a branch takes, by its place.
    Branch(usize),
}

impl Tool {
    /// Whether a kind of step has it.
    pub(in crate::pages::flow) fn is_of(self, kind: StepKind) -> bool {
        match self {
            Self::Filter | Self::Templates => true,
            Self::InputFilter => kind == StepKind::Lookup,
            Self::Mapping => kind == StepKind::Import,
            Self::Transform => kind != StepKind::Import,
            Self::Branch(_) => false,
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InputFilter => f.write_str("input-filter"),
            Self::Filter => f.write_str("filter"),
            Self::Mapping => f.write_str("mapping"),
            Self::Transform => f.write_str("transformation"),
            Self::Templates => f.write_str("templates"),
            Self::Branch(at) => write!(f, "branch-{at}"),
        }
    }
}

impl FromStr for Tool {
    type Err = ();

    fn from_str(key: &str) -> Result<Self, ()> {
        if let Some(at) = key.strip_prefix("branch-") {
            return at.parse().map(Self::Branch).map_err(|_| ());
        }
        [Self::InputFilter, Self::Filter, Self::Mapping, Self::Transform, Self::Templates]
            .into_iter()
            .find(|tool| tool.to_string() == key)
            .ok_or(())
    }
}
