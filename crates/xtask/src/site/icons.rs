//! One sprite of the icons that the screens use, cut from the `lucide-static` package.
//!
//! A screen shows one by `<svg><use href="/assets/icons.svg#plus"/></svg>`; stroke and size come from the style sheet.

use crate::places;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

/// Writes `icons.svg` from the names in `app/icons.txt`, one a line.
///
/// # Errors
///
/// When a name has no icon.
pub(super) fn build(assets: &Path) -> Result<()> {
    let list = places::root().join("app/icons.txt");
    let Ok(names) = fs::read_to_string(&list) else {
        return Ok(());
    };
    let folder = places::editor().join("node_modules/lucide-static/icons");
    let mut names: Vec<&str> =
        names.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    names.sort_unstable();
    names.dedup();
    let mut sprite = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\">\n");
    for name in names {
        let file = folder.join(format!("{name}.svg"));
        let Ok(icon) = fs::read_to_string(&file) else {
            bail!("app/icons.txt names \"{name}\", which lucide-static does not have");
        };
        let shapes = shapes(&icon).with_context(|| format!("{} is not an icon", file.display()))?;
        sprite.push_str(&symbol(name, &shapes));
    }
    sprite.push_str("</svg>\n");
    fs::write(assets.join("icons.svg"), sprite).context("cannot write icons.svg")
}

fn symbol(name: &str, shapes: &str) -> String {
    format!(
        "<symbol id=\"{name}\" viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" \
         stroke-linecap=\"round\" stroke-linejoin=\"round\">{shapes}</symbol>\n"
    )
}

/// What stands between `<svg …>` and `</svg>`, on one line.
fn shapes(icon: &str) -> Option<String> {
    let start = icon.find("<svg")?;
    let open = start + icon[start..].find('>')? + 1;
    let close = icon.rfind("</svg>")?;
    Some(icon.get(open..close)?.lines().map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_loses_its_frame_and_keeps_its_shapes() {
        let icon =
            "<!-- @license -->\n<svg\n  class=\"x\"\n>\n  <path d=\"M5 12h14\" />\n  <path d=\"M12 5v14\" />\n</svg>\n";
        assert_eq!(shapes(icon).as_deref(), Some("<path d=\"M5 12h14\" /><path d=\"M12 5v14\" />"));
    }
}
