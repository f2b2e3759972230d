//! What scripts decide in a flow: hooks, and filters and transformations that are not rules.

use std::sync::Arc;

use crate::filter::Filter;
use crate::script::Script;
use crate::transform::Transform;

/// A function of a script.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) script: Arc<Script>,
    pub(crate) name: Arc<str>,
}

/// What keeps records out.
#[derive(Debug, Clone)]
pub(crate) enum FilterBy {
    Rules(Filter),
    Script(Function),
}

/// What makes records anew.
#[derive(Debug, Clone)]
pub(crate) enum TransformBy {
    Rules(Transform),
    Script(Function),
}
