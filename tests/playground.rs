//! The playground: what somebody types becomes an output, on this device alone.

#[path = "playground/inside.rs"]
mod inside;
#[path = "playground/keyboard.rs"]
mod keyboard;
#[path = "playground/mine.rs"]
mod mine;
#[path = "playground/panels.rs"]
mod panels;
#[path = "playground/table.rs"]
mod table;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;
use table::BROKEN;
use tombolo_tests::{Browser, Screen, Server, places, until};

const PATIENCE: Duration = Duration::from_secs(30);

/// Asks the evaluating worker as an editor does: one question after the other, in frames of text.
const ASK: &str = "const [frames] = arguments_;
const worker = new Worker('/workers/eval.js', { type: 'module' });
const said = [];
return new Promise((resolve, reject) => {
  worker.onerror = (event) => reject(event.message + ' after ' + said.length);
  worker.onmessage = ({ data }) => {
    if (data !== '\"ready\"') said.push(data);
    if (frames.length) worker.postMessage(frames.shift());
    else { worker.terminate(); resolve(said); }
  };
});";

/// An answer as an editor shows it: a text as it is, anything else as JSON on several lines; and what is wrong.
fn shown(made: &Value) -> Result<(Value, Vec<String>)> {
    let errors = made["errors"].as_array().context("errors")?;
    let errors: Vec<_> =
        errors.iter().map(|error| format!("{}: {}", text(error, "code"), text(error, "message"))).collect();
    let output = match &made["output"] {
        Value::Null if !errors.is_empty() => Value::Null,
        Value::String(text) => json!({"text": text, "json": false}),
        value => json!({"text": serde_json::to_string_pretty(value)?, "json": true}),
    };
    Ok((output, errors))
}

/// What `tombolo eval` answers to each of some lines.
fn by_command(name: &str, lines: &str) -> Result<Vec<Value>> {
    let mut command = Command::new(places::server());
    let mut child = command.args(["eval", name]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut pipe = child.stdin.take().context("a pipe")?;
    let lines = lines.to_owned();
    let writer = std::thread::spawn(move || pipe.write_all(lines.as_bytes()));
    let answers = String::from_utf8(child.wait_with_output()?.stdout)?;
    writer.join().map_err(|_| anyhow::anyhow!("the writer stopped"))??;
    Ok(answers.lines().map(serde_json::from_str).collect::<serde_json::Result<_>>()?)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browsers_worker_answers_the_corpus_of_evaluations_byte_by_byte_as_the_command_does() -> Result<()> {
    let mut frames = Vec::new();
    let mut wanted = Vec::new();
    for entry in fs::read_dir(places::root().join("tests/corpus/eval"))? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).context("a name")?;
        let lines = fs::read_to_string(&path)?;
        let answers = by_command(name, &lines)?;
        assert_eq!(answers.len(), lines.lines().count(), "{name}");
        for (line, answer) in lines.lines().zip(&answers) {
            let case: Value = serde_json::from_str(line)?;
            let given = |field: &str| json!({"json": case.get(field).map_or_else(String::new, Value::to_string)});
            let ask = json!({"n": frames.len(), "name": name, "rules": given("rules"), "input": given("input"), "options": case.get("options")});
            frames.push(json!(json!({"ask": {"ask": ask}}).to_string()));
            wanted.push((case["id"].clone(), shown(answer)?));
        }
    }
    assert!(frames.len() >= 200, "{}", frames.len());
    let server = Server::start().await?;
    let browser = Browser::open().await?;
    browser.goto(&format!("{}/", server.address())).await?;
    // All cases in one call: with scripts among them that run until they are stopped, a slow machine takes minutes.
    browser.web().set_script_timeout(Duration::from_secs(300)).await?;
    let said: Vec<String> = serde_json::from_value(browser.js_async(ASK, vec![json!(frames)]).await?)?;
    assert_eq!(said.len(), wanted.len());
    for (at, (frame, (id, (output, errors)))) in said.iter().zip(wanted).enumerate() {
        let done = serde_json::from_str::<Value>(frame)?["done"]["done"].clone();
        assert_eq!(done["n"], json!(at), "{id}: {frame}");
        assert_eq!(done["output"], output, "{id}");
        let problems = done["problems"].as_array().context("problems")?;
        let problems: Vec<_> =
            problems.iter().map(|problem| format!("{}: {}", text(problem, "code"), text(problem, "message"))).collect();
        if errors.iter().any(|error| error.starts_with("script_limit: ")) {
            // Which limit ends it first, rounds or time, is a matter of the machine.
            assert!(problems.iter().all(|problem| problem.starts_with("script_limit: ")), "{id}: {problems:?}");
            continue;
        }
        assert_eq!(problems, errors, "{id}");
    }
    browser.close().await
}

