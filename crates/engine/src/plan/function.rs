//! What scripts decide in a flow: hooks, and filters and transformations that are not rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tombolo_model::Kind;

use super::{Endpoint, Import, Source};
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

/// What scripts can ask of the flow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Callable {
    /// The exports that scripts name, or what is wrong with them.
    pub(crate) exports: BTreeMap<String, Result<Source, String>>,
    /// The imports that scripts name, or what is wrong with them.
    pub(crate) imports: BTreeMap<String, Result<Import, String>>,
    /// How requests of scripts go out over each connection, or what is wrong with it.
    pub(crate) endpoints: BTreeMap<String, Result<Endpoint, String>>,
    /// All that came with the flow, by id.
    pub(crate) resources: BTreeMap<String, (Kind, Value)>,
    /// The id behind each alias.
    pub(crate) aliases: BTreeMap<String, String>,
}
