//! Paths of the API as clients write them: in any case, with a slash at the end, `/v1/template` for `/v1/templates` as in
//! examples of the integrator's documentation, and with `exports` or `imports` before a step whose errors are meant.
//!
//! Only what the route table names is spelled anew; ids, keys and names stay as they came.

use std::sync::OnceLock;

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// The address as the route table spells it; nothing when it is spelled so, or is none of the API's.
pub(crate) fn respelled(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if !path.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("/v1/")) {
        return None;
    }
    let spelled = spelled(path)?;
    let whole = match uri.query() {
        Some(query) => format!("{spelled}?{query}"),
        None => spelled,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(whole).ok()?);
    Uri::from_parts(parts).ok()
}

fn spelled(path: &str) -> Option<String> {
    let mut given: Vec<&str> = path.split('/').collect();
    // A client that asks for one of a kind or for all puts the id, or nothing, behind the slash. A key of a state that is
    // empty is none: all of the state would be deleted in place of it.
    if given.len() > 3 && given.last().is_some_and(|last| last.is_empty()) {
        if given[given.len() - 2].eq_ignore_ascii_case("state") {
            return None;
        }
        given.pop();
    }
    if given[2].eq_ignore_ascii_case("template") {
        given[2] = "templates";
    }
    // Errors of a step: some clients say whether it is an export or an import.
    let is_step = |word: &&str| word.eq_ignore_ascii_case("exports") || word.eq_ignore_ascii_case("imports");
    if given.len() > 6 && given[2].eq_ignore_ascii_case("flows") && given.get(4).is_some_and(is_step) {
        given.remove(4);
    }
    let fits = |route: &&Vec<String>| {
        let both = || route.iter().zip(&given);
        route.len() == given.len() && both().all(|(own, given)| is_name(own) || own.eq_ignore_ascii_case(given))
    };
    // One that names a part of the path sooner is meant, as in the router: `/v1/connections/ping` is no connection, and
    // `/v1/flows/{id}/state/errors` is a key.
    let named = |route: &&Vec<String>| route.iter().map(|own| !is_name(own)).collect::<Vec<bool>>();
    let route = routes().iter().filter(fits).max_by_key(named)?;
    let spelled = route.iter().zip(&given).map(|(own, given)| if is_name(own) { given } else { own.as_str() });
    let spelled = spelled.collect::<Vec<_>>().join("/");
    (spelled != path).then_some(spelled)
}

fn is_name(segment: &str) -> bool {
    segment.starts_with('{')
}

/// The paths of the API by their segments.
fn routes() -> &'static [Vec<String>] {
    static ROUTES: OnceLock<Vec<Vec<String>>> = OnceLock::new();
    ROUTES.get_or_init(|| {
        let segments = |path: String| path.split('/').map(str::to_owned).collect();
        super::table().into_iter().map(|route| segments(route.path)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_of_a_path_does_not_matter_and_that_of_ids_and_keys_stays() {
        let path = |text: &str| respelled(&text.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(path("/V1/Flows?Limit=1").as_deref(), Some("/v1/flows?Limit=1"));
        assert_eq!(path("/v1/tokeninfo").as_deref(), Some("/v1/tokenInfo"));
        assert_eq!(path("/v1/State/FLOWS").as_deref(), Some("/v1/state/FLOWS"));
        assert_eq!(path("/v1/lookupCaches/AB/getdata").as_deref(), Some("/v1/lookupcaches/AB/getData"));
        assert_eq!(path("/v1/connections/PING").as_deref(), Some("/v1/connections/ping"));
        assert_eq!(path("/v1/flows/AB/State/Errors").as_deref(), Some("/v1/flows/AB/state/Errors"));
        for fine in ["/v1/flows/ABC", "/v1/nothing", "/api/Me", "/", "/V1", "/v1/state/ping"] {
            assert_eq!(path(fine), None, "{fine}");
        }
    }

    #[test]
    fn a_slash_at_the_end_and_other_names_that_clients_use_are_understood() {
        let path = |text: &str| respelled(&text.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(path("/v1/integrations/").as_deref(), Some("/v1/integrations"));
        assert_eq!(path("/v1/flows/AB/?x=1").as_deref(), Some("/v1/flows/AB?x=1"));
        assert_eq!(path("/v1/template").as_deref(), Some("/v1/templates"));
        assert_eq!(path("/v1/template/AB").as_deref(), Some("/v1/templates/AB"));
        assert_eq!(path("/v1/flows/AB/imports/CD/errors?x=1").as_deref(), Some("/v1/flows/AB/CD/errors?x=1"));
        assert_eq!(path("/v1/flows/AB/exports/CD/errors/assign").as_deref(), Some("/v1/flows/AB/CD/errors/assign"));
        for other in ["/v1/", "/v1//", "/v1/nothing/", "/api/me/", "/v1/state/", "/v1/flows/AB/State/"] {
            assert_eq!(path(other), None, "{other}");
        }
    }
}
