//! Everything that a provider, or whoever stands on the way back from it, can say that is not so (goal S14).

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::provider::{CLIENT, Lie, Provider, Sign};
use super::{Scene, said, sign_in};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A lie of the provider, or of the way back, and what is said of it.
type Row = (&'static str, Lie, Value, &'static str);

fn claims(claims: Value) -> Lie {
    Lie { claims, ..Lie::default() }
}

fn header(header: Value) -> Lie {
    Lie { header, ..Lie::default() }
}

fn description(description: Value) -> Lie {
    Lie { description, ..Lie::default() }
}

fn signed(sign: Sign) -> Lie {
    Lie { sign, ..Lie::default() }
}

fn of_the_token() -> Vec<Row> {
    let (past, future) = (now() - 3_600, now() + 3_600);
    let row = |name, lie, said| (name, lie, json!({}), said);
    vec![
        row("of another issuer", claims(json!({ "iss": "https://login.example" })), "another issuer"),
        row("of nobody", claims(json!({ "iss": null })), "cannot be read"),
        row("for another client", claims(json!({ "aud": "other" })), "another client"),
        row("for nobody", claims(json!({ "aud": [] })), "another client"),
        row("without a word for whom", claims(json!({ "aud": null })), "cannot be read"),
        row("for two, and issued to neither", claims(json!({ "aud": [CLIENT, "other"] })), "issued to another"),
        row(
            "for two, issued to the other",
            claims(json!({ "aud": [CLIENT, "other"], "azp": "other" })),
            "issued to another",
        ),
        row("issued to another", claims(json!({ "azp": "other" })), "issued to another"),
        row("over", claims(json!({ "exp": past })), "expired"),
        row("without an end", claims(json!({ "exp": null })), "cannot be read"),
        row("with an end that is a text", claims(json!({ "exp": "tomorrow" })), "cannot be read"),
        row("of an hour ago", claims(json!({ "iat": past })), "not of this moment"),
        row("of the future", claims(json!({ "iat": future })), "not of this moment"),
        row("without a time", claims(json!({ "iat": null })), "cannot be read"),
        row("good from later on", claims(json!({ "nbf": future })), "not of this moment"),
        row("of another sign-in", claims(json!({ "nonce": "0" })), "another sign-in"),
        row("of no sign-in", claims(json!({ "nonce": null })), "another sign-in"),
        row("about nobody", claims(json!({ "sub": "" })), "names nobody"),
        row("without a subject", claims(json!({ "sub": null })), "cannot be read"),
        row("about a number", claims(json!({ "sub": 7 })), "cannot be read"),
        row("not signed", signed(Sign::Nothing), "other than RS256 or ES256"),
        row(
            "not signed, but it says so",
            Lie { header: json!({ "alg": "ES256" }), ..signed(Sign::Nothing) },
            "signature",
        ),
        row("signed with what everybody knows", signed(Sign::Hmac), "other than RS256 or ES256"),
        row("the same, called RS256", Lie { header: json!({ "alg": "RS256" }), ..signed(Sign::Hmac) }, "signature"),
        row("called by the other algorithm", header(json!({ "alg": "RS256" })), "does not publish"),
        row("the same, by its key", header(json!({ "alg": "RS256", "kid": "r" })), "signature"),
        row("with an algorithm that is not taken", header(json!({ "alg": "PS256" })), "other than RS256 or ES256"),
        row("without an algorithm", header(json!({ "alg": null })), "cannot be read"),
        row("with a key that is not there", header(json!({ "kid": "z" })), "does not publish"),
        row("signed with a key that is not there", signed(Sign::B), "does not publish"),
        row("the same, called by one that is", Lie { header: json!({ "kid": "a" }), ..signed(Sign::B) }, "signature"),
        row("with something critical", header(json!({ "crit": ["exp"] })), "critical"),
    ]
}

