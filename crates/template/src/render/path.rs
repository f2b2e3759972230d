//! A path and a place make a value.

use std::borrow::Cow;

use tombolo_model::Val;

use super::{OVER_STEPS, Renderer};
use crate::plan::{Path, Root};
use crate::scope::{Context, Scope};
use crate::{TemplateError, js};

impl Renderer<'_> {
    pub(super) fn path<'s>(&self, path: &'s Path, scope: &Scope<'s>) -> Result<Cow<'s, Val>, TemplateError> {
        let mut keys = path.keys.iter();
        let mut at = match &path.root {
            Root::Context(up) => match context(scope, *up) {
                None => Cow::Owned(Val::Absent),
                Some(context) => match keys.next() {
                    None => {
                        if matches!(context, Context::Over(..)) {
                            self.step(path.at, OVER_STEPS)?;
                        }
                        context.value()
                    }
                    Some(first) => match context.get(first) {
                        Some(value) => value,
                        None => self.missing(path, context.nothing(), keys.len())?,
                    },
                },
            },
            Root::Data(_, name) if **name == *"root" => match keys.next() {
                None => Context::Root(scope.root).value(),
                Some(first) => match scope.root.get(first) {
                    Some(value) => Cow::Borrowed(value),
                    None => self.missing(path, None, keys.len())?,
                },
            },
            Root::Data(up, name) => match data(scope, *up, name) {
                Some(value) => value,
                None => self.missing(path, None, keys.len())?,
            },
            Root::Param(up, place) => param(scope, *up, *place).map_or(Cow::Owned(Val::Absent), Cow::Borrowed),
        };
        while let Some(key) = keys.next() {
            at = match step(&at, key) {
                Ok(value) => value,
                Err(nothing) => self.missing(path, nothing, keys.len())?,
            };
        }
        Ok(at)
    }

    /// A field that is not there: nothing, or an error where nothing may be missing.
    fn missing<'s>(&self, path: &Path, nothing: Option<Val>, left: usize) -> Result<Cow<'s, Val>, TemplateError> {
        if self.plan.strict && (path.required || left > 0) {
            return Err(TemplateError::Missing { at: path.at, path: path.keys.join(".") });
        }
        Ok(Cow::Owned(nothing.unwrap_or_default()))
    }

    /// A path that was made while rendering, first in the context, then in the outermost one.
    pub(super) fn find(&self, path: &str, scope: &Scope<'_>) -> Option<Val> {
        let keys: Vec<&str> = path.split(['.', '/']).map(|key| key.trim_matches(['[', ']'])).collect();
        let found = |context: Context<'_>| {
            let (first, rest) = keys.split_first()?;
            let mut at = context.get(first)?;
            for key in rest {
                at = step(&at, key).ok()?;
            }
            Some(at.into_owned())
        };
        found(scope.context).or_else(|| found(Context::Root(scope.root)))
    }
}

fn context<'s>(scope: &Scope<'s>, up: usize) -> Option<Context<'s>> {
    let mut at = scope;
    for _ in 0..up {
        at = at.up?;
    }
    Some(at.context)
}

/// What a loop says about its turn.
fn data<'s>(scope: &Scope<'s>, up: usize, name: &str) -> Option<Cow<'s, Val>> {
    let mut at = scope.data?;
    for _ in 0..up {
        at = at.up?;
    }
    match name {
        "key" => Some(Cow::Borrowed(at.key)),
        "index" => Some(Cow::Owned(js::count(at.index))),
        "first" => Some(Cow::Owned(Val::Bool(at.index == 0))),
        "last" => Some(Cow::Owned(Val::Bool(at.last))),
        _ => None,
    }
}

fn param<'s>(scope: &Scope<'s>, up: usize, place: usize) -> Option<&'s Val> {
    let mut at = scope.params?;
    for _ in 0..up {
        at = at.up?;
    }
    at.values.get(place).copied()
}

/// One field down; a step down from null is null.
fn step<'s>(at: &Cow<'s, Val>, key: &str) -> Result<Cow<'s, Val>, Option<Val>> {
    let nothing = || matches!(**at, Val::Null).then_some(Val::Null);
    match at {
        Cow::Borrowed(value) => js::own(value, key).ok_or_else(nothing),
        Cow::Owned(value) => js::own(value, key).map(|found| Cow::Owned(found.into_owned())).ok_or_else(nothing),
    }
}
