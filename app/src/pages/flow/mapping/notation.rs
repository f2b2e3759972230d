//! How a source is written on the screen, and what is stored for it. Plain functions.

/// What a source shows: paths without the `$.` that every one begins with, fixed texts in quotes.
///
/// What is shown, typed again, is stored as it was: a source is rewritten at every key.
pub(super) fn show(extract: &str) -> String {
    let path = extract == "$" || extract.starts_with("$.") || extract.starts_with("$[");
    if extract.is_empty() || extract.contains("{{") {
        return extract.to_owned();
    }
    let plain = if path {
        let name = extract.strip_prefix("$['").and_then(|rest| rest.strip_suffix("']"));
        extract.strip_prefix("$.").map(ToOwned::to_owned).or_else(|| name.map(|name| name.replace("\\'", "'")))
    } else {
        Some(format!("\"{extract}\""))
    };
    plain.filter(|plain| source_path(plain) == extract).unwrap_or_else(|| extract.to_owned())
}

/// What is stored for what was typed: a plain path gets its root; templates, `JSONPath`s and texts in quotes stay.
pub(super) fn source_path(typed: &str) -> String {
    let typed = typed.trim();
    if typed.is_empty() || typed.starts_with('$') || typed.contains("{{") {
        return typed.to_owned();
    }
    if let Some(literal) = typed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return literal.to_owned();
    }
    let plain = typed.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if plain { format!("$.{typed}") } else { format!("$['{}']", typed.replace('\'', "\\'")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_sources_become_paths_and_come_back_as_typed() {
        for (typed, stored) in [
            ("iata", "$.iata"),
            ("a.b", "$.a.b"),
            ("Major Genre", "$['Major Genre']"),
            ("{{record.a}}", "{{record.a}}"),
            ("$.x[*]", "$.x[*]"),
            ("", ""),
        ] {
            assert_eq!(source_path(typed), stored);
            assert_eq!(show(stored), typed);
        }
        assert_eq!(source_path("\"fixed\""), "fixed");
    }

    #[test]
    fn a_source_that_is_shown_and_typed_again_stays_what_it_was() {
        for stored in [
            "fixed",
            "two words",
            "say \"hi\"",
            " padded ",
            "$5 off",
            "$",
            "$.x y",
            "$[0].a",
            "$['it\\'s']",
            "$['\"half']",
            "$.a[*].b",
            "{{record.a}} and more",
        ] {
            assert_eq!(source_path(&show(stored)), stored, "shown as {}", show(stored));
        }
        assert_eq!(show("fixed"), "\"fixed\"");
    }
}
