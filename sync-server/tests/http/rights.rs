//! Who may call which route: generated from the route table, so that a new route is in it from its first day.

use reqwest::header::ORIGIN;
use reqwest::{Method, StatusCode};
use tombolo_model::{Id, Role};
use tombolo_server::{Right, RouteInfo, route_table};

use crate::server::{Browser, Server};

/// Somebody who calls a route.
struct Caller {
    name: &'static str,
    browser: Browser,
    /// Signed in at all.
    signed_in: bool,
    /// In the account of the path.
    role: Option<Role>,
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
    for name in ["user", "connection", "flow", "run", "step"] {
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
    match route.right {
        Right::Anybody => passed,
        Right::SignedIn if caller.signed_in => passed,
        Right::SignedIn => status == StatusCode::UNAUTHORIZED,
        // A session alone is no token; `v1/rights.rs` calls these with what they want.
        Right::Token(..) => status == StatusCode::UNAUTHORIZED,
        Right::Member(..) if !caller.signed_in => status == StatusCode::UNAUTHORIZED,
        // An account that is not the caller's looks like one that does not exist.
        Right::Member(action, kind) => match caller.role {
            None => status == StatusCode::NOT_FOUND,
            Some(role) if role.may(action, kind) => passed,
            Some(_) => status == StatusCode::FORBIDDEN,
        },
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
    let mut callers = vec![
        Caller { name: "anonymous", browser: server.browser(), signed_in: false, role: None },
        Caller { name: "foreign", browser: server.person("foreign").await.browser, signed_in: true, role: None },
    ];
    for role in ["monitor", "manage", "administer"] {
        let mut person = server.person(role).await;
        owner.let_in(&mut person, role, role).await;
        callers.push(Caller { name: role, browser: person.browser, signed_in: true, role: role.parse().ok() });
    }
    let mut removed = server.person("removed").await;
    let path = format!("/api/accounts/{}/members", owner.account);
    owner.let_in(&mut removed, "removed", "manage").await;
    owner.browser.send(Method::DELETE, &format!("{path}/{}", removed.user), None).await;
    assert_eq!(removed.browser.get("/api/me").await.status(), StatusCode::OK);
    callers.push(Caller { name: "removed", browser: removed.browser, signed_in: true, role: None });
    callers.push(Caller { name: "owner", browser: owner.browser, signed_in: true, role: Some(Role::Owner) });
    (owner.account, callers)
}
