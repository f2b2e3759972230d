//! What is wrong, and what a script printed, below the panels.

use leptos::prelude::*;
use tombolo_wire::eval_worker::{EvalProblem, Side};

use super::Areas;
use super::describe::{Editor, InputAs, OptionField, RulesAs};
use super::options::option_id;
use super::preview::Preview;
use crate::browser::page;
use crate::components::Icon;

/// A problem and where somebody can mend it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    problem: EvalProblem,
    spot: Spot,
}

/// Where a problem leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// A line and column of one of the texts.
    Text(Side, u32, u32),
    /// A field beside the rules: its name and its label.
    Option(&'static str, &'static str),
    /// The input is a file, which has no lines.
    File,
}

impl Spot {
    fn words(self) -> String {
        match self {
            Self::Text(Side::Rules, line, column) => format!("Line {line}, column {column}"),
            Self::Text(Side::Input, line, column) => format!("Input, line {line}, column {column}"),
            Self::Option(_, label) => label.to_owned(),
            Self::File => "The file".to_owned(),
        }
    }

    fn go(self, areas: Areas) {
        match self {
            Self::Text(side, line, column) => {
                areas.show(side);
                let area = if side == Side::Rules { areas.rules } else { areas.input };
                area.go_to(line, column);
            }
            Self::Option(name, _) => {
                areas.show(Side::Rules);
                page::focus_soon(vec![option_id(name)]);
            }
            Self::File => areas.show(Side::Input),
        }
    }
}

/// Marks the problems in the texts and gives the line and column of each.
pub(crate) fn place_all(editor: &'static Editor, areas: Areas, problems: &[EvalProblem]) -> Vec<Placed> {
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
    let placed = |problem: &EvalProblem| {
        let found = if problem.side == Side::Rules { rules.next() } else { input.next() }.flatten();
        Placed { problem: problem.clone(), spot: leads(editor, problem, found) }
    };
    problems.iter().map(placed).collect()
}

/// Where a problem leads: to its place, to the field that it is about, or to the beginning of its text.
fn leads(editor: &'static Editor, problem: &EvalProblem, found: Option<(u32, u32)>) -> Spot {
    if let Some(option) = option_of(editor, problem) {
        return Spot::Option(option.name, option.label);
    }
    let side = if editor.rules.is_none() { Side::Input } else { problem.side };
    if side == Side::Input && editor.input.as_ref().is_some_and(|input| input.given == InputAs::File) {
        return Spot::File;
    }
    let (line, column) = found.unwrap_or((1, 1));
    Spot::Text(side, line, column)
}

/// The field beside the rules that a problem is about.
fn option_of(editor: &'static Editor, problem: &EvalProblem) -> Option<&'static OptionField> {
    let path = problem.path.as_deref().filter(|_| problem.side == Side::Rules)?;
    let name = path.strip_prefix("/options").unwrap_or(path).split('/').nth(1)?;
    editor.options.iter().find(|option| option.name == name)
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

/// More nobody reads, and each is a button of the page: a file may be wrong in every row.
const MOST_PROBLEMS: usize = 100;

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
                        "Problems" {move || (many.get() > 0).then(|| view! { <span class=move || if preview.unasked.get() { "badge" } else { "badge danger" }>{many}</span> })}
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
                    <Problems placed=placed areas=areas preview=preview/>
                </Show>
            </div>
        </section>
    }
}

/// Which content problems are told of.
fn told_of(working: bool, unasked: bool, none: bool) -> Option<&'static str> {
    match (working, unasked, none) {
        (true, _, true) => Some("Working…"),
        (false, true, true) => Some("Nothing is known of what stands here now. Press Preview to see what comes of it."),
        (_, true, false) => Some("This is of what stood here before you changed it. Press Preview to look again."),
        (false, false, true) => Some("No problems."),
        (_, false, false) => None,
    }
}

