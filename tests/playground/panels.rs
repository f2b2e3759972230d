//! What the buttons of the panels do, and links that hold an editor.

use anyhow::{Context, Result};
use serde_json::json;
use std::fs;
use std::time::Duration;
use thirtyfour::{Key, WebElement};
use tombolo_tests::{Screen, Server, until};

const PATIENCE: Duration = Duration::from_secs(20);
/// The clipboard of a test belongs to nobody: the page is asked what it would have been given.
const CLIPBOARD: &str = "navigator.clipboard.writeText = async (text) => { window.copied = text; };";
/// What is marked in the code editor with a label.
const MARKED: &str = "const content = [...document.querySelectorAll('[role=textbox]')].find((e) => e.getAttribute('aria-label') === arguments[0]); \
    const view = content?.cmTile?.view ?? content?.cmView?.view ?? content?.cmView?.rootView?.view; \
    const { from, to } = view.state.selection.main; return view.state.sliceDoc(from, to);";

/// Whether the search of a text has the focus.
const SEARCHING: &str =
    "return document.activeElement?.closest('.cm-search') !== null && document.activeElement?.localName === 'input';";

async fn copied(screen: &Screen) -> Result<String> {
    let text = screen.browser.js("return window.copied;", Vec::new()).await?;
    Ok(text.as_str().context("nothing was copied")?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_is_folded_searched_and_copied_and_a_file_stays_as_it_was() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("orders.csv");
    fs::write(&file, "sku,qty\r\nhp-1,4\r\nhp-2,9\r\n")?;
    screen.open_editor("csv-parser").await?;
    screen.browser.choose_file("Upload file: file", &file).await?;
    let output = screen.output_has("\"qty\": \"9\"").await?;

    screen.browser.js(CLIPBOARD, Vec::new()).await?;
    screen.browser.press("button", "Copy output").await?;
    screen.browser.see("Output copied").await?;
    assert_eq!(copied(&screen).await?, output);

    screen.browser.press("button", "Search in the output").await?;
    screen.browser.wait_js("the focus in the search", SEARCHING, PATIENCE).await?;
    screen.browser.type_fast("hp-2").await?;
    screen.browser.keys(Key::Enter + "").await?;
    until("the found text", PATIENCE, || async {
        Ok((screen.browser.js(MARKED, vec![json!("Output")]).await? == "hp-2").then_some(()))
    })
    .await?;
    screen.browser.keys(Key::Escape + "").await?;
    screen.browser.tab_to("textbox", "Output").await?;
    let fold = screen.browser.web().action_chain().key_down(Key::Control).key_down(Key::Alt).send_keys("[");
    fold.key_up(Key::Alt).key_up(Key::Control).perform().await?;
    until("the folded output", PATIENCE, || async {
        let text = screen.browser.find("textbox", "Output").await?.text().await?;
        Ok((text.contains('…') && !text.contains("hp-2")).then_some(()))
    })
    .await?;

    // One key more, and each line still ends as it did.
    let panel = screen.browser.find("textbox", "File").await?;
    panel.click().await?;
    panel.send_keys(Key::Control + Key::End).await?;
    panel.send_keys("hp-3,1").await?;
    screen.output_has("hp-3").await?;
    screen.browser.press("button", "Download file").await?;
    let (_, bytes) =
        tombolo_tests::downloads::finished(&screen.browser.downloads(), "csv-parser-file.txt", PATIENCE).await?;
    assert_eq!(String::from_utf8(bytes)?, "sku,qty\r\nhp-1,4\r\nhp-2,9\r\nhp-3,1");

    fs::write(&file, b"name\nB\xe4r\n")?;
    screen.browser.choose_file("Upload file: file", &file).await?;
    screen.browser.see("not in UTF-8").await?;
    screen.browser.close().await
}

/// Where the panels begin: from the left and from above.
async fn corners(screen: &Screen) -> Result<[(f64, f64); 3]> {
    let mut corners = [(0.0, 0.0); 3];
    for (corner, name) in corners.iter_mut().zip(["Template", "Input", "Output"]) {
        let panel: WebElement = screen.browser.find("region", name).await?;
        let place = panel.rect().await?;
        *corner = (place.x, place.y);
    }
    Ok(corners)
}

async fn layout(screen: &Screen, name: &str, fits: impl Fn([(f64, f64); 3]) -> bool) -> Result<()> {
    screen.browser.press("radio", name).await?;
    until(&format!("the layout {name}"), PATIENCE, || async { Ok(fits(corners(screen).await?).then_some(())) }).await
}

/// What of the panels the rules have, in percent.
pub(super) async fn share(splitter: &WebElement) -> Result<f64> {
    Ok(splitter.attr("aria-valuenow").await?.context("a value")?.parse()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn panels_lie_as_somebody_likes_it_and_do_so_again_after_a_reload() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("handlebars").await?;
    layout(&screen, "Columns", |[(a, top), (b, second), (c, third)]| a < b && b < c && top == second && top == third)
        .await?;
    layout(&screen, "Rows", |[(a, top), (b, second), (c, third)]| top < second && second < third && a == b && a == c)
        .await?;
    layout(&screen, "Rules left", |[(a, _), (b, second), (c, third)]| a < b && b == c && second < third).await?;

    let splitter = screen.browser.find("separator", "Resize the rules").await?;
    let before = share(&splitter).await?;
    let drag = screen.browser.web().action_chain().drag_and_drop_element_by_offset(&splitter, -120, 0);
    drag.perform().await?;
    let after = until("less for the rules", PATIENCE, || async {
        let after = share(&splitter).await?;
        Ok((after < before - 5.0).then_some(after))
    })
    .await?;

    screen.browser.press("switch", "Auto preview").await?;
    screen.browser.press("button", "Full screen").await?;
    let corner = "return document.elementFromPoint(4, 4).closest('.play') !== null;";
    screen.browser.wait_js("the editor over all of the window", corner, PATIENCE).await?;
    screen.browser.keys(Key::Escape + "").await?;
    screen.browser.wait_js("the window as it was", &corner.replace("!==", "==="), PATIENCE).await?;

    screen.browser.reload().await?;
    screen.output_has("Ada Fern").await?;
    let splitter = screen.browser.find("separator", "Resize the rules").await?;
    until("the same for the rules", PATIENCE, || async { Ok((share(&splitter).await? == after).then_some(())) })
        .await?;
    screen.type_over("Template", "by hand: {{record.order.total}}").await?;
    screen.browser.see("Last good output").await?;
    screen.browser.press("button", "Preview").await?;
    screen.output_has("by hand: 258.3").await?;
    screen.browser.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_auto_preview_the_problems_of_another_content_are_not_taken_for_those_of_this_one() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("handlebars").await?;
    screen.output_has("Ada Fern").await?;
    screen.type_over("Template", "{{toFixd 1}} {{nope 2}}").await?;
    screen.problem_at("There is no helper", "Line 1, column 1").await?;
    screen.browser.press("switch", "Auto preview").await?;
    // To turn it off changes nothing of what is written.
    screen.browser.gone("Press Preview").await?;
    screen.type_over("Template", "{{nope 2}}").await?;
    screen.browser.see("before you changed it").await?;
    screen.problem_at("There is no helper", "Line 1, column 1").await?;

    let list = screen.browser.find("navigation", "Editors").await?;
    screen.browser.press_in(Some(&list), "button", "").await?;
    screen.browser.see("Press Preview to see what comes of it").await?;
    screen.browser.gone("There is no helper").await?;
    screen.browser.press("button", "Preview").await?;
    screen.output_has("Ada Fern").await?;
    screen.browser.see("No problems.").await?;
    screen.browser.close().await
}

/// What of the head of the editor and of its output is cut: its words.
const CUT: &str = "return [...document.querySelectorAll('.play .badge, .play .play-note p')] \
    .filter((one) => one.checkVisibility() && (one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth)) \
    .map((one) => one.textContent);";

#[tokio::test(flavor = "multi_thread")]
async fn in_any_window_it_is_read_that_nothing_is_saved_and_whether_the_output_follows() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    let browser = &screen.browser;
    screen.open_editor("handlebars").await?;
    screen.output_has("Ada Fern").await?;
    screen.type_over("Template", "{{nope x}}").await?;
    screen.problem_at("There is no helper", "Line 1, column 1").await?;
    browser.press("radio", "Columns").await?;
    for (width, height) in [(1600, 900), (1280, 800), (1024, 768), (800, 700), (390, 844)] {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 760 });
        browser.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        browser.see("Nothing here is saved to an integration").await?;
        if width < 760 {
            browser.press("tab", "Output").await?;
        }
        browser.see("Last good output").await?;
        assert_eq!(browser.js(CUT, Vec::new()).await?, json!([]), "{width}");
        let state = browser.find("switch", "Auto preview").await?;
        assert!(state.is_selected().await?, "{width}");
        assert_eq!(browser.violations().await?, Vec::<String>::new(), "{width}");
    }
    screen.browser.close().await
}

