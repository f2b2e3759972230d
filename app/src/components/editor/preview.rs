//! Asks for the output whenever the content changes, and holds what came of it.
//!
//! The last good output stays while something is wrong, and says that it is old. Where nothing is asked by itself, so do
//! the problems; those of a content that is gone go with it.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::eval_worker::{EvalProblem, Output, Printed, Side};

use super::content::Content;
use super::describe::Editor;
use crate::browser::time::now_ms;
use crate::state::{Answer, Evaluator};

/// What changes together is asked together. The worker is asked one question at a time, and of those that come meanwhile the
/// last, so nothing is gained by waiting for the next key; a script is not run half written, and with another input at once.
const SOON_MS: u32 = 0;
const SCRIPT_SOON_MS: u32 = 600;
/// How long the worker may take. A script has a deadline of its own, and its first call loads the interpreter.
const DEADLINE_MS: u32 = 10_000;
const SCRIPT_DEADLINE_MS: u32 = 60_000;
/// What a script may take.
pub(crate) const SCRIPT_MS: u32 = 5_000;

/// What came of the content.
#[derive(Clone, Copy)]
pub(crate) struct Preview {
    /// The last output.
    pub output: RwSignal<Option<Output>>,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: RwSignal<i64>,
    /// The output is not that of what is written now.
    pub old: RwSignal<bool>,
    /// What is wrong.
    pub problems: RwSignal<Vec<EvalProblem>>,
    /// Problems and console are not those of what is written now.
    pub unasked: RwSignal<bool>,
    /// What a script printed.
    pub console: RwSignal<Vec<Printed>>,
    /// How long it took.
    pub ms: RwSignal<Option<f64>>,
    /// A question is out.
    pub working: RwSignal<bool>,
}

impl Preview {
    fn new() -> Self {
        Self {
            output: RwSignal::new(None),
            made_ms: RwSignal::new(0),
            old: RwSignal::new(false),
            problems: RwSignal::default(),
            unasked: RwSignal::new(false),
            console: RwSignal::default(),
            ms: RwSignal::new(None),
            working: RwSignal::new(false),
        }
    }

    /// Something else is written now, and nobody asks what comes of it. `whole` is whether nothing stayed of what was
    /// there: what was wrong with that leads nowhere now.
    fn leave_behind(self, whole: bool) {
        self.old.set(self.output.with_untracked(Option::is_some));
        self.unasked.set(true);
        if whole {
            self.problems.set(Vec::new());
            self.console.set(Vec::new());
        }
    }

    /// Notes an answer; of a screen that is gone nothing is left to note it in.
    fn take(self, answer: Answer, deadline_ms: u32) {
        if self.working.try_set(false).is_some() {
            return;
        }
        self.unasked.set(false);
        match answer {
            Answer::Done(done) => {
                self.old.set(done.output.is_none() && self.output.with_untracked(Option::is_some));
                if done.output.is_some() {
                    self.output.set(done.output);
                    self.made_ms.set(now_ms());
                }
                self.problems.set(done.problems);
                self.console.set(done.console);
                self.ms.set(Some(done.ms));
            }
            Answer::Stopped => self.fail(format!(
                "This took longer than {} seconds and was stopped. Shorten the input, or what the rules do with it.",
                deadline_ms / 1_000
            )),
            Answer::Failed(message) => self.fail(message),
            Answer::Dropped => {}
        }
    }

    fn fail(self, message: String) {
        self.old.set(self.output.with_untracked(Option::is_some));
        self.ms.set(None);
        self.console.set(Vec::new());
        let code = "stopped".to_owned();
        self.problems.set(vec![EvalProblem { code, message, side: Side::Rules, path: None, place: None }]);
    }
}

/// Previews an editor's content; `auto` is whether it does so by itself. Gives what came of it, and what asks now.
pub(crate) fn previewed(
    editor: &'static Editor,
    content: Content,
    auto: Signal<bool>,
    evaluator: StoredValue<Evaluator, LocalStorage>,
) -> (Preview, Callback<()>) {
    let preview = Preview::new();
    let script = editor.is_script();
    let deadline_ms = if script { SCRIPT_DEADLINE_MS } else { DEADLINE_MS };
    let timer = StoredValue::new_local(None::<Timeout>);
    // The script that was called last.
    let called = StoredValue::new(None::<String>);
    // Counts the changes, to tell an answer to what is written now from one to what was.
    let changes = StoredValue::new(0_u32);
    let run = Callback::new(move |()| {
        let (Some(saved), Some(evaluator)) = (content.saved(), evaluator.try_get_value()) else { return };
        timer.try_set_value(None);
        preview.working.set(true);
        let asked = (changes.get_value(), content.times_put());
        if script {
            called.try_set_value(Some(saved.rules.clone()));
        }
        let mut ask = editor.ask(saved);
        if script {
            ask.options = serde_json::json!({"timeoutMs": SCRIPT_MS});
        }
        spawn_local(async move {
            let answer = evaluator.ask(ask, deadline_ms).await;
            // A newer question is out in its place, and says so when it is answered.
            if answer != Answer::Dropped {
                preview.take(answer, deadline_ms);
                let is_late = changes.try_get_value().is_some_and(|now| now != asked.0);
                if is_late && auto.try_get_untracked() == Some(false) {
                    preview.leave_behind(content.times_put() != asked.1);
                }
            }
        });
    });
    Effect::new(move |before: Option<(bool, u32)>| {
        content.track();
        let (is_auto, puts) = (auto.get(), content.times_put());
        let changed = before.is_some_and(|(was_auto, _)| was_auto == is_auto);
        if changed {
            changes.update_value(|changes| *changes += 1);
        }
        if changed && !is_auto {
            preview.leave_behind(before.is_some_and(|(_, before)| before != puts));
        }
        if is_auto || before.is_none() {
            let half = script
                && changed
                && called.with_value(|called| !content.rules.with_untracked(|rules| called.as_ref() == Some(rules)));
            let wait = if half { SCRIPT_SOON_MS } else { SOON_MS };
            timer.set_value(Some(Timeout::new(wait, move || {
                run.try_run(());
            })));
        }
        (is_auto, puts)
    });
    (preview, run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_of_what_is_gone_go_and_those_of_what_was_changed_are_told_from_those_of_now() {
        Owner::new().with(|| {
            let preview = Preview::new();
            let many = || (preview.problems.with_untracked(Vec::len), preview.unasked.get_untracked());
            preview.take(Answer::Failed("It broke.".to_owned()), 1_000);
            assert_eq!(many(), (1, false));
            preview.leave_behind(false);
            assert_eq!(many(), (1, true), "one letter mends one of many");
            preview.leave_behind(true);
            assert_eq!(many(), (0, true), "another example has problems of its own");
            preview.take(Answer::Failed("It broke.".to_owned()), 1_000);
            assert_eq!(many(), (1, false));
            assert!(!preview.old.get_untracked(), "there was no output");
        });
    }
}
