//! How an export asks for page after page.

use serde_json::Value;
use tombolo_model::views::{Export, Paging as Kinds};
use tombolo_model::{Problem, Val, excerpt};
use tombolo_template::{Target, Template};

use super::{format, media, path_at, template, text_at, verdict, whole_at};
use crate::path::Path;
use crate::plan::{Endpoint, Format, Later, Media, Next, Paging, Previous, Stop, TokenPlace};

/// The first request of an export, as far as it is compiled.
pub(super) struct First<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) body: Option<&'a Template>,
    /// The type of its bodies.
    pub(super) media: Media,
    pub(super) format: &'a Format,
}

pub(super) fn compile(export: Export<'_>, first: &First<'_>) -> Result<Option<Paging>, Vec<Problem>> {
    let value = export.0;
    let kind = export.paging();
    let next = match kind {
        Kinds::None => return Ok(None),
        Kinds::Page => Next::Page { first: whole_at(value, "/http/paging/page").unwrap_or(0) },
        Kinds::Skip => Next::Skip { first: whole_at(value, "/http/paging/skip").unwrap_or(0) },
        Kinds::Token => token(value)?,
        Kinds::Url => Next::Url { path: required(value, "/http/paging/path", "where the answer names the next page")? },
        Kinds::LinkHeader => Next::LinkHeader {
            relation: text_at(value, "/http/paging/linkHeaderRelation").unwrap_or("next").to_owned(),
        },
        Kinds::RelativeUri => Next::RelativeUri,
        Kinds::Body => Next::Body,
        Kinds::Other(other) => {
            let message =
                format!("“{other}” is no way of paging that is known: choose another one.", other = excerpt(&other));
            return Err(vec![Problem::new("/http/paging/method", "unsupported", message)]);
        }
    };
    let later = later(value, first)?;
    for (kind_of, field, have) in [
        (Kinds::RelativeUri, "/http/paging/relativeURI", later.endpoint.is_some()),
        (Kinds::Body, "/http/paging/body", later.body.is_some()),
    ] {
        if kind == kind_of && !have {
            let message = "Enter how the next page is asked for; {{previous_page}} is the answer before.";
            return Err(vec![Problem::new(field, "missing_required_field", message)]);
        }
    }
    let mut templates = templates(first.endpoint, first.body);
    templates.extend(later.endpoint.iter().flat_map(|endpoint| self::templates(endpoint, None)).chain(&later.body));
    named(&next, &templates)?;
    let reads = |part: &str| templates.iter().any(|template| template.reads(&["previous_page", part]));
    let previous =
        Previous { response: reads("full_response"), record: reads("last_record"), headers: reads("headers") };
    Ok(Some(Paging { next, stop: stop(value)?, later, previous }))
}

fn templates<'t>(endpoint: &'t Endpoint, body: Option<&'t Template>) -> Vec<&'t Template> {
    let headers = endpoint.headers.iter().map(|(_, template)| template);
    headers.chain([&endpoint.uri, &endpoint.base]).chain(body).collect()
}

/// Paging whose variable no request names would ask for the first page for ever.
fn named(next: &Next, templates: &[&Template]) -> Result<(), Vec<Problem>> {
    let (variable, what) = match next {
        Next::Page { .. } => ("page", "counts pages"),
        Next::Skip { .. } => ("skip", "counts records"),
        Next::Token { .. } => ("token", "passes a token on"),
        _ => return Ok(()),
    };
    let path = ["export", "http", "paging", variable];
    let previous = ["previous_page"];
    if templates.iter().any(|template| template.reads(&path) || template.reads(&previous)) {
        return Ok(());
    }
    let message = format!(
        "Paging {what}, but the address does not name it: put {{{{export.http.paging.{variable}}}}} into it, such as ?{variable}={{{{export.http.paging.{variable}}}}}."
    );
    Err(vec![Problem::new("/http/relativeURI", "missing_page", message)])
}

fn token(value: &Value) -> Result<Next, Vec<Problem>> {
    let header = text_at(value, "/http/paging/pathLocation") == Some("header");
    let place = |pointer: &str| -> Result<Option<TokenPlace>, Vec<Problem>> {
        if header {
            return Ok(text_at(value, pointer).map(|name| TokenPlace::Header(name.trim().to_ascii_lowercase())));
        }
        Ok(path_at(value, pointer)?.map(TokenPlace::Body))
    };
    let Some(first) = place("/http/paging/path")? else {
        return Err(missing("/http/paging/path", "where the answer has the token of the next page"));
    };
    Ok(Next::Token {
        initial: text_at(value, "/http/paging/token").map_or(Val::Absent, Val::text),
        place: first,
        later_place: place("/http/paging/pathAfterFirstRequest")?,
    })
}

fn required(value: &Value, pointer: &str, what: &str) -> Result<Path, Vec<Problem>> {
    path_at(value, pointer)?.ok_or_else(|| missing(pointer, what))
}

fn missing(pointer: &str, what: &str) -> Vec<Problem> {
    vec![Problem::new(pointer, "missing_required_field", format!("Enter {what}."))]
}

fn later(value: &Value, first: &First<'_>) -> Result<Later, Vec<Problem>> {
    let uri = text_at(value, "/http/paging/relativeURI")
        .map(|uri| template(uri, target(uri), "/http/paging/relativeURI"))
        .transpose()?;
    let body = text_at(value, "/http/paging/body")
        .map(|body| template(body, media::target(first.media, body), "/http/paging/body"))
        .transpose()?;
    let path = text_at(value, "/http/paging/resourcePath");
    let format = path.map(|path| format::at_path(first.format, path, "/http/paging/resourcePath")).transpose()?;
    let endpoint = uri.map(|uri| Box::new(Endpoint { uri, ..first.endpoint.clone() }));
    Ok(Later { endpoint, body, format })
}

/// A value that is all of the address has its own slashes; one within it is encoded.
fn target(uri: &str) -> Target {
    let uri = uri.trim();
    let alone = uri.starts_with("{{") && uri.ends_with("}}") && uri.matches("{{").count() == 1;
    if alone { Target::Plain } else { Target::Uri }
}

fn stop(value: &Value) -> Result<Stop, Vec<Problem>> {
    let status = whole_at(value, "/http/paging/lastPageStatusCode");
    let last_page = path_at(value, "/http/paging/lastPagePath")?.map(|path| {
        let values = value.pointer("/http/paging/lastPageValues").and_then(Value::as_array);
        (path, values.into_iter().flatten().map(verdict::text).collect())
    });
    let counts = matches!(text_at(value, "/http/paging/method"), Some("page" | "skip"));
    let path = |pointer: &str| if counts { path_at(value, pointer) } else { Ok(None) };
    Ok(Stop {
        last_page_status: status.and_then(|status| u16::try_from(status).ok()),
        max_page: path("/http/paging/maxPagePath")?,
        max_count: path("/http/paging/maxCountPath")?,
        last_page,
    })
}