/// What no compression makes shorter.
fn noise(length: usize) -> String {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(state % 64) as usize])
    };
    (0..length).map(|_| letter()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_100_kb_holds_everything_and_a_damaged_one_changes_nothing() -> Result<()> {
    let server = Server::start().await?;
    let screen = Screen::open(&server.address()).await?;
    screen.open_editor("json-path").await?;
    let input = json!({"noise": noise(100_000), "a": 7}).to_string();
    screen.paste_over("Input", &input).await?;
    screen.type_over("Path", "$.a").await?;
    screen.output_has("7").await?;
    screen.browser.js(CLIPBOARD, Vec::new()).await?;
    screen.browser.press("button", "Copy link").await?;
    screen.browser.see("Link copied").await?;
    let link = copied(&screen).await?;
    assert!(link.len() > 75_000, "{}", link.len());

    let other = Screen::open(&server.address()).await?;
    other.browser.goto(&link).await?;
    other.browser.see_within("This came with the link", PATIENCE).await?;
    other.output_has("7").await?;
    until("the input of the link", PATIENCE, || async {
        Ok((other.panel_text("Input").await? == input).then_some(()))
    })
    .await?;
    other.browser.press("button", "Show what I had").await?;
    other.output_has("\"A\"").await?;
    let own = other.panel_text("Input").await?;
    // The editor is open: of another link only the fragment is another one.
    other.browser.goto(&link[..link.len() / 2]).await?;
    other.browser.see_within("The link is broken", PATIENCE).await?;
    assert_eq!(other.panel_text("Input").await?, own);
    other.browser.goto(&link).await?;
    other.browser.see_within("This came with the link", PATIENCE).await?;
    other.browser.close().await?;

    screen.paste_over("Input", &json!({"noise": noise(700_000)}).to_string()).await?;
    screen.output_has("[]").await?;
    screen.browser.press("button", "Copy link").await?;
    screen.browser.see("too long for a link").await?;
    screen.browser.close().await
}
