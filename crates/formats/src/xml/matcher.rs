//! Follows a path while elements open and close.
//!
//! Each open element remembers which steps of the path end at it and which end at it or around it, so a step
//! down looks at a handful of bits and never back.

use std::borrow::Cow;

use super::path::{Step, Test, XmlPath, local};
use super::text::attributes;

#[derive(Debug)]
pub(super) struct Matcher {
    path: XmlPath,
    levels: Vec<Level>,
}

#[derive(Debug, Default)]
struct Level {
    /// Bit n: the first n steps of the path end here.
    here: u64,
    /// Bit n: they end here or around.
    around: u64,
    /// How many children passed the tests before a position, by step and test.
    counts: Vec<((usize, usize), u64)>,
}

impl Matcher {
    pub(super) fn new(path: XmlPath) -> Self {
        let root = Level { here: 1, around: 1, counts: Vec::new() };
        Self { path, levels: vec![root] }
    }

    /// The document itself is the record.
    pub(super) fn is_whole_document(&self) -> bool {
        self.path.steps.is_empty()
    }

    /// Goes into an element; says whether it is a record.
    pub(super) fn enter(&mut self, name: &str, tag: &str) -> Result<bool, &'static str> {
        let mut here = 0;
        let (before, around) = self.levels.last().map_or((0, 0), |level| (level.here, level.around));
        for (at, step) in self.path.steps.iter().enumerate() {
            let from = if step.deep { around } else { before };
            if from >> at & 1 == 1 && step.name.as_ref().is_none_or(|want| want == local(name)) {
                let passes = match self.levels.last_mut() {
                    Some(level) => passes(step, at, tag, &mut level.counts)?,
                    None => false,
                };
                here |= u64::from(passes) << (at + 1);
            }
        }
        let found = here >> self.path.steps.len() & 1 == 1;
        self.levels.push(Level { here, around: around | here, counts: Vec::new() });
        Ok(found)
    }

    pub(super) fn leave(&mut self) {
        if self.levels.len() > 1 {
            self.levels.pop();
        }
    }

    /// What a record's children have to be.
    pub(super) fn child_tests(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.path.steps.last().into_iter().flat_map(|step| &step.tests).filter_map(|test| match test {
            Test::Child(name, value) => Some((name.as_str(), value.as_deref())),
            Test::Position(_) | Test::Attribute(..) => None,
        })
    }
}

fn passes(step: &Step, at: usize, tag: &str, counts: &mut Vec<((usize, usize), u64)>) -> Result<bool, &'static str> {
    for (number, test) in step.tests.iter().enumerate() {
        let passes = match test {
            Test::Child(..) => true,
            Test::Attribute(name, want) => {
                let mut found = false;
                attributes(tag, |have, value: Cow<'_, str>| {
                    found |= local(have) == name && want.as_ref().is_none_or(|want| *want == value);
                })?;
                found
            }
            Test::Position(want) => {
                let place = counts.iter().position(|(key, _)| *key == (at, number)).unwrap_or_else(|| {
                    counts.push(((at, number), 0));
                    counts.len() - 1
                });
                counts[place].1 += 1;
                counts[place].1 == *want
            }
        };
        if !passes {
            return Ok(false);
        }
    }
    Ok(true)
}
