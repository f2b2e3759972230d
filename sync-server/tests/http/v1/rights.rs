//! Who may call which route of the API, and that nothing of one account is ever seen in another: generated from the
//! route table.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tombolo_model::{Action, Grants, Home, Id, Kind, Level, Permission, Rights, Role, Standing, Subject, permission};
use tombolo_server::{Right, RouteInfo, route_table};

use super::client::{Answer, Api, owner, personal};
use super::resources::least;
use crate::server::Server;

/// The routes behind a token.
fn routes() -> Vec<(RouteInfo, Right)> {
    let all = route_table().into_iter().filter(|route| route.path.starts_with("/v1/"));
    all.map(|route| (route.clone(), route.right))
        .filter(|(_, right)| !matches!(right, Right::Anybody | Right::Proof))
        .collect()
}

/// The path with these ids; by kind where the path says which.
fn filled(route: &RouteInfo, id: &dyn Fn(Option<Kind>) -> String) -> String {
    let first = route.path.split('/').nth(2).unwrap_or_default();
    let kind = if first == "recycleBinTTL" { Some(Kind::Script) } else { Kind::from_collection(first) };
    route
        .path
        .replace("{id}", &id(kind))
        .replace("{type}", "scripts")
        .replace("{connection}", &id(Some(Kind::Connection)))
        .replace("{step}", &id(Some(Kind::Import)))
        .replace("{key}", "secret-key")
        .replace("{name}", "handlebars")
}

async fn call(api: &Api, method: &Method, path: &str) -> Answer {
    // Whoever passes the door is told that the body is wrong, and nothing changes.
    let body = matches!(*method, Method::POST | Method::PUT | Method::PATCH).then(|| json!([]));
    loop {
        let answer = api.send(method.clone(), path, body.as_ref()).await;
        // An account may call 300 times a second, and here one has seven callers.
        if answer.status != 429 {
            return answer;
        }
        let seconds = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}

/// Two integrations with one resource of each kind, and people with rights of each sort, each with a token of their own.
struct Matrix {
    _server: Server,
    people: Vec<(String, Rights, Api)>,
    /// By integration: each kind's resource.
    furnished: Vec<(Id, BTreeMap<Kind, Id>)>,
}

impl Matrix {
    async fn open() -> Self {
        let server = Server::start();
        let (mut ann, api) = owner(&server, "ann").await;
        let account = ann.account.to_string();
        let mut furnished = Vec::new();
        for name in ["Ours", "Theirs"] {
            let home: Id = api.make("integrations", json!({ "name": name })).await.parse().unwrap();
            let mut ids = BTreeMap::from([(Kind::Integration, home)]);
            for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Integration) {
                let mut body = least(kind);
                body["_integrationId"] = json!(home);
                ids.insert(kind, api.make(kind.collection(), body).await.parse().unwrap());
            }
            furnished.push((home, ids));
        }
        let ours = furnished[0].0;
        let grant = |level| Grants::from([(ours, level)]);
        let mut people = Vec::new();
        for (name, role, grants) in [
            ("nothing", Role::Custom, Grants::new()),
            ("looks", Role::Custom, grant(Level::Monitor)),
            ("builds", Role::Custom, grant(Level::Manage)),
            ("monitor", Role::Monitor, Grants::new()),
            ("hybrid", Role::Monitor, grant(Level::Manage)),
            ("manage", Role::Manage, Grants::new()),
            ("administer", Role::Administer, Grants::new()),
        ] {
            let mut person = server.person(name).await;
            ann.let_in(&mut person, name, role.name()).await;
            let path = format!("/api/accounts/{account}/members/{}", person.user);
            let body = json!({ "role": role, "grants": grants });
            assert_eq!(ann.browser.send(Method::PATCH, &path, Some(body)).await.status(), 204);
            let token = personal(&server, &mut person, &account).await;
            people.push((name.to_owned(), Rights { role, grants }, token));
        }
        Self { _server: server, people, furnished }
    }
}

