//! Asks for the output whenever the content changes, and holds what came of it.
//!
//! The last good output stays while something is wrong, and says that it is old.

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
            console: RwSignal::default(),
            ms: RwSignal::new(None),
            working: RwSignal::new(false),
        }
    }

    /// Notes an answer; of a screen that is gone nothing is left to note it in.
    fn take(self, answer: Answer, deadline_ms: u32) {
        if self.working.try_set(false).is_some() {
            return;
        }
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
    let run = Callback::new(move |()| {
        let (Some(saved), Some(evaluator)) = (content.saved(), evaluator.try_get_value()) else { return };
        timer.try_set_value(None);
        preview.working.set(true);
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
            }
        });
    });
    Effect::new(move |before: Option<()>| {
        content.track();
        let changed = before.is_some();
        if changed && preview.output.with_untracked(Option::is_some) && !auto.get_untracked() {
            preview.old.set(true);
        }
        if auto.get() || !changed {
            let half = script
                && changed
                && called.with_value(|called| !content.rules.with_untracked(|rules| called.as_ref() == Some(rules)));
            let wait = if half { SCRIPT_SOON_MS } else { SOON_MS };
            timer.set_value(Some(Timeout::new(wait, move || {
                run.try_run(());
            })));
        }
    });
    (preview, run)
}
