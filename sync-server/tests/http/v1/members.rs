//! Members, invitations, hand-overs and the audit log, as programs see them.

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Api, owner, personal};
use crate::server::Server;

#[tokio::test]
async fn members_are_invited_changed_and_removed_as_access_shares() {
    let server = Server::start();
    let (ann, api) = owner(&server, "ann").await;
    assert_eq!(api.get("/v1/ashares").await.status, 204, "the owner is no share");
    let ours = api.make("integrations", json!({ "name": "Ours" })).await;
    let levels = json!([{ "_integrationId": ours, "accessLevel": "manage" }]);
    let mut bob = server.person("bob").await;
    let body = json!({ "email": "bob@example.com", "integrationAccessLevel": levels });
    let invited = api.post("/v1/invite", body.clone()).await;
    let share = invited.id();
    assert_eq!((&invited.json()["accepted"], &invited.json()["integrationAccessLevel"]), (&json!(false), &levels));
    let link = invited.json()["link"].as_str().unwrap().to_owned();
    let pending = api.put(&format!("/v1/ashares/{share}"), json!({ "accessLevel": "monitor" })).await;
    assert_eq!(pending.no(), (409, "pending".to_owned()));
    let token = link.strip_prefix("/sign-up?invitation=").unwrap();
    bob.browser.post("/api/invitations/accept", json!({ "invitation": token })).await;
    assert_eq!(api.post("/v1/invite", body).await.no(), (409, "already_member".to_owned()));
    let listed = api.get("/v1/ashares").await.good();
    assert_eq!((&listed[0]["_id"], &listed[0]["accepted"]), (&json!(bob.user), &json!(true)));
    assert_eq!(listed[0]["sharedWithUser"]["email"], "bob@example.com");
    assert!(listed[0].get("accessLevel").is_none() && listed[1].is_null(), "{listed}");
    // What is left out is taken away, and what is shown can be sent back.
    let one = format!("/v1/ashares/{}", bob.user);
    let mut shown = api.get(&one).await.good();
    shown["accessLevel"] = json!("monitor");
    let changed = api.put(&one, shown).await.good();
    assert_eq!((&changed["accessLevel"], &changed["integrationAccessLevel"]), (&json!("monitor"), &levels));
    let mine = personal(&server, &mut bob, &ann.account.to_string()).await;
    assert_eq!(mine.get("/v1/flows").await.status, 204);
    assert_eq!(api.put(&one, json!({ "accessLevel": "monitor", "disabled": true })).await.good()["disabled"], true);
    assert_eq!(mine.get("/v1/flows").await.status, 401);
    for (wrong, code) in [
        (json!({ "accessLevel": "owner" }), "invalid_value"),
        (json!({ "role": "manage" }), "unknown_field"),
        (
            json!({ "integrationAccessLevel": [{ "_integrationId": "f".repeat(24), "accessLevel": "manage" }] }),
            "invalid_ref",
        ),
    ] {
        assert_eq!(api.put(&one, wrong.clone()).await.no(), (422, code.to_owned()), "{wrong}");
    }
    assert_eq!(api.delete(&one).await.status, 204);
    assert_eq!(api.get(&one).await.status, 404);
    assert_eq!(api.get(&format!("/v1/ashares/{}", ann.user)).await.status, 404);
    let many = json!({ "emails": ["zoe@example.com", "no address"], "accessLevel": "monitor" });
    let many = api.post("/v1/invite/multiple", many).await.good();
    assert_eq!((&many[0]["accepted"], &many[1]["email"]), (&json!(false), &json!("no address")));
    assert!(many[1]["errors"][0]["message"].is_string(), "{many}");
    let zoe = format!("/v1/ashares/{}", many[0]["_id"].as_str().unwrap());
    assert_eq!(api.delete(&zoe).await.status, 204, "an invitation is withdrawn");
    assert_eq!(api.get("/v1/ashares").await.status, 204);
    let log = api.get("/v1/audit?resourceType=member").await.good();
    let entries = log.as_array().unwrap();
    let by_program = entries.iter().filter(|entry| entry["source"] == "api" && entry["tokenName"] == "ann's program");
    assert_eq!((by_program.count(), entries.len()), (6, 7), "all but Bob's coming: {log}");
}

