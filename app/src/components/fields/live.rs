//! What somebody types in a field, from the first key until the document says the same.
//!
//! The first key is applied at once and what follows at most every 50 ms, so that a page that goes away takes next to
//! nothing with it. What is not applied yet is applied when the field is left, in whatever way.
//!
//! Invariant: nothing is applied that was not typed here, and nothing twice. What is typed and not applied yet counts as
//! not stored.

use leptos::prelude::*;

use crate::state::{App, Saving};

const PACE_MS: u32 = 50;
/// An edit that is not in the document by then has failed, and its field shows what is.
const ECHO_MS: u32 = 3_000;

/// The text of one field on its way into the document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Typing {
    /// What is on the screen in place of what the document says.
    draft: Option<String>,
    /// What was applied last.
    sent: Option<String>,
    /// The document has said what was sent, if in other words than were typed.
    echoed: bool,
}

impl Typing {
    fn type_in(&mut self, text: String) {
        self.draft = Some(text);
        self.echoed = false;
    }

    /// Whether something is typed that is still to be applied. `now` is what the document says.
    fn waits(&self, now: &str) -> bool {
        self.draft.as_deref().is_some_and(|draft| draft != self.sent.as_deref().unwrap_or(now))
    }

    /// What is to be applied now, if anything; counts as applied from here on. `now` is what the document says.
    fn take(&mut self, now: &str) -> Option<String> {
        if !self.waits(now) {
            return None;
        }
        let draft = self.draft.clone()?;
        self.sent = Some(draft.clone());
        Some(draft)
    }

    /// The document says `now`, and would show the draft as `read`. True when the draft is not needed any more.
    fn hear(&mut self, now: &str, read: impl Fn(&str) -> String) -> bool {
        let Some(draft) = self.draft.as_ref().filter(|draft| self.sent.as_ref() == Some(draft)) else { return false };
        let said = read(draft) == now;
        // After the echo, another value is somebody else's newer one.
        if draft == now || (self.echoed && !said) {
            *self = Self::default();
            return true;
        }
        self.echoed |= said;
        false
    }

    /// The field was left. True when the draft is not needed any more.
    fn leave(&mut self, now: &str) -> bool {
        let over = self.echoed || self.draft.as_deref() == Some(now) || self.draft != self.sent;
        if over {
            *self = Self::default();
        }
        over
    }
}

/// A field whose text is applied as it is typed.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    typing: RwSignal<Typing>,
    value: Signal<String>,
    on_change: Callback<String>,
    /// Less than 50 ms ago something was applied.
    resting: StoredValue<bool>,
    app: App,
    /// There is as long as something typed is not applied.
    saving: StoredValue<Option<Saving>>,
    /// Whether a text is applied on leaving only: half of it would mean something else.
    late: fn(&str) -> bool,
    /// Whether a text that cannot be applied stays on the screen, whoever leaves it.
    stays: Option<Callback<String, bool>>,
}

impl Live {
    /// A field that shows `value` and applies through `on_change`; `late` says which texts are applied on leaving only,
    /// `read` how the document shows what is typed.
    pub(in crate::components) fn new(
        value: Signal<String>,
        on_change: Callback<String>,
        late: fn(&str) -> bool,
        read: impl Fn(&str) -> String + 'static,
    ) -> Self {
        let (resting, saving) = (StoredValue::new(false), StoredValue::new(None));
        let (typing, app) = (RwSignal::default(), App::here());
        let live = Self { typing, value, on_change, resting, app, saving, late, stays: None };
        Effect::new(move |_| {
            let now = value.get();
            live.typing.maybe_update(|typing| typing.hear(&now, &read));
        });
        let leaving = window_event_listener(leptos::ev::pagehide, move |_| live.apply());
        on_cleanup(move || {
            leaving.remove();
            // The signals go after this.
            live.apply();
        });
        live
    }

    /// The same, where texts stay on the screen of which `stays` says that they cannot be applied.
    pub(in crate::components) fn staying(self, stays: Callback<String, bool>) -> Self {
        Self { stays: Some(stays), ..self }
    }

    /// What the field shows.
    pub(in crate::components) fn shown(self) -> String {
        self.typing.with(|typing| typing.draft.clone()).unwrap_or_else(|| self.value.get())
    }

    /// Whether that is what was typed.
    pub(in crate::components) fn is_typed(self) -> bool {
        self.typing.with(|typing| typing.draft.is_some())
    }

    /// Takes what was typed.
    pub(in crate::components) fn type_in(self, text: String) {
        self.typing.try_update(|typing| typing.type_in(text));
        self.count();
        self.pace();
    }

