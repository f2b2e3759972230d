//! What is taken away is taken away at once, whichever way somebody came in: the next request is refused, an open socket
//! ends within two seconds, a run ends before its next step.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tombolo_model::Kind;
use tombolo_wire::run::RunStatus;
use tombolo_wire::sync::Down;

use crate::device::Device;
use crate::runs::{make, start_endless, until_row};
use crate::server::{Person, Server};
use crate::v1::client::{Api, as_page, owner, personal};

/// What the figure of the goal is.
const SOON: Duration = Duration::from_secs(2);

/// How somebody loses what they had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    Removed,
    Suspended,
    /// Sees nothing any more, and is still a member.
    Emptied,
}

impl Loss {
    async fn happen(self, ann: &mut Person, bob: &Person) {
        let path = format!("/api/accounts/{}/members/{}", ann.account, bob.user);
        let done = match self {
            Self::Removed => ann.browser.send(Method::DELETE, &path, None).await,
            Self::Suspended => ann.browser.send(Method::PATCH, &path, Some(json!({ "enabled": false }))).await,
            Self::Emptied => {
                ann.browser.send(Method::PATCH, &path, Some(json!({ "role": "custom", "grants": {} }))).await
            }
        };
        assert_eq!(done.status(), StatusCode::NO_CONTENT);
    }
}

/// Bob, a manager of Ann's account, with a session, a token of his own, an open socket and a run under way.
struct Scene {
    _server: Server,
    ann: Person,
    anns: Api,
    bob: Person,
    bobs: Api,
    hers: Device,
    his: Device,
    script: String,
}

impl Scene {
    async fn open() -> Self {
        let server = Server::start_with(&["--allow-private-network"]);
        let (mut ann, anns) = owner(&server, "ann").await;
        let mut bob = server.person("bob").await;
        ann.let_in(&mut bob, "bob", "manage").await;
        let bobs = personal(&server, &mut bob, &ann.account.to_string()).await;
        let mut hers = Device::join(&ann.browser, ann.account, None).await;
        let script = make(&mut hers, Kind::Script, &json!({ "name": "canary" })).await.to_string();
        let his = Device::join(&bob.browser, ann.account, None).await;
        Self { _server: server, ann, anns, bob, bobs, hers, his, script }
    }

    /// Reads Bob's socket until it says goodbye, and nothing comes behind that.
    async fn socket_ends(&mut self) -> String {
        let code = self.his.until(|frame| match frame {
            Down::Bye { code, .. } => Some(code),
            _ => None,
        });
        let code = code.await;
        assert!(self.his.next().await.is_none(), "something came behind the goodbye");
        code
    }
}

#[tokio::test]
async fn whoever_loses_their_rights_is_out_at_the_next_request_the_socket_and_the_run() {
    for loss in [Loss::Removed, Loss::Suspended, Loss::Emptied] {
        let mut scene = Scene::open().await;
        let account = scene.ann.account;
        let one = format!("/v1/scripts/{}", scene.script);
        assert_eq!(scene.bobs.get(&one).await.status, StatusCode::OK);
        let mut there = Person { browser: scene.bob.browser.clone(), user: scene.bob.user, account };
        let run = start_endless(&mut there, &mut scene.hers).await;

        let begun = Instant::now();
        loss.happen(&mut scene.ann, &scene.bob).await;
        refused(&mut scene, loss, &one).await;
        let code = scene.socket_ends().await;
        assert_eq!(code, if loss == Loss::Emptied { "rights" } else { "removed" }, "{loss:?}");
        assert!(begun.elapsed() < SOON, "{loss:?}: the socket after {:?}", begun.elapsed());
        let (row, _) = until_row(&mut scene.hers, |row| row.id == run && row.ended_ms.is_some()).await;
        assert_eq!(row.status, RunStatus::Canceled, "{loss:?}");
        assert!(begun.elapsed() < SOON * 2, "{loss:?}: the run after {:?}", begun.elapsed());
        // Nor can another be started, or the end of it be undone by coming back.
        let again = format!("/api/accounts/{account}/flows/{}/run", row.flow);
        let status = scene.bob.browser.post(&again, json!({})).await.status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{loss:?}");
        if loss != Loss::Emptied {
            assert_eq!(Device::turned_away(&scene.bob.browser, account).await, "removed", "{loss:?}");
        }
    }
}

/// The very next request by every way in, reading and writing.
async fn refused(scene: &mut Scene, loss: Loss, one: &str) {
    let account = scene.ann.account.to_string();
    let patch = json!([{ "op": "replace", "path": "/name", "value": "stolen" }]);
    let out = loss != Loss::Emptied;
    for (method, body) in [(Method::GET, None), (Method::PATCH, Some(patch))] {
        let by_token = scene.bobs.send(method.clone(), one, body.as_ref()).await;
        assert_eq!(by_token.status, if out { 401 } else { 404 }, "{loss:?} {method}: {}", by_token.text);
        assert!(!by_token.text.contains("canary"));
        let by_page = as_page(&mut scene.bob, &account, method.clone(), one, body).await;
        assert_eq!(by_page.status, StatusCode::NOT_FOUND, "{loss:?} {method}: {}", by_page.text);
        assert!(!by_page.text.contains("canary"));
    }
    let list = scene.bob.browser.get(&format!("/api/accounts/{account}/audit")).await;
    let wanted = if out { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
    assert_eq!(list.status(), wanted, "{loss:?}");
    assert_eq!(scene.anns.get(one).await.good()["name"], "canary", "{loss:?}");
}

#[tokio::test]
async fn a_revoked_token_and_one_of_a_narrower_scope_are_refused_at_the_next_request() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let script = api.make("scripts", json!({ "name": "s" })).await;
    let connection = api.make("connections", json!({ "name": "c", "type": "http" })).await;
    let made = api.post("/v1/accesstokens", json!({ "name": "deploys", "fullAccess": true })).await.json();
    let program = Api::new(&server, made["token"].as_str().unwrap());
    let one = format!("/v1/scripts/{script}");
    program.get(&one).await.good();
    let token = format!("/v1/accesstokens/{}", made["_id"].as_str().unwrap());
    let narrow = json!({ "name": "deploys", "_connectionIds": [connection] });
    api.put(&token, narrow).await.good();
    assert_eq!(program.get(&one).await.status, StatusCode::NOT_FOUND);
    assert_eq!(program.delete(&one).await.status, StatusCode::NOT_FOUND);
    let mut revoked: Value = api.get(&token).await.good();
    revoked["revoked"] = json!(true);
    api.put(&token, revoked).await.good();
    for path in [&one, &format!("/v1/connections/{connection}"), "/v1/tokenInfo"] {
        assert_eq!(program.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    api.get(&one).await.good();
}

#[tokio::test]
async fn a_member_who_is_switched_on_again_sees_what_they_saw_and_their_token_works() {
    let mut scene = Scene::open().await;
    Loss::Suspended.happen(&mut scene.ann, &scene.bob).await;
    assert_eq!(scene.socket_ends().await, "removed");
    let path = format!("/api/accounts/{}/members/{}", scene.ann.account, scene.bob.user);
    let on = scene.ann.browser.send(Method::PATCH, &path, Some(json!({ "enabled": true }))).await;
    assert_eq!(on.status(), StatusCode::NO_CONTENT);
    scene.bobs.get(&format!("/v1/scripts/{}", scene.script)).await.good();
    Device::join(&scene.bob.browser, scene.ann.account, None).await;
}
