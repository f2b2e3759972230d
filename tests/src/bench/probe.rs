//! Clocks inside the page, so that the driver's own time is not measured.

use anyhow::{Context, Result};
use serde_json::json;
use std::time::Duration;
use tombolo_tests::{Browser, until};

/// Notes when a text can first be read in a page loaded after this: milliseconds since the navigation began.
pub(crate) async fn watch_loads(browser: &Browser, text: &str) -> Result<()> {
    let source = format!(
        "(() => {{ const text = {}; const look = () => {{ \
           if (globalThis.benchUsable === undefined && document.body?.innerText.includes(text)) \
             globalThis.benchUsable = performance.now(); }}; \
         new MutationObserver(look).observe(document, {{ childList: true, subtree: true, characterData: true }}); \
         addEventListener('load', look); }})();",
        json!(text)
    );
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await?;
    Ok(())
}

/// What [`watch_loads`] noted.
pub(crate) async fn usable_ms(browser: &Browser) -> Result<f64> {
    let noted = browser.wait_js("the page", "return globalThis.benchUsable ?? null;", Duration::from_secs(60)).await?;
    noted.as_f64().context("a number")
}

/// From now on notes when the page's heading says this, on the clock that all pages of this machine share. A heading
/// over a document says what the document holds; the rows of a list say what the catalogue does.
pub(crate) async fn watch_heading(browser: &Browser, text: &str) -> Result<()> {
    watch(browser, "document.querySelector('h1')?.textContent === text", text).await
}

/// From now on notes when the screen says that everything is on the server: until then something that came is not stored
/// on this device.
pub(crate) async fn watch_caught_up(browser: &Browser) -> Result<()> {
    let says = "document.querySelector('header [aria-live]')?.textContent.includes(text)";
    watch(browser, says, "On the server").await
}

/// From now on notes when the table of a list has rows.
pub(crate) async fn watch_rows(browser: &Browser) -> Result<()> {
    watch(browser, "document.querySelectorAll('tr[data-row]').length > 8", "").await
}

/// From now on notes when this can be said of the page.
async fn watch(browser: &Browser, seen: &str, text: &str) -> Result<()> {
    let source = format!(
        "const text = arguments[0]; globalThis.benchSeen = undefined; \
         const look = () => {{ if ({seen}) {{ \
           globalThis.benchSeen ??= performance.timeOrigin + performance.now(); observer.disconnect(); }} }}; \
         const observer = new MutationObserver(look); \
         observer.observe(document, {{ childList: true, subtree: true, characterData: true }}); look();"
    );
    browser.js(&source, vec![json!(text)]).await?;
    Ok(())
}

/// The same for what a field holds: that is no text of the page, and nothing tells when it is written.
pub(crate) async fn watch_field(browser: &Browser, label: &str, text: &str) -> Result<()> {
    let field = browser.field(label).await?.to_json()?;
    let source = "const [field, text] = arguments; globalThis.benchSeen = undefined; \
        const own = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value'); \
        const look = () => { if (own.get.call(field) === text) \
          globalThis.benchSeen ??= performance.timeOrigin + performance.now(); }; \
        Object.defineProperty(field, 'value', { configurable: true, get() { return own.get.call(this); }, \
          set(value) { own.set.call(this, value); look(); } }); look();";
    browser.js(source, vec![field, json!(text)]).await?;
    Ok(())
}

/// What [`watch_heading`], [`watch_field`] or [`watch_caught_up`] noted.
pub(crate) async fn seen_ms(browser: &Browser) -> Result<f64> {
    until("what is watched for", Duration::from_secs(60), || async {
        Ok(browser.js("return globalThis.benchSeen ?? null;", Vec::new()).await?.as_f64())
    })
    .await
}

/// Waits until the page has had nothing to do for a while: twenty frames one after another that came on time.
pub(crate) async fn settled(browser: &Browser) -> Result<()> {
    let source = "let calm = 0, last = performance.now(); \
        while (calm < 20) { await new Promise((next) => requestAnimationFrame(next)); \
          const now = performance.now(); calm = now - last < 34 ? calm + 1 : 0; last = now; } return true;";
    browser.js_async(source, Vec::new()).await.map(drop)
}

/// From now on notes when a person last pressed a key or a button here.
pub(crate) async fn watch_hands(browser: &Browser) -> Result<()> {
    let source = "for (const kind of ['keydown', 'click', 'change']) addEventListener(kind, () => { \
        globalThis.benchHand = performance.timeOrigin + performance.now(); }, true);";
    browser.js(source, Vec::new()).await?;
    Ok(())
}

/// What [`watch_hands`] noted last.
pub(crate) async fn hand_ms(browser: &Browser) -> Result<f64> {
    browser.js("return globalThis.benchHand ?? null;", Vec::new()).await?.as_f64().context("nobody pressed anything")
}