/// Waits until an editor is on the screen: only then its panels are no longer those of the one before it.
async fn editor_there(screen: &Screen, name: &str) -> Result<()> {
    let heading = format!("return document.querySelector('h1')?.textContent === {};", json!(name));
    screen.browser.wait_js(&format!("the editor {name}"), &heading, PATIENCE).await.map(|_| ())
}

/// The first example, which is what somebody sees who was never here.
async fn works(screen: &Screen, name: &str) -> Result<()> {
    let output = until(&format!("an output of {name}"), Duration::from_secs(30), || async {
        Ok(screen.panel_text("Output").await.ok().filter(|text| !text.is_empty()))
    })
    .await
    .with_context(|| format!("{name} made nothing"))?;
    screen.browser.see_within("No problems.", PATIENCE).await.with_context(|| format!("{name}: {output}"))
}

/// What stands below the panels: the problems in words, or that there are none.
async fn told(screen: &Screen) -> Result<String> {
    until("problems or none", PATIENCE, || async {
        Ok(Some(screen.browser.find("region", "Problems and console").await?.text().await?))
    })
    .await
}

/// Puts what is hostile into a text, and waits until that was evaluated: something else is told than before.
async fn attack(screen: &Screen, panel: &str, hostile: &str) -> Result<()> {
    let before = told(screen).await?;
    screen.paste_over(panel, hostile).await?;
    until("an answer to the hostile input", Duration::from_secs(30), || async {
        let now = told(screen).await?;
        Ok((now != before && !now.contains("Working…")).then_some(()))
    })
    .await
}

/// Breaks an editor, follows the problem to its place, and attacks it.
async fn suffers(screen: &Screen, name: &str, hostile: &str) -> Result<()> {
    if name == "XLSX parser" {
        screen.browser.choose_file("Choose workbook: file", &places::root().join("Cargo.toml")).await?;
        return screen.problem_at("", "The file").await;
    }
    let broken = BROKEN.iter().find(|broken| broken.editor == name).context("how it breaks")?;
    let is_field = broken.panel == broken.place;
    if is_field {
        screen.browser.fill(broken.panel, broken.text).await?;
    } else {
        screen.paste_over(broken.panel, broken.text).await?;
    }
    screen.follow_problem(broken.said, broken.place, broken.panel).await?;
    if is_field {
        screen.browser.fill(broken.panel, hostile.get(..2_000).unwrap_or(hostile)).await
    } else {
        attack(screen, broken.panel, hostile).await
    }
}

/// Everything happens after the server has ended: no editor needs it.
#[tokio::test(flavor = "multi_thread")]
async fn each_editor_renders_says_where_it_is_wrong_and_survives_hostile_input_without_the_server() -> Result<()> {
    let mut server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.wait_until_offline_ready().await?;
    screen.browser.press("link", "Playground").await?;
    screen.output_has("Ada Fern").await?;
    screen.browser.see("Nothing here is saved to an integration").await?;
    server.stop().await?;
    let list = screen.browser.find("navigation", "Editors").await?;
    let mut names = Vec::new();
    for link in screen.browser.all_in(Some(&list), "link", "").await? {
        names.push(link.text().await?);
    }
    let hostile = "[{\"{{#each ".repeat(20_000);
    let mut against = Vec::new();
    for name in &names {
        let list = screen.browser.find("navigation", "Editors").await?;
        screen.browser.press_in(Some(&list), "link", name).await?;
        editor_there(&screen, name).await?;
        works(&screen, name).await?;
        against.extend(screen.browser.violations().await?.into_iter().map(|one| format!("{name}: {one}")));
        suffers(&screen, name, &hostile).await.with_context(|| name.clone())?;
        against.extend(screen.browser.violations().await?.into_iter().map(|one| format!("{name}, broken: {one}")));
        let list = screen.browser.find("navigation", "Editors").await?;
        screen.browser.press_in(Some(&list), "button", "").await?;
        works(&screen, name).await?;
    }
    ensure!(against.is_empty(), "{} against the rules:\n{}", against.len(), against.join("\n"));
    assert_eq!(names.len(), BROKEN.len() + 1, "{names:?}");
    screen.browser.close().await
}

