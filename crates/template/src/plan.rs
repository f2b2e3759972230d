//! A compiled template: names resolved, white space settled, literals made.

use std::collections::BTreeMap;
use std::sync::Arc;

use tombolo_model::Val;

use crate::deferred::{Output, Part};
use crate::helpers::{Block as BlockHelper, Inline};
use crate::render::Renderer;
use crate::scope::{Lookup, Named};
use crate::{Env, Options, Target, TemplateError, compile};

/// A template, ready to render any number of times.
#[derive(Debug, Clone)]
pub struct Template {
    pub(crate) plan: Arc<Plan>,
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) main: Program,
    pub(crate) partials: BTreeMap<String, Program>,
    pub(crate) target: Target,
    pub(crate) strict: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) nodes: Vec<Node>,
    /// Whether it names block parameters.
    pub(crate) params: bool,
    /// Made of one `{{else something}}`.
    pub(crate) chained: bool,
    /// Partials that it defines for itself.
    pub(crate) inlines: Vec<(Expr, Self)>,
}

#[derive(Debug)]
pub(crate) enum Node {
    Text(Box<str>),
    Print { at: usize, value: Expr, raw: bool },
    Block(Box<Block>),
    Partial(Box<Partial>),
}

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) at: usize,
    pub(crate) kind: BlockKind,
    pub(crate) args: Vec<Expr>,
    pub(crate) hash: Hash,
    pub(crate) main: Option<Program>,
    pub(crate) inverse: Option<Program>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum BlockKind {
    Helper(&'static BlockHelper),
    /// Around a value, the first argument: for each of a list, once for anything else that is there.
    Section,
    /// The text as it stands.
    Raw,
}

#[derive(Debug)]
pub(crate) struct Partial {
    pub(crate) at: usize,
    pub(crate) name: Expr,
    pub(crate) context: Option<Expr>,
    pub(crate) hash: Hash,
    pub(crate) indent: Box<str>,
    /// What a `{{#> name}}` holds.
    pub(crate) block: Option<Program>,
}

pub(crate) type Hash = Vec<(Box<str>, Expr)>;

#[derive(Debug)]
pub(crate) enum Expr {
    Literal(Val),
    Path(Path),
    Call(Box<Call>),
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) at: usize,
    pub(crate) helper: &'static Inline,
    pub(crate) args: Vec<Expr>,
    pub(crate) hash: Hash,
    /// A field of the helper's name, which goes first when the helper was given nothing to work on.
    pub(crate) field: Option<Path>,
}

#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) at: usize,
    pub(crate) root: Root,
    pub(crate) keys: Vec<Box<str>>,
    /// Whether its last field must be there in strict mode.
    pub(crate) required: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Root {
    /// The context, so many steps up.
    Context(usize),
    /// `@name`, so many loops up.
    Data(usize, Box<str>),
    /// A block parameter: so many blocks that have some up, and its place there.
    Param(usize, usize),
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    ///
    /// Returns [`TemplateError`] with the position of what is wrong.
    pub fn compile(source: &str, target: Target) -> Result<Self, TemplateError> {
        Self::compile_with(source, &Options { target, ..Options::default() })
    }

    /// Compiles a template with partials or in strict mode.
    ///
    /// # Errors
    ///
    /// Returns [`TemplateError`] with the position of what is wrong; for a partial, the position in it.
    pub fn compile_with(source: &str, options: &Options<'_>) -> Result<Self, TemplateError> {
        let main = compile::program(source)?;
        let mut partials = BTreeMap::new();
        for (name, source) in options.partials {
            partials.insert((*name).to_owned(), compile::program(source)?);
        }
        let plan = Plan { main, partials, target: options.target, strict: options.strict };
        Ok(Self { plan: Arc::new(plan) })
    }

    /// Whether it prints the same whatever the context.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.plan.main.nodes.iter().all(|node| matches!(node, Node::Text(_)))
    }

    /// Whether it may read anything at or below a path of the context. A part that is read as a whole counts.
    #[must_use]
    pub fn reads(&self, path: &[&str]) -> bool {
        self.plan.main.reads(path) || self.plan.partials.values().any(|program| program.reads(path))
    }

    /// Whether it may call a helper.
    #[must_use]
    pub fn calls(&self, helper: &str) -> bool {
        self.plan.main.calls(helper) || self.plan.partials.values().any(|program| program.calls(helper))
    }

    /// Renders over a context; `lookup` finds a path's first name in it.
    ///
    /// # Errors
    ///
    /// Returns [`TemplateError`] when a limit is passed, a helper fails, or a field is missing in strict mode.
    pub fn render<'l, 'c: 'l>(&self, lookup: &'l dyn Fn(&str) -> Option<&'c Val>) -> Result<String, TemplateError> {
        self.render_in(&Named(lookup), &Env::default())
    }

    /// Renders over a context, with a clock, randomness and lookups. Secrets are `******`.
    ///
    /// # Errors
    ///
    /// As [`Self::render`].
    pub fn render_in(&self, context: &dyn Lookup, env: &Env<'_>) -> Result<String, TemplateError> {
        Renderer::new(&self.plan, context, env).render().map(Output::masked)
    }

    /// Renders over a context that holds secrets (see [`crate::secret`]); they are parts of their own.
    ///
    /// # Errors
    ///
    /// As [`Self::render`].
    pub fn render_parts(&self, context: &dyn Lookup, env: &Env<'_>) -> Result<Vec<Part>, TemplateError> {
        Renderer::new(&self.plan, context, env).render().map(Output::into_parts)
    }
}

impl Program {
    fn reads(&self, path: &[&str]) -> bool {
        self.any(&mut |expr| expr.reads(path))
    }

    fn calls(&self, helper: &str) -> bool {
        self.any(&mut |expr| expr.calls(helper))
    }

    /// Whether something holds for any expression in it.
    fn any(&self, holds: &mut dyn FnMut(&Expr) -> bool) -> bool {
        self.inlines.iter().any(|(name, program)| holds(name) || program.any(holds))
            || self.nodes.iter().any(|node| match node {
                Node::Text(_) => false,
                Node::Print { value, .. } => holds(value),
                Node::Block(block) => {
                    block.args.iter().chain(block.hash.iter().map(|(_, value)| value)).any(&mut *holds)
                        || block.main.iter().chain(&block.inverse).any(|program| program.any(holds))
                }
                Node::Partial(partial) => {
                    let values = partial.context.iter().chain(partial.hash.iter().map(|(_, value)| value));
                    values.chain([&partial.name]).any(&mut *holds)
                        || partial.block.iter().any(|program| program.any(holds))
                }
            })
    }
}

impl Expr {
    fn reads(&self, path: &[&str]) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Path(have) => have.reads(path),
            Self::Call(call) => {
                call.field.iter().any(|field| field.reads(path)) || call.values().any(|value| value.reads(path))
            }
        }
    }

    fn calls(&self, helper: &str) -> bool {
        match self {
            Self::Literal(_) | Self::Path(_) => false,
            Self::Call(call) => call.helper.name == helper || call.values().any(|value| value.calls(helper)),
        }
    }
}

impl Call {
    fn values(&self) -> impl Iterator<Item = &Expr> {
        self.args.iter().chain(self.hash.iter().map(|(_, value)| value))
    }
}

impl Path {
    fn reads(&self, path: &[&str]) -> bool {
        let root =
            matches!(self.root, Root::Context(_)) || matches!(&self.root, Root::Data(_, name) if **name == *"root");
        root && !self.keys.is_empty() && self.keys.iter().zip(path).all(|(have, want)| **have == **want)
    }
}
