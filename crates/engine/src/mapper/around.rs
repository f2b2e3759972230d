//! What rules are run with, beside the record.

use tombolo_model::{Record, Val};
use tombolo_template::{Env, Lookup, Named, Template};

use super::Find;
use crate::lookup::Answers;

/// The surroundings of a record that is mapped.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a, 'c> {
    /// Finds what a template names: `record`, `settings`, ….
    pub(crate) find: Find<'a, 'c>,
    pub(crate) env: &'a Env<'a>,
    /// Whether the record changes one that is there; else it is created.
    pub(crate) updates: bool,
    /// What lookups were answered so far.
    pub(crate) answers: &'a Answers,
    /// Whether paths begin at all that templates see.
    pub(super) envelope: bool,
}

impl<'a, 'c> Around<'a, 'c> {
    /// The surroundings of a record that is created.
    pub(crate) fn new(find: Find<'a, 'c>, env: &'a Env<'a>, answers: &'a Answers) -> Self {
        Self { find, env, updates: false, answers, envelope: false }
    }

    /// These, with other names.
    pub(crate) fn seeing<'b, 'd>(&self, find: Find<'b, 'd>, env: &'b Env<'b>) -> Around<'b, 'd>
    where
        'a: 'b,
    {
        Around { find, env, updates: self.updates, answers: self.answers, envelope: self.envelope }
    }

    /// The text of a template.
    pub(crate) fn rendered(&self, template: &Template) -> Result<String, String> {
        template.render_in(&Named(self.find), self.env).map_err(|error| error.to_string())
    }

    /// All that templates see, as one value: the input of mappings that ask for it.
    pub(super) fn whole(&self) -> Val {
        const NAMES: [&str; 6] = ["record", "rows", "job", "settings", "iClient", "import"];
        let mut envelope = Record::default();
        for name in NAMES {
            if let Some(value) = Named(self.find).get(name) {
                envelope.set(name, value.clone());
            }
        }
        Val::Map(envelope)
    }
}
