//! The editors inside the resources that they are about.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::Key;
use tombolo_model::{Id, Kind};
use tombolo_tests::flows::{self, Destination, Flow, Source, row};
use tombolo_tests::{Member, Screen, Server, until};

const PATIENCE: Duration = Duration::from_secs(20);
/// Whether an editor begins in the corner of the window.
const CORNER: &str = "const place = document.querySelector('dialog[open], .step-editor')?.getBoundingClientRect(); \
    return place && place.width === innerWidth && place.top === 0;";

fn id_of(flow: &Flow, kind: Kind) -> Result<Id> {
    let found = flow.resources.iter().find(|(have, ..)| *have == kind).map(|(_, id, _)| *id);
    found.with_context(|| format!("no {kind:?}"))
}

/// Waits until the JSON beside a form says something.
async fn json_has(screen: &Screen, pointer: &str, wanted: Value) -> Result<()> {
    until(&format!("{pointer} being {wanted}"), PATIENCE, || async {
        let text = screen.browser.value("JSON of the resource").await?;
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        Ok((value.pointer(pointer) == Some(&wanted)).then_some(()))
    })
    .await
}

async fn page(screen: &Screen, folder: &str, id: Id) -> Result<()> {
    screen.visit(&format!("/{folder}/{id}?json=true")).await?;
    screen.browser.field("JSON of the resource").await.map(|_| ())
}

/// Opens the editor of a field. What is asked for seldom is folded.
async fn open_editor_of(screen: &Screen, field: &str) -> Result<()> {
    let label = format!("Editor of {field}");
    let unfold = format!(
        "document.querySelectorAll('details').forEach((one) => {{ one.open = true; }}); \
         return [...document.querySelectorAll('button')].some((one) => one.ariaLabel === '{label}' && one.checkVisibility());"
    );
    screen.browser.wait_js(&label, &unfold, PATIENCE).await?;
    screen.browser.press("button", &label).await
}

/// Takes all of the window and gives it back; the editor stays open.
async fn fills_the_window(screen: &Screen, editor: &str) -> Result<()> {
    screen.browser.press("button", "Full screen").await?;
    screen.browser.wait_js("the editor over all of the window", CORNER, PATIENCE).await?;
    screen.browser.keys(Key::Escape + "").await?;
    screen
        .browser
        .wait_js(
            "the window as it was",
            &CORNER.replace("place.width === innerWidth && place.top === 0", "place.top > 0"),
            PATIENCE,
        )
        .await?;
    screen.browser.find("textbox", editor).await.map(|_| ())
}

