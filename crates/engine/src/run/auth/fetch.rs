//! New credentials: asked for, or made.

use tombolo_model::{KeyPool, Record, Val};
use tombolo_template::{Part, Template, uri_component};

use super::held::{Held, Obtained};
use super::{current, jwt, resolve};
use crate::http::{Body, HttpError, Request, Response, join_masked};
use crate::path::Path;
use crate::plan::auth::{Ask, Auth, Content, From, Grant, OAuth2, REFRESH_TOKEN, TOKEN};
use crate::plan::{AnswerType, Endpoint};
use crate::run::answer::{beginning, refusal};
use crate::run::reply::parse;
use crate::run::request::{has_header, send, text};
use crate::run::shared::Shared;
use crate::run::sign_in::SignIn;
use crate::secret::{self, Masked, Secret};

/// Credentials that end within this time are renewed before they are used.
const EARLY_MS: i64 = 30_000;

/// Whether there are no credentials, or they are about to end.
pub(super) fn wanted(shared: &Shared<'_>, endpoint: &Endpoint, held: &Held) -> bool {
    let ending = || held.expires_ms().is_some_and(|ends| shared.host.now_ms() >= ends - EARLY_MS);
    match &endpoint.auth {
        Auth::Token(token) => match token.from {
            From::Kept => false,
            From::Jwt(_) => held.generation() == 0 || ending(),
            // Of several tokens only the one that is sent is kept from run to run.
            From::Refresh { ref also, .. } => {
                let is_missing = |place: &str| current(endpoint, held, place).is_none();
                is_missing(TOKEN) || also.iter().any(|(place, _)| is_missing(place)) || ending()
            }
            From::OAuth2(_) => current(endpoint, held, TOKEN).is_none() || ending(),
        },
        Auth::Cookie(_) => !held.has_cookies(),
        _ => false,
    }
}

/// Obtains new credentials. The caller has the turn.
pub(super) async fn obtain(shared: &Shared<'_>, endpoint: &Endpoint, held: &Held) -> Result<(), HttpError> {
    if let Some(error) = held.failed() {
        return Err(error);
    }
    let got = match &endpoint.auth {
        Auth::Token(token) => match &token.from {
            From::Kept => return Ok(()),
            From::Refresh { ask, token_path, also } => refreshed(shared, endpoint, held, ask, (token_path, also)).await,
            From::OAuth2(oauth) => granted(shared, endpoint, held, oauth).await,
            From::Jwt(jwt) => made(shared, endpoint, held, jwt),
        },
        Auth::Cookie(login) => signed_in(shared, endpoint, held, login).await,
        _ => return Ok(()),
    };
    match got {
        Ok(obtained) => {
            let kept = !matches!(&endpoint.auth, Auth::Token(token) if matches!(token.from, From::Jwt(_)));
            for (name, value) in &obtained.values {
                endpoint.scrub.learn(value);
                let path = secret::path(name);
                if kept && [TOKEN, REFRESH_TOKEN].contains(&path) {
                    shared.renewed(endpoint.connection, path, value);
                }
            }
            for (_, value) in &obtained.cookies {
                endpoint.scrub.learn(value);
            }
            held.keep(obtained, shared.host.now_ms());
            Ok(())
        }
        Err(error) => {
            // What is unreachable may come back; what was refused is refused to the next request too.
            if matches!(error, HttpError::Credentials(_) | HttpError::Refused(_)) {
                held.fail(error.clone());
            }
            Err(error)
        }
    }
}

/// A template of the credentials, with its secrets.
pub(super) fn rendered(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    held: &Held,
    template: &Template,
) -> Result<String, HttpError> {
    let url = render(shared, endpoint, template)?;
    let mut request = Request { method: String::new(), url, headers: Vec::new(), body: None };
    resolve(endpoint, held, &mut request)?;
    Ok(request.url.reveal())
}

