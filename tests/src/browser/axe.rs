//! What is against the rules of accessibility on the page as it is.

use super::Browser;
use crate::axe_core;
use anyhow::Result;
use serde_json::{Value, json};

/// Judges `main`. A colour on its way from one theme to the other would be judged in between, so nothing moves.
const JUDGE: &str = "
    const [theme, rules] = arguments_;
    const still = new CSSStyleSheet();
    still.replaceSync('*, ::before, ::after { transition: none !important; animation: none !important; }');
    document.adoptedStyleSheets = [still];
    if (theme) document.documentElement.dataset.theme = theme;
    const found = await axe.run('main', { runOnly: rules, resultTypes: ['violations'] });
    return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')} ${node.html.slice(0, 160)}`));";

/// The rules of WCAG 2.2 AA.
fn all() -> Value {
    json!({"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
}

impl Browser {
    /// What `main` of the page has against WCAG 2.2 AA in the light theme, and in the dark one, where only colours are others.
    ///
    /// # Errors
    ///
    /// When the checker does not run.
    pub async fn violations(&self) -> Result<Vec<String>> {
        if self.js("return typeof axe === 'undefined';", Vec::new()).await? == true {
            self.js(&std::fs::read_to_string(axe_core())?, Vec::new()).await?;
        }
        let colours = json!({"type": "rule", "values": ["color-contrast"]});
        let mut found = Vec::new();
        for (theme, rules) in [("light", all()), ("dark", colours)] {
            let wrong = self.js_async(JUDGE, vec![json!(theme), rules]).await?;
            let wrong: Vec<String> = serde_json::from_value(wrong)?;
            found.extend(wrong.into_iter().map(|one| format!("{theme}: {one}")));
        }
        self.js("document.documentElement.dataset.theme = 'light';", Vec::new()).await?;
        Ok(found)
    }
}
