//! A plan and a context make a text.
//!
//! Invariant: output, nesting and work have limits, whatever the template and the context hold.

mod block;
mod partial;
mod path;

pub(crate) use block::{is_empty, property};

use std::borrow::Cow;
use std::cell::Cell;

use tombolo_model::{Record, Val};

use crate::deferred::{self, Output};
use crate::helpers::{self, Args};
use crate::pattern::begin_searches;
use crate::plan::{Call, Expr, Hash, Node, Plan, Program};
use crate::scope::{Inline, Lookup, Params, Root, Scope};
use crate::{Env, Target, TemplateError, js};

/// No request body or address is longer.
pub(crate) const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Some seconds of work at most.
const MOST_STEPS: u64 = 5_000_000;
/// Blocks and partials within each other; each takes stack.
const DEEPEST: usize = 200;
/// What it takes to lay a partial's hash over its context.
const OVER_STEPS: u64 = 500;
/// Where a helper reads more, it matters which one it is.
const LONG_STEPS: u64 = 16;
/// What a step is in bytes that a helper reads or writes.
const STEP_BYTES: usize = 256;
/// So many small values are copied in a step.
const PARTS_OF_A_STEP: usize = 8;

pub(crate) struct Renderer<'r> {
    plan: &'r Plan,
    root: &'r dyn Lookup,
    env: &'r Env<'r>,
    /// An object without fields.
    empty: Val,
    steps: Cell<u64>,
    depth: Cell<usize>,
    /// Bytes of the outputs that wait for the current one.
    outside: Cell<usize>,
}

impl<'r> Renderer<'r> {
    pub(crate) fn new(plan: &'r Plan, root: &'r dyn Lookup, env: &'r Env<'r>) -> Self {
        let empty = Val::Map(Record::default());
        Self { plan, root, env, empty, steps: Cell::new(0), depth: Cell::new(0), outside: Cell::new(0) }
    }

    pub(crate) fn render(&self) -> Result<Output, TemplateError> {
        begin_searches();
        let mut out = Output::default();
        self.run(&self.plan.main, &Scope::root(&Root::new(self.root)), &[], 1, &mut out)?;
        Ok(out)
    }

    /// Renders a part of the template; `params` are the values that its block offers.
    fn run(
        &self,
        program: &Program,
        scope: &Scope<'_>,
        params: &[&Val],
        at: usize,
        out: &mut Output,
    ) -> Result<(), TemplateError> {
        let depth = self.depth.get() + 1;
        if depth > DEEPEST {
            return Err(TemplateError::TooDeep { at, most: DEEPEST });
        }
        self.depth.set(depth);
        if program.params {
            let params = Params { values: params, up: scope.params };
            self.with_inlines(program, &Scope { params: Some(&params), ..*scope }, out)?;
        } else {
            self.with_inlines(program, scope, out)?;
        }
        self.depth.set(depth - 1);
        Ok(())
    }

    fn with_inlines(&self, program: &Program, scope: &Scope<'_>, out: &mut Output) -> Result<(), TemplateError> {
        self.inlines(program, 0, scope, &mut |scope| self.nodes(&program.nodes, scope, out))
    }