/// A template of the credentials; its secrets are still to be put in.
fn render(shared: &Shared<'_>, endpoint: &Endpoint, template: &Template) -> Result<Masked, HttpError> {
    let scope = |name: &str| endpoint.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value);
    text(template, &scope, &shared.env).map_err(|error| HttpError::Refused(error.to_string()))
}

async fn refreshed(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    held: &Held,
    ask: &Ask,
    (token_path, also): (&Path, &[(String, Path)]),
) -> Result<Obtained, HttpError> {
    let answer = asked(shared, endpoint, held, ask, None, Vec::new()).await?;
    let mut values = vec![(TOKEN, found(&answer, token_path)?)];
    for (place, path) in also {
        values.push((place, found(&answer, path)?));
    }
    // Some servers take a refresh token once, and give the next one with the token.
    if current(endpoint, held, REFRESH_TOKEN).is_some()
        && let Some(next) = field(&answer, "refresh_token")
    {
        values.push((REFRESH_TOKEN, next));
    }
    Ok(obtained(shared, endpoint, values, &answer))
}

/// RFC 6749: with the refresh token when there is one, else by the grant.
async fn granted(shared: &Shared<'_>, endpoint: &Endpoint, held: &Held, oauth: &OAuth2) -> Result<Obtained, HttpError> {
    let mut refused = None;
    if let Some(token) = current(endpoint, held, REFRESH_TOKEN) {
        let form = form("refresh_token", &[("refresh_token", Some(token))], "");
        match with_client(shared, endpoint, held, oauth, &oauth.refresh, form).await {
            Err(HttpError::Credentials(message)) => refused = Some(HttpError::Credentials(message)),
            other => return other,
        }
    }
    let owner = endpoint.connection;
    let form = match (&oauth.grant, refused) {
        (Grant::Code, Some(error)) => return Err(error),
        (Grant::Code, None) => {
            let message = "nobody has signed in for this connection. Authorize it, then run the flow again";
            return Err(HttpError::Credentials(message.to_owned()));
        }
        (Grant::Client, _) => form("client_credentials", &[], &oauth.scope),
        (Grant::Password { username, password }, _) => {
            let fields =
                [("username", Some(Secret::new(owner, username.as_str()))), ("password", Some(password.clone()))];
            form("password", &fields, &oauth.scope)
        }
    };
    with_client(shared, endpoint, held, oauth, &oauth.token, form).await
}

/// The tokens for the code that a sign-in gave.
pub(in crate::run) async fn by_code(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    oauth: &OAuth2,
    code: &str,
    sign_in: &SignIn<'_>,
) -> Result<(), HttpError> {
    let secret = |text: &str| Some(Secret::new(endpoint.connection, text));
    let fields = [
        ("code", secret(code)),
        ("redirect_uri", secret(sign_in.redirect_uri)),
        ("code_verifier", secret(sign_in.verifier)),
    ];
    endpoint.scrub.learn(code);
    endpoint.scrub.learn(sign_in.verifier);
    let held = Held::default();
    let form = form("authorization_code", &fields, "");
    let obtained = with_client(shared, endpoint, &held, oauth, &oauth.token, form).await?;
    for (name, value) in &obtained.values {
        shared.renewed(endpoint.connection, secret::path(name), value);
    }
    Ok(())
}

fn form(grant: &str, fields: &[(&str, Option<Secret>)], scope: &str) -> Masked {
    let mut form = Masked::plain(format!("grant_type={grant}"));
    for (name, value) in fields {
        if let Some(value) = value {
            form = form.and(format!("&{name}=")).and_secret(value.map(uri_component));
        }
    }
    if scope.is_empty() { form } else { form.and(format!("&scope={}", uri_component(scope))) }
}