#[component]
fn Problems(placed: Signal<Vec<Placed>>, areas: Areas, preview: Preview) -> impl IntoView {
    let none = Memo::new(move |_| placed.with(Vec::is_empty));
    let told = Memo::new(move |_| told_of(preview.working.get(), preview.unasked.get(), none.get()));
    view! {
        <div role="status">
            {move || told.get().map(|told| view! { <p class="quiet-line">{told}</p> })}
            {move || placed.get().into_iter().take(MOST_PROBLEMS).map(|Placed { problem, spot }| {
                let go = move |_| spot.go(areas);
                view! {
                    <button class="problem danger" type="button" on:click=go>
                        <Icon name="circle-alert"/><span>{problem.message}</span><span class="at">{spot.words()}</span>
                    </button>
                }
            }).collect_view()}
            {move || placed.with(Vec::len).checked_sub(MOST_PROBLEMS).filter(|more| *more > 0).map(|more| view! {
                <p class="quiet-line">{format!("And {more} more. Mend these first.")}</p>
            })}
        </div>
    }
}

#[component]
fn Console(preview: Preview) -> impl IntoView {
    view! {
        <div role="log" class="printed">
            {move || preview.unasked.get().then(|| view! { <p class="quiet-line">"The script was changed and not called since. Press Preview to call it."</p> })}
            {move || (preview.console.with(Vec::is_empty) && !preview.unasked.get()).then(|| view! { <p class="quiet-line">"The script printed nothing."</p> })}
            {move || preview.console.get().into_iter().map(|line| view! {
                <p class=format!("print {}", line.level)><span class="level">{line.level.clone()}</span><code>{line.text}</code></p>
            }).collect_view()}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::editor::{Group, Input, Language, Of, OptionKind, Rules};

    const EDITOR: Editor = Editor {
        slug: "x",
        name: "X",
        group: Group::Code,
        icon: "braces",
        about: "",
        eval: "cron",
        rules: Some(Rules { title: "Rules", language: Language::Text, given: RulesAs::Field("expression"), fixed: "" }),
        input: None,
        options: &[OptionField { name: "timezone", label: "Time zone", kind: OptionKind::Text("UTC"), of: Of::Rules }],
        stubs: &[],
        examples: &[],
    };
    const PARSER: Editor = Editor {
        rules: None,
        input: Some(Input { title: "File", language: Language::Text, given: InputAs::File }),
        ..EDITOR
    };

    fn problem(side: Side, path: Option<&str>) -> EvalProblem {
        let (code, message) = ("x".to_owned(), "It is wrong.".to_owned());
        EvalProblem { code, message, side, path: path.map(ToOwned::to_owned), place: None }
    }

    #[test]
    fn nobody_hears_of_no_problems_before_what_stands_there_was_asked() {
        assert_eq!(told_of(false, false, true), Some("No problems."));
        assert!(told_of(false, true, true).is_some_and(|told| told.contains("Press Preview")));
        assert!(told_of(false, true, false).is_some_and(|told| told.contains("before you changed it")));
        assert_eq!((told_of(true, true, true), told_of(true, false, false)), (Some("Working…"), None));
    }

    #[test]
    fn every_problem_leads_to_where_it_can_be_mended() {
        static ONE: Editor = EDITOR;
        static FILE: Editor = PARSER;
        let leads = |editor, side, path, found| leads(editor, &problem(side, path), found).words();
        assert_eq!(leads(&ONE, Side::Rules, Some("/expression"), Some((1, 5))), "Line 1, column 5");
        assert_eq!(leads(&ONE, Side::Rules, Some("/timezone"), None), "Time zone");
        assert_eq!(leads(&ONE, Side::Rules, Some("/options/timezone"), None), "Time zone");
        assert_eq!(leads(&ONE, Side::Rules, None, None), "Line 1, column 1");
        assert_eq!(leads(&ONE, Side::Input, Some("/timezone"), Some((2, 1))), "Input, line 2, column 1");
        assert_eq!(leads(&FILE, Side::Input, None, None), "The file");
    }
}
