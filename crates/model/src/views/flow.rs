//! A flow: where its records come from and what they pass through.

use serde_json::Value;

use super::{flag, id, items, text};
use crate::Id;

/// Typed reading of a flow.
#[derive(Debug, Clone, Copy)]
pub struct Flow<'a>(pub &'a Value);

impl<'a> Flow<'a> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'a str {
        text(self.0, "/name").unwrap_or_default()
    }

    /// Whether it is switched off.
    #[must_use]
    pub fn disabled(self) -> bool {
        flag(self.0, "/disabled")
    }

    /// The integration it belongs to.
    #[must_use]
    pub fn integration(self) -> Option<Id> {
        id(self.0, "/_integrationId")
    }

    /// When it runs by itself: `? minutes hours days months weekdays`.
    #[must_use]
    pub fn schedule(self) -> Option<&'a str> {
        text(self.0, "/schedule")
    }

    /// The IANA zone its schedule is read in.
    #[must_use]
    pub fn timezone(self) -> Option<&'a str> {
        text(self.0, "/timezone")
    }

    /// Its sources, in order.
    #[must_use]
    pub fn generators(self) -> Vec<PageGenerator<'a>> {
        items(self.0, "/pageGenerators").iter().map(PageGenerator).collect()
    }

    /// Its steps, in order.
    #[must_use]
    pub fn processors(self) -> Vec<PageProcessor<'a>> {
        items(self.0, "/pageProcessors").iter().map(PageProcessor).collect()
    }
}

/// One source of a flow.
#[derive(Debug, Clone, Copy)]
pub struct PageGenerator<'a>(pub &'a Value);

impl PageGenerator<'_> {
    /// The export that reads.
    #[must_use]
    pub fn export(self) -> Option<Id> {
        id(self.0, "/_exportId")
    }

    /// Not finished yet: blocks running.
    #[must_use]
    pub fn setup_in_progress(self) -> bool {
        flag(self.0, "/setupInProgress")
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessorKind {
    /// Looks more records up.
    Lookup,
    /// Writes records.
    Import,
}

/// One step of a flow.
#[derive(Debug, Clone, Copy)]
pub struct PageProcessor<'a>(pub &'a Value);

impl PageProcessor<'_> {
    /// What it does; the reference decides when the type is missing.
    #[must_use]
    pub fn kind(self) -> Option<ProcessorKind> {
        match text(self.0, "/type") {
            Some("export") => Some(ProcessorKind::Lookup),
            Some("import") => Some(ProcessorKind::Import),
            Some(_) => None,
            None if self.0.get("_importId").is_some() => Some(ProcessorKind::Import),
            None if self.0.get("_exportId").is_some() => Some(ProcessorKind::Lookup),
            None => None,
        }
    }

    /// The export or import it uses.
    #[must_use]
    pub fn resource(self) -> Option<Id> {
        match self.kind()? {
            ProcessorKind::Import => id(self.0, "/_importId"),
            ProcessorKind::Lookup => id(self.0, "/_exportId"),
        }
    }

    /// Whether a record that fails here goes on to the next step.
    #[must_use]
    pub fn proceed_on_failure(self) -> bool {
        flag(self.0, "/proceedOnFailure")
    }

    /// Not finished yet: blocks running.
    #[must_use]
    pub fn setup_in_progress(self) -> bool {
        flag(self.0, "/setupInProgress")
    }
}
