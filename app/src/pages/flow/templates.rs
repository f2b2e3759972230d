//! The templates of a step's requests, in the frame of the playground: what is written, a record, and what comes of it.

use std::collections::VecDeque;

use leptos::prelude::*;
use serde_json::{Value, json};
use tombolo_model::{Intent, RowId};

use super::Builder;
use super::mapping::{NoSample, Which};
use super::sample::{Sample, pretty};
use super::steps::StepKind;
use crate::components::editor::{Bench, Content, Editor, Saved};
use crate::components::{Reading, Shared};
use crate::pages::playground::{InnerFrame, bench_of, editor};
use crate::state::{Doc, Evaluator};

/// A template of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    words: &'static str,
    path: &'static str,
    /// Which of a list of them, one an operation.
    item: Option<usize>,
    /// The editor that shows it.
    slug: &'static str,
}

const fn field(words: &'static str, path: &'static str, item: Option<usize>, slug: &'static str) -> Field {
    Field { words, path, item, slug }
}

/// The templates of a kind of step; of updates only where there are such.
fn fields(kind: StepKind, updates: bool) -> Vec<Field> {
    const URI: &str = "/http/relativeURI";
    const BODY: &str = "/http/body";
    if kind != StepKind::Import {
        return vec![field("Relative URL", URI, None, "relative-uri"), field("Body", BODY, None, "handlebars")];
    }
    let mut all = vec![field("Relative URL", URI, Some(0), "relative-uri"), field("Body", BODY, Some(0), "handlebars")];
    if updates {
        all.push(field("Relative URL of updates", URI, Some(1), "relative-uri"));
        all.push(field("Body of updates", BODY, Some(1), "handlebars"));
    }
    all
}

/// What a template of a list says.
fn item_of(value: Option<&Value>, at: usize) -> String {
    match value {
        Some(Value::Array(items)) => items.get(at).and_then(Value::as_str).unwrap_or_default().to_owned(),
        Some(Value::String(text)) if at == 0 => text.clone(),
        _ => String::new(),
    }
}

/// Whether a text that arrives is one that was sent from here; then those before it need not be waited for any more.
fn heard(sent: &mut VecDeque<String>, text: &str) -> bool {
    let Some(at) = sent.iter().position(|one| one == text) else { return false };
    sent.drain(..=at);
    true
}

/// The list with another text at a place.
fn with_item(value: Option<&Value>, at: usize, text: &str) -> Value {
    let mut items: Vec<Value> = match value {
        Some(Value::Array(items)) => items.clone(),
        Some(Value::String(text)) => vec![text.clone().into()],
        _ => Vec::new(),
    };
    while items.len() <= at {
        items.push("".into());
    }
    items[at] = text.into();
    items.into()
}

impl Field {
    /// Keeps the text of the editor and that of the document the same, whoever writes.
    fn bind(self, doc: Doc, rules: RwSignal<String>) {
        match self.item {
            None if doc.is_text(self.path) => {
                let shared = Shared::new(doc, self.path.to_owned(), Reading::default(), None);
                Effect::new(move |_| {
                    let (text, _) = shared.shown();
                    rules.try_maybe_update(|rules| {
                        let news = *rules != text;
                        *rules = text;
                        (news, ())
                    });
                });
                Effect::new(move |before: Option<()>| {
                    let text = rules.get();
                    if before.is_some() && untrack(|| shared.shown().0) != text {
                        shared.type_in(text);
                    }
                });
            }
            item => {
                let at = item.unwrap_or_default();
                let there = Memo::new(move |_| item_of(doc.at(self.path).as_ref(), at));
                // Only what changed there is taken over: the page hears of its own keys a little later, and by then
                // others may have been typed.
                let sent = StoredValue::new(VecDeque::<String>::new());
                Effect::new(move |before: Option<()>| {
                    let text = there.get();
                    let own = sent.try_update_value(|sent| heard(sent, &text)).unwrap_or(true);
                    if before.is_some() && !own {
                        rules.maybe_update(|rules| {
                            let news = *rules != text;
                            *rules = text;
                            news
                        });
                    }
                });
                Effect::new(move |before: Option<()>| {
                    let text = rules.get();
                    let now = untrack(|| doc.at(self.path));
                    if before.is_some() && item_of(now.as_ref(), at) != text {
                        sent.update_value(|sent| sent.push_back(text.clone()));
                        doc.edit(vec![Intent::Set {
                            path: self.path.to_owned(),
                            value: with_item(now.as_ref(), at, &text),
                        }]);
                    }
                });
            }
        }
    }
}

