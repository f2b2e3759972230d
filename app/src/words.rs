//! Numbers, times and counts as people read them. Plain functions, tested natively.

pub(crate) mod fields;
pub(crate) mod kinds;

use tombolo_model::LONGEST_NAME;
use tombolo_wire::rest::{MailState, MailStatus};
use tombolo_wire::run::RunType;

/// Thousands parted: `3,376`.
pub(crate) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut made = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            made.push(',');
        }
        made.push(digit);
    }
    made
}

/// `1 flow`, `3 flows`.
pub(crate) fn count(many: usize, one: &str) -> String {
    if many == 1 { format!("1 {one}") } else { format!("{} {one}s", number(many as u64)) }
}

/// `1 entry`, `3 entries`.
pub(crate) fn entries(many: usize) -> String {
    if many == 1 { "1 entry".to_owned() } else { format!("{} entries", number(many as u64)) }
}

/// `just now`, `4 min ago`, `3 h ago`, `yesterday`, then days.
pub(crate) fn ago(then_ms: i64, now_ms: i64) -> String {
    let seconds = (now_ms - then_ms).max(0) / 1000;
    match seconds {
        0..10 => "just now".into(),
        10..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        86_400..172_800 => "yesterday".into(),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// `in 12 min`, `in 4 h`, `in 3 days`; `now` once it is over.
pub(crate) fn ahead(then_ms: i64, now_ms: i64) -> String {
    let minutes = (then_ms - now_ms).max(0) / 60_000;
    match minutes {
        0 => "now".into(),
        1..60 => format!("in {minutes} min"),
        60..2_880 => format!("in {} h", minutes / 60),
        _ => format!("in {} days", minutes / 1_440),
    }
}

/// `4.2 s`, `1 min 5 s`.
pub(crate) fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// `12 KB`, `3.4 MB`.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{} KB", bytes / 1000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// At most two letters for a tile or an avatar: `Harbour & Pine` → `HP`.
pub(crate) fn monogram(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next());
    let mut made: String = words.next().into_iter().chain(words.next()).collect::<String>().to_uppercase();
    if made.is_empty() {
        made.push('?');
    }
    made
}

/// Why a text is no name for anything, in words; nothing when it is one.
pub(crate) fn name_problem(text: &str) -> Option<String> {
    match text.trim().chars().count() {
        0 => Some("Enter a name.".into()),
        many if many > LONGEST_NAME => {
            Some(format!("A name has at most {LONGEST_NAME} characters; this one has {}.", number(many as u64)))
        }
        _ => None,
    }
}

/// Why a text is no e-mail address, in words; nothing when it may be one. The server looks closer.
pub(crate) fn email_problem(text: &str) -> Option<String> {
    let text = text.trim();
    let whole = text.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
    match text {
        "" => Some("Enter an e-mail address.".into()),
        _ if !whole || text.contains(char::is_whitespace) => {
            Some(format!("“{text}” is not an e-mail address: one looks like ines@example.com."))
        }
        _ => None,
    }
}

/// How a letter went.
pub(crate) fn letter(state: &MailState) -> String {
    let problem = state.problem.as_deref();
    match (state.status, problem) {
        (MailStatus::Waiting, None) => "The letter is on its way.".into(),
        (MailStatus::Waiting, Some(problem)) => format!("Not sent yet, and tried again: {problem}."),
        (MailStatus::Sent, _) => "The letter was sent.".into(),
        (MailStatus::Failed, problem) => format!("Could not be sent: {}.", problem.unwrap_or("nobody knows why")),
    }
}

/// One of five colours, the same for the same text.
pub(crate) fn tint(text: &str) -> u8 {
    let sum = text.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    u8::try_from(sum % 5 + 1).unwrap_or(1)
}

/// What started a run, in a word; nothing for the usual ways, which the place tells.
pub(crate) const fn run_type(kind: RunType) -> Option<&'static str> {
    match kind {
        RunType::Manual | RunType::Schedule | RunType::Other => None,
        RunType::Retry => Some("Retry"),
        RunType::Test => Some("Test"),
        RunType::Webhook => Some("Webhook"),
        RunType::Api => Some("API"),
        RunType::Flow => Some("By a flow"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parted_and_counted() {
        assert_eq!(
            (number(0), number(999), number(1000), number(1_234_567)),
            ("0".into(), "999".into(), "1,000".into(), "1,234,567".into())
        );
        assert_eq!(
            (count(1, "flow"), count(0, "flow"), count(3, "flow")),
            ("1 flow".into(), "0 flows".into(), "3 flows".into())
        );
        assert_eq!((entries(1), entries(2_000)), ("1 entry".into(), "2,000 entries".into()));
    }

    #[test]
    fn times_are_relative_up_to_days() {
        let hour = 3_600_000;
        assert_eq!(ago(0, 500), "just now");
        assert_eq!(ago(0, 42_000), "42 s ago");
        assert_eq!(ago(0, 3 * hour), "3 h ago");
        assert_eq!(ago(0, 26 * hour), "yesterday");
        assert_eq!(ago(5_000, 0), "just now", "a clock that runs ahead is no reason for a minus");
        assert_eq!(
            (ahead(0, 5), ahead(90_000, 0), ahead(30 * hour, 0)),
            ("now".into(), "in 1 min".into(), "in 30 h".into())
        );
        assert_eq!(ahead(90 * 24 * hour, 0), "in 90 days");
        assert_eq!((duration(4_250), duration(65_000)), ("4.2 s".into(), "1 min 5 s".into()));
    }

    #[test]
    fn a_name_is_neither_empty_nor_a_page_long() {
        assert_eq!(name_problem("Orders to CRM"), None);
        assert_eq!(name_problem("  ").as_deref(), Some("Enter a name."));
        assert_eq!(name_problem(&"ö".repeat(LONGEST_NAME)), None);
        let long = name_problem(&"o".repeat(1_000));
        assert_eq!(long.as_deref(), Some("A name has at most 200 characters; this one has 1,000."));
    }

    #[test]
    fn an_address_has_somebody_and_somewhere() {
        assert_eq!(email_problem(" ines@example.com "), None);
        assert_eq!(email_problem("").as_deref(), Some("Enter an e-mail address."));
        for wrong in ["ines", "@example.com", "ines@", "ines of@example.com"] {
            assert!(email_problem(wrong).is_some_and(|why| why.contains(wrong)), "{wrong}");
        }
    }

    #[test]
    fn a_letter_that_did_not_go_out_says_why_and_whether_it_still_may() {
        let state =
            |status, problem: Option<&str>| letter(&MailState { status, problem: problem.map(Into::into), at_ms: 0 });
        assert_eq!(state(MailStatus::Sent, None), "The letter was sent.");
        assert!(state(MailStatus::Waiting, Some("nobody answers")).contains("tried again: nobody answers"));
        assert_eq!(state(MailStatus::Failed, Some("550 no such user")), "Could not be sent: 550 no such user.");
    }

    #[test]
    fn names_become_monograms() {
        assert_eq!(
            (monogram("Harbour & Pine"), monogram("tombolo"), monogram("")),
            ("HP".into(), "T".into(), "?".into())
        );
        assert!((1..=5).contains(&tint("anything")));
    }
}
