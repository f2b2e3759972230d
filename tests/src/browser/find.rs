//! Finding things on the screen and using them.

use super::Browser;
use crate::wait::{self, PATIENCE};
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::{Key, TypingData, WebElement};

const FIND: &str = include_str!("find.js");

/// How many stops of the Tab key an element is after what has the focus; fewer than none where it is before.
const STOPS: &str = "const [wanted] = arguments; const here = document.activeElement; \
    if (here === wanted) return 0; \
    const stops = [...document.querySelectorAll('*')].filter((e) => e === wanted || e === here || e.tabIndex >= 0 && !e.disabled && !e.closest('[inert]') && e.checkVisibility({ visibilityProperty: true })); \
    const away = stops.indexOf(wanted) - stops.indexOf(here); \
    return here && here !== document.body ? away : 1;";

impl Browser {
    /// All visible elements of a role whose name is this or, when there is none, contains it.
    ///
    /// # Errors
    ///
    /// When the driver does not answer.
    pub async fn all(&self, role: &str, name: &str) -> Result<Vec<WebElement>> {
        self.all_in(None, role, name).await
    }

    /// The same, inside another element.
    ///
    /// # Errors
    ///
    /// When the driver does not answer.
    pub async fn all_in(&self, within: Option<&WebElement>, role: &str, name: &str) -> Result<Vec<WebElement>> {
        let within = match within {
            Some(element) => element.to_json()?,
            None => Value::Null,
        };
        let found = self.web.execute(FIND, vec![json!(role), json!(name), json!({ "within": within })]).await?;
        Ok(found.elements()?)
    }

    /// Waits for the first element of a role with this name.
    ///
    /// # Errors
    ///
    /// When none appears; the message shows the screen.
    pub async fn find(&self, role: &str, name: &str) -> Result<WebElement> {
        self.find_in(None, role, name).await
    }

    /// The same, inside another element.
    ///
    /// # Errors
    ///
    /// When none appears; the message shows the screen.
    pub async fn find_in(&self, within: Option<&WebElement>, role: &str, name: &str) -> Result<WebElement> {
        let found = wait::until(&format!("{role} \"{name}\""), PATIENCE, || async {
            Ok(self.all_in(within, role, name).await?.into_iter().next())
        })
        .await;
        match found {
            Ok(element) => Ok(element),
            Err(error) => bail!("{error:#}\n--- the screen\n{}", self.outline().await),
        }
    }

    /// Presses a button or whatever else has this role and name.
    ///
    /// # Errors
    ///
    /// When it cannot be pressed.
    pub async fn press(&self, role: &str, name: &str) -> Result<()> {
        self.press_in(None, role, name).await
    }

