//! Who may call which route: generated from the route table, so that a new route is in it from its first day.

use reqwest::header::ORIGIN;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tombolo_model::{Home, Id, Kind, Permission, Rights, Role, Standing, Subject, permission};
use tombolo_server::{Right, RouteInfo, route_table};

use crate::server::{Browser, Server};

/// Somebody who calls a route.
struct Caller {
    name: &'static str,
    browser: Browser,
    /// Signed in at all.
    signed_in: bool,
    /// What they are to the account of the path.
    standing: Standing,
    /// What they may do there.
    rights: Rights,
}

#[tokio::test]
async fn every_route_asks_for_its_right() {
    let server = Server::start();
    let (account, callers) = everybody(&server).await;
    let mut unexpected = Vec::new();
    for route in route_table() {
        for caller in &callers {
            let status = call(caller, &route, &account.to_string()).await;
            if !expected(&route, caller, status) {
                unexpected.push(format!("{} {} {}: {status}", caller.name, route.method, route.path));
            }
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// Bodies are empty on purpose: whoever passes the door is told that the body is wrong, and nothing changes.
async fn call(caller: &Caller, route: &RouteInfo, account: &str) -> StatusCode {
    let nobody = "f".repeat(24);
    let mut path = route.path.replace("{account}", account);
    for name in ["user", "connection", "export", "flow", "run", "step", "transfer", "change"] {
        path = path.replace(&format!("{{{name}}}"), &nobody);
    }
    path = path.replace("{sha256}", &"0".repeat(64));
    if path == "/sync" {
        path = format!("/sync?account={account}");
    }
    let mut browser = caller.browser.clone();
    if path == "/api/signout" {
        // It would do what it is for.
        browser.cookies.clear();
    }
    let request = browser.request(route.method.clone(), &path).header(ORIGIN, browser.origin());
    request.send().await.unwrap().status()
}

fn expected(route: &RouteInfo, caller: &Caller, status: StatusCode) -> bool {
    let passed = !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED)
        && !status.is_server_error();
    if route.right == Right::Anybody {
        return passed;
    }
    // A session proves nothing to a listener, and who tries often waits.
    if route.right == Right::Proof {
        return matches!(status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS);
    }
    // A session alone is no token; `v1/rights.rs` calls these with what they want.
    if matches!(route.right, Right::Token(..) | Right::TokenSomewhere(..) | Right::TokenResource(..)) {
        return status == StatusCode::UNAUTHORIZED;
    }
    if !caller.signed_in {
        return status == StatusCode::UNAUTHORIZED;
    }
    let ask = |action, subject| permission(caller.standing, &caller.rights, action, subject);
    // The resources of the paths do not exist: of such only the role in the account speaks.
    let absent = |action, kind| ask(action, Subject::Resource(kind, Home::default()));
    let said = match route.right {
        Right::Anybody
        | Right::Proof
        | Right::SignedIn
        | Right::Token(..)
        | Right::TokenSomewhere(..)
        | Right::TokenResource(..) => Permission::Granted,
        Right::Member(action, kind) => ask(action, Subject::Account(kind)),
        Right::Resource(action, kind) => absent(action, kind),
        Right::OfRun(action) => absent(action, Kind::Flow),
        Right::Somewhere(..) if caller.standing != Standing::Accepted => Permission::Absent,
        Right::Somewhere(action, kind) if caller.rights.may_somewhere(action, kind) => Permission::Granted,
        Right::Somewhere(..) => Permission::Forbidden,
    };
    match said {
        Permission::Granted => passed,
        Permission::Forbidden => status == StatusCode::FORBIDDEN,
        // An account that is not the caller's looks like one that does not exist.
        Permission::Absent => status == StatusCode::NOT_FOUND,
    }
}

#[tokio::test]
async fn an_account_that_does_not_exist_looks_like_a_foreign_one() {
    let server = Server::start();
    let ann = server.person("ann").await;
    let mut bob = server.person("bob").await.browser;
    let foreign = bob.get(&format!("/api/accounts/{}/members", ann.account)).await;
    let absent = bob.get(&format!("/api/accounts/{}/members", "e".repeat(24))).await;
    assert_eq!(foreign.status(), absent.status());
    assert_eq!(foreign.text().await.unwrap(), absent.text().await.unwrap());
}

/// One caller of each kind, and the account that the routes are about.
async fn everybody(server: &Server) -> (Id, Vec<Caller>) {
    let mut owner = server.person("owner").await;
    let nothing = || Rights::from(Role::Custom);
    let caller = |name, browser, standing, rights| Caller { name, browser, signed_in: true, standing, rights };
    let foreign = server.person("foreign").await.browser;
    let mut callers = vec![
        Caller { signed_in: false, ..caller("anonymous", server.browser(), Standing::Stranger, nothing()) },
        caller("foreign", foreign, Standing::Stranger, nothing()),
    ];
    for role in ["custom", "monitor", "manage", "administer"] {
        let mut person = server.person(role).await;
        owner.let_in(&mut person, role, role).await;
        let rights = role.parse::<Role>().unwrap().into();
        callers.push(caller(role, person.browser, Standing::Accepted, rights));
    }
    let path = format!("/api/accounts/{}/members", owner.account);
    for (name, standing) in [("disabled", Standing::Disabled), ("removed", Standing::Removed)] {
        let mut person = server.person(name).await;
        owner.let_in(&mut person, name, "manage").await;
        let path = format!("{path}/{}", person.user);
        let done = match standing {
            Standing::Disabled => owner.browser.send(Method::PATCH, &path, Some(json!({ "enabled": false }))).await,
            _ => owner.browser.send(Method::DELETE, &path, None).await,
        };
        assert_eq!(done.status(), StatusCode::NO_CONTENT);
        assert_eq!(person.browser.get("/api/me").await.status(), StatusCode::OK);
        callers.push(caller(name, person.browser, standing, Role::Manage.into()));
    }
    let invited = server.person("invited").await;
    owner.invite("invited@example.com", "administer").await;
    callers.push(caller("invited", invited.browser, Standing::Invited, Role::Administer.into()));
    callers.push(caller("owner", owner.browser, Standing::Accepted, Role::Owner.into()));
    (owner.account, callers)
}

/// The path of a route with ids of nothing, in this account.
fn path_of(route: &RouteInfo, account: &str) -> String {
    let mut path = route.path.replace("{account}", account).replace("{sha256}", &"0".repeat(64));
    for name in ["user", "connection", "flow", "run", "step", "transfer", "change", "id"] {
        path = path.replace(&format!("{{{name}}}"), &"f".repeat(24));
    }
    path.replace("{key}", "k").replace("{type}", "scripts").replace("{name}", "handlebars")
}

#[tokio::test]
async fn a_page_of_another_site_calls_no_route_that_changes_anything() {
    let server = Server::start();
    let owner = server.person("owner").await;
    let account = owner.account.to_string();
    let mut unexpected = Vec::new();
    for route in route_table() {
        let socket = route.path == "/sync";
        if route.method == Method::GET && !socket {
            continue;
        }
        let path = if socket { format!("/sync?account={account}") } else { path_of(&route, &account) };
        for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
        {
            let mut request = owner.browser.request(route.method.clone(), &path).header(name, value);
            request = request.header("x-tombolo-account", &account);
            if socket {
                request = request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
            }
            let status = request.send().await.unwrap().status();
            if status != StatusCode::FORBIDDEN {
                unexpected.push(format!("{} {path} with {name}: {value}: {status}", route.method));
            }
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

#[tokio::test]
async fn no_route_of_authority_takes_a_field_that_it_does_not_know() {
    // Those that read no body: there is nothing to smuggle a field into.
    const BARE: [&str; 7] =
        ["/api/signout", "/cancel", "/run", "/members/{user}", "/distrust", "/keep", "/{change}/dismiss"];
    let server = Server::start();
    let mut owner = server.person("owner").await;
    let account = owner.account.to_string();
    let mut unexpected = Vec::new();
    for route in route_table() {
        // Files and requests that are sent on are no JSON.
        let raw = route.path.contains("/blobs/") || route.path.ends_with("/relay");
        let ours = route.path.starts_with("/api/") && route.method != Method::GET && !raw;
        let bare = BARE.iter().any(|end| route.path.ends_with(end)) && route.method != Method::PATCH;
        let taken = route.path.ends_with("/sso") || route.path.ends_with("/factor");
        let bare = bare || (taken && route.method == Method::DELETE);
        if !ours || bare {
            continue;
        }
        let path = path_of(&route, &account);
        let body = json!({ "isAdministrator": true });
        let answer = owner.browser.send(route.method.clone(), &path, Some(body)).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        if status != StatusCode::UNPROCESSABLE_ENTITY
            || !(text.contains("unknown field") || text.contains("unknown variant"))
        {
            unexpected.push(format!("{} {path}: {status} {text}", route.method));
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}
