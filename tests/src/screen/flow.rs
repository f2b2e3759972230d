//! Building a flow and watching it run.

use super::Screen;
use crate::wait;
use anyhow::{Context, Result};
use std::path::Path;
use std::time::Duration;

/// What the run console says about one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records that went through.
    pub success: u64,
    /// Records that a filter left out.
    pub ignored: u64,
    /// Records that failed.
    pub errors: u64,
}

/// How an HTTP source is paged, in the words of its form.
#[derive(Debug, Clone, Copy)]
pub enum Paging {
    /// By a page number, from 1; the address says where it goes.
    Number,
    /// By the `Link` header.
    Link,
}

impl Screen {
    /// Makes a flow on the page of the integration that is open, and opens it.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn create_flow(&self, name: &str) -> Result<()> {
        self.dialog("Create flow", name).await?;
        self.browser.find("button", "Add source").await.map(|_| ())
    }

    /// Adds a source that reads a file of this computer.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn add_file_source(&self, name: &str, file: &Path) -> Result<()> {
        self.browser.press("button", "Add source").await?;
        self.browser.press("button", "File from this computer").await?;
        self.browser.fill("Name", name).await?;
        self.browser.choose_file("File", file).await?;
        let shown = file.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        self.browser.see(&shown).await?;
        self.done().await
    }

    /// Adds a source that asks an HTTP endpoint, with a new connection to it.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn add_http_source(&self, name: &str, base: &str, path: &str, paging: Paging) -> Result<()> {
        self.browser.press("button", "Add source").await?;
        self.browser.press("button", "HTTP").await?;
        self.browser.fill("Name", name).await?;
        self.create_connection(&format!("{name} server"), base).await?;
        self.browser.fill("Relative URL", path).await?;
        match paging {
            Paging::Number => {
                self.browser.choose("Paging", "Page number").await?;
                self.browser.fill("First page", "1").await?;
            }
            Paging::Link => self.browser.choose("Paging", "Link header").await?,
        }
        self.done().await
    }

    /// Adds a destination that posts each record to an HTTP endpoint, with a new connection to it.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn add_http_destination(&self, name: &str, base: &str, path: &str) -> Result<()> {
        self.browser.press("button", "Add destination").await?;
        self.browser.press("button", "HTTP").await?;
        self.browser.fill("Name", name).await?;
        self.create_connection(&format!("{name} server"), base).await?;
        self.browser.fill("Relative URL", path).await?;
        self.done().await
    }

    /// Adds a destination that makes a file to download.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn add_file_destination(&self, name: &str, format: &str, file: &str) -> Result<()> {
        self.browser.press("button", "Add destination").await?;
        self.browser.press("button", "File to download").await?;
        self.browser.fill("Name", name).await?;
        self.browser.choose("Format", format).await?;
        self.browser.fill("File name", file).await?;
        self.done().await
    }

    /// Lets only those records through to a step whose field compares so.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn filter(&self, step: &str, field: &str, operator: &str, value: &str) -> Result<()> {
        self.tool(step, "Filter").await?;
        self.browser.press("button", "Add rule").await?;
        self.browser.fill("Field", field).await?;
        self.browser.choose("Operator", operator).await?;
        self.browser.fill("Value", value).await?;
        self.done().await
    }

    /// Says which field of the source goes to which field of the destination.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn map(&self, step: &str, fields: &[(&str, &str)]) -> Result<()> {
        self.tool(step, "Mapping").await?;
        for (from, to) in fields {
            self.add_mapping(from, to).await?;
        }
        self.done().await
    }

    /// Adds one row in the open mapping editor.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn add_mapping(&self, from: &str, to: &str) -> Result<()> {
        let before = self.browser.all("textbox", "Destination field").await?.len();
        self.browser.press("button", "Add field").await?;
        let fields = wait::until("a new mapping row", wait::PATIENCE, || async {
            let fields = self.browser.all("textbox", "Destination field").await?;
            Ok((fields.len() > before).then_some(fields))
        })
        .await?;
        let sources = self.browser.all("textbox", "Source field").await?;
        crate::browser::replace(sources.last().context("a source field")?, from).await?;
        crate::browser::replace(fields.last().context("a destination field")?, to).await?;
        // Dots make an object with the field inside: one row more.
        wait::until("the rows of the object", wait::PATIENCE, || async {
            Ok((!self.destinations().await?.iter().any(|name| name.contains('.'))).then_some(()))
        })
        .await
    }

    /// The destinations of the rows in the open mapping editor, in their order.
    ///
    /// # Errors
    ///
    /// When the driver does not answer.
    pub async fn destinations(&self) -> Result<Vec<String>> {
        self.mapping_column("Destination field").await
    }

    /// The sources of the rows in the open mapping editor, in their order.
    ///
    /// # Errors
    ///
    /// When the driver does not answer.
    pub async fn sources(&self) -> Result<Vec<String>> {
        self.mapping_column("Source field").await
    }

    async fn mapping_column(&self, label: &str) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for field in self.browser.all("textbox", label).await? {
            texts.push(field.prop("value").await?.unwrap_or_default());
        }
        Ok(texts)
    }

    /// Puts the flow that is open on a schedule: six fields, in this time zone.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it or refuses the schedule.
    pub async fn schedule(&self, cron: &str, zone: &str) -> Result<()> {
        self.browser.press("button", "Schedule").await?;
        let dialog = self.browser.find("dialog", "Schedule").await?;
        self.browser.fill("Cron expression", cron).await?;
        self.browser.fill("Time zone", zone).await?;
        self.browser.press_in(Some(&dialog), "button", "Apply schedule").await?;
        wait::until("the schedule being taken", wait::PATIENCE, || async {
            Ok(self.browser.all("dialog", "Schedule").await?.is_empty().then_some(()))
        })
        .await
    }

    /// Opens a tool of a step on the canvas.
    ///
    /// # Errors
    ///
    /// When the step or its tool is not there.
    pub async fn tool(&self, step: &str, tool: &str) -> Result<()> {
        self.browser.press("button", step).await?;
        self.browser.press("button", tool).await
    }

    /// Closes the open form or editor; what was entered is kept already.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn done(&self) -> Result<()> {
        self.browser.press("button", "Done").await
    }

    /// Makes a connection from the form of a step that is open.
    ///
    /// # Errors
    ///
    /// When the screen does not offer it.
    pub async fn create_connection(&self, name: &str, base: &str) -> Result<()> {
        self.browser.press("button", "Create connection").await?;
        let dialog = self.browser.find("dialog", "Create connection").await?;
        for (label, text) in [("Name", name), ("Base URL", base)] {
            let field = self.browser.find_in(Some(&dialog), "textbox", label).await?;
            crate::browser::replace(&field, text).await?;
        }
        self.browser.press_in(Some(&dialog), "button", "Create connection").await
    }

    /// Starts the flow that is open and waits until it ends; gives how it ended.
    ///
    /// # Errors
    ///
    /// When it does not end within `patience`.
    pub async fn run(&self, patience: Duration) -> Result<String> {
        self.browser.press("button", "Run flow").await?;
        self.run_end(patience).await
    }

    /// Starts the flow that is open and waits until it has completed.
    ///
    /// # Errors
    ///
    /// When it ends otherwise; the message shows the screen.
    pub async fn completes(&self, patience: Duration) -> Result<()> {
        let end = self.run(patience).await?;
        if end != "Completed" {
            let console = self.console_text().await?;
            anyhow::bail!("the run ended as {end}\n{console}\n--- the screen\n{}", self.browser.outline().await);
        }
        Ok(())
    }

    /// Waits until the run that is shown has ended; gives how.
    ///
    /// # Errors
    ///
    /// When it does not end within `patience`.
    pub async fn run_end(&self, patience: Duration) -> Result<String> {
        let ended = wait::until("the run's end", patience, || async {
            let console = self.console_text().await?;
            // A run that completed with errors shows their number in the place of the word, and says the word aloud.
            let ends = [
                ("Completed", "Completed"),
                ("is completed", "Completed"),
                ("Failed", "Failed"),
                ("Canceled", "Canceled"),
            ];
            Ok(ends.into_iter().find(|(said, _)| console.contains(said)).map(|(_, word)| word.to_owned()))
        })
        .await;
        match ended {
            Ok(word) => Ok(word),
            Err(error) => anyhow::bail!("{error:#}\n--- the screen\n{}", self.browser.outline().await),
        }
    }

    /// All that the run console says.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn console_text(&self) -> Result<String> {
        Ok(self.browser.find("region", "Run console").await?.text().await?)
    }

    /// What the run console says about a step.
    ///
    /// # Errors
    ///
    /// When the step is not in it.
    pub async fn counts(&self, step: &str) -> Result<Counts> {
        let console = self.browser.find("region", "Run console").await?;
        let row = self.browser.find_in(Some(&console), "row", step).await?;
        let mut counts = Counts::default();
        let cells = self.browser.all_in(Some(&row), "cell", "").await?;
        let numbers = {
            let mut numbers = Vec::new();
            for cell in cells {
                let text = cell.text().await?.replace([',', '\u{a0}', ' '], "");
                numbers.extend(text.parse::<u64>());
            }
            numbers
        };
        let [success, ignored, errors, ..] = numbers[..] else {
            anyhow::bail!("\"{step}\" shows {numbers:?} instead of successes, ignored and errors");
        };
        (counts.success, counts.ignored, counts.errors) = (success, ignored, errors);
        Ok(counts)
    }

    /// Saves the file that a run made; gives its bytes.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn download(&self, file: &str) -> Result<Vec<u8>> {
        let console = self.browser.find("region", "Run console").await?;
        self.browser.press_in(Some(&console), "button", "Download").await?;
        let folder = self.browser.downloads();
        match crate::downloads::finished(&folder, file, wait::PATIENCE).await {
            Ok((_, bytes)) => Ok(bytes),
            Err(error) => anyhow::bail!("{error:#}\n--- the screen\n{}", self.browser.outline().await),
        }
    }
}
