//! Two people type into one script at the same time, 200 ms apart.

use anyhow::Result;
use serde_json::{Value, json};
use std::time::Duration;
use tombolo_model::Kind;
use tombolo_tests::{Link, Member, Screen, Server, rounds, until};

/// Characters that each of the two types.
const EACH: usize = 5_000;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_characters_typed_by_two_arrive_whole_and_no_cursor_jumps() -> Result<()> {
    for round in 0..rounds(1) {
        println!("round {round}");
        type_together().await?;
    }
    Ok(())
}

async fn type_together() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let script =
        device.create(Kind::Script, &json!({ "name": "Shared hook", "content": "// top\n// bottom\n" })).await?;
    let wires = [Link::to(server.port()).await?, Link::to(server.port()).await?];
    let mut screens = Vec::new();
    for wire in &wires {
        wire.delay(Duration::from_millis(100));
        let screen = Screen::open(&wire.address()).await?;
        screen.sign_in("ines@example.com").await?;
        screen.visit(&format!("/scripts/{}", script.id())).await?;
        screen.browser.find("textbox", "Content").await?;
        screen.browser.see("// top").await?;
        screens.push(screen);
    }
    let [one, two] = [&screens[0], &screens[1]];
    // One types below the first line, the other at the very end.
    place_cursor(one, "// top".len()).await?;
    place_cursor(two, "// top\n// bottom\n".len()).await?;
    let (first, second) = tokio::join!(type_text(one, 'a'), type_text(two, 'b'));
    let (first, second) = (first?, second?);

    let together = until("both showing the same text", Duration::from_secs(60), || async {
        let (left, right) = (content(one).await?, content(two).await?);
        Ok((left == right && left.len() >= first.len() + second.len()).then_some(left))
    })
    .await?;
    // Each person's text is one unbroken stretch: nothing is missing, and no cursor was elsewhere for a moment.
    assert!(together.contains(&first), "the first person's text is broken up: {together:.200}");
    assert!(together.contains(&second), "the second person's text is broken up: {together:.200}");
    assert_eq!(together.len(), first.len() + second.len() + "// top\n// bottom\n".len());
    for screen in screens {
        screen.browser.close().await?;
    }
    Ok(())
}

/// Types numbered words of one letter, so that a word that went missing or moved is noticed.
async fn type_text(screen: &Screen, letter: char) -> Result<String> {
    let mut typed = String::new();
    let mut number = 0;
    while typed.len() < EACH {
        let word = format!("{letter}{number} ");
        screen.browser.keys(&word).await?;
        typed.push_str(&word);
        number += 1;
    }
    Ok(typed)
}

async fn content(screen: &Screen) -> Result<String> {
    let text = screen.browser.js(&format!("{VIEW} return view.state.doc.toString();"), Vec::new()).await?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

async fn place_cursor(screen: &Screen, at: usize) -> Result<Value> {
    let script =
        format!("{VIEW} view.focus(); view.dispatch({{ selection: {{ anchor: arguments[0] }} }}); return true;");
    screen.browser.js(&script, vec![json!(at)]).await
}

/// CodeMirror hangs its view on its content element.
const VIEW: &str = "const element = document.querySelector('.cm-content'); \
    const view = element.cmTile?.view ?? element.cmView?.view ?? element.cmView?.rootView?.view;";
