//! What a person relies on while building a flow: where typing goes, what stays in sight, what can be taken back, and
//! how large things are under a thumb.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::{Key, WebElement};
use tombolo_model::Kind;
use tombolo_tests::screen::Paging;
use tombolo_tests::{Member, Screen, Server, Sink, until};

const PATIENCE: Duration = Duration::from_secs(10);

async fn at_an_empty_flow(server: &Server) -> Result<Screen> {
    let screen = Screen::open(&server.address()).await?;
    screen.create_integration("Building").await?;
    screen.create_flow("Orders").await?;
    Ok(screen)
}

/// Makes the window this large; a telephone has a finger instead of a mouse.
async fn window(screen: &Screen, width: u32, height: u32, telephone: bool) -> Result<()> {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": telephone });
    screen.browser.devtools("Emulation.setDeviceMetricsOverride", size).await?;
    let touch = json!({ "enabled": telephone, "maxTouchPoints": 5 });
    screen.browser.devtools("Emulation.setTouchEmulationEnabled", touch).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_right_after_a_step_is_added_goes_to_that_step() -> Result<()> {
    let server = Server::start().await?;
    let screen = at_an_empty_flow(&server).await?;
    let browser = &screen.browser;
    // Counts how often a form of a step is put on the page.
    let watch = "globalThis.forms = 0; new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach((node) => { \
        if (node.matches?.('input[name^=\"name-\"]') || node.querySelector?.('input[name^=\"name-\"]')) globalThis.forms += 1; \
        }))).observe(document.body, { childList: true, subtree: true });";
    browser.js(watch, Vec::new()).await?;
    for (name, made) in [("First", 1), ("Second", 2), ("Third", 3)] {
        // The form of the step before is still open.
        browser.press("button", "Add destination").await?;
        browser.press("button", "File to download").await?;
        browser.fill("Name", name).await?;
        browser.find("button", name).await?;
        assert_eq!(browser.js("return globalThis.forms;", Vec::new()).await?, made, "forms up to {name}");
    }
    screen.done().await?;
    assert_eq!(browser.js("return globalThis.forms;", Vec::new()).await?, 3, "a form that goes is not made again");
    for name in ["First", "Second", "Third"] {
        assert_eq!(browser.all("button", name).await?.len(), 1, "{name}\n{}", browser.outline().await);
    }
    assert!(!browser.reads("without a name").await?, "{}", browser.outline().await);
    screen.browser.close().await
}

/// Whether all of an element lies where the canvas can be seen, beside the form.
async fn in_sight(screen: &Screen, element: &WebElement) -> Result<bool> {
    let script = "const [box, view] = [arguments[0], arguments[0].closest('[role=application]')].map((e) => e.getBoundingClientRect()); \
        const form = document.querySelector('aside')?.getBoundingClientRect().left ?? innerWidth; \
        return box.left >= view.left && box.right <= Math.min(view.right, form) && box.top >= view.top && box.bottom <= view.bottom;";
    Ok(screen.browser.js(script, vec![element.to_json()?]).await? == true)
}

async fn comes_into_sight(screen: &Screen, name: &str) -> Result<()> {
    until(&format!("{name} in sight"), PATIENCE, || async {
        let element = screen.browser.find("button", name).await?;
        Ok(in_sight(screen, &element).await?.then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chosen_step_and_what_follows_it_stay_in_sight_beside_the_form() -> Result<()> {
    let server = Server::start().await?;
    let screen = at_an_empty_flow(&server).await?;
    window(&screen, 1280, 800, false).await?;
    for name in ["First", "Second", "Third"] {
        screen.add_file_destination(name, "CSV", "file.csv").await?;
    }
    screen.browser.press("button", "Third").await?;
    screen.browser.find("complementary", "Third").await?;
    comes_into_sight(&screen, "Third").await?;
    comes_into_sight(&screen, "Add destination").await?;
    // An editor takes the whole place and gives it back.
    screen.browser.press("button", "Mapping").await?;
    screen.browser.find("button", "Add field").await?;
    screen.done().await?;
    comes_into_sight(&screen, "Third").await?;
    // By keyboard as well, and without the motion where somebody wants none.
    let less = json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] });
    screen.browser.devtools("Emulation.setEmulatedMedia", less).await?;
    let third = screen.browser.find("button", "Third").await?;
    third.send_keys(Key::Home + "").await?;
    let focused = "return document.activeElement.ariaLabel?.startsWith('First');";
    screen.browser.wait_js("the focus on the first step", focused, PATIENCE).await?;
    screen.browser.keys(Key::Enter).await?;
    screen.browser.find("complementary", "First").await?;
    comes_into_sight(&screen, "First").await?;
    comes_into_sight(&screen, "Second").await?;
    screen.browser.close().await
}

async fn state_of(screen: &Screen, button: &str) -> Result<(bool, String)> {
    let button = screen.browser.find("button", button).await?;
    let off = button.attr("aria-disabled").await?.as_deref() == Some("true");
    Ok((off, button.attr("title").await?.unwrap_or_default()))
}

async fn undo_and_redo(screen: &Screen, wanted: (bool, bool)) -> Result<()> {
    until(&format!("undo and redo being {wanted:?}"), PATIENCE, || async {
        let found = (!state_of(screen, "Undo").await?.0, !state_of(screen, "Redo").await?.0);
        Ok((found == wanted).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_and_redo_are_off_and_say_why_when_there_is_nothing_of_ones_own() -> Result<()> {
    let server = Server::start().await?;
    let screen = at_an_empty_flow(&server).await?;
    undo_and_redo(&screen, (false, false)).await?;
    assert!(state_of(&screen, "Undo").await?.1.contains("You have changed nothing"));
    assert!(state_of(&screen, "Redo").await?.1.contains("You have taken nothing back"));
    screen.rename_flow("Returns").await?;
    undo_and_redo(&screen, (true, false)).await?;
    screen.browser.press("button", "Undo").await?;
    undo_and_redo(&screen, (false, true)).await?;
    screen.browser.see("Orders").await?;
    screen.browser.press("button", "Redo").await?;
    undo_and_redo(&screen, (true, false)).await?;
    // What was done before the page opened is nobody's to take back.
    screen.on_this_device().await?;
    screen.browser.reload().await?;
    screen.browser.see("Returns").await?;
    undo_and_redo(&screen, (false, false)).await?;
    screen.browser.close().await
}

/// What can be pressed and is smaller than a finger needs, with its size.
async fn small_targets(screen: &Screen) -> Result<Value> {
    let script = "return [...document.querySelectorAll('.main button, .main input, .main select, .main textarea, .main summary')] \
        .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('[inert]') && !e.matches('.switch')) \
        .map((e) => [e.ariaLabel || e.innerText || e.name, e.getBoundingClientRect()]) \
        .filter(([, box]) => box.height < 43.5 || box.width < 43.5) \
        .map(([name, box]) => `${name.trim()}: ${box.width} x ${box.height}`);";
    screen.browser.js(script, Vec::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_telephone_a_mapping_row_is_two_lines_and_everything_fits_a_finger() -> Result<()> {
    let server = Server::start().await?;
    let screen = at_an_empty_flow(&server).await?;
    window(&screen, 390, 844, true).await?;
    screen.add_file_destination("Pile", "CSV", "pile.csv").await?;
    assert_eq!(small_targets(&screen).await?, json!([]), "the flow");
    screen.tool("Pile", "Filter").await?;
    screen.browser.press("button", "Add rule").await?;
    screen.browser.press("button", "Add rule").await?;
    screen.browser.find("radio", "One is enough").await?;
    assert_eq!(small_targets(&screen).await?, json!([]), "the filter");
    screen.done().await?;
    assert_eq!(small_targets(&screen).await?, json!([]), "the step");
    screen.browser.press("button", "Mapping").await?;
    screen.add_mapping("id", "number").await?;
    assert_eq!(small_targets(&screen).await?, json!([]), "the mapping");
    let source = screen.browser.field("Source field").await?.rect().await?;
    let destination = screen.browser.field("Destination field").await?.rect().await?;
    assert!(destination.y >= source.y + source.height, "the destination is below its source");
    assert!((destination.x - source.x).abs() < 1.0);
    let kind = screen.browser.find("combobox", "Type").await?.rect().await?;
    let delete = screen.browser.find("button", "Delete number").await.context("what deletes the row")?.rect().await?;
    assert!(
        kind.y < source.y + source.height && delete.y < destination.y + destination.height,
        "there is a third line"
    );
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_chosen_by_keyboard_after_a_destination_with_dots_stays_with_its_row() -> Result<()> {
    let server = Server::start().await?;
    let screen = at_an_empty_flow(&server).await?;
    screen.add_file_destination("File", "JSON", "file.json").await?;
    screen.browser.press("button", "File").await?;
    screen.browser.press("button", "Mapping").await?;
    screen.browser.press("button", "Add field").await?;
    screen.browser.field("Destination field").await?.click().await?;
    screen.browser.keys("place.geo.lat".to_owned() + Key::Tab).await?;
    until("the two objects", PATIENCE, || async {
        Ok((screen.destinations().await? == ["place", "geo", "lat"]).then_some(()))
    })
    .await?;
    let focused = "return document.activeElement.tagName === 'SELECT' && document.activeElement.ariaLabel === 'Type';";
    screen.browser.wait_js("the focus on the type", focused, PATIENCE).await?;
    screen.browser.keys("N").await?;
    until("the type in the document", PATIENCE, || async {
        let made = screen.exported().await?;
        let row = &made["resources"]["imports"][0]["mappings"][0]["mappings"][0]["mappings"][0];
        Ok((row["generate"] == "lat" && row["dataType"] == "number").then_some(()))
    })
    .await?;
    screen.browser.close().await
}

/// What of the flow is open, by what only that shows.
async fn open_is(screen: &Screen, role: &str, name: &str) -> Result<()> {
    screen.browser.find(role, name).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_step_and_its_editor_are_in_the_address() -> Result<()> {
    let server = Server::start().await?;
    let screen = at_an_empty_flow(&server).await?;
    screen.add_file_destination("Pile", "CSV", "pile.csv").await?;
    screen.tool("Pile", "Mapping").await?;
    open_is(&screen, "region", "Mapping editor").await?;
    screen.on_this_device().await?;
    screen.browser.reload().await?;
    open_is(&screen, "button", "Add field").await?;
    let mapping = screen.browser.address().await?;

    let back = async || screen.browser.js("history.back();", Vec::new()).await.map(drop);
    back().await?;
    open_is(&screen, "complementary", "Pile").await?;
    // The focus goes along.
    let focused = "return document.activeElement.ariaLabel === 'Destination: Pile';";
    screen.browser.wait_js("the focus in the form", focused, PATIENCE).await?;
    back().await?;
    until("no open form", PATIENCE, || async {
        Ok(screen.browser.all("complementary", "").await?.is_empty().then_some(()))
    })
    .await?;
    let focused = "return document.activeElement.ariaLabel?.startsWith('Pile');";
    screen.browser.wait_js("the focus on the step", focused, PATIENCE).await?;
    // The canvas can be used: no editor lies over it.
    screen.tool("Pile", "Filter").await?;
    open_is(&screen, "region", "Filter editor").await?;
    screen.done().await?;
    open_is(&screen, "complementary", "Pile").await?;

    screen.browser.new_tab(&mapping).await?;
    open_is(&screen, "button", "Add field").await?;
    // The flow alone, without its integration, is the same page.
    let (before, flow) = mapping.split_once("/integrations/").context("the address of the flow")?;
    let flow = flow.split_once('/').context("the flow behind its integration")?.1;
    screen.browser.goto(&format!("{before}/{flow}")).await?;
    open_is(&screen, "button", "Add field").await?;
    assert_eq!(screen.browser.address().await?, mapping);
    // What an address names and the flow has not, covers nothing.
    screen.browser.goto(&mapping.replace("step=", "step=x")).await?;
    screen.browser.press("button", "Pile").await?;
    open_is(&screen, "complementary", "Pile").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_has_the_focus_in_its_first_field() -> Result<()> {
    let server = Server::start().await?;
    let screen = at_an_empty_flow(&server).await?;
    let browser = &screen.browser;
    browser.press("button", "Add destination").await?;
    browser.press("button", "HTTP").await?;
    browser.press("button", "Create connection").await?;
    let dialog = browser.find("dialog", "Create connection").await?;
    let name = browser.find_in(Some(&dialog), "textbox", "Name").await?.to_json()?;
    let focused = async |field: Value| {
        until("the focus in the first field", PATIENCE, || async {
            let there = browser.js("return document.activeElement === arguments[0];", vec![field.clone()]).await?;
            Ok((there == true).then_some(()))
        })
        .await
    };
    focused(name).await?;
    browser.keys(Key::Escape).await?;
    browser.press("button", "Filter").await?;
    browser.press("button", "Add rule").await?;
    focused(browser.field("Field").await?.to_json()?).await?;
    screen.browser.close().await
}

/// Waits until the step with this name has the focus.
async fn is_focused(screen: &Screen, name: &str) -> Result<()> {
    let script = "return document.activeElement?.getAttribute('aria-label') ?? '';";
    until("the focus on the step", PATIENCE, || async {
        let label = screen.browser.js(script, Vec::new()).await?;
        Ok(label.as_str().is_some_and(|label| label.starts_with(name)).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_of_a_large_flow_keeps_the_focus_while_it_is_zoomed() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let mut device = owner.device(owner.account()).await?;
    let integrations = device.create_all([(Kind::Integration, json!({"name": "Large"}))]).await?;
    let home = integrations.first().context("one integration")?;
    let import = |n: usize| json!({"name": format!("Step {n:03}"), "adaptorType": "SimpleImport", "_integrationId": home, "file": {"type": "json", "fileName": "a.json"}});
    let imports = device.create_all((0..120).map(|n| (Kind::Import, import(n)))).await?;
    let steps: Vec<Value> = imports.iter().map(|id| json!({"type": "import", "_importId": id})).collect();
    let flow = json!({"name": "Long", "_integrationId": home, "pageGenerators": [], "pageProcessors": steps});
    let flows = device.create_all([(Kind::Flow, flow)]).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.visit(&format!("/integrations/{home}/flows/{}", flows.first().context("one flow")?)).await?;
    let browser = &screen.browser;
    until("the first step", PATIENCE, || async { Ok(browser.all("button", "Step 000").await?.pop()) }).await?;
    browser.tab_to("button", "Step 000").await?;
    for n in 1..=20 {
        browser.keys(Key::Right + "").await?;
        is_focused(&screen, &format!("Step {n:03}")).await?;
    }
    for key in ["-", "-", "=", "="] {
        browser.keys(key).await?;
        // Others are drawn beside it in the next pictures, which take the focus away if anything does.
        let pictures = "for (let n = 0; n < 12; n += 1) await new Promise(requestAnimationFrame); return true;";
        browser.js_async(pictures, Vec::new()).await?;
        is_focused(&screen, "Step 020").await?;
    }
    browser.keys(Key::Enter + "").await?;
    browser.field("Name").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_of_ones_own_is_said_in_words() -> Result<()> {
    let server = Server::start().await?;
    let screen = at_an_empty_flow(&server).await?;
    screen.schedule("? 10 5,17 ? * 1-5", "UTC").await?;
    screen.browser.see("At 05:10 and 17:10, Monday to Friday").await?;
    screen.schedule("? 0 6 3 * 1", "UTC").await?;
    screen.browser.see("Custom: ? 0 6 3 * 1, next ").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_telephone_a_run_and_its_integration_fit_a_finger() -> Result<()> {
    let server = Server::start().await?;
    let sink = Sink::start(vec![json!({ "a": 1 })]).await?;
    let screen = at_an_empty_flow(&server).await?;
    window(&screen, 390, 844, true).await?;
    let path = "/numbered?size=1&page={{export.http.paging.page}}";
    screen.add_http_source("Numbers", &sink.address(), path, Paging::Number).await?;
    screen.add_http_destination("Wall", "http://127.0.0.1:9", "/take").await?;
    screen.run(PATIENCE).await?;
    screen.visit("/runs").await?;
    screen.open_named("Orders").await?;
    screen.browser.find("button", "Show the record").await?;
    assert_eq!(small_targets(&screen).await?, json!([]), "the run");
    screen.home().await?;
    screen.open_named("Building").await?;
    let create = screen.browser.find("button", "Create flow").await?.rect().await?;
    assert!(create.width > 250.0, "the button takes its line: {} wide", create.width);
    assert_eq!(small_targets(&screen).await?, json!([]), "the integration");
    screen.browser.close().await
}

/// Presses something by the keyboard alone.
async fn by_key(screen: &Screen, role: &str, name: &str) -> Result<()> {
    screen.browser.tab_to(role, name).await?;
    screen.browser.keys(Key::Enter).await
}

/// Replaces the text of a field by the keyboard alone.
async fn typed(screen: &Screen, label: &str, text: &str) -> Result<()> {
    screen.browser.tab_to("textbox", label).await?;
    screen.browser.mark_all().await?;
    screen.browser.keys(text).await
}

/// Waits until a leaf of the source tree has the focus.
async fn at_leaf(screen: &Screen, name: &str) -> Result<()> {
    until(&format!("the focus at {name}"), PATIENCE, || async {
        let leaf = screen.browser.find("treeitem", name).await?;
        let here = screen.browser.js("return document.activeElement === arguments[0];", vec![leaf.to_json()?]).await?;
        Ok((here == true).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn three_steps_are_built_ten_fields_mapped_and_the_flow_run_by_keyboard_alone() -> Result<()> {
    let server = Server::start().await?;
    let record: Value = (0..10).map(|at| (format!("field{at}"), json!(at))).collect::<serde_json::Map<_, _>>().into();
    let sink = Sink::start(vec![record.clone()]).await?;
    let screen = at_an_empty_flow(&server).await?;
    let browser = &screen.browser;
    by_key(&screen, "button", "Add source").await?;
    by_key(&screen, "button", "HTTP").await?;
    typed(&screen, "Name", "Numbers").await?;
    by_key(&screen, "button", "Create connection").await?;
    browser.find("dialog", "Create connection").await?;
    browser.keys("Both ends").await?;
    browser.tab_to("textbox", "Base URL").await?;
    browser.keys(sink.address() + Key::Enter).await?;
    typed(&screen, "Relative URL", "/numbered?page=1").await?;
    by_key(&screen, "button", "Done").await?;
    by_key(&screen, "button", "Add destination").await?;
    by_key(&screen, "button", "File to download").await?;
    typed(&screen, "Name", "Pile").await?;
    by_key(&screen, "button", "Done").await?;
    // The third one has the connection of the first.
    by_key(&screen, "button", "Add destination").await?;
    by_key(&screen, "button", "Both ends").await?;
    typed(&screen, "Name", "Wall").await?;
    typed(&screen, "Relative URL", "/take").await?;
    by_key(&screen, "button", "Mapping").await?;
    by_key(&screen, "button", "Get records").await?;
    browser.tab_to("treeitem", "field0").await?;
    for at in 0..10 {
        browser.keys(Key::Enter + "").await?;
        until(&format!("{at} fields"), PATIENCE, || async {
            Ok((screen.destinations().await?.len() == at + 1).then_some(()))
        })
        .await?;
        if at < 9 {
            browser.keys(Key::Down + "").await?;
            // The keys of somebody come one after the other.
            at_leaf(&screen, &format!("field{}", at + 1)).await?;
        }
    }
    // The editor closes, and then the form.
    browser.keys(Key::Escape + "").await?;
    browser.find("complementary", "Wall").await?;
    browser.keys(Key::Escape + "").await?;
    by_key(&screen, "button", "Run flow").await?;
    browser.see("Completed").await?;
    assert_eq!(sink.records(), [record]);
    assert_eq!(browser.complaints().await?, Vec::<String>::new());
    screen.browser.close().await
}