const NAME_OF_HELPER: &str =
    "return [...document.querySelectorAll('.cm-line span')].find((one) => one.textContent === 'uppercase');";

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_is_typed_renders_with_completion_and_an_error_has_its_place() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("handlebars").await?;
    screen.output_has("Ada Fern").await?;
    screen.type_over("Input", r#"{"record":{"name":"ada fern","total":3}}"#).await?;
    screen.type_over("Template", "Dear {{upperc").await?;
    screen.browser.press("option", "uppercase").await?;
    until("the completed name", Duration::from_secs(10), || async {
        Ok(screen.panel_text("Template").await?.ends_with("{{uppercase").then_some(()))
    })
    .await?;
    let template = screen.browser.find("textbox", "Template").await?;
    template.send_keys(" record.name}}!").await?;
    screen.output_has("Dear ADA FERN!").await?;
    // What a pointer rests on explains itself, with an example and what that prints. A line is drawn anew when a mark in it goes.
    until("the pointer on the helper", Duration::from_secs(10), || async {
        let name = screen.browser.web().execute(NAME_OF_HELPER, Vec::new()).await?.element()?;
        screen.browser.web().action_chain().move_to_element_center(&name).perform().await?;
        Ok(Some(()))
    })
    .await?;
    until("the help of the helper", Duration::from_secs(10), || async {
        let help =
            screen.browser.js("return document.querySelector('.cm-tooltip-hover')?.innerText;", Vec::new()).await?;
        Ok(help.as_str().is_some_and(|help| help.contains("{{uppercase") && help.contains("gives")).then_some(()))
    })
    .await?;
    screen.type_over("Template", "one\n{{toFixd record.total 2}}").await?;
    screen.problem_at("There is no helper “toFixd”", "Line 2, column 1").await?;
    screen.browser.see("Last good output").await?;
    screen.follow_problem("There is no helper “toFixd”", "Line 2, column 1", "Template").await?;
    // The cursor is where the problem is.
    screen.browser.type_fast("x").await?;
    until("the letter at the problem", Duration::from_secs(5), || async {
        Ok(screen.panel_text("Template").await?.contains("\nx{{toFixd").then_some(()))
    })
    .await?;
    screen.type_over("Input", "{\"record\": tru}").await?;
    screen.problem_at("This is not JSON", "Input, line 1, column 15").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_called_with_its_stub_prints_and_is_stopped_when_it_never_ends() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("javascript").await?;
    screen.output_has("ADA").await?;
    screen.browser.press("tab", "Console").await?;
    screen.browser.see("records: 2").await?;

    screen.browser.press("button", "Insert a hook").await?;
    screen.browser.press("menuitem", "branching").await?;
    screen.output_has("[\n  0\n]").await?;
    screen.panel_has("Function input", "\"record\"").await?;

    screen.browser.press("tab", "Problems").await?;
    screen.type_over("Script", "function branching() { return null.x; }").await?;
    screen.problem_at("TypeError", "Line 1, column").await?;

    // A built-in that never comes back cannot count its steps: only the end of its worker stops it.
    screen.type_over("Script", "function branching() { return /^(a+)+$/.test('a'.repeat(60) + 'b'); }").await?;
    screen.browser.see_within("The script was stopped", Duration::from_secs(60)).await?;
    screen.type_over("Script", "function branching() { return [7]; }").await?;
    screen.output_has("[\n  7\n]").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_is_hostile_costs_the_page_nothing() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("json-path").await?;
    screen.output_has("\"A\"").await?;
    screen.paste_over("Input", &"[".repeat(200_000)).await?;
    screen.browser.see_within("This is not JSON", PATIENCE).await?;
    screen.type_over("Path", "$").await?;
    screen.type_over("Input", "[1]").await?;
    screen.output_has("1").await?;

    screen.open_editor("json-parser").await?;
    screen.browser.see_within("No problems.", PATIENCE).await?;
    screen.paste_over("File", &format!("[{}]", "[".repeat(100_000))).await?;
    screen.problem_at("", "Input, line 1").await?;

    screen.open_editor("handlebars").await?;
    let list = format!("{{\"l\":[{}0]}}", "0,".repeat(3_000));
    screen.paste_over("Input", &list).await?;
    screen
        .paste_over(
            "Template",
            "{{#each l}}{{#each ../l}}{{#each ../../l}}{{#each ../../../l}}x{{/each}}{{/each}}{{/each}}{{/each}}",
        )
        .await?;
    until("a problem in words", Duration::from_secs(60), || async {
        let said = screen.browser.reads("character").await? || screen.browser.reads("was stopped").await?;
        Ok(said.then_some(()))
    })
    .await?;
    screen.paste_over("Template", "still {{l.length}}").await?;
    screen.output_has("still 3001").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_an_editor_stays_on_this_device_and_goes_into_a_link_but_to_no_server() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("handlebars").await?;
    screen.type_over("Template", "mine: {{record.order.total}}").await?;
    screen.output_has("mine: 258.3").await?;
    screen.browser.reload().await?;
    screen.output_has("mine: 258.3").await?;
    screen.visit("/playground").await?;
    screen.output_has("mine: 258.3").await?;

    // The clipboard of a test belongs to nobody; the page is asked what it would have been given.
    screen.browser.js("navigator.clipboard.writeText = async (text) => { window.copied = text; };", Vec::new()).await?;
    screen.browser.press("button", "Copy link").await?;
    screen.browser.see("Link copied").await?;
    let link = screen.browser.js("return window.copied;", Vec::new()).await?;
    let link = link.as_str().context("a link")?.to_owned();
    assert!(link.contains("/playground/handlebars#s=") && !link.contains("mine"), "{link}");

    let other = Screen::open(&server.address()).await?;
    other.open_editor("handlebars").await?;
    other.type_over("Template", "theirs").await?;
    other.output_has("theirs").await?;
    other.visit("/").await?;
    other.browser.goto(&link).await?;
    other.output_has("mine: 258.3").await?;
    other.browser.see("This came with the link").await?;
    other.browser.press("button", "Show what I had").await?;
    other.output_has("theirs").await?;
    assert!(!other.browser.address().await?.contains('#'));
    other.browser.close().await?;

    screen.browser.press("button", "More").await?;
    screen.browser.press("menuitem", "Clear this editor").await?;
    screen.output_has("Ada Fern").await?;
    screen.browser.press("button", "Undo").await?;
    screen.output_has("mine: 258.3").await?;
    screen.browser.press("button", "More").await?;
    screen.browser.press("menuitem", "Clear all editors").await?;
    screen.output_has("Ada Fern").await?;
    screen.browser.reload().await?;
    screen.output_has("Ada Fern").await?;
    assert!(!server.log_text().contains("#s="));
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_playground_works_without_the_server_after_one_visit() -> Result<()> {
    let mut server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.wait_until_offline_ready().await?;
    server.stop().await?;
    screen.open_editor("javascript").await?;
    screen.output_has("ADA").await?;
    screen.open_editor("csv-generator").await?;
    screen.type_over("Records", r#"[{"a":1,"b":"x"}]"#).await?;
    screen.output_has("a,b\n1,x").await?;
    screen.open_editor("xml-parser").await?;
    screen.output_has("Miles O'Brien").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_of_this_computer_is_read_and_an_output_downloaded() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("xlsx-parser").await?;
    screen.output_has("hp-2040").await?;
    let workbook = places::root().join("crates/formats/tests/fixtures/workbook.xlsx");
    screen.browser.choose_file("Choose workbook: file", &workbook).await?;
    until("its records", Duration::from_secs(20), || async {
        let text = screen.panel_text("Output").await?;
        Ok((!text.contains("hp-2040") && text.len() > 10).then_some(()))
    })
    .await?;
    screen.browser.press("button", "Download output").await?;
    let file = screen.browser.downloads().join("xlsx-parser-output.json");
    until("the file", Duration::from_secs(20), || async { Ok(file.exists().then_some(())) }).await?;
    screen.browser.close().await
}

/// The next question of the page gets lost, as if its worker never came to an end.
const LOSE_ONE: &str = "const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...more) {
  if (!window.lost && typeof message === 'string' && message.startsWith('{\"ask\"')) window.lost = this;
  else post.call(this, message, ...more);
};";

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_that_never_ends_is_stopped_and_the_next_one_gets_another_worker() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("file-name").await?;
    screen.output_has("orders-2026-11-23.csv").await?;
    screen.browser.js(LOSE_ONE, Vec::new()).await?;
    // At once: each key asks, and the question of the next one would be answered right after this is said.
    screen.paste_over("File name", "a").await?;
    screen.browser.see_within("This took longer than 10 seconds and was stopped", Duration::from_secs(60)).await?;
    screen.browser.see("Last good output").await?;
    screen.type_over("File name", "b-{{record.x}}").await?;
    screen.output_has("b-").await?;
    screen.browser.gone("was stopped").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_is_kept_as_a_test_and_put_into_a_resource() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Shop").await?;
    screen.visit("/scripts").await?;
    screen.browser.press("button", "Create script").await?;
    let dialog = screen.browser.find("dialog", "Create script").await?;
    let field = screen.browser.find_in(Some(&dialog), "textbox", "Name").await?;
    field.send_keys("Hooks").await?;
    screen.browser.press_in(Some(&dialog), "button", "Create script").await?;
    screen.browser.find("textbox", "Content").await?;

    screen.open_editor("javascript").await?;
    screen.output_has("ADA").await?;
    screen.type_over("Script", "function preMap(o) { return o.data.map((data) => ({ data })); }").await?;
    screen.output_has("\"ada\"").await?;
    screen.browser.press("button", "More").await?;
    screen.browser.press("menuitem", "Save as test case").await?;
    screen.browser.fill("Name", "Names stay").await?;
    screen.browser.press("button", "Save test case").await?;
    // It is evaluated once more by a worker of its own.
    screen.browser.see_within("The test case is saved", PATIENCE * 2).await?;

    screen.browser.press("button", "More").await?;
    screen.browser.press("menuitem", "Use in a resource").await?;
    screen.browser.see("+ function preMap(o)").await?;
    screen.browser.press("button", "Put the rules in").await?;
    screen.browser.see("The rules are in the resource").await?;
    screen.visit("/scripts").await?;
    screen.open_named("Hooks").await?;
    until("the script", Duration::from_secs(20), || async {
        let text = screen.panel_text("Content").await.unwrap_or_default();
        Ok(text.contains("function preMap(o)").then_some(()))
    })
    .await?;

    screen.home().await?;
    screen.open_named("Shop").await?;
    screen.browser.press("button", "More").await?;
    screen.browser.press("menuitem", "Tests").await?;
    screen.browser.press("button", "Run all tests").await?;
    screen.browser.see_within("1 test passed.", Duration::from_secs(60)).await?;

    // The command line asks the same of what the app exports.
    let file = tempfile::NamedTempFile::new()?;
    fs::write(file.path(), screen.exported().await?.to_string())?;
    let made = Command::new(places::server()).args(["run", "--tests"]).arg(file.path()).output()?;
    let line: Value = serde_json::from_slice(&made.stdout)?;
    assert_eq!((&line["test"], &line["passed"]), (&json!("Names stay"), &json!(true)), "{line}");
    assert!(made.status.success());

    screen.browser.press("button", "Open in the playground").await?;
    screen.browser.see("This came with the link").await?;
    screen.output_has("\"ada\"").await?;
    screen.browser.close().await
}
