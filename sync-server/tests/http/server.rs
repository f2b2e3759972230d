//! Starts the program and ends it; speaks HTTP as a browser would.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Once;

use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;
use tombolo_model::Id;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running server; killed by its own pid when it goes out of scope.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    data: PathBuf,
    _folder: Option<TempDir>,
}

impl Server {
    /// On a fresh folder.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// On a fresh folder, with more options.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self::on(folder.path(), options);
        server._folder = Some(folder);
        server
    }

    /// On this folder.
    pub(crate) fn on(data: &Path, options: &[&str]) -> Self {
        Self::on_with(data, options, &[])
    }

    /// The same, with this in its environment.
    pub(crate) fn on_with(data: &Path, options: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tombolo"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(options)
            .env("TOMBOLO_LOG", "warn")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("://").next().unwrap().to_owned();
        assert!(line.starts_with("Tombolo is ready at http://127.0.0.1:"), "{line:?}");
        Self { child, address, data: data.to_path_buf(), _folder: None }
    }

    /// One that was started in another way.
    pub(crate) fn of(child: Child, address: &str, data: &Path) -> Self {
        Self { child, address: address.to_owned(), data: data.to_path_buf(), _folder: None }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Its database, beside it.
    pub(crate) async fn database(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.data.join("tombolo.db")).connect().await.unwrap()
    }

    /// `kill -9`, at once.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as a service manager does.
    pub(crate) fn terminate(&self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    /// A browser in which nobody is signed in.
    pub(crate) fn browser(&self) -> Browser {
        static TLS: Once = Once::new();
        TLS.call_once(|| {
            rustls::crypto::ring::default_provider().install_default().unwrap();
        });
        Browser {
            client: reqwest::Client::builder().no_proxy().no_brotli().no_gzip().build().unwrap(),
            address: self.address.clone(),
            cookies: Vec::new(),
        }
    }

    /// A browser in which somebody has just signed up.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let mut browser = self.browser();
        let body = json!({ "name": name, "email": format!("{name}@example.com"), "password": PASSWORD });
        let answer = browser.send(Method::POST, "/api/signup", Some(body)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let me: Value = answer.json().await.unwrap();
        Person {
            browser,
            user: me["user"]["id"].as_str().unwrap().parse().unwrap(),
            account: me["accounts"][0]["id"].as_str().unwrap().parse().unwrap(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

/// Keeps cookies and names its origin, as browsers do.
#[derive(Clone)]
pub(crate) struct Browser {
    client: reqwest::Client,
    pub(crate) address: String,
    pub(crate) cookies: Vec<(String, String)>,
}

/// Somebody signed in, with an account of their own.
pub(crate) struct Person {
    pub(crate) browser: Browser,
    pub(crate) user: Id,
    pub(crate) account: Id,
}

impl Person {
    /// Invites somebody; gives the token of the link, which is shown also where the server sends mail.
    pub(crate) async fn invite(&mut self, email: &str, role: &str) -> String {
        let path = format!("/api/accounts/{}/members", self.account);
        let answer = self.browser.post(&path, json!({ "email": email, "role": role, "showLink": true })).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let invited: Value = answer.json().await.unwrap();
        invited["link"].as_str().unwrap().strip_prefix("/sign-up?invitation=").unwrap().to_owned()
    }

    /// Lets a colleague in who has signed up as `name@example.com`.
    pub(crate) async fn let_in(&mut self, colleague: &mut Self, name: &str, role: &str) {
        let token = self.invite(&format!("{name}@example.com"), role).await;
        let accepted = colleague.browser.post("/api/invitations/accept", json!({ "invitation": token })).await;
        assert_eq!(accepted.status(), StatusCode::OK);
    }
}

impl Browser {
    /// The same browser, for the same server at its new address; cookies are those of the port.
    pub(crate) fn at(mut self, server: &Server) -> Self {
        let port = |address: &str| address.rsplit(':').next().unwrap().to_owned();
        let (before, after) = (port(&self.address), port(&server.address));
        for (name, _) in &mut self.cookies {
            *name = name.replace(&before, &after);
        }
        self.address.clone_from(&server.address);
        self
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.client.request(method, url).header(COOKIE, self.cookie())
    }

    pub(crate) fn cookie(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn send(&mut self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.request(method, path).header(ORIGIN, self.origin());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        self.keep_cookies(&answer);
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Response {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Response {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) fn keep_cookies(&mut self, answer: &Response) {
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().to_owned();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value));
            }
        }
    }
}

/// The stable code of an error answer.
pub(crate) async fn code(answer: Response) -> String {
    let body: Value = answer.json().await.unwrap();
    body["errors"][0]["code"].as_str().unwrap().to_owned()
}
