//! Blocks: conditions, loops, steps into a value.

use std::borrow::Cow;

use tombolo_model::Val;

use super::Renderer;
use crate::deferred::{self, Output};
use crate::helpers::{Args, Run};
use crate::plan::{Block, BlockKind, Node, Program};
use crate::scope::{Context, Data, Scope};
use crate::{TemplateError, js};

impl Renderer<'_> {
    pub(super) fn block(&self, block: &Block, scope: &Scope<'_>, out: &mut Output) -> Result<(), TemplateError> {
        let mut block = block;
        // The links of a chain stand in the same context, so they are taken one after another and cost no stack.
        loop {
            self.step(block.at, 1)?;
            let passes = match block.kind {
                BlockKind::Raw => true,
                BlockKind::Section => return self.section(block, scope, out),
                BlockKind::Helper(helper) => match helper.run {
                    Run::Each => return self.each(block, scope, out),
                    Run::With => return self.with(block, scope, out),
                    Run::Filter => return self.filter(block, scope, out),
                    Run::Test(test) => self.test(block, helper.name, test, scope)?,
                },
            };
            let Some(program) = (if passes { &block.main } else { &block.inverse }) else { return Ok(()) };
            match program.nodes.as_slice() {
                [Node::Block(next)] if program.chained && !self.is_nothing(scope) => block = next,
                _ => return self.again(program, scope, block.at, out),
            }
        }
    }

    fn test(
        &self,
        block: &Block,
        name: &str,
        test: fn(&Args<'_>) -> Result<bool, String>,
        scope: &Scope<'_>,
    ) -> Result<bool, TemplateError> {
        let values = deferred::masked(self.values(&block.args, scope)?);
        let hash = self.hash(&block.hash, scope)?;
        let find = |path: &str| self.find(path, scope);
        let args = Args { values: &values, hash: &hash, env: self.env, find: &find };
        self.step(block.at, values.iter().map(|value| super::work(value)).sum())?;
        test(&args).map_err(|reason| TemplateError::Helper { at: block.at, name: name.to_owned(), reason })
    }

    fn otherwise(&self, block: &Block, scope: &Scope<'_>, out: &mut Output) -> Result<(), TemplateError> {
        match &block.inverse {
            Some(program) => self.again(program, scope, block.at, out),
            None => Ok(()),
        }
    }

    fn is_nothing(&self, scope: &Scope<'_>) -> bool {
        matches!(scope.context, Context::Val(Val::Null | Val::Absent))
    }

    /// Renders a part in the context that is there; a helper makes an empty object of none.
    fn again(&self, program: &Program, scope: &Scope<'_>, at: usize, out: &mut Output) -> Result<(), TemplateError> {
        if self.is_nothing(scope) {
            return self.run(program, &Scope { context: Context::Val(&self.empty), ..*scope }, &[], at, out);
        }
        self.run(program, scope, &[], at, out)
    }

    /// Renders the block over a value. The context itself is no step for `../`.
    fn over(
        &self,
        block: &Block,
        scope: &Scope<'_>,
        value: &Val,
        params: &[&Val],
        out: &mut Output,
    ) -> Result<(), TemplateError> {
        let Some(program) = &block.main else { return Ok(()) };
        self.run(program, &scope.over(Context::Val(value)), params, block.at, out)
    }

    fn argument<'s>(&self, block: &'s Block, scope: &Scope<'s>) -> Result<Cow<'s, Val>, TemplateError> {
        match block.args.first() {
            Some(argument) => self.eval(argument, scope),
            None => Ok(Cow::Owned(Val::Absent)),
        }
    }

    fn section(&self, block: &Block, scope: &Scope<'_>, out: &mut Output) -> Result<(), TemplateError> {
        let value = self.argument(block, scope)?;
        match &*value {
            Val::Absent | Val::Null | Val::Bool(_) => {
                let part = if matches!(*value, Val::Bool(true)) { &block.main } else { &block.inverse };
                part.as_ref().map_or(Ok(()), |program| self.run(program, scope, &[], block.at, out))
            }
            Val::List(items) if items.is_empty() => {
                block.inverse.as_ref().map_or(Ok(()), |program| self.run(program, scope, &[], block.at, out))
            }
            Val::List(_) => self.each_of(block, scope, &value, out),
            value => self.over(block, scope, value, &[], out),
        }
    }

    fn with(&self, block: &Block, scope: &Scope<'_>, out: &mut Output) -> Result<(), TemplateError> {
        let value = self.argument(block, scope)?;
        if is_empty(&value) {
            return self.otherwise(block, scope, out);
        }
        self.over(block, scope, &value, &[&value], out)
    }

    fn each(&self, block: &Block, scope: &Scope<'_>, out: &mut Output) -> Result<(), TemplateError> {
        let value = self.argument(block, scope)?;
        self.each_of(block, scope, &value, out)
    }

    fn each_of(&self, block: &Block, scope: &Scope<'_>, value: &Val, out: &mut Output) -> Result<(), TemplateError> {
        let owned: Vec<Val>;
        let turns: Vec<(Val, &Val)> = match value {
            Val::List(items) => items.iter().enumerate().map(|(at, item)| (js::count(at), item)).collect(),
            Val::Map(record) if value.as_hidden().is_none() => {
                js::entries(record).into_iter().map(|(name, item)| (Val::text(name), item)).collect()
            }
            Val::Str(text) => {
                owned = text.chars().map(|character| Val::text(character.encode_utf8(&mut [0; 4]))).collect();
                owned.iter().enumerate().map(|(at, item)| (js::count(at), item)).collect()
            }
            _ => Vec::new(),
        };
        if turns.is_empty() {
            return self.otherwise(block, scope, out);
        }
        let count = turns.len();
        for (index, (key, item)) in turns.iter().enumerate() {
            self.turn(block, scope, (key, item), (index, index + 1 == count), out)?;
        }
        Ok(())
    }

    fn filter(&self, block: &Block, scope: &Scope<'_>, out: &mut Output) -> Result<(), TemplateError> {
        let values = self.values(&block.args, scope)?;
        let Some(Val::List(items)) = values.first().map(|list| &**list) else { return Ok(()) };
        self.step(block.at, u64::try_from(items.len()).unwrap_or(u64::MAX))?;
        let absent = Val::Absent;
        let want = values.get(1).map_or(&absent, |want| &**want);
        let matches = |item: &Val| match values.get(2) {
            None => js::strict_eq(item, want),
            Some(path) => property(item, &js::text(path)).is_some_and(|found| js::strict_eq(&found, want)),
        };
        let found: Vec<&Val> = items.iter().filter(|item| matches(item)).collect();
        if found.is_empty() {
            return self.otherwise(block, scope, out);
        }
        let count = found.len();
        for (index, item) in found.into_iter().enumerate() {
            self.turn(block, scope, (&js::count(index), item), (index, index + 1 == count), out)?;
        }
        Ok(())
    }

    fn turn(
        &self,
        block: &Block,
        scope: &Scope<'_>,
        (key, item): (&Val, &Val),
        (index, last): (usize, bool),
        out: &mut Output,
    ) -> Result<(), TemplateError> {
        self.step(block.at, 1)?;
        let data = Data { key, index, last, up: scope.data };
        self.over(block, &Scope { data: Some(&data), ..*scope }, item, &[item, key], out)
    }
}

/// Handlebars' own idea of nothing: no value, false, an empty text, an empty list; never zero.
pub(crate) fn is_empty(value: &Val) -> bool {
    match value {
        Val::Absent | Val::Null | Val::Bool(false) => true,
        Val::Str(text) => text.is_empty(),
        Val::List(items) => items.is_empty(),
        _ => false,
    }
}

/// A dotted path in a value.
pub(crate) fn property(value: &Val, path: &str) -> Option<Val> {
    let mut at = Cow::Borrowed(value);
    for key in path.split('.') {
        at = match at {
            Cow::Borrowed(value) => js::own(value, key)?,
            Cow::Owned(value) => Cow::Owned(js::own(&value, key)?.into_owned()),
        };
    }
    Some(at.into_owned())
}
