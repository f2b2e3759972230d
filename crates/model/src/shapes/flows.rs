//! Integrations, flows, tools and APIs: the kinds that put steps in order.

use super::common::COMMON;
use crate::Shape::Text;
use crate::{Rule, Shapes};

const STEP: &[&str] = &["type", "_exportId", "_importId", "_toolId"];
const GENERATED: &[&str] = &["generate"];

/// What flows, tools and APIs have alike: their branches, and what becomes of responses.
const ROUTES: &[Rule] = &[
    Rule::rows("/routers", &["id"]),
    Rule::rows("/routers/*/branches", &["name"]),
    Rule::rows("/routers/*/branches/*/pageProcessors", STEP),
    Rule::new("/**/responseMapping/**/generate", Text),
    Rule::new("/**/responseMapping/**/extract", Text),
    Rule::rows("/**/responseMapping/fields", GENERATED),
    Rule::rows("/**/responseMapping/lists", GENERATED),
    Rule::rows("/**/responseMapping/lists/*/fields", GENERATED),
    Rule::rows("/**/responseMapping/mappings", GENERATED),
];

pub(super) const INTEGRATION: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::new("/readme", Text),
        Rule::rows("/flowGroupings", &["_id"]),
        Rule::rows("/aliases", &["alias"]),
        Rule::rows("/testCases", &["name"]),
    ],
    COMMON,
);

pub(super) const FLOW: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::rows("/pageGenerators", &["_exportId"]),
        Rule::rows("/pageProcessors", STEP),
        Rule::rows("/_runNextExportIds", &["_flowId", "_exportId"]),
        Rule::rows("/aliases", &["alias"]),
    ],
    COMMON,
)
.with(ROUTES);

pub(super) const TOOL: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::new("/**/mappings/**/generate", Text),
        Rule::new("/**/mappings/**/extract", Text),
        Rule::rows("/**/mappings", GENERATED),
        Rule::rows("/**/lookups", &["name"]),
    ],
    COMMON,
)
.with(ROUTES);

pub(super) const API: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::rows("/requests", &["method", "relativeURI"]),
        Rule::new("/**/mappings/**/generate", Text),
        Rule::new("/**/mappings/**/extract", Text),
        Rule::rows("/**/mappings", GENERATED),
        Rule::rows("/**/lookups", &["name"]),
    ],
    COMMON,
)
.with(ROUTES);