    /// The same, inside another element.
    ///
    /// # Errors
    ///
    /// When it cannot be pressed.
    pub async fn press_in(&self, within: Option<&WebElement>, role: &str, name: &str) -> Result<()> {
        let pressed = wait::until(&format!("pressing {role} \"{name}\""), PATIENCE, || async {
            let Some(element) = self.all_in(within, role, name).await?.into_iter().next() else {
                return Ok(None);
            };
            // Pressing what is disabled does nothing and is no error to the driver.
            let off = !element.is_enabled().await? || element.attr("aria-disabled").await?.as_deref() == Some("true");
            anyhow::ensure!(!off, "it is disabled");
            // Something may still cover it, or the screen may just have replaced it.
            element.click().await?;
            Ok(Some(()))
        })
        .await;
        match pressed {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}\n--- the screen\n{}", self.outline().await),
        }
    }

    /// Writes into a text field in place of what it holds, and leaves it.
    ///
    /// # Errors
    ///
    /// When there is no such field.
    pub async fn fill(&self, label: &str, text: &str) -> Result<()> {
        match replace(&self.field(label).await?, text).await {
            Ok(()) => Ok(()),
            Err(error) => bail!("filling \"{label}\": {error:#}\n--- the screen\n{}", self.outline().await),
        }
    }

    /// A text field by its label, whatever kind of text field it is.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn field(&self, label: &str) -> Result<WebElement> {
        let found = wait::until(&format!("the field \"{label}\""), PATIENCE, || async {
            for role in ["textbox", "searchbox", "spinbutton", "combobox"] {
                if let Some(field) = self.all(role, label).await?.into_iter().next() {
                    return Ok(Some(field));
                }
            }
            Ok(None)
        })
        .await;
        match found {
            Ok(field) => Ok(field),
            Err(error) => bail!("{error:#}\n--- the screen\n{}", self.outline().await),
        }
    }

    /// What a field holds.
    ///
    /// # Errors
    ///
    /// When there is no such field.
    pub async fn value(&self, label: &str) -> Result<String> {
        Ok(self.field(label).await?.prop("value").await?.unwrap_or_default())
    }

    /// Chooses an option of a select by its text.
    ///
    /// # Errors
    ///
    /// When there is no such select or option.
    pub async fn choose(&self, label: &str, option: &str) -> Result<()> {
        let select = self.find("combobox", label).await?;
        let script = "const [select, text] = arguments; \
            const option = [...select.options].find((o) => o.text.trim() === text) \
              ?? [...select.options].find((o) => o.text.includes(text)); \
            if (!option) return false; select.value = option.value; \
            select.dispatchEvent(new Event('input', { bubbles: true })); \
            select.dispatchEvent(new Event('change', { bubbles: true })); return true;";
        let chosen = self.web.execute(script, vec![select.to_json()?, json!(option)]).await?;
        if chosen.json() != true {
            bail!("\"{label}\" offers no \"{option}\"\n--- the screen\n{}", self.outline().await);
        }
        Ok(())
    }

    /// Waits until a person can read this text somewhere on the page.
    ///
    /// # Errors
    ///
    /// When it does not appear; the message shows the screen.
    pub async fn see(&self, text: &str) -> Result<()> {
        self.see_within(text, PATIENCE).await
    }

    /// The same with a deadline.
    ///
    /// # Errors
    ///
    /// When it does not appear in time; the message shows the screen.
    pub async fn see_within(&self, text: &str, patience: Duration) -> Result<()> {
        let seen = wait::until(&format!("reading \"{text}\""), patience, || async {
            Ok(self.reads(text).await?.then_some(()))
        })
        .await;
        match seen {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}\n--- the screen\n{}", self.outline().await),
        }
    }

    /// Whether a person can read this text now, in the page or in a field.
    ///
    /// # Errors
    ///
    /// When the driver does not answer.
    pub async fn reads(&self, text: &str) -> Result<bool> {
        let script = "const tidy = (t) => (t ?? '').replace(/\\s+/g, ' '); \
            if (tidy(document.body?.innerText).includes(arguments[0])) return true; \
            return [...document.querySelectorAll('input, textarea')].some((e) => tidy(e.value).includes(arguments[0]));";
        Ok(self.js(script, vec![json!(text)]).await? == true)
    }

    /// Waits until nobody can read this text any more.
    ///
    /// # Errors
    ///
    /// When it stays.
    pub async fn gone(&self, text: &str) -> Result<()> {
        wait::until(&format!("\"{text}\" going away"), PATIENCE, || async {
            Ok((!self.reads(text).await?).then_some(()))
        })
        .await
    }

    /// Drags an element onto another.
    ///
    /// # Errors
    ///
    /// When it cannot be dragged or the other takes nothing.
    pub async fn drag(&self, from: &WebElement, to: &WebElement) -> Result<()> {
        let answer = self.web.execute(include_str!("drag.js"), vec![from.to_json()?, to.to_json()?]).await?;
        if let Some(reason) = answer.json().as_str() {
            bail!("dragging: {reason}");
        }
        Ok(())
    }

    /// Goes on with the Tab key until this has the focus, or back with it where that is shorter.
    ///
    /// # Errors
    ///
    /// When it does not get there.
    pub async fn tab_to(&self, role: &str, name: &str) -> Result<()> {
        let wanted = self.find(role, name).await?;
        self.tab_onto(&wanted, &format!("{role} \"{name}\"")).await
    }

    /// The same for an element that was found already; `what` is what it is called in a message.
    ///
    /// # Errors
    ///
    /// When it does not get there.
    pub async fn tab_onto(&self, wanted: &WebElement, what: &str) -> Result<()> {
        const MOST: usize = 60;
        for round in 0..MOST {
            let stops = self.web.execute(STOPS, vec![wanted.to_json()?]).await?.json().as_i64().unwrap_or(1);
            if stops == 0 {
                return Ok(());
            }
            let in_code =
                self.js("return !!document.activeElement?.closest('.cm-content');", Vec::new()).await? == true;
            // The first count may be wrong by what only the browser knows: what is left is gone in single steps.
            let times = if round == 0 && !in_code { stops.unsigned_abs() } else { 1 };
            let mut keys = self.web.action_chain();
            if in_code {
                // There the Tab key indents, but for a moment after Escape.
                keys = keys.send_keys(Key::Escape);
            }
            if stops < 0 {
                keys = keys.key_down(Key::Shift);
            }
            for _ in 0..times {
                keys = keys.send_keys(Key::Tab);
            }
            if stops < 0 {
                keys = keys.key_up(Key::Shift);
            }
            keys.perform().await?;
        }
        bail!("the Tab key does not reach {what}\n--- the screen\n{}", self.outline().await)
    }

    /// Types into what has the focus, without the pause that [`Browser::keys`] makes at each key.
    ///
    /// # Errors
    ///
    /// When nothing has the focus.
    pub async fn type_fast(&self, keys: impl Into<TypingData>) -> Result<()> {
        Ok(self.web.active_element().await?.send_keys(keys).await?)
    }

    /// Presses keys where the cursor is.
    ///
    /// # Errors
    ///
    /// When the driver does not answer.
    pub async fn keys(&self, keys: impl Into<TypingData>) -> Result<()> {
        Ok(self.web.action_chain().send_keys(keys).perform().await?)
    }

    /// Marks all of the text that has the focus, by its keys.
    ///
    /// # Errors
    ///
    /// When the driver does not answer.
    pub async fn mark_all(&self) -> Result<()> {
        let keys = self.web.action_chain().key_down(Key::Control).send_keys("a").key_up(Key::Control);
        Ok(keys.perform().await?)
    }
}

/// Writes into a field in place of what it holds, and leaves it.
///
/// # Errors
///
/// When the field does not take keys.
pub async fn replace(field: &WebElement, text: &str) -> Result<()> {
    field.click().await?;
    field.send_keys(Key::Control + "a").await?;
    field.send_keys(Key::Backspace + "").await?;
    field.send_keys(text).await?;
    field.send_keys(Key::Tab + "").await?;
    Ok(())
}
