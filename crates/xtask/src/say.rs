//! What the person at the terminal reads: titles and results on standard output, problems on standard error.

use std::io::Write;
use std::time::Duration;

/// Prints one line.
///
/// A closed terminal is no reason to stop a build half way, so that failure is dropped here and nowhere else.
pub(crate) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        // Nobody reads any more.
    }
}

/// Announces a step.
pub(crate) fn title(text: &str) {
    line(&format!("\n==> {text}"));
}

/// Says how a step ended.
pub(crate) fn ended(text: &str, took: Duration, good: bool) {
    let word = if good { "done" } else { "FAILED" };
    line(&format!("    {text}: {word} in {}", seconds(took)));
}

/// Says what went wrong.
pub(crate) fn problem(text: &str) {
    let mut out = std::io::stderr().lock();
    if writeln!(out, "xtask: {text}").is_err() {
        // Nobody reads any more.
    }
}

/// A duration for people: `4.2 s`, `3 min 12 s`.
pub(crate) fn seconds(took: Duration) -> String {
    let whole = took.as_secs();
    if whole < 60 { format!("{:.1} s", took.as_secs_f64()) } else { format!("{} min {:02} s", whole / 60, whole % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_minutes_from_sixty_seconds_on() {
        assert_eq!(seconds(Duration::from_millis(4200)), "4.2 s");
        assert_eq!(seconds(Duration::from_secs(192)), "3 min 12 s");
    }
}
