//! Answers that say no: what to tell the person.

use futures::stream::StreamExt;
use tombolo_model::{KeyPool, Val};

use super::request::patiently;
use crate::host::Host;
use crate::http::Response;
use crate::path::Path;
use crate::scrub::Scrub;
use crate::units::MAX_REFUSAL_BYTES;

/// The longest stretch of an answer that goes into a message.
const LONGEST: usize = 300;

/// Reads as much of a body as a message can be found in; a body that breaks off is what came of it.
pub(super) async fn beginning(host: &dyn Host, response: &mut Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < MAX_REFUSAL_BYTES {
        match patiently(host, response.body.next()).await {
            Ok(Some(Ok(piece))) => bytes.extend_from_slice(&piece),
            Ok(Some(Err(_)) | None) | Err(_) => break,
        }
    }
    bytes.truncate(MAX_REFUSAL_BYTES);
    bytes
}

/// Reads a body to its end.
pub(super) async fn whole(host: &dyn Host, response: &mut Response, most: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    loop {
        match patiently(host, response.body.next()).await {
            Ok(Some(Ok(piece))) => bytes.extend_from_slice(&piece),
            Ok(None) => return Ok(bytes),
            Ok(Some(Err(error))) | Err(error) => return Err(format!("broke off in its answer: it {error}")),
        }
        if bytes.len() > most {
            return Err(format!("gave an answer of more than {} MiB", most / (1024 * 1024)));
        }
    }
}

/// What a refusal says, without the secrets that it repeats, and what to do about its status.
pub(super) fn refusal(status: u16, body: &[u8], error_path: Option<&Path>, scrub: &Scrub) -> String {
    refused(status, &message(body, error_path, scrub))
}

/// A refusal of which it is known what it says.
pub(super) fn refused(status: u16, said: &str) -> String {
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    format!("answered {status}{}{said}. {}", reason(status), advice(status))
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => " (bad request)",
        401 => " (not signed in)",
        403 => " (not allowed)",
        404 => " (not found)",
        405 => " (method not allowed)",
        408 => " (timed out)",
        409 => " (conflict)",
        413 => " (too large)",
        422 => " (invalid data)",
        429 => " (too many requests)",
        500 => " (internal error)",
        502 => " (bad gateway)",
        503 => " (unavailable)",
        504 => " (gateway timed out)",
        _ => "",
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => "Check the connection's credentials and rights.",
        404 | 405 => "Check the address and the method.",
        400 | 409 | 413 | 422 => "Check the data that is sent.",
        429 => "Run the flow again later, or with a lower concurrency.",
        500..=599 => "The fault is on the other side: try again later.",
        _ => "Check the address and the settings.",
    }
}

/// What a body says went wrong, in one line and without secrets.
pub(super) fn message(body: &[u8], error_path: Option<&Path>, scrub: &Scrub) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if let Ok(value) = Val::parse(text.as_bytes(), &mut KeyPool::default()) {
        let said = said_in(&value, error_path, scrub);
        return if said.is_empty() { short(&value.display(), scrub) } else { said };
    }
    if is_markup(body) {
        return page_title(text).map(|title| short(title, scrub)).unwrap_or_default();
    }
    short(text, scrub)
}

/// What an answer says went wrong: at the place of the settings, or where it usually stands; else nothing.
pub(super) fn said_in(answer: &Val, error_path: Option<&Path>, scrub: &Scrub) -> String {
    let own = error_path.and_then(|path| path.get(answer)).filter(|found| !found.is_empty());
    own.or_else(|| usual_place(answer)).map(|found| short(&found.display(), scrub)).unwrap_or_default()
}

fn usual_place(value: &Val) -> Option<&Val> {
    const PLACES: [&str; 7] =
        ["message", "error.message", "errors[0].message", "error_description", "detail", "error", "errors[0]"];
    PLACES.iter().find_map(|place| {
        let path = Path::dotted(place).ok()?;
        path.get(value).filter(|found| matches!(found, Val::Str(_)))
    })
}

/// Whether a body is a web page or XML.
pub(super) fn is_markup(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

fn page_title(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    Some(text[start..end].trim())
}

/// A stretch of what an endpoint said, in one line and without its secrets.
pub(super) fn short(text: &str, scrub: &Scrub) -> String {
    // Before it is shortened: half a secret would not be known again.
    let text = scrub.clean(text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line.trim_end_matches('.').to_owned();
    }
    line.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_other_side_said() {
        for (body, want) in [
            (r#"{"error":{"message":"No such order."}}"#, "answered 422 (invalid data): No such order. Check"),
            (r#"{"errors":[{"code":1,"message":"bad\nname"}]}"#, ": bad name. "),
            ("<html><TITLE> Oops </TITLE></html>", ": Oops. "),
            ("plain words", ": plain words. "),
            ("", "answered 422 (invalid data). Check the data"),
        ] {
            let said = refusal(422, body.as_bytes(), None, &Scrub::default());
            assert!(said.contains(want), "{body}: {said}");
        }
        let own = Path::dotted("why").unwrap();
        let said = refusal(500, br#"{"message":"x","why":"y"}"#, Some(&own), &Scrub::default());
        assert!(said.contains(": y. The fault"), "{said}");
    }

    #[test]
    fn half_a_secret_at_the_end_of_a_message_is_none() {
        let scrub = Scrub::new(["hush-hush-hush"]);
        let body = format!("{} hush-hush-hush", "x".repeat(LONGEST - 5));
        let said = refusal(401, body.as_bytes(), None, &scrub);
        assert!(said.contains("x ****") && !said.contains("hush"), "{said}");
    }
}
