//! Why a template does not compile or render.

use tombolo_model::excerpt;

/// What is wrong with a template. Places count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// An opening without its end.
    #[error("“{{{{” at character {at} is never closed. Add “}}}}”.")]
    Unclosed {
        /// Where.
        at: usize,
    },
    /// A raw block without its end.
    #[error("The raw block at character {at} is not closed. Add “{{{{{{{{/{name}}}}}}}}}”.")]
    OpenRawBlock {
        /// Where.
        at: usize,
        /// Its name.
        name: String,
    },
    /// The end of a block where none is open.
    #[error("“{text}” at character {at} closes a block that is not open: begin it before, or delete this.")]
    NotOpen {
        /// Where.
        at: usize,
        /// What stands there.
        text: String,
    },
    /// Something between the braces that is no expression.
    #[error("“{text}” at character {at} is not an expression.")]
    Syntax {
        /// Where.
        at: usize,
        /// What stands there.
        text: String,
    },
    /// A helper that does not exist.
    #[error("There is no helper “{name}” (character {at}).", name = excerpt(.name))]
    UnknownHelper {
        /// Where.
        at: usize,
        /// Its name.
        name: String,
    },
    /// A helper without what it needs.
    #[error("The helper “{name}” at character {at} needs {needs}.", name = excerpt(.name))]
    Arguments {
        /// Where.
        at: usize,
        /// Its name.
        name: String,
        /// What it needs, as it is written.
        needs: String,
    },
    /// A block that has no end, or an end that has no block.
    #[error("The block “{name}” at character {at} is not closed. Add “{{{{/{name}}}}}”.", name = excerpt(.name))]
    OpenBlock {
        /// Where.
        at: usize,
        /// Its name.
        name: String,
    },
    /// An end of another block.
    #[error(
        "“{{{{/{close}}}}}” at character {at} does not close the block “{open}”.",
        close = excerpt(.close),
        open = excerpt(.open)
    )]
    Mismatch {
        /// Where.
        at: usize,
        /// The block that is open.
        open: String,
        /// What stands there.
        close: String,
    },
    /// A partial that does not exist.
    #[error("There is no partial “{name}” (character {at}).", name = excerpt(.name))]
    UnknownPartial {
        /// Where.
        at: usize,
        /// Its name.
        name: String,
    },
    /// A field that is not there, where the template must not be rendered without it.
    #[error("The field “{path}” at character {at} is missing.", path = excerpt(.path))]
    Missing {
        /// Where.
        at: usize,
        /// The path.
        path: String,
    },
    /// A helper cannot do what it was asked.
    #[error("The helper “{name}” at character {at} failed: {reason}.", name = excerpt(.name))]
    Helper {
        /// Where.
        at: usize,
        /// Its name.
        name: String,
        /// Why, and what would be right.
        reason: String,
    },
    /// Calls within calls, blocks within blocks, or partials within partials.
    #[error(
        "The template is nested more than {most} levels deep at character {at}. Use fewer parentheses, blocks or partials."
    )]
    TooDeep {
        /// Where.
        at: usize,
        /// The limit.
        most: usize,
    },
    /// More parts than a template may have.
    #[error("The template has more than {most} names, texts and brackets (at character {at}). Split it.")]
    TooLarge {
        /// Where the limit was passed.
        at: usize,
        /// The limit.
        most: usize,
    },
    /// More output than a template may make.
    #[error("The template makes more than {most} bytes (at character {at}).")]
    TooLong {
        /// Where the limit was passed.
        at: usize,
        /// The limit.
        most: usize,
    },
    /// More steps than a template may take.
    #[error("The template takes more than {most} steps (at character {at}). Use fewer loops within loops.")]
    TooMuchWork {
        /// Where the limit was passed.
        at: usize,
        /// The limit.
        most: u64,
    },
}

impl TemplateError {
    /// Where it is, in characters from 1.
    #[must_use]
    pub fn at(&self) -> usize {
        match self {
            Self::Unclosed { at }
            | Self::OpenRawBlock { at, .. }
            | Self::NotOpen { at, .. }
            | Self::Syntax { at, .. }
            | Self::UnknownHelper { at, .. }
            | Self::Arguments { at, .. }
            | Self::OpenBlock { at, .. }
            | Self::Mismatch { at, .. }
            | Self::UnknownPartial { at, .. }
            | Self::Missing { at, .. }
            | Self::Helper { at, .. }
            | Self::TooDeep { at, .. }
            | Self::TooLarge { at, .. }
            | Self::TooLong { at, .. }
            | Self::TooMuchWork { at, .. } => *at,
        }
    }

    /// For programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unclosed { .. }
            | Self::OpenRawBlock { .. }
            | Self::NotOpen { .. }
            | Self::Syntax { .. }
            | Self::OpenBlock { .. }
            | Self::Mismatch { .. } => "template_syntax",
            Self::UnknownHelper { .. } => "unknown_helper",
            Self::Arguments { .. } => "template_arguments",
            Self::UnknownPartial { .. } => "unknown_partial",
            Self::Missing { .. } => "missing_field",
            Self::Helper { .. } => "template_helper",
            Self::TooDeep { .. } | Self::TooLarge { .. } | Self::TooLong { .. } | Self::TooMuchWork { .. } => {
                "template_limit"
            }
        }
    }
}
