//! Secrets through the API: never shown, kept by `******`, bound to their hosts.

use serde_json::{Value, json};

use super::client::{Api, owner};
use super::whole_task::ended;
use crate::device::Device;
use crate::runs::endpoint;
use crate::server::{Person, Server};
use tombolo_wire::sync::Down;

const CANARY: &str = "canary-77f2-secret";

fn connection(base: &str, token: &str) -> Value {
    json!({ "name": "Shop", "type": "http", "http": { "baseURI": base, "unencrypted": { "region": "eu" },
        "encrypted": { "apiKey": CANARY },
        "auth": { "type": "token", "token": { "token": token, "location": "header", "scheme": "Bearer" } } } })
}

#[tokio::test]
async fn a_secret_is_shown_as_stars_and_stars_sent_back_keep_it() {
    let (base, received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let made = api.post("/v1/connections", connection(&base, CANARY)).await;
    let id = made.id();
    let one = format!("/v1/connections/{id}");
    for text in [&made.text, &api.get(&one).await.text, &api.get("/v1/connections").await.text] {
        assert!(!text.contains(CANARY) && text.contains("******"), "{text}");
    }
    let mut again = made.json();
    assert_eq!(
        (&again["http"]["auth"]["token"]["token"], &again["http"]["encrypted"]),
        (&json!("******"), &json!({ "apiKey": "******" }))
    );
    again["name"] = json!("Renamed");
    assert_eq!(api.put(&one, again.clone()).await.good()["http"], again["http"]);
    let export = api.make("exports", json!({ "name": "e", "_connectionId": id, "adaptorType": "HTTPExport", "http": { "method": "GET", "relativeURI": "/orders" } })).await;
    let import = api.make("imports", json!({ "name": "i", "_connectionId": id, "adaptorType": "HTTPImport", "http": { "method": ["POST"], "relativeURI": ["/sink"] } })).await;
    let flow = api.make("flows", json!({ "name": "f", "disabled": false, "pageGenerators": [{ "_exportId": export }], "pageProcessors": [{ "type": "import", "_importId": import }] })).await;
    let run = async || {
        let job =
            api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.good()["_jobId"].as_str().unwrap().to_owned();
        ended(&api, &job).await
    };
    assert_eq!(run().await["status"], "completed");
    assert!(received.lock().unwrap().iter().all(|(authorization, _)| authorization == &format!("Bearer {CANARY}")));
    // Left out, it is gone.
    again["http"]["auth"]["token"].as_object_mut().unwrap().shift_remove("token");
    assert!(!api.put(&one, again).await.good()["http"]["auth"]["token"].to_string().contains("******"));
    let binned = api.get(&one).await.text;
    assert!(!binned.contains(CANARY));
}

#[tokio::test]
async fn a_connection_that_is_pointed_elsewhere_takes_no_secret_along() {
    let (base, _) = endpoint().await;
    let (canary, stolen) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let made = api.post("/v1/connections", connection(&base, CANARY)).await;
    let id = made.id();
    let mut moved = made.json();
    moved["http"]["baseURI"] = json!(canary);
    assert_eq!(api.put(&format!("/v1/connections/{id}"), moved).await.status, 200);
    let ping = api.post(&format!("/v1/connections/{id}/ping"), json!({})).await;
    assert_eq!(ping.no(), (422, "other_host".to_owned()), "{}", ping.text);
    let export = api.make("exports", json!({ "name": "e", "_connectionId": id, "adaptorType": "HTTPExport", "http": { "method": "GET", "relativeURI": "/orders" } })).await;
    let import = api.make("imports", json!({ "name": "i", "_connectionId": id, "adaptorType": "HTTPImport", "http": { "method": ["POST"], "relativeURI": ["/sink"] } })).await;
    let flow = api.make("flows", json!({ "name": "f", "disabled": false, "pageGenerators": [{ "_exportId": export }], "pageProcessors": [{ "type": "import", "_importId": import }] })).await;
    let job = api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.good()["_jobId"].as_str().unwrap().to_owned();
    let done = ended(&api, &job).await;
    assert_eq!(done["status"], "failed", "{done}");
    assert!(stolen.lock().unwrap().is_empty());
    assert!(!done.to_string().contains(CANARY));
}

/// What fifty secrets begin with.
const FIFTY: &str = "canary-of-fifty-secrets-";

/// A text as it may stand in what somebody reads.
pub(super) fn forms(secret: &str) -> Vec<String> {
    use base64::Engine;
    let base64 = base64::engine::general_purpose::STANDARD;
    let url: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let encoded = secret.replace('-', "%2D");
    // What stands in the middle of a longer text has other letters at its ends.
    let inner = |text: String| text.get(4..text.len() - 4).unwrap().to_owned();
    let mut forms = vec![secret.to_owned(), hex::encode(secret), hex::encode_upper(secret), url.to_uppercase(), url];
    forms.extend([encoded.to_lowercase(), encoded]);
    for before in ["", "x", "xx"] {
        forms.push(inner(base64.encode(format!("{before}{secret}"))));
    }
    forms
}

/// Everything that the server answers, and every file of its data but the key.
async fn all_there_is(api: &Api, ann: &mut Person, server: &Server) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let lists =
        ["connections", "iclients", "exports", "imports", "flows", "jobs", "audit", "recycleBinTTL", "accesstokens"];
    for list in lists {
        found.push((list.to_owned(), api.get(&format!("/v1/{list}")).await.text.into_bytes()));
    }
    for job in api.get("/v1/jobs").await.good().as_array().unwrap() {
        let errors = format!("/v1/jobs/{}/errors", job["_id"].as_str().unwrap());
        found.push((errors.clone(), api.get(&errors).await.text.into_bytes()));
    }
    for path in ["audit", "audit.csv"] {
        let answer = ann.browser.get(&format!("/api/accounts/{}/{path}", ann.account)).await;
        found.push((path.to_owned(), answer.bytes().await.unwrap().to_vec()));
    }
    for entry in std::fs::read_dir(server.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with("secrets.key") {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found.extend(over_the_socket(ann).await);
    found.extend(in_packages(api).await);
    found
}

/// What a device that starts empty is given: each change of each document in full, as people wrote it, and the runs.
async fn over_the_socket(ann: &Person) -> Vec<(String, Vec<u8>)> {
    let mut device = Device::join(&ann.browser, ann.account, None).await;
    let (mut found, mut more) = (Vec::new(), true);
    while more {
        let page = device.until(|frame| match frame {
            Down::Bundle { page, cursor } => Some((Device::page(&page), cursor)),
            _ => None,
        });
        let (page, cursor) = page.await;
        for snapshot in page.documents {
            for chunk in snapshot.chunks {
                let written = tombolo_docs::inspect(&chunk).unwrap();
                found.push((format!("a change of {}", snapshot.document), format!("{written:?}").into_bytes()));
                found.push((format!("the bytes of {}", snapshot.document), chunk.into_vec()));
            }
        }
        found.push(("runs".to_owned(), format!("{:?}", page.runs).into_bytes()));
        more = cursor.is_some_and(|cursor| cursor.bootstrap.is_some());
    }
    assert!(found.len() > 100, "{} things came over the socket", found.len());
    found
}

/// What goes out as files: a zip of each integration, unpacked.
async fn in_packages(api: &Api) -> Vec<(String, Vec<u8>)> {
    let integrations = api.get("/v1/integrations").await.good();
    let mut found = Vec::new();
    for integration in integrations.as_array().unwrap() {
        let id = integration["_id"].as_str().unwrap();
        let zip = api.file(&format!("/v1/integrations/{id}/template")).await;
        let parts = tombolo_package::read(zip).unwrap().parts;
        assert!(parts.len() > 4, "the zip has {} parts", parts.len());
        found.extend(parts.into_iter().map(|part| ("a zip".to_owned(), part.value.to_string().into_bytes())));
    }
    assert!(!found.is_empty(), "nothing was packed");
    found
}

#[tokio::test]
async fn fifty_secrets_are_found_nowhere_but_at_their_endpoint() {
    let (base, received) = endpoint().await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (mut ann, api) = owner(&server, "ann").await;
    let secrets: Vec<String> = (0..50).map(|n| format!("{FIFTY}{n}")).collect();
    let home = api.make("integrations", json!({ "name": "Packed" })).await;
    for (n, secret) in secrets.iter().enumerate() {
        let auth = match n % 4 {
            0 => json!({ "type": "basic", "basic": { "username": "u", "password": secret } }),
            1 => json!({ "type": "token", "token": { "token": secret, "location": "header", "scheme": "Bearer" } }),
            2 => json!({ "type": "token", "token": { "token": secret, "location": "url", "paramName": "key" } }),
            _ => json!({ "type": "custom" }),
        };
        let mut body = json!({ "name": format!("c{n}"), "type": "http", "http": { "baseURI": base, "auth": auth,
            "ping": { "relativeURI": (["/gone", "/echo"][n / 4 % 2]), "method": "GET" } } });
        if n % 4 == 3 {
            body["http"]["encrypted"] = json!({ "key": secret });
            body["http"]["headers"] = json!([{ "name": "x-key", "value": "{{{connection.http.encrypted.key}}}" }]);
        }
        let id = api.make("connections", body).await;
        if n < 12 {
            // Whatever the endpoint answers, and whether or not it is there.
            let told = api.post(&format!("/v1/connections/{id}/ping"), json!({})).await.text;
            assert!(!told.contains(secret.as_str()), "{told}");
            let uri = ["/orders", "/echo", "/gone"][n % 3];
            let export = api.make("exports", json!({ "name": "e", "_connectionId": id, "adaptorType": "HTTPExport", "http": { "method": "GET", "relativeURI": uri } })).await;
            let import = api.make("imports", json!({ "name": "i", "_connectionId": id, "adaptorType": "HTTPImport", "http": { "method": ["POST"], "relativeURI": ["/sink"] } })).await;
            let flow = api.make("flows", json!({ "name": "f", "_integrationId": home, "disabled": false, "pageGenerators": [{ "_exportId": export }], "pageProcessors": [{ "type": "import", "_importId": import }] })).await;
            let job = api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.good()["_jobId"]
                .as_str()
                .unwrap()
                .to_owned();
            ended(&api, &job).await;
        }
    }
    assert!(!received.lock().unwrap().is_empty());
    let mut leaks = Vec::new();
    for (place, bytes) in all_there_is(&api, &mut ann, &server).await {
        for form in forms(FIFTY) {
            if bytes.windows(form.len()).any(|window| window == form.as_bytes()) {
                leaks.push(format!("{place} has {form}"));
            }
        }
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
}
