//! Handlebars templates: parsed once into a plan, rendered over records by our own renderer.
//!
//! Behaves as handlebars.js 4.7: white space, missing values, prototype-named fields, the order of keys. Contexts are
//! borrowed, never copied. A helper that does not exist is an error when the template is compiled, with its position,
//! and never a silent blank in what is sent; output, nesting and work have limits.
//!
//! Decides nothing about where a template stands: the caller names the target and brings the context, the clock, the
//! seed and the lookups. `__proto__`, `constructor` and `prototype` are names like any other.

#![forbid(unsafe_code)]

mod ast;
mod compile;
mod deferred;
mod encode;
mod env;
mod error;
mod helpers;
mod js;
mod lex;
pub mod moment;
mod parse;
mod pattern;
mod plan;
mod render;
mod scope;
mod sql;
mod target;
mod whitespace;

pub use deferred::{Deferred, DeferredError, Part, joined, secret};
pub use encode::uri_component;
pub use env::{Env, Lookups, Options};
pub use error::TemplateError;
pub use helpers::{EXAMPLE_CONTEXT, HelperInfo, hash, helpers, hmac};
pub use pattern::{Match, Pattern, PatternError, begin_searches};
pub use plan::Template;
pub use scope::{Lookup, Named};
pub use sql::SqlDialect;
pub use target::Target;
