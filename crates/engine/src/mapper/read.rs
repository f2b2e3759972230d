//! What a template may read of the record: what nobody reads is not copied for each item of a list.

use tombolo_template::Template;

/// A template, as far as it reads.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    template: Template,
    /// Whether it may read anything: it names the whole context, or a path that is only known when it runs.
    all: bool,
}

/// Signs of a template that reads more than the paths in it say.
const SIGNS: [&str; 8] = ["this", "getValue", "@root", "..", "{{.", "{{{.", " .", "(."];

impl Read {
    pub(crate) fn new(template: &Template, source: &str) -> Self {
        Self { template: template.clone(), all: SIGNS.iter().any(|sign| source.contains(sign)) }
    }

    /// Whether it may read anything at or below a path of the context.
    pub(crate) fn reads(&self, path: &[&str]) -> bool {
        self.all || self.template.reads(path)
    }
}
