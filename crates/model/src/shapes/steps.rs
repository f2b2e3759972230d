//! Exports, imports and what belongs to them: the kinds that read and write records.

use super::common::COMMON;
use crate::Shape::{Blob, Secret, Text};
use crate::{Rule, Shapes};

const GENERATED: &[&str] = &["generate"];
const HEADER: &[&str] = &["name"];

/// What exports and imports have alike: headers, mappings, lookups.
const STEP: &[Rule] = &[
    Rule::rows("/http/headers", HEADER),
    Rule::new("/http/headers/*/name", Text),
    Rule::new("/http/headers/*/value", Text),
    Rule::new("/mapping/**/generate", Text),
    Rule::new("/mapping/**/extract", Text),
    Rule::new("/mappings/**/generate", Text),
    Rule::new("/mappings/**/extract", Text),
    Rule::rows("/mapping/fields", GENERATED),
    Rule::rows("/mapping/lists", GENERATED),
    Rule::rows("/mapping/lists/*/fields", GENERATED),
    Rule::rows("/mappings", GENERATED),
    Rule::rows("/mappings/**/mappings", GENERATED),
    Rule::rows("/mappings/**/buildArrayHelper", &["extract"]),
    Rule::rows("/**/lookups", &["name"]),
    Rule::rows("/aliases", &["alias"]),
];

pub(super) const EXPORT: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::new("/http/body", Text),
        Rule::new("/http/relativeURI", Text),
        Rule::new("/http/paging/body", Text),
        Rule::new("/http/paging/relativeURI", Text),
        Rule::new("/rdbms/query", Text),
        Rule::new("/jdbc/query", Text),
        Rule::new("/salesforce/soql/query", Text),
        Rule::new("/traceKeyTemplate", Text),
        Rule::new("/dataURITemplate", Text),
        Rule::new("/rawData", Blob),
        Rule::new("/webhook/key", Secret),
        Rule::new("/webhook/token", Secret),
        Rule::new("/webhook/password", Secret),
        Rule::new("/webhook/successBody", Text),
        Rule::new("/webhook/challengeSuccessBody", Text),
        Rule::rows("/webhook/successResponseHeaders", HEADER),
        Rule::rows("/webhook/challengeResponseHeaders", HEADER),
        Rule::rows("/http/requestHeaders", HEADER),
        Rule::new("/transform/expression/rulesTwoDotZero/mappings/**/generate", Text),
        Rule::new("/transform/expression/rulesTwoDotZero/mappings/**/extract", Text),
        Rule::rows("/transform/expression/rulesTwoDotZero/mappings", GENERATED),
        Rule::rows("/transform/expression/rulesTwoDotZero/mappings/**/mappings", GENERATED),
        Rule::rows("/transform/expression/rulesTwoDotZero/mappings/**/buildArrayHelper", &["extract"]),
    ],
    COMMON,
)
.with(STEP);

pub(super) const IMPORT: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::new("/file/body", Text),
        Rule::new("/file/fileName", Text),
        Rule::new("/traceKeyTemplate", Text),
        Rule::new("/dataURITemplate", Text),
        Rule::new("/responseTransform/expression/rulesTwoDotZero/mappings/**/generate", Text),
        Rule::new("/responseTransform/expression/rulesTwoDotZero/mappings/**/extract", Text),
        Rule::rows("/responseTransform/expression/rulesTwoDotZero/mappings", GENERATED),
        Rule::rows("/responseTransform/expression/rulesTwoDotZero/mappings/**/mappings", GENERATED),
        Rule::rows("/responseTransform/expression/rulesTwoDotZero/mappings/**/buildArrayHelper", &["extract"]),
    ],
    COMMON,
)
.with(STEP);

pub(super) const ASYNC_HELPER: Shapes = Shapes::new(&[Rule::new("/description", Text)], COMMON);

pub(super) const FILE_DEFINITION: Shapes = Shapes::new(
    &[Rule::new("/description", Text), Rule::rows("/rules", &["name"]), Rule::rows("/**/elements", &["name"])],
    COMMON,
);
