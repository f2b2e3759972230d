//! What a page that took texts for markup, addresses or code would run, and the look at a screen that tells.

use anyhow::{Context, Result};
use tombolo_tests::Screen;

/// Each of another way into a page.
pub(super) const PAYLOADS: [&str; 24] = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=\"window.hit=2\">",
    "\"><svg onload=window.hit=3>",
    "'><iframe srcdoc=\"<script>parent.hit=4</script>\"></iframe>",
    "javascript:window.hit=5//",
    "</textarea><script>window.hit=6</script>",
    "</title><script>window.hit=7</script>",
    "{{constructor.constructor('window.hit=8')()}}",
    "${window.hit=9}",
    "<a href=\"javascript:window.hit=10\" autofocus onfocus=window.hit=11>x</a>",
    "\" onmouseover=\"window.hit=12\" style=\"position:fixed;inset:0\" x=\"",
    "data:text/html,<script>parent.hit=13</script>",
    "<details open ontoggle=window.hit=14>",
    "<svg><animate onbegin=window.hit=15 attributeName=x dur=1s>",
    "<math><mtext></mtext><script>window.hit=16</script></math>",
    "--><script>window.hit=17</script><!--",
    "</style><script>window.hit=18</script>",
    "';window.hit=19;//\";window.hit=19;//`;window.hit=19;//",
    "<form action=javascript:window.hit=22><input type=submit autofocus></form>",
    "<base href=\"https://elsewhere.example/\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:window.hit=23\">",
    "<object data=\"javascript:window.hit=24\"></object><embed src=\"javascript:window.hit=25\">",
    "\u{202e}<b onclick=window.hit=26>&#60;script&#62;window.hit=27&#60;/script&#62;",
    "vbscript:window.hit=28",
];

/// The first so many of: all at once, all behind the beginning of an address, and each alone.
pub(super) fn rounds_of_texts(most: usize) -> Vec<String> {
    let all = PAYLOADS.concat();
    let behind = format!("javascript:window.hit=5//{all}");
    let alone = PAYLOADS.into_iter().map(str::to_owned);
    [all, behind].into_iter().chain(alone).take(most).collect()
}

/// Touches everything on the screen as a pointer and the keys would; gives what ran, what is there that no screen of ours has,
/// and what the policy had to say.
pub(super) async fn probe(screen: &Screen, place: &str) -> Result<Vec<String>> {
    let touch = "
        window.reports ??= (() => {
            const reports = [];
            document.addEventListener('securitypolicyviolation', (event) => reports.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
            return reports;
        })();
        document.querySelectorAll('details').forEach((one) => { one.open = true; });
        document.querySelectorAll('body *').forEach((one) => {
            one.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
            one.dispatchEvent(new FocusEvent('focus'));
        });
        const foreign = [...document.querySelectorAll(`iframe, object, embed, base, math, body script:not([src]):not([type=module]), body meta,
            [srcdoc], [onerror], [onload], [onfocus], [onmouseover], [onclick], [ontoggle], [onbegin],
            [href^='javascript:' i], [href^='data:text' i], [href^='vbscript:' i], [src^='javascript:' i], [action^='javascript:' i]`)]
            .map((one) => one.outerHTML.slice(0, 200));
        return [window.hit ?? null, foreign, window.reports.splice(0)];";
    let found = screen.browser.js(touch, Vec::new()).await?;
    let texts =
        |at: usize| -> Result<Vec<String>> { serde_json::from_value(found[at].clone()).context("a list of texts") };
    let mut wrong = Vec::new();
    if !found[0].is_null() {
        wrong.push(format!("{place}: payload {} ran", found[0]));
    }
    wrong.extend(texts(1)?.into_iter().map(|one| format!("{place}: there is {one}")));
    wrong.extend(texts(2)?.into_iter().map(|one| format!("{place}: reported: {one}")));
    let console = screen.browser.console().await;
    let reported = console.lines().filter(|line| line.contains("Content Security Policy"));
    wrong.extend(reported.map(|line| format!("{place}: {line}")));
    Ok(wrong)
}
