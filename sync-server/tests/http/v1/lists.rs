//! Lists: pages, fields, filters, and how often one may ask.

use serde_json::{Value, json};

use super::client::{Api, owner};
use crate::server::Server;

/// The address of the next page.
fn next(link: &str) -> Option<String> {
    let entry = link.split(", ").find(|entry| entry.ends_with("rel=\"next\""))?;
    Some(entry.split_once('>')?.0.trim_start_matches('<').to_owned())
}

#[tokio::test]
async fn members_tokens_and_tags_come_in_pages_too() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    for n in 0..2 {
        api.post("/v1/accesstokens", json!({ "name": format!("t{n}"), "fullAccess": true })).await.id();
    }
    for n in 0..3 {
        let email = format!("p{n}@example.com");
        assert_eq!(api.post("/v1/invite", json!({ "email": email, "accessLevel": "monitor" })).await.status, 201);
        assert_eq!(api.post("/v1/tags", json!({ "tag": format!("tag{n}") })).await.status, 201);
    }
    for path in ["/v1/accesstokens", "/v1/ashares", "/v1/tags"] {
        let whole = api.get(path).await.good();
        let (mut at, mut seen) = (Some(format!("{path}?limit=2")), Vec::new());
        while let Some(path) = at {
            let page = api.get(&path).await;
            let shown = page.good();
            assert!(shown.as_array().unwrap().len() <= 2, "{path}");
            seen.extend(shown.as_array().unwrap().clone());
            at = page.headers.get("link").and_then(|link| next(link.to_str().unwrap()));
        }
        let ids = |list: &[Value]| list.iter().map(|one| one["_id"].clone()).collect::<Vec<_>>();
        assert_eq!((seen.len(), ids(&seen)), (3, ids(whole.as_array().unwrap())), "{path}");
        for wrong in ["skip=null", "limit=x", "foo=1"] {
            assert_eq!(api.get(&format!("{path}?{wrong}")).await.status, 400, "{path} {wrong}");
        }
    }
    // Some clients take the whole header for the address of the next page of members.
    assert!(api.get("/v1/ashares").await.headers.get("link").is_none());
    assert_eq!(api.get("/v1/transfers?skip=null").await.status, 400);
}

#[tokio::test]
async fn a_list_is_read_page_by_page_along_its_links() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    for n in 0..5 {
        api.make(
            "scripts",
            json!({ "name": format!("s{n}"), "content": "x", "externalId": if n % 2 == 0 { "even" } else { "odd" } }),
        )
        .await;
    }
    let mut names = Vec::new();
    let mut at = Some("/v1/scripts?limit=2&include=name,content".to_owned());
    let mut pages = 0;
    while let Some(path) = at {
        let page = api.get(&path).await;
        pages += 1;
        names.extend(page.good().as_array().unwrap().iter().map(|script| {
            assert_eq!(
                (script.get("content"), script.get("createdAt")),
                (None, None),
                "a list leaves texts of scripts out"
            );
            script["name"].as_str().unwrap().to_owned()
        }));
        at = page.headers.get("link").and_then(|link| next(link.to_str().unwrap()));
    }
    names.sort_unstable();
    assert_eq!((pages, names.join(",")), (3, "s0,s1,s2,s3,s4".to_owned()));
    assert_eq!(api.get("/v1/scripts?externalId=odd").await.good().as_array().unwrap().len(), 2);
    assert_eq!(api.get("/v1/scripts?externalId=none").await.status, 204);
    let both = api.get("/v1/scripts?include=name&exclude=name").await;
    assert_eq!(both.no(), (400, "invalid_query_params".to_owned()));
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again_and_others_are_not() {
    let server = Server::start();
    let (_ann, api) = owner(&server, "ann").await;
    let (_bob, other) = owner(&server, "bob").await;
    // Faster than the bucket fills: each worker asks until one is told to wait.
    let ask = async |api: Api| {
        for _ in 0..4_000 {
            let answer = api.get("/v1/tokenInfo").await;
            if answer.status == 429 {
                return Some(answer);
            }
        }
        None
    };
    let asked = futures::future::join_all((0..8).map(|_| ask(api.clone()))).await;
    let Some(refused) = asked.into_iter().flatten().next() else {
        // A machine that answers less than 300 a second never empties the bucket; `rest/bucket.rs` counts exactly.
        return;
    };
    assert_eq!(refused.no(), (429, "rate_limited".to_owned()));
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(other.get("/v1/tokenInfo").await.status, 200);
}
