//! Two people type into one script, and into one field of a mapping, at the same time, 200 ms apart: words, slips that
//! they take back, and at the end both at the same place.

use anyhow::Result;
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::Key;
use tombolo_model::Kind;
use tombolo_tests::flows::{self, Destination, Source, row};
use tombolo_tests::{Link, Member, Screen, Server, rounds, until};

/// Characters that each of the two leaves in their own place, and at the place that both share.
const EACH: usize = 5_000;
const TOGETHER: usize = 100;
/// Characters that each of the two types in a field.
const IN_A_FIELD: usize = 300;
/// Every so many words somebody mistypes.
const SLIPS: usize = 10;

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
        screen.open_script(script.id()).await?;
        screen.browser.see("// top").await?;
        screens.push(screen);
    }
    let people = [&screens[0], &screens[1]];
    // One types below the first line, the other at the very end.
    people[0].place_cursor("// top".len()).await?;
    people[1].place_cursor("// top\n// bottom\n".len()).await?;
    let apart = type_both(people, ['a', 'b'], EACH, "// top\n// bottom\n".len()).await?;

    people[0].place_cursor(apart.len()).await?;
    people[1].place_cursor(apart.len()).await?;
    let all = type_both(people, ['c', 'd'], TOGETHER, apart.len()).await?;
    assert!(all.starts_with(&apart), "what was there before was changed: {all:.200}");
    for screen in screens {
        screen.browser.close().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_type_in_one_field_of_a_mapping_lose_no_letter_and_no_cursor_jumps() -> Result<()> {
    for round in 0..rounds(1) {
        println!("round {round}");
        type_in_a_field("Destination field", "city").await?;
        type_in_a_field("Source field", "town").await?;
    }
    Ok(())
}

async fn type_in_a_field(label: &str, before: &str) -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let source = Source::Http("http://127.0.0.1:9", "/places", None);
    let mappings = json!([row("$.town", "city", "string")]);
    let places = flows::flow("Places", &source, None, &mappings, &Destination::Http("http://127.0.0.1:9", "/take"));
    device.create_flow(&places).await?;
    let wires = [Link::to(server.port()).await?, Link::to(server.port()).await?];
    let mut screens = Vec::new();
    for wire in &wires {
        wire.delay(Duration::from_millis(100));
        let screen = Screen::open(&wire.address()).await?;
        screen.sign_in("ines@example.com").await?;
        screen.open_flow("Places integration", "Places").await?;
        screen.tool("Places destination", "Mapping").await?;
        screens.push(screen);
    }
    let [one, two] = [&screens[0], &screens[1]];
    one.browser.find("textbox", label).await?.send_keys(Key::Home + "").await?;
    two.browser.find("textbox", label).await?.send_keys(Key::End + "").await?;
    let (first, second) = tokio::join!(type_letters(one, 'a'), type_letters(two, 'b'));
    let (first, second) = (first?, second?);
    let apart = field_equal([one, two], before.len() + 2 * IN_A_FIELD).await?;
    assert_eq!(apart, format!("{first}{before}{second}"));
    assert_eq!((caret(one).await?, caret(two).await?), (first.len(), apart.len()));

    // At one place. Who writes first there is not said, only that nobody's letters are broken up.
    two.browser.keys(Key::Home + "").await?;
    one.browser.keys(Key::Home + "").await?;
    let (first, second) = tokio::join!(type_letters(one, 'c'), type_letters(two, 'd'));
    let typed = [first?, second?];
    let together = field_equal([one, two], apart.len() + 2 * IN_A_FIELD).await?;
    assert!(together.ends_with(&apart), "{together}");
    for (screen, typed) in [one, two].into_iter().zip(&typed) {
        let at = together.find(typed.as_str());
        assert!(at.is_some(), "somebody's letters are broken up: {together}");
        assert_eq!(Some(caret(screen).await?), at.map(|at| at + typed.len()), "a cursor is not behind its last letter");
    }
    for screen in screens {
        screen.on_the_server().await?;
        screen.browser.close().await?;
    }
    Ok(())
}

/// Types numbered letters into the field that has the focus; gives them.
async fn type_letters(screen: &Screen, letter: char) -> Result<String> {
    let numbered = (0..).flat_map(|number| format!("{letter}{number}_").into_bytes());
    let all: String = numbered.map(char::from).take(IN_A_FIELD).collect();
    for part in all.as_bytes().chunks(30) {
        let slip = "xy" + Key::Backspace + Key::Backspace;
        screen.browser.type_fast(std::str::from_utf8(part)? + slip).await?;
    }
    Ok(all)
}

/// What both show in the field, once it is the same and so long.
async fn field_equal(people: [&Screen; 2], length: usize) -> Result<String> {
    until("both showing the same in the field", Duration::from_secs(60), || async {
        let (left, right) = (focused(people[0], "value").await?, focused(people[1], "value").await?);
        anyhow::ensure!(left == right, "{left}\nagainst\n{right}");
        let text = left.as_str().unwrap_or_default().to_owned();
        anyhow::ensure!(text.len() == length, "{} of {length}: {text}", text.len());
        Ok(Some(text))
    })
    .await
}

async fn caret(screen: &Screen) -> Result<usize> {
    Ok(serde_json::from_value(focused(screen, "selectionStart").await?)?)
}

async fn focused(screen: &Screen, property: &str) -> Result<Value> {
    screen.browser.js("return document.activeElement[arguments[0]]", vec![json!(property)]).await
}

/// Both type at once; checks that nothing but that came to the text, and gives it.
async fn type_both(people: [&Screen; 2], letters: [char; 2], each: usize, before: usize) -> Result<String> {
    let [one, two] = people;
    let (first, second) = tokio::join!(type_text(one, letters[0], each), type_text(two, letters[1], each));
    let typed = [first?, second?];
    let length = before + typed[0].len() + typed[1].len();
    let together = until("both showing the same text", Duration::from_secs(60), || async {
        let (left, right) = (one.script_text().await?, two.script_text().await?);
        anyhow::ensure!(left == right && left.len() == length, "{} and {} of {length}", left.len(), right.len());
        Ok(Some(left))
    })
    .await?;
    // Each person's text is one unbroken stretch, and they are at its end: nothing is missing, and no cursor was
    // elsewhere for a moment.
    for (person, typed) in people.iter().zip(&typed) {
        let Some(at) = together.find(typed.as_str()) else {
            panic!("a person's text is broken up: {together:.400}");
        };
        assert_eq!(person.cursor().await?, at + typed.len(), "a cursor is not behind its last letter");
    }
    Ok(together)
}

/// Types numbered words of one letter, so that a word that went missing or moved is noticed; gives what is left of it.
async fn type_text(screen: &Screen, letter: char, each: usize) -> Result<String> {
    let mut typed = String::new();
    for number in (0..).step_by(SLIPS) {
        let words: String = (number..number + SLIPS).map(|number| format!("{letter}{number} ")).collect();
        // Four letters more, and the Backspace key as often.
        let slip = "oops" + Key::Backspace + Key::Backspace + Key::Backspace + Key::Backspace;
        screen.browser.type_fast(words.as_str() + slip).await?;
        typed.push_str(&words);
        if typed.len() >= each {
            break;
        }
    }
    Ok(typed)
}
