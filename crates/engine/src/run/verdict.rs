//! Whether an answer is a success: first its status, then the fail path, then the success path.

use tombolo_model::Val;

use super::answer::{said_in, short};
use crate::plan::{Sign, Verdict};
use crate::scrub::Scrub;

impl Verdict {
    /// Why an answer whose status is a success is none; nothing when it is one.
    pub(super) fn failure(&self, answer: &Val, scrub: &Scrub) -> Option<String> {
        let why = |path_value: Option<&Val>| {
            let said = said_in(answer, self.error_path.as_ref(), scrub);
            // A status such as `failed` says less than the message beside it, but more than nothing.
            let said =
                if said.is_empty() { path_value.map(|value| short(&value.display(), scrub)) } else { Some(said) };
            said.filter(|said| !said.is_empty()).map(|said| format!(": {said}")).unwrap_or_default()
        };
        if let Some(fail) = &self.fail
            && fail.is_in(answer)
        {
            return Some(format!(
                "answered with a failure{}. Check the data that is sent, and the fail path of the settings.",
                why(fail.path.get(answer))
            ));
        }
        match &self.success {
            Some(success) if !success.is_in(answer) => Some(format!(
                "answered without the sign of success{}. Check the data that is sent, and the success path of the settings.",
                why(success.path.get(answer))
            )),
            _ => None,
        }
    }
}

impl Sign {
    fn is_in(&self, answer: &Val) -> bool {
        match self.path.get(answer) {
            None => false,
            Some(Val::List(items)) if self.any_of_list => items.iter().any(|item| self.is(item)),
            Some(value) => self.is(value),
        }
    }

    fn is(&self, value: &Val) -> bool {
        if self.values.is_empty() {
            return !matches!(value, Val::Bool(false)) && !value.is_empty();
        }
        is_one_of(value, &self.values)
    }
}

/// Whether a value, as a text, is one of these; null is `null`.
pub(super) fn is_one_of(value: &Val, texts: &[String]) -> bool {
    let text = if *value == Val::Null { "null".into() } else { value.display() };
    texts.iter().any(|one| *one == text)
}

#[cfg(test)]
mod tests {
    use tombolo_model::KeyPool;

    use super::*;
    use crate::path::Path;

    fn sign(path: &str, values: &[&str], any_of_list: bool) -> Option<Sign> {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        Some(Sign { path: Path::dotted(path).unwrap(), values, any_of_list })
    }

    fn failure(verdict: &Verdict, answer: &str) -> Option<String> {
        let answer = Val::parse(answer.as_bytes(), &mut KeyPool::default()).unwrap();
        verdict.failure(&answer, &Scrub::new(["hush"]))
    }

    #[test]
    fn the_fail_path_is_asked_before_the_success_path() {
        let verdict = Verdict {
            fail: sign("state", &["failed", "0", "null"], false),
            success: sign("state", &["ok"], false),
            error_path: Path::dotted("why").ok(),
        };
        assert_eq!(failure(&verdict, r#"{"state":"ok"}"#), None);
        for state in [r#""failed""#, "0", "null"] {
            let said = failure(&verdict, &format!(r#"{{"state":{state},"why":"no hush"}}"#)).unwrap();
            assert!(said.starts_with("answered with a failure: no ******. "), "{said}");
        }
        for other in [r#"{"state":"OK"}"#, "{}", "[]"] {
            let said = failure(&verdict, other).unwrap();
            assert!(said.starts_with("answered without the sign of success"), "{said}");
        }
    }

    #[test]
    fn without_values_anything_but_nothing_counts() {
        let verdict = Verdict { fail: sign("error", &[], false), ..Verdict::default() };
        for fine in ["{}", r#"{"error":null}"#, r#"{"error":""}"#, r#"{"error":false}"#] {
            assert_eq!(failure(&verdict, fine), None, "{fine}");
        }
        let said = failure(&verdict, r#"{"error":{"message":"Bad."}}"#).unwrap();
        assert!(said.starts_with("answered with a failure: Bad. Check"), "{said}");
        let success = Verdict { success: sign("id", &[], false), ..Verdict::default() };
        assert_eq!(failure(&success, r#"{"id":0}"#), None);
        assert!(failure(&success, r#"{"id":null}"#).is_some());
    }

    #[test]
    fn one_of_a_list_is_enough_where_the_settings_say_so() {
        let answer = r#"{"states":["failed","ok"]}"#;
        let verdict = |any| Verdict { success: sign("states", &["ok"], any), ..Verdict::default() };
        assert_eq!(failure(&verdict(true), answer), None);
        assert!(failure(&verdict(false), answer).is_some());
    }
}
