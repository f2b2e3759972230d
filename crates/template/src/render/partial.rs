//! Partials: templates within a template, with a context of their own.

use tombolo_model::Record;

use super::Renderer;
use crate::deferred::Output;
use crate::plan::{Partial, Program};
use crate::scope::{Context, Data, Inline, PartialBlock, Scope};
use crate::{TemplateError, js};

/// What a partial's name leads to.
enum Found<'f> {
    Named(&'f Program),
    /// Defined by the template itself: it sees the contexts of where it stands.
    Inline(&'f Inline<'f>),
    /// What the tag that called the partial holds.
    Held(&'f PartialBlock<'f>),
}

impl Renderer<'_> {
    pub(super) fn partial(&self, node: &Partial, scope: &Scope<'_>, out: &mut Output) -> Result<(), TemplateError> {
        self.step(node.at, 1)?;
        let value = self.eval(&node.name, scope)?;
        let name = js::text(&value).into_owned();
        match &node.block {
            None => self.named(&name, node, scope, None, out),
            Some(block) => {
                // Partials that the tag defines are there for the partial it calls.
                let outer = *scope;
                self.inlines(block, 0, scope, &mut |inner| {
                    let held = PartialBlock { program: block, scope: &outer };
                    self.named(&name, node, inner, Some(&held), out)
                })
            }
        }
    }

    fn named(
        &self,
        name: &str,
        node: &Partial,
        scope: &Scope<'_>,
        held: Option<&PartialBlock<'_>>,
        out: &mut Output,
    ) -> Result<(), TemplateError> {
        let base = scope.context;
        let value = node.context.as_ref().map(|context| self.eval(context, scope)).transpose()?;
        let base = value.as_ref().map_or(base, |value| Context::Val(value));
        let hash: Record = self.hash(&node.hash, scope)?;
        let context = if node.hash.is_empty() { base } else { Context::Over(&base, &hash) };
        // A tag that holds something is a frame of its own.
        let frame = scope.data.filter(|_| held.is_some()).map(Data::framed);
        let data = frame.as_ref().or(scope.data);
        let inner_frame = data.map(Data::framed);
        let (program, inner) = match self.lookup(name, scope) {
            Some(Found::Named(program)) => {
                (program, Scope { context, up: None, data, params: None, partial_block: held, ..*scope })
            }
            Some(Found::Held(held)) => {
                let home = held.scope;
                let place = Scope { params: home.params, partial_block: home.partial_block, ..home.over(context) };
                (held.program, Scope { data: inner_frame.as_ref(), inlines: scope.inlines, ..place })
            }
            Some(Found::Inline(inline)) => {
                let place = inline.scope.over(context);
                (inline.program, Scope { data, inlines: scope.inlines, partial_block: held, ..place })
            }
            None => match held {
                Some(held) => (held.program, Scope { data: inner_frame.as_ref(), ..scope.over(context) }),
                None => return Err(TemplateError::UnknownPartial { at: node.at, name: name.to_owned() }),
            },
        };
        if node.indent.is_empty() {
            return self.run(program, &inner, &[], node.at, out);
        }
        let mut text = Output::default();
        self.outside.set(self.outside.get() + out.len());
        self.run(program, &inner, &[], node.at, &mut text)?;
        self.outside.set(self.outside.get() - out.len());
        out.push_indented(text, &node.indent);
        Ok(())
    }

    fn lookup<'f>(&'f self, name: &str, scope: &Scope<'f>) -> Option<Found<'f>> {
        if name == "@partial-block" {
            return scope.partial_block.map(Found::Held);
        }
        let mut inline = scope.inlines;
        while let Some(at) = inline {
            if at.name == name {
                return Some(Found::Inline(at));
            }
            inline = at.up;
        }
        self.plan.partials.get(name).map(Found::Named)
    }
}
