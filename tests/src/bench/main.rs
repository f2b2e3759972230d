//! Measures what is shipped, and prints one table; `cargo xtask bench` builds what it needs and runs it.
//!
//! Decides how each figure is taken. A measurement that cannot be made is a row that says why, so that one broken part
//! hides neither the figures of the others nor those that were taken before it broke.

mod account;
mod builder;
mod editors;
mod edits;
mod engine;
mod probe;
mod records;
mod server;
mod sizes;
mod startup;

use anyhow::Result;
use std::process::ExitCode;

/// What there is to measure, as `cargo xtask bench` is told.
const MEASURES: [&str; 15] = [
    "sizes",
    "startup-10",
    "startup-10000",
    "edits",
    "account",
    "builder",
    "server-rest",
    "server-fan-out",
    "server-idle",
    "records",
    "engine-native",
    "engine-hooks",
    "engine-memory",
    "engine-browser",
    "editors",
];

/// One line of the table.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) target: String,
    pub(crate) missed: bool,
}

impl Row {
    /// A figure without a target.
    pub(crate) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), target: String::new(), missed: false }
    }

    /// A figure that may be as large as `most`, in the words of `show`.
    pub(crate) fn at_most(name: impl Into<String>, value: f64, most: f64, show: fn(f64) -> String) -> Self {
        // What is no number meets nothing.
        let met = value <= most;
        Self { name: name.into(), value: show(value), target: format!("<= {}", show(most)), missed: !met }
    }
}

/// Milliseconds with what they deserve of digits.
pub(crate) fn ms(value: f64) -> String {
    if value < 100.0 { format!("{value:.1} ms") } else { format!("{value:.0} ms") }
}

/// Whole kibibytes, rounded up.
pub(crate) fn kib(bytes: f64) -> String {
    format!("{:.0} KiB", (bytes / 1024.0).ceil())
}

/// Bytes.
pub(crate) fn bytes(count: f64) -> String {
    format!("{count:.0} B")
}

/// The value below which `share` of all lie.
pub(crate) fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index within the values")]
    let at = (last as f64 * share).round() as usize;
    values.get(at).copied().unwrap_or(f64::NAN)
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = std::env::args().nth(1).unwrap_or_default();
    let mut rows = Vec::new();
    // A whole name means that one alone, also where it is the beginning of another.
    let wanted = |name: &&&str| if MEASURES.contains(&&*filter) { **name == filter } else { name.contains(&filter) };
    for name in MEASURES.iter().filter(wanted) {
        if let Err(error) = measure(name, &mut rows).await {
            eprintln!("{name}: {error:#}");
            let reason = error.to_string();
            let first = reason.lines().next().unwrap_or_default();
            rows.push(Row::new(*name, format!("not measured: {first}")));
        }
    }
    print(&rows);
    if rows.iter().any(|row| row.value.starts_with("not measured")) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Adds the figures of one of [`MEASURES`]; those that were taken before it broke stay.
async fn measure(name: &str, rows: &mut Vec<Row>) -> Result<()> {
    match name {
        "sizes" => sizes::measure(rows),
        "startup-10" => startup::measure(10, rows).await,
        "startup-10000" => startup::measure(10_000, rows).await,
        "edits" => edits::measure(rows).await,
        "account" => account::measure(rows).await,
        "builder" => builder::measure(rows).await,
        "server-rest" => server::rest(rows).await,
        "server-fan-out" => server::fan_out(rows).await,
        "server-idle" => server::idle(rows).await,
        "records" => records::measure(rows).await,
        "engine-native" => engine::native(rows),
        "engine-hooks" => engine::hooks(rows),
        "engine-memory" => engine::memory(rows).await,
        "engine-browser" => engine::browser(rows).await,
        "editors" => editors::measure(rows).await,
        other => anyhow::bail!("nothing measures {other}"),
    }
}

fn print(rows: &[Row]) {
    let width = |of: fn(&Row) -> usize, least: usize| rows.iter().map(of).max().unwrap_or(0).max(least);
    let (name, value) = (width(|row| row.name.chars().count(), 7), width(|row| row.value.chars().count(), 5));
    println!("| {:name$} | {:value$} | {:12} | {:6} |", "measure", "value", "target", "");
    println!("|{}|{}|{}|{}|", "-".repeat(name + 2), "-".repeat(value + 2), "-".repeat(14), "-".repeat(8));
    for row in rows {
        let verdict = if row.missed { "MISSED" } else { "" };
        println!("| {:name$} | {:value$} | {:12} | {verdict:6} |", row.name, row.value, row.target);
    }
}
