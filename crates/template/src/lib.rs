//! Handlebars templates: parsed once into a plan, rendered over records by our own renderer.
//!
//! Knows paths, literals and inline helpers. A helper or block that it does not know is an error when the
//! template is compiled, with its position, and never a silent blank in what is sent.
//! Decides nothing about where a template stands; the caller names the target and brings the context.

#![forbid(unsafe_code)]

mod encode;
mod error;
mod helpers;
mod parse;
mod plan;
mod render;

pub use encode::uri_component;
pub use error::TemplateError;
pub use plan::Template;

/// What the rendered text becomes, which decides how `{{ }}` writes a value. `{{{ }}}` writes it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A text of no special kind.
    Plain,
    /// Part of a web page: `&`, `<`, `>`, quotes, backquote and `=` are escaped as handlebars.js does.
    Html,
    /// Part of an address: everything but letters, digits and `-_.!~*'()` is percent-encoded.
    Uri,
}
