//! What kind of error an error is, and where it came from: what people filter long lists by.
//!
//! Decided by the code, by the status that an endpoint answered, and then by the words of applications that answer the
//! same status to everything. An error that fits nowhere has no class; a wrong one would hide it.

use tombolo_model::run::ErrorClass;

/// The class of an error of a record or step.
pub(crate) fn class(code: &str, message: &str) -> Option<ErrorClass> {
    match code {
        "http" if message.contains("did not answer within") => Some(ErrorClass::Intermittent),
        "http" | "missing_secret" => Some(ErrorClass::Connection),
        "http_status" => by_status(answered(message)?).or_else(|| by_words(message)),
        "rejected" => Some(by_words(message).unwrap_or(ErrorClass::Value)),
        "parse" | "not_json" | "empty_answer" | "no_result" => Some(ErrorClass::Parse),
        "too_big" => Some(ErrorClass::TooLarge),
        "mapping" | "template" | "transform" | "response_mapping" => {
            let missing = ["has nothing for", "found nothing", "is missing", "not found", "is not there"];
            let is_missing = missing.iter().any(|words| message.contains(words));
            Some(if is_missing { ErrorClass::Missing } else { ErrorClass::Value })
        }
        "filter" | "body" | "file" => Some(ErrorClass::Value),
        _ => None,
    }
}

fn by_status(status: u16) -> Option<ErrorClass> {
    Some(match status {
        401 | 403 | 407 => ErrorClass::Connection,
        404 | 410 => ErrorClass::Missing,
        408 | 500 | 502..=504 => ErrorClass::Intermittent,
        409 => ErrorClass::Duplicate,
        413 | 414 | 431 => ErrorClass::TooLarge,
        429 => ErrorClass::RateLimit,
        _ => return None,
    })
}

/// What an application says of an error whose status says nothing.
fn by_words(message: &str) -> Option<ErrorClass> {
    const WORDS: [(&str, ErrorClass); 12] = [
        ("rate limit", ErrorClass::RateLimit),
        ("too many requests", ErrorClass::RateLimit),
        ("duplicate", ErrorClass::Duplicate),
        ("already exist", ErrorClass::Duplicate),
        ("already been taken", ErrorClass::Duplicate),
        ("too large", ErrorClass::TooLarge),
        ("unauthorized", ErrorClass::Connection),
        ("invalid token", ErrorClass::Connection),
        ("not found", ErrorClass::Missing),
        ("required", ErrorClass::Missing),
        ("missing", ErrorClass::Missing),
        ("invalid", ErrorClass::Value),
    ];
    let lower = message.to_lowercase();
    // What the program adds to a status is not what the application said.
    let said = lower.split_once("): ").map_or(&*lower, |(_, said)| said);
    let found = WORDS.iter().find(|(words, _)| said.contains(words)).map(|(_, class)| *class);
    found.or_else(|| matches!(answered(message), Some(400 | 422)).then_some(ErrorClass::Value))
}

/// The status that a message tells of.
fn answered(message: &str) -> Option<u16> {
    let (_, rest) = message.split_once("answered ")?;
    rest.get(..3)?.parse().ok()
}

/// Where an error came from. `kind` is the kind of the step.
pub(crate) fn source(code: &str, kind: &str, message: &str) -> &'static str {
    match code {
        "http" | "missing_secret" => "connection",
        "http_status" if matches!(answered(message), Some(401 | 403 | 407)) => "connection",
        "http_status" | "rejected" | "no_result" | "not_json" | "empty_answer" | "paging_loop" | "hidden_header" => {
            "application"
        }
        "parse" if kind == "export" => "application",
        "mapping" if message.starts_with("the lookup") || message.contains("lookup “") => "lookup",
        "mapping" => "mapping",
        "response_mapping" => "response_mapping",
        "transform" => "transformation",
        "filter" if kind == "export" => "output_filter",
        "filter" if kind == "import" => "import_filter",
        "filter" => "input_filter",
        "template" | "body" | "file" => "resource",
        code if code.starts_with("script") => hook(message, kind),
        _ => hook_by_code(code),
    }
}

