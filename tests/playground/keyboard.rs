//! Editors of the playground for who has a keyboard alone.

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use std::time::Duration;
use thirtyfour::{Key, TypingData};
use tombolo_tests::{Screen, Server, until};

use super::table::{Step, TASKS, Task};
use super::{PATIENCE, editor_there, panels};

/// Writes over what has the focus.
async fn write(screen: &Screen, text: &str) -> Result<()> {
    screen.browser.type_fast(Key::Control + "a").await?;
    screen.browser.type_fast(Key::Backspace + "").await?;
    screen.browser.type_fast(text).await
}

/// Longer than letters that are typed in a select belong together.
const BEHIND_LETTERS: Duration = Duration::from_millis(1_500);

/// What the select says that has the focus.
const CHOSEN_OPTION: &str =
    "const here = document.activeElement; return here?.selectedOptions?.[0]?.textContent.trim() ?? null;";

async fn step(screen: &Screen, step: &Step) -> Result<()> {
    let browser = &screen.browser;
    match step {
        Step::Text(panel, text) => {
            browser.tab_to("textbox", panel).await?;
            write(screen, text).await?;
            // In code the Tab key indents, but for the one after Escape.
            browser.keys(Key::Escape + "").await
        }
        Step::Field(label, text) => {
            let field = browser.field(label).await?;
            browser.tab_onto(&field, label).await?;
            write(screen, text).await
        }
        Step::Check(label) => {
            browser.tab_to("checkbox", label).await?;
            browser.keys(" ").await
        }
        Step::Choose(label, option) => {
            browser.tab_to("combobox", label).await?;
            until(&format!("{option} of {label}"), PATIENCE, || async {
                browser.type_fast(*option).await?;
                // Letters choose together as long as they follow each other within a second: only after that may they
                // be typed again.
                let chosen = until("what was typed", BEHIND_LETTERS, || async {
                    let chosen = browser.js(CHOSEN_OPTION, Vec::new()).await?;
                    Ok(chosen.as_str().is_some_and(|chosen| chosen.starts_with(option)).then_some(()))
                });
                chosen.await.map(Some)
            })
            .await
        }
        Step::Reach(label) => browser.tab_to("button", label).await,
    }
}

/// From wherever the focus is to an editor by its name in the list; the focus is in it then.
async fn enter(screen: &Screen, name: &str) -> Result<()> {
    const HERE: &str = "const here = document.activeElement; return [here?.textContent.trim(), here?.id];";
    let browser = &screen.browser;
    browser.tab_to("searchbox", "Find an editor").await?;
    write(screen, name).await?;
    for _ in 0..10 {
        browser.keys(Key::Down + "").await?;
        if browser.js(HERE, Vec::new()).await?[0] != name {
            continue;
        }
        browser.keys(Key::Enter + "").await?;
        editor_there(screen, name).await?;
        return until("the focus in the editor", PATIENCE, || async {
            let id = browser.js(HERE, Vec::new()).await?[1].clone();
            Ok(id.as_str().is_some_and(|id| id.ends_with("-text") || id.starts_with("option-")).then_some(()))
        })
        .await;
    }
    bail!("the arrow keys do not reach {name}\n--- the screen\n{}", browser.outline().await)
}

async fn done(screen: &Screen, task: &Task) -> Result<()> {
    enter(screen, task.editor).await?;
    for one in task.steps {
        step(screen, one).await?;
    }
    screen.output_has(task.makes).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_editor_does_a_task_of_somebody_who_has_a_keyboard_alone() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.browser.tab_to("link", "Playground").await?;
    screen.browser.keys(Key::Enter + "").await?;
    screen.output_has("Ada Fern").await?;
    for task in &TASKS {
        done(&screen, task).await.context(task.editor)?;
    }
    let list = screen.browser.find("navigation", "Editors").await?;
    let links = screen.browser.all_in(Some(&list), "link", "").await?;
    assert_eq!(links.len(), TASKS.len(), "each editor has a task");
    screen.browser.close().await
}

