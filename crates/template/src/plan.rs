//! A compiled template.

use tombolo_model::Val;

use crate::helpers::Helper;
use crate::{Target, TemplateError, parse, render};

/// A template, ready to render any number of times.
#[derive(Debug, Clone)]
pub struct Template {
    pub(crate) parts: Vec<Part>,
    pub(crate) target: Target,
}

#[derive(Debug, Clone)]
pub(crate) enum Part {
    Text(Box<str>),
    Print { value: Expr, raw: bool },
}

#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Literal(Val),
    Path(Vec<Box<str>>),
    Call(Helper, Vec<Self>),
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    ///
    /// Returns [`TemplateError`] with the position of what is wrong.
    pub fn compile(source: &str, target: Target) -> Result<Self, TemplateError> {
        Ok(Self { parts: parse::template(source)?, target })
    }

    /// Whether it prints the same whatever the context.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// Whether it reads anything at or below a path of the context.
    #[must_use]
    pub fn reads(&self, path: &[&str]) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Print { value, .. } if value.reads(path)))
    }

    /// Renders over a context; `lookup` finds a path's first name in it.
    ///
    /// # Errors
    ///
    /// Returns [`TemplateError::TooLong`] when the output passes the limit.
    pub fn render<'c>(&self, lookup: &dyn Fn(&str) -> Option<&'c Val>) -> Result<String, TemplateError> {
        render::render(self, lookup)
    }
}

impl Expr {
    fn reads(&self, path: &[&str]) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Path(have) => have.len() >= path.len() && have.iter().zip(path).all(|(have, want)| **have == **want),
            Self::Call(_, arguments) => arguments.iter().any(|argument| argument.reads(path)),
        }
    }
}
