//! `tombolo admin feedback`: what people wrote, for who runs the server.
//!
//! Strangers may write. What a terminal would take for a command is shown as a mark.

use std::path::Path;

use anyhow::bail;

use crate::rest::shown::time;
use crate::serve::{DATABASE, lock};
use crate::sqlite::{SCHEMA_VERSION, Sqlite};
use crate::store::{Feedback, FeedbackRow, Store};
use crate::{backup, clock};

/// All of it, the oldest first.
pub(super) async fn run(data: &Path) -> anyhow::Result<String> {
    let path = data.join(DATABASE);
    if !path.exists() {
        bail!("there is no database in {}: name the server's folder with --data", data.display());
    }
    // Tables of an earlier release are brought up to date, which must not happen below a server that runs.
    let lock = if backup::version(&path).await? < SCHEMA_VERSION { Some(lock(data)?) } else { None };
    let store = Sqlite::open(&path, 0, clock::now_ms()).await?;
    let rows = store.feedback().await;
    store.close().await;
    drop(lock);
    let rows = rows?;
    if rows.is_empty() {
        return Ok("nobody has written".to_owned());
    }
    Ok(rows.iter().map(in_words).collect::<Vec<_>>().join("\n\n"))
}

fn in_words(row: &FeedbackRow) -> String {
    let who = match (row.name.as_str(), row.email.as_str()) {
        ("", "") => "somebody who was not signed in".to_owned(),
        (name, email) => format!("{name} <{email}>"),
    };
    let mut said = format!("{} {} from {}", time(row.received_ms), row.kind, plain(&who));
    if !row.diagnostics.is_empty() {
        said = format!("{said}\n  {}", plain(&row.diagnostics));
    }
    for line in row.message.lines() {
        said = format!("{said}\n  {}", plain(line));
    }
    said
}

/// Without what moves a cursor, colours or clears.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_wrote_is_no_command_to_a_terminal() {
        let row = FeedbackRow {
            kind: "idea".into(),
            message: "First\n\u{1b}[2JSecond".into(),
            diagnostics: String::new(),
            name: String::new(),
            email: String::new(),
            written_ms: 0,
            received_ms: 0,
        };
        let said = in_words(&row);
        assert!(said.contains("idea from somebody who was not signed in\n  First\n  \u{fffd}[2JSecond"), "{said}");
    }
}
