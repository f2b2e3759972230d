//! A program with a token. It knows the API's documentation and nothing of this server.

use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Person, Server};

/// The header in which a page of our own names the account.
const ACCOUNT_HEADER: &str = "x-tombolo-account";

/// A program with a token.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    base: String,
    pub(crate) token: String,
}

/// What it was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}: {}", self.status, self.text))
    }

    /// The JSON of an answer that says yes.
    pub(crate) fn good(&self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text);
        self.json()
    }

    /// The status and the code of the first error.
    pub(crate) fn no(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The id of what was made.
    pub(crate) fn id(&self) -> String {
        assert_eq!(self.status, StatusCode::CREATED, "{}", self.text);
        self.json()["_id"].as_str().unwrap().to_owned()
    }
}

impl Api {
    pub(crate) fn new(server: &Server, token: &str) -> Self {
        // Makes sure that TLS is chosen, as browsers of tests do.
        drop(server.browser());
        let client = Client::builder().no_proxy().build().unwrap();
        Self { client, base: format!("http://{}", server.address), token: token.to_owned() }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = self.client.request(method, url).header(AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        Answer { status: answer.status(), headers: answer.headers().clone(), text: answer.text().await.unwrap() }
    }

    /// Sends a file.
    pub(crate) async fn send_file(&self, path: &str, bytes: &[u8]) -> Answer {
        let url = format!("{}{path}", self.base);
        let request = self.client.post(url).header(AUTHORIZATION, format!("Bearer {}", self.token));
        let answer = request.header("content-type", "application/zip").body(bytes.to_vec()).send().await.unwrap();
        Answer { status: answer.status(), headers: answer.headers().clone(), text: answer.text().await.unwrap() }
    }

    /// Gets a file.
    pub(crate) async fn file(&self, path: &str) -> Vec<u8> {
        let url = format!("{}{path}", self.base);
        let request = self.client.get(url).header(AUTHORIZATION, format!("Bearer {}", self.token));
        let answer = request.header("accept", "application/zip").send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Makes a resource; its id.
    pub(crate) async fn make(&self, collection: &str, body: Value) -> String {
        self.post(&format!("/v1/{collection}"), body).await.id()
    }
}

/// A request of a page of our own, for an account.
pub(crate) async fn as_page(
    person: &mut Person,
    account: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Answer {
    let mut request =
        person.browser.request(method, path).header("origin", person.browser.origin()).header(ACCOUNT_HEADER, account);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    Answer { status: answer.status(), headers: answer.headers().clone(), text: answer.text().await.unwrap() }
}

/// Somebody with an account, and a program that may do everything there.
pub(crate) async fn owner(server: &Server, name: &str) -> (Person, Api) {
    let mut person = server.person(name).await;
    let account = person.account.to_string();
    let body = json!({ "name": format!("{name}'s program"), "fullAccess": true });
    let made = as_page(&mut person, &account, Method::POST, "/v1/accesstokens", Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let api = Api::new(server, made.json()["token"].as_str().unwrap());
    (person, api)
}

/// A person's own token for an account.
pub(crate) async fn personal(server: &Server, person: &mut Person, account: &str) -> Api {
    let body = json!({ "name": "mine", "tokenType": "ashare" });
    let made = as_page(person, account, Method::POST, "/v1/accesstokens", Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    Api::new(server, made.json()["token"].as_str().unwrap())
}