async fn with_client(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    held: &Held,
    oauth: &OAuth2,
    ask: &Ask,
    mut form: Masked,
) -> Result<Obtained, HttpError> {
    let mut headers = Vec::new();
    match &oauth.client_secret {
        Some(client_secret) if !oauth.client_in_body => {
            // RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
            let pair = |secret: &str| {
                use base64::Engine;
                let pair = format!("{}:{}", uri_component(&oauth.client_id), uri_component(secret));
                base64::engine::general_purpose::STANDARD.encode(pair)
            };
            let value = client_secret.map(pair);
            endpoint.scrub.learn(value.value());
            headers.push(("Authorization".to_owned(), Masked::plain("Basic ").and_secret(value)));
        }
        client_secret => {
            form = form.and(format!("&client_id={}", uri_component(&oauth.client_id)));
            if let Some(client_secret) = client_secret {
                form = form.and("&client_secret=").and_secret(client_secret.map(uri_component));
            }
        }
    }
    if let Some(also) = &oauth.also {
        form = form.and("&").and_all(render(shared, endpoint, also)?);
    }
    let answer = asked(shared, endpoint, held, ask, Some(form), headers).await?;
    let mut values = vec![(TOKEN, found(&answer, &oauth.token_path)?)];
    if let Some(next) = oauth.refresh_path.get(&answer).map(Val::display).filter(|next| !next.is_empty()) {
        values.push((REFRESH_TOKEN, next.into_owned()));
    }
    Ok(obtained(shared, endpoint, values, &answer))
}

fn obtained(shared: &Shared<'_>, endpoint: &Endpoint, values: Vec<(&str, String)>, answer: &Val) -> Obtained {
    let seconds = field(answer, "expires_in").and_then(|seconds| seconds.trim().parse::<i64>().ok());
    // What ends as soon as it began would be renewed before every request.
    let seconds = seconds.filter(|seconds| (60..1_000_000_000).contains(seconds));
    Obtained {
        values: values.into_iter().map(|(path, value)| (secret::name(endpoint.connection, path), value)).collect(),
        expires_ms: seconds.map(|seconds| shared.host.now_ms() + seconds * 1000),
        ..Obtained::default()
    }
}

fn made(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    _: &Held,
    jwt: &crate::plan::auth::Jwt,
) -> Result<Obtained, HttpError> {
    use tombolo_template::Named;
    let find = |name: &str| endpoint.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value);
    let render = |template: &Template| {
        let parts = template.render_parts(&Named(&find), &shared.env)?;
        let text = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Deferred(_) => None,
        };
        Ok(parts.iter().map(text).collect::<Option<String>>())
    };
    let (token, ends_s) = jwt::make(jwt, shared.host.now_ms() / 1000, &render)
        .map_err(|error| HttpError::Credentials(format!("no token could be made for it: {error}")))?;
    let name = secret::name(endpoint.connection, TOKEN);
    Ok(Obtained { values: vec![(name, token)], expires_ms: Some(ends_s.saturating_mul(1000)), ..Obtained::default() })
}