    /// Names the partials that a part defines, one after another, then goes on.
    fn inlines(
        &self,
        program: &Program,
        from: usize,
        scope: &Scope<'_>,
        then: &mut dyn FnMut(&Scope<'_>) -> Result<(), TemplateError>,
    ) -> Result<(), TemplateError> {
        let Some((name, inline)) = program.inlines.get(from) else { return then(scope) };
        if from > DEEPEST {
            return Err(TemplateError::TooDeep { at: 1, most: DEEPEST });
        }
        let value = self.eval(name, scope)?;
        let name = js::text(&value).into_owned();
        let inline = Inline { name, program: inline, scope, up: scope.inlines };
        self.inlines(program, from + 1, &Scope { inlines: Some(&inline), ..*scope }, then)
    }

    fn nodes(&self, nodes: &[Node], scope: &Scope<'_>, out: &mut Output) -> Result<(), TemplateError> {
        for node in nodes {
            let at = match node {
                Node::Text(text) => {
                    out.push_str(text);
                    0
                }
                Node::Print { at, value, raw } => {
                    self.step(*at, 1)?;
                    let value = self.eval(value, scope)?;
                    out.write(&value, if *raw { Target::Plain } else { self.plan.target });
                    *at
                }
                Node::Block(block) => {
                    self.block(block, scope, out)?;
                    block.at
                }
                Node::Partial(partial) => {
                    self.partial(partial, scope, out)?;
                    partial.at
                }
            };
            if out.len() + self.outside.get() > MOST_BYTES {
                return Err(TemplateError::TooLong { at, most: MOST_BYTES });
            }
        }
        Ok(())
    }

    fn step(&self, at: usize, steps: u64) -> Result<(), TemplateError> {
        let taken = self.steps.get() + steps;
        self.steps.set(taken);
        if taken > MOST_STEPS { Err(TemplateError::TooMuchWork { at, most: MOST_STEPS }) } else { Ok(()) }
    }

    fn eval<'s>(&self, expr: &'s Expr, scope: &Scope<'s>) -> Result<Cow<'s, Val>, TemplateError> {
        match expr {
            Expr::Literal(value) => Ok(Cow::Borrowed(value)),
            Expr::Path(path) => self.path(path, scope),
            Expr::Call(call) => self.call(call, scope).map(Cow::Owned),
        }
    }

    fn call(&self, call: &Call, scope: &Scope<'_>) -> Result<Val, TemplateError> {
        if let Some(field) = &call.field {
            let value = self.path(field, scope)?.into_owned();
            self.step(call.at, copied(&value))?;
            return Ok(value);
        }
        let values = self.values(&call.args, scope)?;
        let hash = self.hash(&call.hash, scope)?;
        self.step(call.at, hash.values().iter().map(copied).sum())?;
        let find = |path: &str| self.find(path, scope);
        if deferred::defers(call.helper, &values) {
            let args = Args { values: &values, hash: &hash, env: self.env, find: &find };
            let made = deferred::defer(call.helper, &args);
            if deferred::parts(&made) > deferred::MOST_PARTS {
                return Err(TemplateError::TooMuchWork { at: call.at, most: MOST_STEPS });
            }
            self.step(call.at, 1)?;
            return Ok(made);
        }
        let values = deferred::masked(values);
        let args = Args { values: &values, hash: &hash, env: self.env, find: &find };
        let made = (call.helper.run)(&args).map_err(|reason| TemplateError::Helper {
            at: call.at,
            name: call.helper.name.to_owned(),
            reason,
        })?;
        let read = values.iter().map(|value| work(value)).sum::<u64>();
        let weight = if read > LONG_STEPS { helpers::weight(call.helper) } else { 1 };
        self.step(call.at, copied(&made) + read * weight)?;
        Ok(made)
    }

    fn values<'s>(&self, args: &'s [Expr], scope: &Scope<'s>) -> Result<Vec<Cow<'s, Val>>, TemplateError> {
        args.iter().map(|arg| self.eval(arg, scope)).collect()
    }

    fn hash(&self, hash: &Hash, scope: &Scope<'_>) -> Result<Record, TemplateError> {
        let mut record = Record::default();
        for (name, value) in hash {
            record.set(name, self.eval(value, scope)?.into_owned());
        }
        Ok(record)
    }
}

/// About the steps that it takes to copy a value, with all that is in it.
fn copied(value: &Val) -> u64 {
    fn parts(value: &Val) -> usize {
        match value {
            Val::Str(text) => 1 + text.len() / (STEP_BYTES / PARTS_OF_A_STEP),
            Val::List(items) => 1 + items.iter().map(parts).sum::<usize>(),
            Val::Map(record) => 1 + record.values().iter().map(parts).sum::<usize>(),
            _ => 1,
        }
    }
    u64::try_from(parts(value) / PARTS_OF_A_STEP).unwrap_or(u64::MAX).saturating_add(1)
}

/// About the steps that a helper takes for a value.
fn work(value: &Val) -> u64 {
    let size = match value {
        Val::Str(text) => text.len() / STEP_BYTES,
        Val::List(items) => items.len() / PARTS_OF_A_STEP,
        _ => 0,
    };
    u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1)
}
