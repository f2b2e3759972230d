//! Why a template does not compile or render.

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// An opening without its end.
    #[error("“{{{{” at character {at} is never closed. Add “}}}}”.")]
    Unclosed {
        /// Where, in characters from 1.
        at: usize,
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
    #[error("There is no helper “{name}” (character {at}).")]
    UnknownHelper {
        /// Where.
        at: usize,
        /// Its name.
        name: String,
    },
    /// A block, which this version does not run.
    #[error("The block “{name}” at character {at} cannot be used here.")]
    Block {
        /// Where.
        at: usize,
        /// Its name.
        name: String,
    },
    /// Calls within calls within calls.
    #[error("The expression at character {at} is nested more than {most} levels deep. Use fewer parentheses.")]
    TooDeep {
        /// Where.
        at: usize,
        /// The limit.
        most: usize,
    },
    /// More output than a template may make.
    #[error("The template makes more than {most} bytes.")]
    TooLong {
        /// The limit.
        most: usize,
    },
}