async fn signed_in(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    held: &Held,
    login: &crate::plan::auth::Login,
) -> Result<Obtained, HttpError> {
    let request = request(shared, endpoint, held, &login.ask, None, Vec::new())?;
    let mut response = send(shared.host, request).await.map_err(before)?;
    let fine = login.status.map_or((200..=399).contains(&response.status), |status| status == response.status);
    if !fine {
        return Err(no(shared, endpoint, &mut response).await);
    }
    let set = response.headers.iter().filter(|(name, _)| name == "set-cookie");
    let pair = |value: &str| {
        let (name, value) = value.split(';').next()?.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    let mut cookies: Vec<(String, String)> = Vec::new();
    for (name, value) in set.filter_map(|(_, value)| pair(value)) {
        cookies.retain(|(have, _)| *have != name);
        cookies.push((name, value));
    }
    if cookies.is_empty() {
        return Err(if response.headers_may_be_hidden {
            HttpError::Refused(
                "the browser keeps the cookies of other sites from web pages. Run the flow on the server".to_owned(),
            )
        } else {
            HttpError::Credentials("the sign-in was answered without a cookie. Check its address and body".to_owned())
        });
    }
    Ok(Obtained { cookies, ..Obtained::default() })
}

/// Sends a request for credentials and reads the answer's fields.
async fn asked(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    held: &Held,
    ask: &Ask,
    form: Option<Masked>,
    headers: Vec<(String, Masked)>,
) -> Result<Val, HttpError> {
    let request = request(shared, endpoint, held, ask, form, headers)?;
    let mut response = send(shared.host, request).await.map_err(before)?;
    if !(200..=299).contains(&response.status) {
        return Err(no(shared, endpoint, &mut response).await);
    }
    let body = beginning(shared.host, &mut response).await;
    if ask.xml {
        return parse(&body, AnswerType::Xml).map_err(HttpError::Credentials);
    }
    if let Ok(answer) = Val::parse(body.trim_ascii(), &mut KeyPool::default()) {
        return Ok(answer);
    }
    // Some servers answer with a form.
    let text = String::from_utf8_lossy(&body).into_owned();
    let mut fields = Record::default();
    for (name, value) in text.trim().split('&').take(100).filter_map(|pair| pair.split_once('=')) {
        fields.set(name, Val::text(&crate::run::auth::oauth1::form_decoded(value)));
    }
    Ok(Val::Map(fields))
}

fn request(
    shared: &Shared<'_>,
    endpoint: &Endpoint,
    held: &Held,
    ask: &Ask,
    form: Option<Masked>,
    own: Vec<(String, Masked)>,
) -> Result<Request, HttpError> {
    let render = |template: &Template| render(shared, endpoint, template);
    let mut headers = own;
    for (name, value) in &ask.headers {
        headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
        headers.push((name.clone(), render(value)?));
    }
    let body = match &ask.body {
        Some(Content::Template(template)) => Some(render(template)?),
        Some(Content::Secret(secret)) => Some(Masked::default().and_secret(secret.clone())),
        None => form,
    };
    let mut request = Request {
        method: ask.method.clone(),
        url: join_masked(render(&ask.base)?, render(&ask.uri)?),
        headers,
        body: None,
    };
    if ask.method == "GET" {
        if let Some(query) = body {
            let mark = if request.url.to_string().contains('?') { "&" } else { "?" };
            request.url = request.url.and(mark).and_all(query);
        }
    } else if let Some(body) = body {
        if !has_header(&request, "content-type") {
            request.headers.push(("Content-Type".to_owned(), Masked::plain(ask.media_type)));
        }
        request.body = Some(Body::from(body));
    }
    if !has_header(&request, "accept") {
        request.headers.push((
            "Accept".to_owned(),
            Masked::plain(if ask.xml { "application/xml, text/xml" } else { "application/json" }),
        ));
    }
    resolve(endpoint, held, &mut request)?;
    Ok(request)
}

/// The request that waits for the credentials was not sent, so it can be tried again without harm.
fn before(error: HttpError) -> HttpError {
    match error {
        HttpError::Unreachable(said) => HttpError::NotConnected(said),
        silent @ HttpError::Silent { .. } => HttpError::NotConnected(silent.to_string()),
        other => other,
    }
}

/// What to make of an answer that is none.
async fn no(shared: &Shared<'_>, endpoint: &Endpoint, response: &mut Response) -> HttpError {
    let body = beginning(shared.host, response).await;
    let said = refusal(response.status, &body, None, &endpoint.scrub);
    let said = format!("the request for new ones was {}", said.trim_end_matches('.'));
    match response.status {
        408 | 429 | 500..=599 => HttpError::NotConnected(said),
        _ => HttpError::Credentials(said),
    }
}

fn found(answer: &Val, path: &Path) -> Result<String, HttpError> {
    let token = path.get(answer).map(Val::display).filter(|token| !token.is_empty());
    token.map(std::borrow::Cow::into_owned).ok_or_else(|| {
        HttpError::Credentials(
            "the answer to the request for new ones has no token where one should be. Check its path".to_owned(),
        )
    })
}

fn field(answer: &Val, name: &str) -> Option<String> {
    match answer {
        Val::Map(fields) => fields.get(name).map(|value| value.display().into_owned()).filter(|text| !text.is_empty()),
        _ => None,
    }
}
