//! Scripts, lookup caches, templates and notifications.

use super::common::COMMON;
use crate::Shape::{Derived, Secret, Text};
use crate::{Rule, Shapes};

pub(super) const SCRIPT: Shapes = Shapes::new(&[Rule::new("/content", Text), Rule::new("/description", Text)], COMMON);

pub(super) const LOOKUP_CACHE: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::new("/size", Derived),
        Rule::new("/sizeInMB", Derived),
        Rule::new("/dataLastModified", Derived),
    ],
    COMMON,
);

pub(super) const TEMPLATE: Shapes = Shapes::new(
    &[
        Rule::new("/description", Text),
        Rule::new("/installSteps/*/encrypted", Secret),
        Rule::rows("/installSteps", &["name"]),
    ],
    COMMON,
);

pub(super) const NOTIFICATION: Shapes = Shapes::new(&[Rule::new("/description", Text)], COMMON);
