//! `tombolo admin feedback`: what people wrote, for who runs the server.
//!
//! Strangers may write. What a terminal would take for a command is shown as a mark.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;

use super::say;
use crate::rest::shown::time;
use crate::serve::{DATABASE, lock};
use crate::sqlite::{SCHEMA_VERSION, Sqlite};
use crate::store::{Feedback, FeedbackRow, Store};
use crate::{backup, clock};

/// Prints all of it, the oldest first, and removes it when that is wanted.
pub(super) async fn run(data: &Path, forget: bool) -> anyhow::Result<ExitCode> {
    let path = data.join(DATABASE);
    if !path.exists() {
        bail!("there is no database in {}: name the server's folder with --data", data.display());
    }
    // Tables of an earlier release are brought up to date, which must not happen below a server that runs.
    let lock = if backup::version(&path).await? < SCHEMA_VERSION { Some(lock(data)?) } else { None };
    let store = Sqlite::open(&path, 0, clock::now_ms()).await?;
    let done = print(&store, forget).await;
    store.close().await;
    drop(lock);
    done
}

async fn print(store: &Sqlite, forget: bool) -> anyhow::Result<ExitCode> {
    let rows = store.feedback().await?;
    let Some(last) = rows.last() else { return say("nobody has written") };
    say(&rows.iter().map(in_words).collect::<Vec<_>>().join("\n\n"))?;
    if forget {
        // What came meanwhile was not printed, and stays.
        store.forget_feedback(last.n).await?;
    }
    Ok(ExitCode::SUCCESS)
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
            n: 1,
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
