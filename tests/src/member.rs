//! Somebody with an account on the server, by its HTTP routes: for what a test only needs to be so.

use crate::browser::cryptography;
use crate::device::Device;
use anyhow::{Context, Result, bail};
use reqwest::{Method, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tombolo_model::Id;
use tombolo_wire::rest::Me;
use tombolo_wire::sync::Cursor;

/// A signed-in person.
pub struct Member {
    http: reqwest::Client,
    address: String,
    cookie: String,
    /// Who they are and which accounts they may open.
    pub me: Me,
}

/// A password that every sign-up form takes.
pub const PASSWORD: &str = "a long and private sentence";

impl Member {
    /// Signs up.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub async fn sign_up(address: &str, name: &str, email: &str) -> Result<Self> {
        let body = json!({ "name": name, "email": email, "password": PASSWORD });
        Self::enter(address, "/api/signup", &body).await
    }

    /// Signs in.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub async fn sign_in(address: &str, email: &str) -> Result<Self> {
        Self::enter(address, "/api/signin", &json!({ "email": email, "password": PASSWORD })).await
    }

    async fn enter(address: &str, route: &str, body: &Value) -> Result<Self> {
        cryptography();
        let http = reqwest::Client::new();
        let request = http.post(format!("{address}{route}")).header(header::ORIGIN, address).json(body);
        let response = request.send().await?;
        let set = response.headers().get_all(header::SET_COOKIE).iter();
        let cookies: Vec<_> =
            set.filter_map(|cookie| cookie.to_str().ok()?.split(';').next().map(str::to_owned)).collect();
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("{route} answered {status}: {text}");
        }
        let me = serde_json::from_str(&text).with_context(|| format!("{route} answered {text}"))?;
        Ok(Self { http, address: address.to_owned(), cookie: cookies.join("; "), me })
    }

    /// Their own account.
    ///
    /// # Panics
    ///
    /// When the server gave none.
    pub fn account(&self) -> Id {
        self.me.accounts.first().expect("whoever signs up has an account").id
    }

    /// Calls a route below `/api/accounts/{account}`; gives the answer.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn call(&self, method: Method, route: &str, body: &Value) -> Result<Value> {
        self.ask(method, &format!("/api/accounts/{}{route}", self.account()), body).await
    }

    /// Calls any route, one of the REST API as a page of their own account does; gives the answer.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn ask(&self, method: Method, route: &str, body: &Value) -> Result<Value> {
        let mut request = self.http.request(method, format!("{}{route}", self.address));
        request = request.header(header::ORIGIN, &self.address).header(header::COOKIE, &self.cookie);
        request = request.header("x-tombolo-account", self.account().to_string());
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        if !status.is_success() {
            bail!("{route} answered {status}: {text}");
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Invites a colleague who has signed up already, and signs in as them with the link.
    ///
    /// # Errors
    ///
    /// When either is refused.
    pub async fn invite(&self, email: &str, role: &str) -> Result<()> {
        let invited = self.call(Method::POST, "/members", &json!({ "email": email, "role": role })).await?;
        let link = invited["link"].as_str().context("an invitation without a link")?;
        let token = link.rsplit('=').next().unwrap_or_default();
        let body = json!({ "email": email, "password": PASSWORD, "invitation": token });
        let colleague = Self::enter(&self.address, "/api/signin", &body).await?;
        if colleague.me.joined != Some(self.account()) {
            bail!("{email} did not get into the account");
        }
        Ok(())
    }

    /// Gives a colleague another role.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn change_role(&self, colleague: Id, role: &str) -> Result<()> {
        self.call(Method::PATCH, &format!("/members/{colleague}"), &json!({ "role": role })).await.map(|_| ())
    }

    /// Removes a colleague.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn remove(&self, colleague: Id) -> Result<()> {
        self.call(Method::DELETE, &format!("/members/{colleague}"), &Value::Null).await.map(|_| ())
    }

    /// Makes a token with full access to their account; gives its text.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn token(&self) -> Result<String> {
        let made =
            self.ask(Method::POST, "/v1/accesstokens", &json!({ "name": "a program", "fullAccess": true })).await?;
        Ok(made["token"].as_str().context("a token without its text")?.to_owned())
    }

    /// Stores a file; gives the hash under which exports name it.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn store(&self, bytes: &[u8]) -> Result<String> {
        let hash = hex::encode(Sha256::digest(bytes));
        let address = format!("{}/api/accounts/{}/blobs/{hash}", self.address, self.account());
        let request = self.http.put(address).body(bytes.to_vec());
        let request = request.header(header::ORIGIN, &self.address).header(header::COOKIE, &self.cookie);
        let response = request.send().await?;
        if !response.status().is_success() {
            bail!("storing a file: {}", response.text().await?);
        }
        Ok(hash)
    }

    /// Reads a route below `/api/accounts/{account}` as bytes.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn bytes(&self, route: &str) -> Result<Vec<u8>> {
        let address = format!("{}/api/accounts/{}{route}", self.address, self.account());
        let response = self.http.get(address).header(header::COOKIE, &self.cookie).send().await?;
        let status = response.status();
        let bytes = response.bytes().await?.to_vec();
        if !status.is_success() {
            bail!("{route} answered {status}: {}", String::from_utf8_lossy(&bytes));
        }
        Ok(bytes)
    }

    /// Opens the socket of an account as an empty device.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn device(&self, account: Id) -> Result<Device> {
        Device::connect(&self.address, &self.cookie, account, None).await
    }

    /// Opens the socket of an account as the device that got as far as this.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn resume(&self, account: Id, cursor: Cursor) -> Result<Device> {
        Device::connect(&self.address, &self.cookie, account, Some(cursor)).await
    }
}