#[tokio::test]
async fn a_share_says_when_it_was_made_and_changed_whether_it_was_declined_and_who_is_asked_for_a_second_factor() {
    let server = Server::start();
    let (ann, api) = owner(&server, "ann").await;
    let mut bob = server.person("bob").await;
    let body = json!({ "email": "bob@example.com", "accessLevel": "monitor", "accountMFARequired": true,
        "allowToEditRetryData": false });
    let invited = api.post("/v1/invite", body).await;
    let share = format!("/v1/ashares/{}", invited.id());
    let shown = api.get(&share).await.good();
    assert_eq!((&shown["dismissed"], &shown["accountMFARequired"]), (&json!(false), &json!(true)), "{shown}");
    let token = |answer: &Value| {
        let link = answer["link"].as_str().unwrap();
        json!({ "invitation": link.strip_prefix("/sign-up?invitation=").unwrap() })
    };
    assert_eq!(bob.browser.post("/api/invitations/dismiss", token(&invited.json())).await.status(), 204);
    let declined = api.get(&share).await.good();
    assert_eq!((&declined["dismissed"], &declined["accepted"]), (&json!(true), &json!(false)), "{declined}");
    assert!(declined["lastModified"].as_str() >= declined["createdAt"].as_str(), "{declined}");
    let again = json!({ "email": "bob@example.com", "accessLevel": "manage", "accountMFARequired": true });
    let again = api.post("/v1/invite", again).await.json();
    assert_eq!(bob.browser.post("/api/invitations/accept", token(&again)).await.status(), 200);
    let members = format!("/api/accounts/{}/members", ann.account);
    assert_eq!(crate::server::code(bob.browser.get(&members).await).await, "factor_needed");
    let one = format!("/v1/ashares/{}", bob.user);
    let joined = api.get(&one).await.good();
    assert_eq!((&joined["accountMFARequired"], &joined["dismissed"]), (&json!(true), &json!(false)), "{joined}");
    assert_eq!(joined["sharedWithUser"]["accountSSOLinked"], "not_linked");
    // What is not said stays, what is shown can be sent back, and what is said is done and told.
    let kept = api.put(&one, json!({ "accessLevel": "manage" })).await.good();
    assert_eq!(kept["accountMFARequired"], true);
    let mut asked = api.get(&one).await.good();
    asked["accountMFARequired"] = json!(false);
    let changed = api.put(&one, asked).await.good();
    assert_eq!((&changed["accountMFARequired"], &changed["createdAt"]), (&json!(false), &joined["createdAt"]));
    assert!(changed["lastModified"].as_str() > joined["lastModified"].as_str(), "{changed}");
    assert_eq!(bob.browser.get(&members).await.status(), 200);
    let log = api.get("/v1/audit?resourceType=member&limit=1").await.good();
    let told = json!([{ "fieldPath": "/requireFactor", "oldValue": true, "newValue": false }]);
    assert_eq!(log[0]["fieldChanges"], told, "{log}");
    let more = json!({ "accessLevel": "monitor", "allowToEditRetryData": true });
    let refused = api.put(&one, more).await;
    assert_eq!(refused.no(), (422, "invalid_value".to_owned()));
    assert_eq!(refused.json()["errors"][0]["field"], "allowToEditRetryData");
}

#[tokio::test]
async fn the_audit_log_is_read_by_filter_page_and_resource() {
    let server = Server::start();
    let (mut ann, api) = owner(&server, "ann").await;
    let script = api.make("scripts", json!({ "name": "a" })).await;
    let one = format!("/v1/scripts/{script}");
    for name in ["b", "c"] {
        api.put(&one, json!({ "name": name })).await.good();
    }
    let mine = api.get(&format!("{one}/audit")).await.good();
    let told = |entry: &Value| entry["fieldChanges"][0]["newValue"].clone();
    let entries = mine.as_array().unwrap();
    assert_eq!(
        entries.iter().map(|entry| entry["event"].as_str().unwrap()).collect::<Vec<_>>(),
        ["update", "update", "create"]
    );
    assert_eq!((told(&entries[0]), told(&entries[1])), (json!("c"), json!("b")));
    assert_eq!((&entries[0]["_resourceId"], &entries[0]["byUser"]["_id"]), (&json!(script), &json!(ann.user)));
    assert!(entries[0]["time"].as_str().unwrap().ends_with('Z'));
    let mut at = Some("/v1/audit?resourceType=script&limit=2&source=api&from=2026-01-01".to_owned());
    let mut seen = Vec::new();
    while let Some(path) = at {
        let page = api.get(&path).await;
        if page.status == 204 {
            break;
        }
        seen.extend(page.good().as_array().unwrap().clone());
        at = page
            .headers
            .get("link")
            .map(|link| link.to_str().unwrap().trim_start_matches('<').split('>').next().unwrap().to_owned());
    }
    assert_eq!(&seen, entries);
    for (query, status) in [("?action=nothing", 400), ("?foo=1", 400), ("?_resourceId=x", 400), ("?to=2026-01-01", 204)]
    {
        assert_eq!(api.get(&format!("/v1/audit{query}")).await.status, status, "{query}");
    }
    assert_eq!(api.get(&format!("/v1/scripts/{}/audit", "f".repeat(24))).await.status, 404);
    let mut bob = server.person("bob").await;
    ann.let_in(&mut bob, "bob", "manage").await;
    let theirs = personal(&server, &mut bob, &ann.account.to_string()).await;
    assert_eq!(theirs.get("/v1/audit").await.status, 403);
    assert_eq!(theirs.get(&format!("{one}/audit")).await.status, 403);
}

