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

/// From now on notes when this text appears, on the clock that all pages of this machine share.
pub(crate) async fn watch_text(browser: &Browser, text: &str) -> Result<()> {
    let source = "const text = arguments[0]; globalThis.benchSeen = undefined; \
        const look = () => { if (document.body.innerText.includes(text)) { \
          globalThis.benchSeen ??= performance.timeOrigin + performance.now(); observer.disconnect(); } }; \
        const observer = new MutationObserver(look); \
        observer.observe(document, { childList: true, subtree: true, characterData: true }); look();";
    browser.js(source, vec![json!(text)]).await?;
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

/// What [`watch_text`] or [`watch_field`] noted.
pub(crate) async fn seen_ms(browser: &Browser) -> Result<f64> {
    until("the text", Duration::from_secs(10), || async {
        Ok(browser.js("return globalThis.benchSeen ?? null;", Vec::new()).await?.as_f64())
    })
    .await
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