/// What the template sees of a record.
fn context(record: Option<Value>) -> String {
    pretty(&json!({"record": record.unwrap_or_else(|| json!({}))}))
}

/// The editor.
#[component]
pub(super) fn TemplatesEditor(doc: Doc, kind: StepKind, step: RowId) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    let updates = Memo::new(move |_| {
        let types = doc.at("/http/requestType");
        types.is_some_and(|types| types.as_array().is_some_and(|types| types.len() > 1))
    });
    let chosen = RwSignal::new(0_usize);
    // Addresses read the record before the mapping, bodies of imports what the mapping made.
    let before = Sample::of(builder, step.clone(), "mapping");
    let mapped = Sample::of(builder, step, "response");
    let field = Memo::new(move |_| {
        let all = fields(kind, updates.get());
        all.get(chosen.get()).copied().or_else(|| all.first().copied())
    });
    let sample = move || {
        let body = field.get().is_some_and(|field| field.path.ends_with("/body"));
        if body && kind == StepKind::Import { mapped } else { before }
    };
    let helpers = RwSignal::default();
    let evaluator = StoredValue::new_local(Evaluator::start(helpers));
    on_cleanup(move || {
        evaluator.try_with_value(Evaluator::end);
    });
    let bench = bench_of(|| None);
    let tabs = move || {
        fields(kind, updates.get()).into_iter().enumerate().map(|(at, field)| view! {
            <button type="button" aria-pressed=move || (chosen.get() == at).to_string() on:click=move |_| chosen.set(at)>{field.words}</button>
        }).collect_view()
    };
    let empty = Signal::derive(move || sample().value().is_none());
    move || {
        open.get().then(|| view! {
            <div class="transform-kind row"><div class="segment" role="group" aria-label="Template">{tabs}</div><span class="grow"></span><span class="row template-sample">{move || view! { <Which sample=sample()/> }}</span></div>
            {move || view! { <NoSample sample=sample() empty=empty/> }}
            {move || {
                let field = field.get()?;
                let shown = editor(field.slug)?;
                Some(view! { <One doc=doc field=field editor=shown sample=sample() bench=bench evaluator=evaluator helpers=helpers/> })
            }}
        })
    }
}

#[component]
fn One(
    doc: Doc,
    field: Field,
    editor: &'static Editor,
    sample: Sample,
    bench: Bench,
    evaluator: StoredValue<Evaluator, LocalStorage>,
    helpers: RwSignal<Vec<tombolo_wire::eval_worker::Helper>>,
) -> impl IntoView {
    let rules = untrack(|| match field.item {
        Some(at) => item_of(doc.at(field.path).as_ref(), at),
        None => doc.text(field.path),
    });
    let input = untrack(|| context(sample.value()));
    let content = Content::new(Saved { rules, input, options: serde_json::Map::new() });
    field.bind(doc, content.rules);
    // Another record of the test run takes the place of the one that is shown.
    Effect::new(move |before: Option<()>| {
        let record = sample.value();
        if before.is_some() {
            content.input.set(context(record));
        }
    });
    view! { <InnerFrame editor=editor content=content bench=bench evaluator=evaluator helpers=helpers/> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_of_a_list_is_written_without_the_others() {
        assert_eq!(with_item(None, 1, "/b"), json!(["", "/b"]));
        assert_eq!(with_item(Some(&json!(["/a", "/b"])), 0, "/c"), json!(["/c", "/b"]));
        assert_eq!(with_item(Some(&json!("/a")), 1, "/b"), json!(["/a", "/b"]));
        assert_eq!((item_of(Some(&json!(["/a"])), 0), item_of(Some(&json!(["/a"])), 1)), ("/a".into(), String::new()));
    }

    #[test]
    fn what_was_typed_here_is_told_from_what_others_write_in_the_list() {
        let mut sent: VecDeque<String> = ["/a", "/ab", "/abc"].map(str::to_owned).into();
        assert!(heard(&mut sent, "/ab"), "one that was gathered with the next is not waited for");
        assert_eq!(sent, ["/abc"]);
        assert!(!heard(&mut sent, "/theirs"));
        assert!(heard(&mut sent, "/abc") && sent.is_empty());
    }

    #[test]
    fn each_template_has_an_editor_and_updates_have_theirs() {
        assert_eq!(fields(StepKind::Source, false).len(), 2);
        assert_eq!(fields(StepKind::Import, true).len(), 4);
        for field in fields(StepKind::Import, true) {
            assert!(editor(field.slug).is_some(), "{}", field.slug);
        }
        assert_eq!(context(None), pretty(&json!({"record": {}})));
    }
}
