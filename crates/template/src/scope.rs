//! Where a template stands while it is rendered: the context, the ones around it, the loops, the block parameters.
//!
//! Nothing is copied: contexts are borrowed from the record, or from the frame of the block that made them.

use std::borrow::Cow;
use std::cell::OnceCell;

use tombolo_model::{Record, Val};

use crate::js;
use crate::plan::Program;

/// The outermost context of a render.
pub trait Lookup {
    /// Finds a field.
    fn get(&self, name: &str) -> Option<&Val>;

    /// All of it, for a template that prints its whole context.
    fn whole(&self) -> Record;
}

/// The names that contexts have, for those that are functions and cannot be listed.
const NAMES: [&str; 23] = [
    "record",
    "rows",
    "batch_of_records",
    "page_of_records",
    "data",
    "export",
    "import",
    "lookup",
    "connection",
    "iClient",
    "settings",
    "job",
    "testMode",
    "timestamp",
    "lastExportDateTime",
    "lastExportDateTimeUTC",
    "currentExportDateTime",
    "previous_page",
    "hashOptions",
    "hmacOptions",
    "file",
    "index",
    "errors",
];

/// A context whose fields are found by a function.
pub struct Named<'l, 'c: 'l>(pub &'l dyn Fn(&str) -> Option<&'c Val>);

impl Lookup for Named<'_, '_> {
    fn get(&self, name: &str) -> Option<&Val> {
        (self.0)(name)
    }

    fn whole(&self) -> Record {
        let mut record = Record::default();
        for name in NAMES {
            if let Some(value) = self.get(name) {
                record.set(name, value.clone());
            }
        }
        record
    }
}

impl Lookup for Record {
    fn get(&self, name: &str) -> Option<&Val> {
        Self::get(self, name)
    }

    fn whole(&self) -> Record {
        self.clone()
    }
}

/// The outermost context while it is rendered.
pub(crate) struct Root<'s> {
    lookup: &'s dyn Lookup,
    /// All of it as a value, made once when a template asks for that.
    whole: OnceCell<Val>,
}

impl<'s> Root<'s> {
    pub(crate) fn new(lookup: &'s dyn Lookup) -> Self {
        Self { lookup, whole: OnceCell::new() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Val> {
        self.lookup.get(name)
    }

    pub(crate) fn whole(&self) -> &Val {
        self.whole.get_or_init(|| Val::Map(self.lookup.whole()))
    }
}

/// A context.
#[derive(Clone, Copy)]
pub(crate) enum Context<'s> {
    Root(&'s Root<'s>),
    Val(&'s Val),
    /// A partial's: the one around it, with the hash on top.
    Over(&'s Self, &'s Record),
}

impl<'s> Context<'s> {
    pub(crate) fn get(self, name: &str) -> Option<Cow<'s, Val>> {
        match self {
            Self::Root(root) => root.get(name).map(Cow::Borrowed),
            Self::Val(value) => js::own(value, name),
            Self::Over(base, hash) => hash.get(name).map(Cow::Borrowed).or_else(|| base.get(name)),
        }
    }

    /// The context as one value.
    pub(crate) fn value(self) -> Cow<'s, Val> {
        match self {
            Self::Root(root) => Cow::Borrowed(root.whole()),
            Self::Val(value) => Cow::Borrowed(value),
            Self::Over(base, hash) => {
                let mut record = match base.value().into_owned() {
                    Val::Map(record) => record,
                    _ => Record::default(),
                };
                for (name, value) in hash.iter() {
                    record.set(name, value.clone());
                }
                Cow::Owned(Val::Map(record))
            }
        }
    }

    /// Whether it is no value, which a step down leaves as it is.
    pub(crate) fn nothing(self) -> Option<Val> {
        match self {
            Self::Val(Val::Null) => Some(Val::Null),
            _ => None,
        }
    }

    /// Whether another is this very context; then a block over it is no step for `../`.
    pub(crate) fn is(self, other: Context<'_>) -> bool {
        match (self, other) {
            (Self::Root(_), Context::Root(_)) => true,
            (Self::Val(own), Context::Val(value)) => match value {
                Val::List(_) | Val::Map(_) => std::ptr::eq(own, value),
                _ => js::loose_eq(own, value),
            },
            _ => false,
        }
    }
}

/// A place in a render.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    /// `@root`.
    pub(crate) root: &'s Root<'s>,
    pub(crate) context: Context<'s>,
    pub(crate) up: Option<&'s Self>,
    pub(crate) data: Option<&'s Data<'s>>,
    pub(crate) params: Option<&'s Params<'s>>,
    pub(crate) inlines: Option<&'s Inline<'s>>,
    pub(crate) partial_block: Option<&'s PartialBlock<'s>>,
}

impl<'s> Scope<'s> {
    /// The place of a block over a context.
    pub(crate) fn over(&'s self, context: Context<'s>) -> Self {
        let up = if self.context.is(context) { self.up } else { Some(self) };
        Self { context, up, ..*self }
    }

    pub(crate) fn root(root: &'s Root<'s>) -> Self {
        let context = Context::Root(root);
        Self { root, context, up: None, data: None, params: None, inlines: None, partial_block: None }
    }
}

/// What a loop says about its turn.
pub(crate) struct Data<'s> {
    pub(crate) key: &'s Val,
    pub(crate) index: usize,
    pub(crate) last: bool,
    pub(crate) up: Option<&'s Self>,
}

impl<'s> Data<'s> {
    /// A frame of a partial, which says what the loop around it says and is a step for `@../`.
    pub(crate) fn framed(inner: &'s Self) -> Self {
        Self { key: inner.key, index: inner.index, last: inner.last, up: Some(inner) }
    }
}

/// Block parameters.
pub(crate) struct Params<'s> {
    pub(crate) values: &'s [&'s Val],
    pub(crate) up: Option<&'s Self>,
}

/// A partial that a template defines itself.
pub(crate) struct Inline<'s> {
    pub(crate) name: String,
    pub(crate) program: &'s Program,
    pub(crate) scope: &'s Scope<'s>,
    pub(crate) up: Option<&'s Self>,
}

/// What the tag of a partial holds, for `{{> @partial-block}}`.
pub(crate) struct PartialBlock<'s> {
    pub(crate) program: &'s Program,
    pub(crate) scope: &'s Scope<'s>,
}