/// What the one permission function says of a route, for the resource of a kind that lives there.
fn said(rights: &Rights, right: Right, home: Home<'_>) -> Permission {
    let ask = |action, subject| permission(Standing::Accepted, rights, action, subject);
    match right {
        Right::Token(action, kind) => ask(action, Subject::Account(kind)),
        Right::TokenSomewhere(action, kind) if rights.may_somewhere(action, kind) => Permission::Granted,
        Right::TokenSomewhere(..) => Permission::Forbidden,
        Right::TokenResource(action, kind) => ask(action, Subject::Resource(kind, home)),
        other => panic!("{other:?} is no right of the API"),
    }
}

#[tokio::test]
async fn every_route_of_the_api_asks_for_its_right() {
    let matrix = Matrix::open().await;
    let mut unexpected = Vec::new();
    for (name, rights, api) in &matrix.people {
        for (route, right) in routes() {
            let path = filled(&route, &|_| "f".repeat(24));
            let status = call(api, &route.method, &path).await.status;
            let fine = match said(rights, right, Home::default()) {
                // Some ask for more, by what the body or the stored resource says.
                Permission::Granted => status != 401 && status != 405 && !status.is_server_error(),
                Permission::Forbidden => status == 403,
                Permission::Absent => status == 404,
            };
            if !fine {
                unexpected.push(format!("{name} {} {path}: {status}", route.method));
            }
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

#[tokio::test]
async fn what_a_member_may_do_to_a_resource_is_where_it_belongs() {
    let matrix = Matrix::open().await;
    let mut unexpected = Vec::new();
    for (name, rights, api) in &matrix.people {
        for (home, ids) in &matrix.furnished {
            for (route, right) in routes() {
                let Right::TokenResource(_, kind) = right else { continue };
                let said = said(rights, right, Home::of(*home));
                // What would be gone, or would call somewhere, is not tried by those who may.
                let spared = route.method == Method::DELETE || route.path.ends_with("/ping");
                if said == Permission::Granted && spared {
                    continue;
                }
                let path = filled(&route, &|wanted| ids[&wanted.unwrap_or(kind)].to_string());
                let status = call(api, &route.method, &path).await.status;
                let makes_more = route.path.ends_with("/clone");
                let fine = match said {
                    Permission::Granted => {
                        (status != 403 || makes_more)
                            && status != 401
                            && !status.is_server_error()
                            && (status != 404 || route.path.contains("{key}"))
                    }
                    Permission::Forbidden => status == 403,
                    Permission::Absent => status == 404,
                };
                if !fine {
                    unexpected.push(format!("{name} {} {path}: {status}, and {said:?}", route.method));
                }
            }
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

#[tokio::test]
async fn a_list_has_what_the_caller_may_look_into_and_nothing_else() {
    let matrix = Matrix::open().await;
    for (name, rights, api) in &matrix.people {
        for kind in Kind::ALL {
            let answer = api.get(&format!("/v1/{}", kind.collection())).await;
            if !rights.may_somewhere(Action::Open, kind) {
                assert_eq!(answer.status, 403, "{name} {kind}");
                continue;
            }
            let seen: BTreeSet<Id> = match answer.status.as_u16() {
                204 => BTreeSet::new(),
                _ => answer
                    .good()
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| serde_json::from_value(one["_id"].clone()).unwrap())
                    .collect(),
            };
            let may = |home: &Id| rights.may(Action::Open, kind, Home::of(*home));
            let wanted: BTreeSet<Id> =
                matrix.furnished.iter().filter(|(home, _)| may(home)).map(|(_, ids)| ids[&kind]).collect();
            assert_eq!(seen, wanted, "{name} {kind}");
        }
    }
}

#[tokio::test]
async fn uses_audit_bin_and_search_tell_a_custom_member_of_nothing_but_what_is_granted() {
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "custom").await;
    let ours = api.make("integrations", json!({ "name": "Ours" })).await;
    let theirs = api.make("integrations", json!({ "name": "canary" })).await;
    let in_it = |kind: Kind, home: Option<&str>| {
        let mut body = least(kind);
        body["name"] = json!(home.map_or("canary", |home| if home == ours { "Orders" } else { "canary" }));
        body["_integrationId"] = json!(home);
        body
    };
    let connection = api.make("connections", in_it(Kind::Connection, Some(&ours))).await;
    // Somebody uses it elsewhere, and caches belong elsewhere and to nothing; one is registered, which shows it alone.
    let mut user = in_it(Kind::Export, Some(&theirs));
    user["_connectionId"] = json!(connection);
    api.make("exports", user).await;
    for home in [Some(theirs.as_str()), None] {
        api.make("lookupcaches", in_it(Kind::LookupCache, home)).await;
    }
    for home in [Some(ours.as_str()), Some(&theirs), None] {
        let script = api.make("scripts", in_it(Kind::Script, home)).await;
        assert_eq!(api.delete(&format!("/v1/scripts/{script}")).await.status, 204);
    }
    let member = format!("/api/accounts/{}/members/{}", ann.account, bob.user);
    let grant = json!({ "role": "custom", "grants": { (ours.clone()): "manage" } });
    assert_eq!(ann.browser.send(Method::PATCH, &member, Some(grant)).await.status(), 204);
    let his = personal(&server, &mut bob, &ann.account.to_string()).await;
    let mut told = Vec::new();
    let one = format!("/v1/connections/{connection}");
    let mut paths = vec![one.clone(), format!("{one}/dependencies"), "/v1/recycleBinTTL".to_owned()];
    paths.extend(Kind::ALL.iter().flat_map(|kind| {
        let name = kind.collection();
        [format!("/v1/{name}"), format!("/v1/{name}?name=canary"), format!("/v1/recycleBinTTL/{name}")]
    }));
    for path in paths {
        let answer = his.get(&path).await;
        assert!(matches!(answer.status.as_u16(), 200 | 204 | 400 | 403), "{path}: {} {}", answer.status, answer.text);
        if answer.text.contains("canary") {
            told.push(format!("{path}: {}", answer.text));
        }
    }
    assert!(told.is_empty(), "{told:#?}");
    assert_eq!(his.get(&one).await.good()["name"], "Orders");
    let binned = his.get("/v1/recycleBinTTL").await.good();
    assert_eq!((binned.as_array().unwrap().len(), &binned[0]["doc"]["name"]), (1, &json!("Orders")));
    for path in ["/v1/audit".to_owned(), format!("{one}/audit")] {
        assert_eq!(his.get(&path).await.no(), (403, "forbidden".to_owned()), "{path}");
    }
    // The owner is told of all of it by the same questions.
    let uses = api.get(&format!("{one}/dependencies")).await.text;
    assert!(uses.contains("canary"), "{uses}");
    assert_eq!(api.get("/v1/recycleBinTTL").await.good().as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_member_makes_resources_where_they_manage_and_nowhere_else() {
    let matrix = Matrix::open().await;
    let of = |name: &str| &matrix.people.iter().find(|(have, ..)| have == name).unwrap().2;
    let (ours, theirs) = (matrix.furnished[0].0, matrix.furnished[1].0);
    for (name, at_ours) in [("looks", 403), ("builds", 201), ("monitor", 403), ("hybrid", 201), ("manage", 201)] {
        let api = of(name);
        let flow = |home: Option<Id>| json!({ "name": "made", "_integrationId": home });
        assert_eq!(api.post("/v1/flows", flow(Some(ours))).await.status, at_ours, "{name}");
        let elsewhere = if name == "manage" { 201 } else { 403 };
        assert_eq!(api.post("/v1/flows", flow(Some(theirs))).await.status, elsewhere, "{name}");
        assert_eq!(api.post("/v1/flows", json!({ "name": "made" })).await.status, elsewhere, "{name}");
    }
    let builds = of("builds");
    let flow = builds.make("flows", json!({ "name": "mine", "_integrationId": ours })).await;
    let one = format!("/v1/flows/{flow}");
    let patch = json!([{ "op": "replace", "path": "/name", "value": "still mine" }]);
    assert_eq!(builds.patch(&one, patch).await.status, 204);
    let away = json!([{ "op": "replace", "path": "/_integrationId", "value": theirs }]);
    assert_eq!(builds.patch(&one, away).await.status, 422, "a reference to what is not seen");
    // Their connection is theirs: a flow does not reach it by naming it.
    let foreign = matrix.furnished[1].1[&Kind::Connection];
    let export = json!({ "name": "x", "_integrationId": ours, "_connectionId": foreign });
    assert_eq!(builds.post("/v1/exports", export.clone()).await.no(), (422, "invalid_ref".to_owned()));
    // Who sees all of the account and manages a part of it uses the connections of that part alone.
    assert_eq!(of("hybrid").post("/v1/exports", export).await.no(), (422, "invalid_ref".to_owned()));
    let connections = format!("/v1/integrations/{ours}/connections");
    let many = of("hybrid").put(&format!("{connections}/register"), json!([foreign])).await;
    assert_eq!(many.status, 403, "nor gets them by registering them");
    let one = of("hybrid").put(&format!("{connections}/{foreign}/register"), json!({})).await;
    assert_eq!(one.status, 403);
    let own = matrix.furnished[0].1[&Kind::Connection];
    let export = json!({ "name": "x", "_integrationId": ours, "_connectionId": own });
    assert_ne!(of("hybrid").post("/v1/exports", export).await.no().1, "invalid_ref");
    // Nor does a flow reach it by an export or import of theirs.
    let steps = |home: usize| {
        let ids = &matrix.furnished[home].1;
        json!({ "name": "f", "_integrationId": ours, "pageGenerators": [{ "_exportId": ids[&Kind::Export] }],
            "pageProcessors": [{ "type": "import", "_importId": ids[&Kind::Import] }] })
    };
    assert_eq!(of("hybrid").post("/v1/flows", steps(1)).await.no(), (422, "invalid_ref".to_owned()));
    assert_eq!(of("hybrid").post("/v1/flows", steps(0)).await.status, 201);
    // A secret is entered where one manages.
    let secret = |home: Id| {
        json!({ "name": "c", "type": "http", "_integrationId": home,
        "http": { "baseURI": "https://a.example", "auth": { "type": "token", "token": { "token": "s" } } } })
    };
    assert_eq!(builds.post("/v1/connections", secret(ours)).await.status, 201);
    assert_eq!(builds.post("/v1/connections", secret(theirs)).await.status, 403);
}

#[tokio::test]
async fn runs_of_flows_that_are_not_seen_are_in_no_list() {
    let matrix = Matrix::open().await;
    let of = |name: &str| &matrix.people.iter().find(|(have, ..)| have == name).unwrap().2;
    for (_, ids) in &matrix.furnished {
        let flow = format!("/v1/flows/{}", ids[&Kind::Flow]);
        let on = json!([{ "op": "replace", "path": "/disabled", "value": false }]);
        of("manage").patch(&flow, on).await;
        of("manage").post(&format!("{flow}/run"), json!({})).await.good();
    }
    let all = of("manage").get("/v1/jobs").await.good();
    assert_eq!(all.as_array().unwrap().len(), 2);
    let ours = json!(matrix.furnished[0].1[&Kind::Flow]);
    for name in ["looks", "builds"] {
        let seen = of(name).get("/v1/jobs").await.good();
        assert_eq!(seen.as_array().unwrap().iter().map(|job| &job["_flowId"]).collect::<Vec<_>>(), [&ours], "{name}");
    }
    for job in all.as_array().unwrap() {
        let seen = if job["_flowId"] == ours { 200 } else { 404 };
        let path = format!("/v1/jobs/{}", job["_id"].as_str().unwrap());
        assert_eq!(of("looks").get(&path).await.status, seen);
        assert_eq!(of("looks").get(&format!("{path}/errors")).await.status, seen);
        assert_eq!(of("nothing").get(&path).await.status, 403);
    }
}

/// A call that would do something if the resource were there.
async fn meddle(api: &Api, method: &Method, path: &str) -> Answer {
    let body = match *method {
        Method::PATCH => Some(json!([{ "op": "replace", "path": "/name", "value": "stolen" }])),
        Method::POST | Method::PUT => {
            Some(json!({ "name": "stolen", "type": "http", "http": { "baseURI": "https://a.example" },
            "data": [{ "key": "stolen", "value": 1 }] }))
        }
        Method::DELETE if path.ends_with("/data") => Some(json!({ "keys": ["canary"] })),
        _ => None,
    };
    api.send(method.clone(), path, body.as_ref()).await
}

/// One resource of each kind with a name that gives it away, and all else that an account has.
async fn furnish(api: &Api) -> Vec<(Option<Kind>, String)> {
    let mut ids = Vec::new();
    for kind in Kind::ALL {
        let mut body = least(kind);
        body["name"] = json!(format!("canary of a {kind}"));
        let id = api.make(kind.collection(), body).await;
        api.put(&format!("/v1/{}/{id}/state/secret-key", kind.collection()), json!("canary")).await;
        ids.push((Some(kind), id));
    }
    api.put("/v1/state/secret-key", json!({ "canary": true })).await;
    let binned = api.make("scripts", json!({ "name": "canary in the bin" })).await;
    api.delete(&format!("/v1/scripts/{binned}")).await;
    let cache = ids.iter().find(|(kind, _)| *kind == Some(Kind::LookupCache)).unwrap().1.clone();
    api.post(&format!("/v1/lookupcaches/{cache}/data"), json!({ "data": [{ "key": "canary", "value": "canary" }] }))
        .await
        .good();
    let token = api.get("/v1/accesstokens").await.good()[0]["_id"].as_str().unwrap().to_owned();
    ids.push((None, token));
    ids
}

#[tokio::test]
async fn nothing_of_one_account_is_seen_or_touched_from_another() {
    let server = Server::start();
    let (_ann, ours) = owner(&server, "ann").await;
    let (_eve, theirs) = owner(&server, "eve").await;
    let ids = furnish(&ours).await;
    let before = everything(&ours).await;
    let mut seen = Vec::new();
    for (route, _) in routes() {
        let foreign = filled(&route, &|kind| ids.iter().find(|(have, _)| *have == kind).unwrap().1.clone());
        let absent = filled(&route, &|_| "e".repeat(24));
        let foreign_answer = meddle(&theirs, &route.method, &foreign).await;
        let absent_answer = meddle(&theirs, &route.method, &absent).await;
        if foreign_answer.text.contains("canary") {
            seen.push(format!("{} {foreign} tells: {}", route.method, foreign_answer.text));
        }
        if !route.path.contains("{id}") {
            continue;
        }
        if (foreign_answer.status, &foreign_answer.text) != (absent_answer.status, &absent_answer.text) {
            seen.push(format!(
                "{} {foreign}: {} but absent {}",
                route.method, foreign_answer.status, absent_answer.status
            ));
        }
        if foreign_answer.status != 404 {
            seen.push(format!("{} {foreign}: {} {}", route.method, foreign_answer.status, foreign_answer.text));
        }
    }
    assert!(seen.is_empty(), "{seen:#?}");
    // A reference to what is elsewhere gives nothing, and says no more than one to nothing.
    for (kind, field) in
        [(Kind::Connection, "_connectionId"), (Kind::Script, "_scriptId"), (Kind::Integration, "_integrationId")]
    {
        let id = &ids.iter().find(|(have, _)| *have == Some(kind)).unwrap().1;
        let no = theirs.post("/v1/exports", json!({ "name": "x", (field): id })).await;
        assert_eq!(no.no(), (422, "invalid_ref".to_owned()), "{field}");
    }
    assert_eq!(everything(&ours).await, before, "something was changed from outside");
}

async fn everything(api: &Api) -> Vec<Value> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        all.push(api.get(&format!("/v1/{}", kind.collection())).await.good());
    }
    all.push(api.get("/v1/state/secret-key").await.good());
    all.push(api.get("/v1/recycleBinTTL").await.good());
    all.push(api.get("/v1/accesstokens").await.good());
    all
}