fn of_the_provider(provider: &Provider) -> Vec<Row> {
    let row = |name, lie, said| (name, lie, json!({}), said);
    let keys = |keys: Vec<Value>| Lie { keys: Some(keys), ..Lie::default() };
    let mut for_secrets = provider.published(&["a"]);
    for_secrets[0]["use"] = json!("enc");
    let issuer = provider.issuer();
    vec![
        row("a key that was taken out", keys(provider.published(&["b"])), "does not publish"),
        row("no keys", keys(vec![]), "does not publish"),
        row("a key for something else", keys(for_secrets), "does not publish"),
        row(
            "two keys of one name",
            keys([provider.published(&["a"]), provider.published(&["a"])].concat()),
            "does not publish",
        ),
        row("keys without numbers", keys(vec![json!({ "kty": "EC", "crv": "P-256", "kid": "a" })]), "signature"),
        row(
            "a description of another issuer",
            description(json!({ "issuer": "https://login.example" })),
            "another issuer",
        ),
        row("no proof key", description(json!({ "code_challenge_methods_supported": ["plain"] })), "PKCE"),
        row("tokens in the address", description(json!({ "response_types_supported": ["id_token"] })), "code flow"),
        row("HMAC alone", description(json!({ "id_token_signing_alg_values_supported": ["HS256"] })), "RS256 or ES256"),
        row(
            "an endpoint without encryption",
            description(json!({ "token_endpoint": "http://login.example/token" })),
            "https://",
        ),
        row(
            "a page that is a program",
            description(json!({ "authorization_endpoint": "javascript:alert(1)" })),
            "https://",
        ),
        row(
            "another place for the secret",
            description(json!({ "token_endpoint": format!("{}/token", issuer.replace("127.0.0.1", "localhost")) })),
            "was not entered for the host",
        ),
        row("an answer that sends on", Lie { redirects: true, ..Lie::default() }, "does not take the code: 307"),
        row("an address that is not sure", claims(json!({ "email_verified": false })), "email_verified"),
        row("an address without a word", claims(json!({ "email_verified": null })), "email_verified"),
        row("a word that is a text", claims(json!({ "email_verified": "true" })), "email_verified"),
        row("the address of nobody", claims(json!({ "email": "nobody@example.com" })), "no member"),
        row("the address of a stranger", claims(json!({ "email": "eve@example.com" })), "no member"),
        row("the address of the owner", claims(json!({ "email": "ann@example.com" })), "password first"),
        row(
            "a person who is another",
            Lie { user_info: json!({ "sub": "other" }), ..claims(json!({ "email": null })) },
            "another person",
        ),
        row(
            "a person whose address is not sure",
            Lie {
                user_info: json!({ "email_verified": false }),
                ..claims(json!({ "email": null, "email_verified": null }))
            },
            "email_verified",
        ),
    ]
}

fn of_the_way_back() -> Vec<Row> {
    let row = |name, back, said| (name, Lie::default(), back, said);
    vec![
        row("another issuer", json!({ "iss": "https://login.example" }), "another provider"),
        row("no issuer, which was promised", json!({ "iss": null }), "another provider"),
        row("an invented code", json!({ "code": "guess" }), "does not take the code"),
        row("no code", json!({ "code": null }), "no code"),
        row("a refusal", json!({ "code": null, "error": "access_denied" }), "access_denied"),
        row("an invented state", json!({ "state": "0" }), "not begun in this browser"),
    ]
}

#[tokio::test]
async fn every_lie_about_who_somebody_is_is_refused_for_what_it_is() {
    let scene = Scene::set().await;
    scene.server.person("eve").await;
    let rows = [of_the_token(), of_the_provider(&scene.provider), of_the_way_back()].concat();
    assert!(rows.len() >= 55, "{}", rows.len());
    for (name, lie, back, wanted) in rows {
        scene.provider.lies(lie);
        let mut browser = scene.server.browser();
        let (status, text) = said(sign_in(&mut browser, &scene.provider, "acme", &back).await).await;
        assert!(status == StatusCode::UNAUTHORIZED && text.contains(wanted), "{name}: {status} {text}");
        assert_eq!(browser.get("/api/me").await.status(), StatusCode::UNAUTHORIZED, "{name}");
    }
    // And the truth is taken, in each way of telling it.
    let keys = |names: &[&str]| Some(scene.provider.published(names));
    for lie in [
        signed(Sign::Rsa),
        Lie { keys: keys(&["b"]), ..signed(Sign::B) },
        // A key that is younger than the first answer.
        Lie { keys_at_first: keys(&["a"]), keys: keys(&["a", "b"]), ..signed(Sign::B) },
        Lie { keys: keys(&["a"]), ..header(json!({ "kid": null })) },
        claims(json!({ "aud": [CLIENT, "other"], "azp": CLIENT })),
        claims(json!({ "email": null, "email_verified": null })),
        Lie::default(),
    ] {
        scene.provider.lies(lie.clone());
        let (status, text) = said(scene.sign_in().await.1).await;
        assert_eq!(status, StatusCode::OK, "{lie:?}: {text}");
    }
}