    /// Applies at once what is not applied yet.
    pub(in crate::components) fn apply(self) {
        // A browser blurs a focused field while it takes it off the page, when its signals are gone already.
        let Some(now) = self.value.try_get_untracked() else { return };
        if let Some(text) = self.typing.try_update_untracked(|typing| typing.take(&now)).flatten() {
            self.on_change.try_run(text);
        }
        self.count();
    }

    /// The field was left. What was typed stays on the screen until the document says it, so that nothing flickers.
    pub(in crate::components) fn leave(self) {
        self.apply();
        let Some(now) = self.value.try_get_untracked() else { return };
        self.typing.try_maybe_update(|typing| (typing.leave(&now), ()));
        self.count();
        let left = self.typing.try_get_untracked();
        let draft = left.as_ref().and_then(|typing| typing.draft.clone());
        if let (Some(draft), Some(stays)) = (draft, self.stays)
            && stays.try_run(draft) == Some(true)
        {
            return;
        }
        gloo::timers::callback::Timeout::new(ECHO_MS, move || {
            self.typing.try_maybe_update(|typing| {
                let stuck = typing.draft.is_some() && Some(&*typing) == left.as_ref();
                if stuck {
                    *typing = Typing::default();
                }
                (stuck, ())
            });
        })
        .forget();
    }

    /// Forgets what was typed: the field shows what the document says.
    pub(in crate::components) fn drop_typed(self) {
        self.typing.try_set(Typing::default());
        self.count();
    }

    /// Counts what is typed as not stored until it is applied, and from then on the edit counts.
    fn count(self) {
        let now = self.value.try_get_untracked().unwrap_or_default();
        let waits = self.typing.try_with_untracked(|typing| typing.waits(&now)) == Some(true);
        self.saving.try_update_value(|saving| match saving {
            None if waits => *saving = Some(self.app.saving()),
            Some(_) if !waits => *saving = None,
            _ => {}
        });
    }

    fn pace(self) {
        let waits = self.typing.try_with_untracked(|typing| {
            typing.draft.as_deref().is_some_and(|draft| !(self.late)(draft)) && typing.draft != typing.sent
        });
        if waits != Some(true) || self.resting.try_get_value() != Some(false) {
            return;
        }
        self.apply();
        self.resting.try_set_value(true);
        gloo::timers::callback::Timeout::new(PACE_MS, move || {
            self.resting.try_set_value(false);
            self.pace();
        })
        .forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(text: &str) -> String {
        text.to_owned()
    }

    fn typed(text: &str) -> Typing {
        Typing { draft: Some(text.into()), ..Typing::default() }
    }

    #[test]
    fn what_was_typed_is_applied_once_and_only_when_it_is_news() {
        let mut typing = Typing::default();
        assert_eq!(typing.take("old"), None, "a field that merely had the focus applies nothing");
        typing.type_in("new".into());
        assert_eq!(typing.take("old").as_deref(), Some("new"));
        assert_eq!(typing.take("old"), None);
        typing.type_in("old".into());
        assert_eq!(typing.take("old").as_deref(), Some("old"), "the document has not said “new” yet, but will");
        assert_eq!(typed("old").take("old"), None);
    }

    #[test]
    fn a_field_follows_the_document_once_that_says_what_was_sent() {
        let mut typing = typed("ab");
        typing.take("");
        typing.type_in("abc".into());
        assert!(!typing.hear("ab", same), "more was typed since");
        typing.take("ab");
        assert!(!typing.hear("ab", same));
        assert!(typing.hear("abc", same));
        assert_eq!(typing.take("a colleague's"), None, "leaving the field writes nothing over theirs");
    }

    #[test]
    fn a_text_that_is_stored_in_other_words_stays_as_typed_until_somebody_changes_it() {
        fn trimmed(text: &str) -> String {
            text.trim().to_owned()
        }
        let mut typing = typed("Major ");
        typing.take("");
        assert!(!typing.hear("Major", trimmed), "the space is still wanted");
        assert_eq!(typing.draft.as_deref(), Some("Major "));
        assert!(!typing.clone().hear("Major", trimmed));
        assert!(typing.clone().leave("Major"));
        assert!(typing.hear("Minor", trimmed));
    }

    #[test]
    fn leaving_keeps_what_the_document_does_not_say_yet() {
        let mut typing = typed("ab");
        typing.take("");
        assert!(!typing.leave(""));
        assert!(typing.hear("ab", same));
        assert!(typed("unsent").leave(""), "what nobody took is not shown as if it were there");
    }
}
