//! What a connection needs before it can be used.

use serde_json::Value;

use super::require_text;
use crate::views::Connection;
use crate::{Problem, excerpt};

pub(super) fn check(value: &Value, problems: &mut Vec<Problem>) {
    let connection = Connection(value);
    require_text(value, "/type", "the type", problems);
    if connection.kind() == Some("http") {
        match connection.base_uri() {
            None => problems.push(Problem::new(
                "/http/baseURI",
                "missing_required_field",
                "Enter the address that all requests begin with.",
            )),
            Some(base) if !is_web_address(base) => problems.push(Problem::new(
                "/http/baseURI",
                "invalid_value",
                format!(
                    "“{}” is not a web address: it begins with https:// or http:// and names a host.",
                    excerpt(base)
                ),
            )),
            Some(_) => {}
        }
    }
}

/// Templates may stand anywhere behind the scheme, so only the beginning is looked at.
fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.chars().next().is_some_and(|first| !matches!(first, '/' | '?' | '#' | ' ')))
        || text.starts_with("{{")
}
