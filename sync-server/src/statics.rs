//! Serves the app's files with the headers that keep it safe and fresh.

mod headers;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::assets::Asset;
use crate::error::ApiError;

pub(crate) use headers::secure;

/// Answers every path that is no route: a file, a page of the app, or nothing.
pub(crate) async fn serve(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path();
    let is_of = |root: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    if is_of("/api") || is_of("/v1") {
        return ApiError::not_found().into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::method_not_allowed().into_response();
    }
    let name = match path.trim_start_matches('/') {
        "" => "index.html",
        name => name,
    };
    let answer = match respond(&app, name, request.headers()).await {
        Ok(None) if is_page(name) => respond(&app, "index.html", request.headers()).await,
        other => other,
    };
    match answer {
        Ok(Some(response)) => response,
        Ok(None) if is_page(name) => without_app(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, name, "a file of the app cannot be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Pages have no dot in their last part; files do.
fn is_page(name: &str) -> bool {
    name == "index.html" || !name.rsplit('/').next().unwrap_or_default().contains('.')
}

fn without_app() -> Response {
    let text =
        "This program was built without the app. Start it with --assets FOLDER, or build it with cargo xtask dist.";
    (StatusCode::NOT_FOUND, text).into_response()
}

async fn respond(app: &App, name: &str, asked: &HeaderMap) -> std::io::Result<Option<Response>> {
    let Some((asset, encoding)) = find(app, name, asked).await? else {
        return Ok(None);
    };
    let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", asset.tag)) else {
        return Ok(None);
    };
    let mut response = if asked.get(header::IF_NONE_MATCH) == Some(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        asset.bytes.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type(name));
    headers.insert(header::ETAG, tag);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(name)));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Some(policy) = headers::own_policy(name) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(Some(response))
}

/// The file as the browser likes it best: brotli, gzip, plain.
async fn find(app: &App, name: &str, asked: &HeaderMap) -> std::io::Result<Option<(Asset, Option<&'static str>)>> {
    for (encoding, ending) in [("br", ".br"), ("gzip", ".gz")] {
        if accepts(asked, encoding)
            && let Some(asset) = app.assets.read(&format!("{name}{ending}")).await?
        {
            return Ok(Some((asset, Some(encoding))));
        }
    }
    Ok(app.assets.read(name).await?.map(|asset| (asset, None)))
}

fn accepts(asked: &HeaderMap, encoding: &str) -> bool {
    asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| {
            let mut parts = item.split(';').map(str::trim);
            parts.next() == Some(encoding) && parts.next() != Some("q=0")
        })
}

fn content_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    })
}

/// The service worker's script is never kept, or a bad one could never be replaced.
fn cache_control(name: &str) -> &'static str {
    if name == "sw.js" {
        "no-store"
    } else if has_hash(name) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

/// `app-0123abcd.js`, `app_bg.0123abcd.wasm`, `parts-0123abcd/all.wasm`: eight hex digits or more between separators, or at
/// the end of a folder's name.
fn has_hash(name: &str) -> bool {
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
    let parts: Vec<&str> = file.split(['-', '.', '_']).collect();
    let in_file = parts.len() > 2 && parts[1..parts.len() - 1].iter().any(|part| is_hash(part));
    in_file || folders.split('/').filter_map(|folder| folder.rsplit_once('-')).any(|(_, part)| is_hash(part))
}

fn is_hash(part: &str) -> bool {
    part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(has_hash("assets/app-0123abcd.js"));
        assert!(has_hash("assets/app_bg-0123abcdef01.wasm"));
        assert!(has_hash("assets/parts-0123abcdef01/flows.wasm"));
        for name in [
            "index.html",
            "assets/app.js",
            "assets/app_bg.wasm",
            "icons/icon-192.png",
            "a-decaf.js",
            "parts-decaf/flows.wasm",
            "0123abcd/flows.wasm",
        ] {
            assert!(!has_hash(name), "{name}");
        }
        assert_eq!(cache_control("sw.js"), "no-store");
    }

    #[test]
    fn an_encoding_that_is_ruled_out_is_not_used() {
        let mut asked = HeaderMap::new();
        asked.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br;q=0"));
        assert!(accepts(&asked, "gzip"));
        assert!(!accepts(&asked, "br"));
    }

    #[test]
    fn pages_have_no_dot() {
        assert!(is_page("integrations/0123/flows/4567"));
        assert!(!is_page("assets/gone.js"));
    }
}