/// What has the focus, and whether it is in the list.
const IN_LIST: &str =
    "const here = document.activeElement; return [here?.textContent.trim(), !!here?.closest('[aria-label=Editors]')];";
/// The lines of the list at which the Tab key stops.
const STOPS: &str = "return [...document.querySelectorAll('[aria-label=Editors] :is(a, button)')] \
    .filter((line) => line.tabIndex >= 0).map((line) => line.textContent.trim());";

async fn on_line(screen: &Screen, key: impl Into<TypingData>, wanted: &str) -> Result<()> {
    screen.browser.keys(key).await?;
    let now = screen.browser.js(IN_LIST, Vec::new()).await?;
    ensure!(now == json!([wanted, true]), "{wanted} and not {now}");
    ensure!(screen.browser.js(STOPS, Vec::new()).await? == json!([wanted]), "the Tab key comes back to {wanted} alone");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_editors_is_one_stop_of_the_tab_key() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("file-name").await?;
    assert_eq!(screen.browser.js(STOPS, Vec::new()).await?, json!(["File name"]));
    screen.browser.tab_to("link", "File name").await?;
    on_line(&screen, Key::Home + "", "Handlebars").await?;
    on_line(&screen, Key::Down + "", "HTTP request").await?;
    on_line(&screen, Key::Up + "", "Handlebars").await?;
    on_line(&screen, "s", "SQL query").await?;
    on_line(&screen, Key::End + "", "Date format").await?;
    assert_eq!(screen.browser.violations().await?, Vec::<String>::new());
    // One key leaves the list, and one brings back to where one was.
    screen.browser.keys(Key::Tab + "").await?;
    assert_eq!(screen.browser.js(IN_LIST, Vec::new()).await?[1], json!(false));
    let back = screen.browser.web().action_chain().key_down(Key::Shift).send_keys(Key::Tab).key_up(Key::Shift);
    back.perform().await?;
    assert_eq!(screen.browser.js(IN_LIST, Vec::new()).await?, json!(["Date format", true]));
    // What the search leaves has its own stop.
    screen.browser.keys(Key::Home + "").await?;
    screen.browser.keys(Key::Up + "").await?;
    screen.browser.type_fast("xlsx").await?;
    until("the stop of what was found", PATIENCE, || async {
        Ok((screen.browser.js(STOPS, Vec::new()).await? == json!(["XLSX parser"])).then_some(()))
    })
    .await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_is_used_with_the_keyboard_alone() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("relative-uri").await?;
    screen.output_has("Fern").await?;
    screen.browser.tab_to("switch", "Auto preview").await?;
    screen.browser.keys(" ").await?;
    screen.browser.tab_to("textbox", "Relative URI").await?;
    screen.browser.type_fast(Key::Control + "a").await?;
    screen.browser.type_fast("/keys/{{record.name}}").await?;
    // Nothing happens by itself any more.
    screen.browser.see("Last good output").await?;
    screen.browser.keys(Key::Escape + "").await?;
    screen.browser.type_fast(Key::Control + Key::Enter).await?;
    screen.output_has("/keys/Fern%20%26%20Sons").await?;
    // Tab leaves the text, since this is no code.
    screen.browser.tab_to("separator", "Resize the rules").await?;
    let share = screen.browser.find("separator", "Resize the rules").await?;
    let before = panels::share(&share).await?;
    screen.browser.keys(Key::Left + "").await?;
    until("less for the rules", Duration::from_secs(10), || async {
        Ok((panels::share(&share).await? < before).then_some(()))
    })
    .await?;
    screen.browser.tab_to("textbox", "Input").await?;
    screen.browser.tab_to("textbox", "Output").await?;
    screen.browser.tab_to("radio", "Rules left, input and output right").await?;
    screen.browser.keys(Key::Right + "").await?;
    screen.browser.tab_to("radio", "Rows").await?;
    screen.browser.close().await
}
