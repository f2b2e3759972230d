//! A change as it came in, scanned and inspected: what the gate judges.

use tombolo_docs::{Inspected, inspect};
use tombolo_model::Id;

use super::rules;
use super::{Code, Refusal};
use crate::prescan::{Caps, Scan, scan_change};

/// A change that passed the scan.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The chunk as it came and as it is stored.
    pub bytes: Vec<u8>,
    /// What the scan found.
    pub scan: Scan,
    /// What it writes.
    pub inspected: Inspected,
}

impl Incoming {
    /// Scans and inspects a change.
    ///
    /// # Errors
    ///
    /// Returns a refusal when it breaks a cap or is no change.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Refusal> {
        let scan = scan_change(&bytes, &Caps::CHANGE).map_err(|error| Refusal {
            code: match error.code() {
                "too_large" => Code::TooLarge,
                _ => Code::Malformed,
            },
            message: format!("The change was not read: {error}."),
            hashes: Vec::new(),
        })?;
        let inspected = inspect(&bytes).map_err(|error| Refusal {
            code: Code::Malformed,
            message: format!("The change was not read: {error}."),
            hashes: vec![scan.hash],
        })?;
        Ok(Self { bytes, scan, inspected })
    }

    /// The resources that the change refers to, whatever kind of document it is in.
    #[must_use]
    pub fn references(&self) -> Vec<Id> {
        rules::possible_references(&self.inspected)
    }
}