async fn stock(server: &Server) -> Result<(Screen, Flow)> {
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let hash = owner.store(b"sku,quantity\nhp-1,5\n").await?;
    let mappings = json!([row("$.sku", "sku", "string")]);
    let to = Destination::Http("http://127.0.0.1:9", "/stock");
    let flow = flows::flow("Stock", &Source::Csv(&hash), None, &mappings, &to);
    owner.device(owner.account()).await?.create_flow(&flow).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.home().await?;
    Ok((screen, flow))
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_a_resource_are_written_in_their_editors() -> Result<()> {
    let server = Server::start().await?;
    let (screen, flow) = stock(&server).await?;
    page(&screen, "exports", id_of(&flow, Kind::Export)?).await?;
    open_editor_of(&screen, "Format").await?;
    screen.paste_over("File", "sku;quantity\nhp-1;5\n").await?;
    screen.browser.choose("Columns are parted by", "Semicolon").await?;
    screen.output_has("\"quantity\": \"5\"").await?;
    assert_eq!(screen.browser.violations().await?, Vec::<String>::new());
    screen.browser.press("radio", "Rows").await?;
    fills_the_window(&screen, "File").await?;
    screen.browser.press("button", "Close").await?;
    json_has(&screen, "/file/csv/columnDelimiter", json!(";")).await?;

    // Of rules that are several fields each is written.
    open_editor_of(&screen, "Sort by").await?;
    screen.paste_over("Rules", r#"{"sortByFields": [{"field": "sku", "descending": true}]}"#).await?;
    screen.output_has("hp-2040").await?;
    screen.browser.press("button", "Close").await?;
    json_has(&screen, "/file/sortByFields", json!([{"field": "sku", "descending": true}])).await?;

    // A text of a list, with what the last test run gave the step.
    page(&screen, "imports", id_of(&flow, Kind::Import)?).await?;
    open_editor_of(&screen, "Relative URL").await?;
    screen.browser.see("The input is an example.").await?;
    screen.paste_over("Relative URI", "/stock/{{record.sku}}").await?;
    screen.browser.press("button", "Close").await?;
    json_has(&screen, "/http/relativeURI", json!(["/stock/{{record.sku}}"])).await?;
    the_whole_request(&screen).await?;
    a_query(&screen).await?;
    screen.browser.close().await
}

/// Method, address, headers and body of a step in one editor, with the address of its connection.
async fn the_whole_request(screen: &Screen) -> Result<()> {
    screen.browser.press("button", "Whole request").await?;
    screen.output_has("http://127.0.0.1:9/stock/").await?;
    // The form below has a field of this name too.
    let dialog = screen.browser.find("dialog", "Whole request").await?;
    screen.browser.find_in(Some(&dialog), "combobox", "Method").await?.send_keys("PATCH").await?;
    screen.browser.fill("Headers", "X-Sku: {{record.sku}}").await?;
    screen.paste_over("Body", "{\"sku\": \"{{record.sku}}\"}").await?;
    screen.output_has("\"method\": \"PATCH\"").await?;
    assert_eq!(screen.browser.violations().await?, Vec::<String>::new());
    screen.browser.press("button", "Close").await?;
    json_has(screen, "/http/method", json!(["PATCH"])).await?;
    json_has(screen, "/http/headers/0/name", json!("X-Sku")).await?;
    json_has(screen, "/http/headers/0/value", json!("{{record.sku}}")).await?;
    json_has(screen, "/http/body", json!(["{\"sku\": \"{{record.sku}}\"}"])).await
}

/// A body that is a query is shown by its parts.
async fn a_query(screen: &Screen) -> Result<()> {
    screen.browser.fill("Body", r#"{"query": "{ shop { id } }"}"#).await?;
    screen.browser.press("button", "GraphQL").await?;
    screen.output_has("{ shop { id } }").await?;
    screen.paste_over("Query", "query Stock($sku: ID!) { stock(sku: $sku) { quantity } }").await?;
    screen.browser.fill("Variables", r#"{"sku": "{{record.sku}}"}"#).await?;
    screen.output_has("\"variables\"").await?;
    screen.browser.press("button", "Close").await?;
    until("the body with its variables", PATIENCE, || async {
        let text = screen.browser.value("JSON of the resource").await?;
        let resource: Value = serde_json::from_str(&text).unwrap_or_default();
        let body = resource.pointer("/http/body/0").and_then(Value::as_str).unwrap_or_default();
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let is_query = body["query"].as_str().is_some_and(|query| query.starts_with("query Stock"));
        Ok((is_query && body["variables"] == json!({"sku": "{{record.sku}}"})).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_templates_of_a_step_have_the_frame_of_the_playground_and_its_tests_run_from_the_flow() -> Result<()> {
    let server = Server::start().await?;
    let (screen, _) = stock(&server).await?;
    screen.open_flow("Stock integration", "Stock").await?;
    screen.tool("Stock destination", "Address and body").await?;
    screen.type_over("Relative URI", "/stock/{{record.sku}}").await?;
    screen.browser.press("button", "Get records").await?;
    screen.output_has("/stock/hp-1").await?;
    assert_eq!(screen.browser.violations().await?, Vec::<String>::new());
    screen.browser.press("radio", "Columns").await?;
    fills_the_window(&screen, "Relative URI").await?;
    screen.done().await?;

    // It lies in the playground as it was left in the flow.
    screen.open_editor("file-name").await?;
    let columns = "return document.querySelector('.bench').dataset.layout === 'columns';";
    screen.browser.wait_js("the layout of the flow", columns, PATIENCE).await?;
    screen.browser.press("button", "More").await?;
    screen.browser.press("menuitem", "Save as test case").await?;
    screen.browser.fill("Name", "The name of the file").await?;
    screen.browser.press("button", "Save test case").await?;
    // It is evaluated once more by a worker of its own.
    screen.browser.see_within("The test case is saved", Duration::from_secs(60)).await?;
    screen.home().await?;
    screen.open_flow("Stock integration", "Stock").await?;
    screen.browser.press("button", "More").await?;
    screen.browser.press("menuitem", "Tests").await?;
    screen.browser.press("button", "Run all tests").await?;
    screen.browser.see_within("1 test passed.", Duration::from_secs(60)).await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_inside_a_step_begins_with_the_record_that_the_step_failed_on() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let hash = owner.store(b"sku,quantity\nhp-2,many\n").await?;
    let mappings = json!([row("$.sku", "sku", "string"), row("$.quantity", "quantity", "number")]);
    let to = Destination::Http("http://127.0.0.1:9", "/stock");
    let flow = flows::flow("Stock", &Source::Csv(&hash), None, &mappings, &to);
    owner.device(owner.account()).await?.create_flow(&flow).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.open_flow("Stock integration", "Stock").await?;
    screen.completes(Duration::from_secs(60)).await?;

    page(&screen, "imports", id_of(&flow, Kind::Import)?).await?;
    open_editor_of(&screen, "Relative URL").await?;
    screen.browser.see("The input is the record that this step failed on last").await?;
    screen.panel_has("Input", "\"quantity\": \"many\"").await?;
    assert_eq!(screen.browser.violations().await?, Vec::<String>::new());
    screen.browser.press("button", "Show the example").await?;
    screen.browser.see("The input is an example.").await?;
    screen.browser.press("button", "Take your data").await?;
    screen.panel_has("Input", "\"quantity\": \"many\"").await?;
    screen.browser.close().await
}

/// What an API takes and answers, with the form of its address.
fn rules_of_api(path: &str) -> Value {
    json!({
        "request": {"method": "GET", "relativeURI": path, "mockRequest": {"pathParams": {"id": "7"}}},
        "responses": [
            {"name": "Found", "type": "success", "statusCode": 200},
            {"name": "Broken", "type": "fail", "statusCode": 500}
        ]
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_is_built_of_rules_in_its_editor() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.visit("/apis").await?;
    screen.browser.press("button", "Create API").await?;
    let dialog = screen.browser.find("dialog", "Create API").await?;
    screen.browser.find_in(Some(&dialog), "textbox", "Name").await?.send_keys("Customers").await?;
    screen.browser.press_in(Some(&dialog), "button", "Create API").await?;
    screen.browser.choose("Answered by", "Rules").await?;
    let address = screen.browser.address().await?;
    let id: Id = address.rsplit('/').next().context("an id")?.parse()?;
    page(&screen, "apis", id).await?;

    open_editor_of(&screen, "Request").await?;
    screen.browser.see("The input is an example.").await?;
    screen.paste_over("API", &rules_of_api("/customers/:id").to_string()).await?;
    screen.output_has("\"response\": \"Found\"").await?;
    // What the API does not take is told where it stands in the request.
    screen.paste_over("Request", r#"{"request": {"path": "/orders/7"}}"#).await?;
    screen.problem_at("is not of the form /customers/:id", "Input, line 1").await?;
    assert_eq!(screen.browser.violations().await?, Vec::<String>::new());
    screen.browser.press("button", "Close").await?;
    json_has(&screen, "/builder/request/relativeURI", json!("/customers/:id")).await?;
    json_has(&screen, "/builder/responses/1/statusCode", json!(500)).await?;

    // Opened again it is asked by the mock request of the API.
    open_editor_of(&screen, "Request").await?;
    screen.browser.see("the mock request of this API counts").await?;
    screen.output_has("\"id\": \"7\"").await?;
    screen.browser.close().await
}
