//! What is wrong, and what a script printed, below the panels.

use leptos::prelude::*;
use tombolo_wire::eval_worker::{EvalProblem, Side};

use super::Areas;
use super::describe::{Editor, RulesAs};
use super::preview::Preview;
use crate::components::Icon;

/// A problem and where it is in its text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    problem: EvalProblem,
    place: Option<(u32, u32)>,
}

/// Marks the problems in the texts and gives the line and column of each.
pub(crate) fn place_all(editor: &Editor, areas: Areas, problems: &[EvalProblem]) -> Vec<Placed> {
    let field = match editor.rules.as_ref().map(|rules| rules.given) {
        Some(RulesAs::Field(name)) => Some(format!("/{name}")),
        _ => None,
    };
    let wanted = |side: Side| {
        problems.iter().filter(move |problem| problem.side == side).map(|problem| spot(problem, field.as_deref()))
    };
    let rules = areas.rules.mark(&wanted(Side::Rules).collect());
    let input = areas.input.mark(&wanted(Side::Input).collect());
    let (mut rules, mut input) = (rules.into_iter(), input.into_iter());
    let placed = |problem: &EvalProblem| Placed {
        problem: problem.clone(),
        place: if problem.side == Side::Rules { rules.next() } else { input.next() }.flatten(),
    };
    problems.iter().map(placed).collect()
}

/// Where the code editor looks for a problem.
fn spot(problem: &EvalProblem, field: Option<&str>) -> serde_json::Value {
    let own = match (&problem.path, problem.side) {
        (None, _) => true,
        (Some(path), Side::Rules) => Some(path.as_str()) == field,
        (Some(_), Side::Input) => false,
    };
    match problem.place {
        Some((line, column)) if own => serde_json::json!({"line": line, "column": column}),
        // The rules are the text of one field: a pointer leads to an option, and not into it.
        _ if own || (field.is_some() && problem.side == Side::Rules) => serde_json::json!({}),
        _ => serde_json::json!({"pointer": problem.path}),
    }
}

/// Problems and console.
#[component]
pub(crate) fn Dock(preview: Preview, placed: Signal<Vec<Placed>>, areas: Areas, has_console: bool) -> impl IntoView {
    let console = RwSignal::new(false);
    let folded = RwSignal::new(false);
    let many = Memo::new(move |_| preview.problems.with(Vec::len));
    let lines = Memo::new(move |_| preview.console.with(Vec::len));
    let tab = move |of_console: bool| (console.get() == of_console).to_string();
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if has_console && matches!(event.key().as_str(), "ArrowLeft" | "ArrowRight") {
            event.prevent_default();
            console.update(|console| *console = !*console);
            let id = if console.get_untracked() { "dock-console" } else { "dock-problems" };
            crate::browser::page::focus_soon(vec![id.to_owned()]);
        }
    };
    let index = move |of_console: bool| if console.get() == of_console { "0" } else { "-1" };
    view! {
        <section class="dock" aria-label="Problems and console">
            <div class="tabs">
                <div class="tabs-list" role="tablist" aria-label="Below the panels" on:keydown=on_key>
                    <button class="tab" role="tab" id="dock-problems" aria-controls="dock-body" tabindex=move || index(false) aria-selected=move || tab(false)
                        on:click=move |_| { console.set(false); folded.set(false); }>
                        "Problems" {move || (many.get() > 0).then(|| view! { <span class="badge danger">{many}</span> })}
                    </button>
                    {has_console.then(|| view! {
                        <button class="tab" role="tab" id="dock-console" aria-controls="dock-body" tabindex=move || index(true) aria-selected=move || tab(true)
                            on:click=move |_| { console.set(true); folded.set(false); }>
                            "Console" {move || (lines.get() > 0).then(|| view! { <span class="badge">{lines}</span> })}
                        </button>
                    })}
                </div>
                <span class="grow"></span>
                <button class="icon-button small" aria-expanded=move || (!folded.get()).to_string() aria-controls="dock-body"
                    aria-label=move || if folded.get() { "Open problems and console" } else { "Fold problems and console" }
                    on:click=move |_| folded.update(|folded| *folded = !*folded)>
                    {move || view! { <Icon name=if folded.get() { "chevron-up" } else { "chevron-down" } small=true/> }}
                </button>
            </div>
            <div class="dock-body" id="dock-body" role="tabpanel" tabindex="0" aria-label=move || if console.get() { "Console" } else { "Problems" } hidden=folded>
                <Show when=move || !console.get() fallback=move || view! { <Console preview=preview/> }>
                    <Problems placed=placed areas=areas working=preview.working/>
                </Show>
            </div>
        </section>
    }
}

#[component]
fn Problems(placed: Signal<Vec<Placed>>, areas: Areas, working: RwSignal<bool>) -> impl IntoView {
    let none = Memo::new(move |_| placed.with(Vec::is_empty));
    view! {
        <div role="status">
            {move || none.get().then(|| view! { <p class="quiet-line">{move || if working.get() { "Working…" } else { "No problems." }}</p> })}
            {move || placed.get().into_iter().map(|Placed { problem, place }| {
                let side = problem.side;
                let area = if side == Side::Rules { areas.rules } else { areas.input };
                let text = if side == Side::Rules { "" } else { "Input, " };
                let at = match (place, &problem.path) {
                    (Some((line, column)), _) => format!("{text}line {line}, column {column}"),
                    (None, Some(path)) => path.clone(),
                    (None, None) => String::new(),
                };
                let at = at.strip_prefix('l').map_or_else(|| at.clone(), |rest| format!("L{rest}"));
                let go = move |_| if let Some((line, column)) = place { areas.show(side); area.go_to(line, column) };
                view! {
                    <button class="problem danger" type="button" on:click=go>
                        <Icon name="circle-alert"/><span>{problem.message}</span><span class="at">{at}</span>
                    </button>
                }
            }).collect_view()}
        </div>
    }
}

#[component]
fn Console(preview: Preview) -> impl IntoView {
    view! {
        <div role="log" class="printed">
            {move || preview.console.with(Vec::is_empty).then(|| view! { <p class="quiet-line">"The script printed nothing."</p> })}
            {move || preview.console.get().into_iter().map(|line| view! {
                <p class=format!("print {}", line.level)><span class="level">{line.level.clone()}</span><code>{line.text}</code></p>
            }).collect_view()}
        </div>
    }
}