#[tokio::test]
async fn integrations_are_offered_and_taken_back_by_a_program() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let (mut eve, eves): (_, Api) = owner(&server, "eve").await;
    let integration = api.make("integrations", json!({ "name": "Shop" })).await;
    let flow = api.make("flows", json!({ "name": "Orders", "_integrationId": integration })).await;
    let preview = api.post("/v1/transfers/preview", json!({ "_integrationIds": [integration] })).await.good();
    assert_eq!(preview["toTransfer"]["flows"][0]["_id"], json!(flow));
    for (wrong, field) in [
        (json!({ "email": "eve@example.com" }), "_integrationIds"),
        (json!({ "_integrationIds": [integration] }), "email"),
        (json!({ "_integrationIds": [integration], "email": "eve@example.com", "role": 1 }), "role"),
        (json!({ "_integrationIds": [integration], "email": "ann@example.com" }), "email"),
    ] {
        let no = api.post("/v1/transfers", wrong.clone()).await;
        assert_eq!((no.status.as_u16(), &no.json()["errors"][0]["field"]), (422, &json!(field)), "{wrong}");
    }
    let body = json!({ "_integrationIds": [integration], "email": "eve@example.com" });
    let offered = api.post("/v1/transfers", body.clone()).await;
    let id = offered.id();
    assert_eq!(offered.json()["status"], "unapproved");
    let one = format!("/v1/transfers/{id}");
    assert_eq!(eves.get(&one).await.status, 404, "nobody sees an offer without its link");
    assert_eq!(eves.send(Method::PUT, &format!("{one}/cancel"), None).await.status, 404);
    assert_eq!(api.send(Method::PUT, &format!("{one}/cancel"), None).await.status, 204);
    assert_eq!(api.get(&one).await.good()["status"], "canceled");
    // Taken by a person, it is done for both.
    let link = api.post("/v1/transfers", body).await.json()["link"].as_str().unwrap().to_owned();
    let token = link.strip_prefix("/transfers?offer=").unwrap();
    let look: Value = eve.browser.post("/api/transfers/look", json!({ "offer": token })).await.json().await.unwrap();
    let accept = format!("/api/accounts/{}/transfers/accept", eve.account);
    eve.browser.post(&accept, json!({ "transfer": look["id"] })).await;
    assert_eq!(eves.get("/v1/transfers").await.good()[0]["status"], "done");
    let flows = eves.get("/v1/flows").await.good();
    assert_eq!((&flows[0]["name"], &flows[0]["disabled"]), (&json!("Orders"), &json!(true)));
    let log = api.get("/v1/audit?resourceType=transfer&source=api").await.good();
    let fields: Vec<&Value> = log.as_array().unwrap().iter().map(|entry| &entry["fieldChanges"]).collect();
    assert_eq!(fields.len(), 3, "two offers and one taken back: {log}");
    assert_eq!(fields[0][0], json!({ "fieldPath": "/to", "oldValue": null, "newValue": "eve@example.com" }));
    assert_eq!(fields[1][0]["newValue"], "canceled");
}

#[tokio::test]
async fn what_belongs_to_an_integration_is_listed_below_it() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let (ours, theirs) = (
        api.make("integrations", json!({ "name": "Ours" })).await,
        api.make("integrations", json!({ "name": "Theirs" })).await,
    );
    let export = api.make("exports", json!({ "name": "e", "_integrationId": ours })).await;
    api.make("exports", json!({ "name": "other", "_integrationId": theirs })).await;
    let connection = json!({ "name": "c", "type": "http", "http": { "baseURI": "https://a.example" },
        "_registeredIntegrationIds": [ours] });
    let connection = api.make("connections", connection).await;
    let list = async |name: &str| api.get(&format!("/v1/integrations/{ours}/{name}")).await;
    assert_eq!(list("exports").await.good()[0]["_id"], json!(export));
    assert!(list("exports").await.good()[1].is_null());
    assert_eq!(list("connections").await.good()[0]["_id"], json!(connection));
    assert_eq!(list("flows").await.status, 204);
    assert_eq!(list("nothing").await.status, 404);
}
