//! Files and endpoints that are not what they should be: a clear error, and the run ends.

use anyhow::Result;
use serde_json::{Value, json};
use std::time::Duration;
use tombolo_tests::flows::{self, Destination, Source, row};
use tombolo_tests::{Member, Screen, Server, Sink};

/// Runs a flow in the browser whose source is broken in one way; gives all that the console says then.
async fn run(source: impl FnOnce(&Sink) -> Input, expected_end: &str) -> Result<String> {
    let server = Server::start().await?;
    let sink = Sink::start(vec![json!({ "a": 1 })]).await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let hash;
    let source = source(&sink);
    let source = match &source {
        Input::Csv(text) => {
            hash = owner.store(text.as_bytes()).await?;
            Source::Csv(&hash)
        }
        Input::Json(text) => {
            hash = owner.store(text.as_bytes()).await?;
            Source::Json(&hash)
        }
        Input::Http(base, path) => Source::Http(base, path, None),
    };
    let mappings: Value = json!([row("$.a", "a", "string")]);
    let to = sink.address();
    let flow = flows::flow("Broken", &source, None, &mappings, &Destination::Http(&to, "/take"));
    let mut device = owner.device(owner.account()).await?;
    device.create_flow(&flow).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.open_flow("Broken integration", "Broken").await?;
    assert_eq!(screen.run(Duration::from_secs(60)).await?, expected_end);
    let text = screen.console_text().await?;
    screen.browser.close().await?;
    Ok(text)
}

enum Input {
    Csv(String),
    Json(String),
    Http(String, String),
}

fn broken(how: &str) -> impl FnOnce(&Sink) -> Input {
    let path = format!("/broken/{how}");
    move |sink| Input::Http(sink.address(), path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_csv_file_that_ends_inside_quotes_names_the_row() -> Result<()> {
    let text = run(|_| Input::Csv("a,b\n1,2\n3,\"half".to_owned()), "Failed").await?;
    assert!(text.contains("begins in row 3"), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_file_that_is_one_text_says_what_it_is() -> Result<()> {
    let text = run(|_| Input::Json(r#""Unauthorized""#.to_owned()), "Failed").await?;
    assert!(text.contains("one text"), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_answers_501_is_quoted() -> Result<()> {
    let text = run(broken("501"), "Failed").await?;
    assert!(text.contains("501"), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_answers_a_page_of_html_is_named() -> Result<()> {
    let text = run(broken("html"), "Failed").await?;
    assert!(text.contains("answered with a web page"), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_answers_nothing_is_said_to() -> Result<()> {
    let text = run(broken("nothing"), "Failed").await?;
    assert!(text.contains("empty") || text.contains("nothing"), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stops_half_way_fails_the_step() -> Result<()> {
    run(broken("cut"), "Failed").await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_in_one_record_is_refused_in_time() -> Result<()> {
    let text = run(broken("endless"), "Failed").await?;
    assert!(text.contains("bigger than 64 MiB"), "{text}");
    Ok(())
}