/// The hook that a message of a script begins with.
fn hook(message: &str, kind: &str) -> &'static str {
    const HOOKS: [(&str, &str); 8] = [
        ("preSavePage", "pre_save_page_hook"),
        ("preMap", "pre_map_hook"),
        ("postMap", "post_map_hook"),
        ("postSubmit", "post_submit_hook"),
        ("postResponseMap", "post_response_map_hook"),
        ("postAggregate", "post_aggregate_hook"),
        ("filter", "input_filter"),
        ("transform", "transformation"),
    ];
    // What ends a source begins with its name.
    let of_source = message.strip_prefix('“').and_then(|rest| rest.split_once("”: "));
    let message = of_source.map_or(message, |(_, rest)| rest);
    let found = HOOKS.iter().find(|(name, _)| message.starts_with(name)).map_or("internal", |(_, source)| *source);
    match (found, kind) {
        ("input_filter", "export") => "output_filter",
        ("input_filter", "import") => "import_filter",
        _ => found,
    }
}

/// Errors that a hook gives to records without a code of its own have the hook's name for one.
fn hook_by_code(code: &str) -> &'static str {
    match code {
        "preMap" | "postMap" | "postSubmit" | "preSavePage" | "post_submit_hook" => match code {
            "preMap" => "pre_map_hook",
            "postMap" => "post_map_hook",
            "preSavePage" => "pre_save_page_hook",
            _ => "post_submit_hook",
        },
        _ => "internal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_classified_by_its_status_and_then_by_its_words() {
        for (code, message, class) in [
            ("http", "The endpoint could not be reached: no route.", Some(ErrorClass::Connection)),
            ("http", "The endpoint did not answer within 60 seconds.", Some(ErrorClass::Intermittent)),
            ("http_status", "The endpoint answered 401 (not signed in). Check", Some(ErrorClass::Connection)),
            ("http_status", "The endpoint answered 404 (not found): x", Some(ErrorClass::Missing)),
            ("http_status", "The endpoint answered 409 (conflict): x", Some(ErrorClass::Duplicate)),
            ("http_status", "The endpoint answered 413 (too large)", Some(ErrorClass::TooLarge)),
            ("http_status", "The endpoint answered 429 (too many requests)", Some(ErrorClass::RateLimit)),
            ("http_status", "The endpoint answered 503 (unavailable): invalid", Some(ErrorClass::Intermittent)),
            ("http_status", "The endpoint answered 422 (invalid data): Name is required", Some(ErrorClass::Missing)),
            ("http_status", "The endpoint answered 422 (invalid data): It already exists", Some(ErrorClass::Duplicate)),
            ("http_status", "The endpoint answered 400 (bad request): no", Some(ErrorClass::Value)),
            ("http_status", "The endpoint answered 418: tea", None),
            ("rejected", "The endpoint answered with a failure: Rate limit hit.", Some(ErrorClass::RateLimit)),
            ("mapping", "Rule qty: “x” is not a number.", Some(ErrorClass::Value)),
            ("mapping", "the lookup “s” has nothing for “k”: add it", Some(ErrorClass::Missing)),
            ("parse", "Row 3 is cut off.", Some(ErrorClass::Parse)),
            ("script_error", "preMap “f” of the script “s”: no", None),
        ] {
            assert_eq!(super::class(code, message), class, "{code}: {message}");
        }
    }

    #[test]
    fn an_error_says_where_it_came_from() {
        for (code, kind, message, from) in [
            ("http", "import", "", "connection"),
            ("http_status", "import", "The endpoint answered 403.", "connection"),
            ("http_status", "import", "The endpoint answered 422.", "application"),
            ("filter", "export", "", "output_filter"),
            ("filter", "lookup", "", "input_filter"),
            ("filter", "import", "", "import_filter"),
            ("mapping", "import", "x", "mapping"),
            ("mapping", "import", "Rule a: the lookup “s” has nothing", "lookup"),
            ("script_error", "import", "preMap “f” of the script “s”: no", "pre_map_hook"),
            ("postMap", "import", "mine", "post_map_hook"),
            ("script_error", "export", "filter “f” of the script “s”: no", "output_filter"),
            ("script_error", "import", "filter “f” of the script “s”: no", "import_filter"),
            ("MY_CODE", "import", "mine", "internal"),
        ] {
            assert_eq!(source(code, kind, message), from, "{code} {message}");
        }
    }
}
