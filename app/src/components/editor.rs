//! The frame of every editor: rules, input and output beside each other, problems and console below.
//!
//! Decides how panels lie and what a narrow screen shows. What an editor is comes as a description, its content from
//! whoever opens it; the playground keeps it on this device, a resource would keep it in its document.

mod area;
mod content;
mod describe;
mod dock;
mod form_view;
mod options;
mod panels;
mod preview;
mod split;

use leptos::prelude::*;
use tombolo_wire::eval_worker::{Helper, Side};

use crate::browser::page;
use crate::components::Icon;
pub(crate) use area::{Area, module};
pub(crate) use content::{Content, Saved, headers as header_rows, lines as header_lines};
pub(crate) use describe::{
    Editor, Example, Group, Input, InputAs, Language, Of, OptionField, OptionKind, Rules, RulesAs, Stub,
};
use dock::{Dock, place_all};
pub(crate) use options::functions;
use panels::{InputPanel, OutputPanel, RulesPanel};
pub(crate) use preview::{Preview, SCRIPT_MS, previewed};
use split::Splitter;

/// How the panels lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Beside each other.
    Columns,
    /// The rules left, input and output right.
    Hybrid,
    /// Below each other.
    Rows,
}

impl Layout {
    /// All, in their order.
    pub(crate) const ALL: [Self; 3] = [Self::Columns, Self::Hybrid, Self::Rows];

    /// Its key, as it is kept.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Columns => "columns",
            Self::Hybrid => "hybrid",
            Self::Rows => "rows",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Columns => "Columns",
            Self::Hybrid => "Rules left, input and output right",
            Self::Rows => "Rows",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Columns => "columns-3",
            Self::Hybrid => "panels-left-bottom",
            Self::Rows => "rows-3",
        }
    }
}

/// How somebody likes to work.
#[derive(Clone, Copy)]
pub(crate) struct Bench {
    /// How the panels lie.
    pub layout: RwSignal<Layout>,
    /// For each layout the share of the rules, and the input's share of what is left, in percent.
    pub shares: RwSignal<[(f64, f64); 3]>,
    /// Whether the output follows what is typed by itself.
    pub auto: RwSignal<bool>,
}

impl Bench {
    /// What the panels have until somebody moves them.
    pub(crate) const SHARES: [(f64, f64); 3] = [(36.0, 50.0), (54.0, 48.0), (40.0, 50.0)];

    fn at(layout: Layout) -> usize {
        Layout::ALL.iter().position(|one| *one == layout).unwrap_or(0)
    }

    fn shares(self, layout: Layout) -> (f64, f64) {
        self.shares.with(|shares| shares.get(Self::at(layout)).copied()).unwrap_or((50.0, 50.0))
    }

    fn share(self, layout: Layout, to: impl FnOnce(&mut (f64, f64))) {
        self.shares.update(|shares| {
            if let Some(share) = shares.get_mut(Self::at(layout)) {
                to(share);
            }
        });
    }
}

/// Handles on the three texts, and which of them a narrow screen shows.
#[derive(Clone, Copy)]
pub(crate) struct Areas {
    rules: Area,
    input: Area,
    output: Area,
    shown: RwSignal<&'static str>,
}

impl Areas {
    /// Handles on nothing yet.
    pub(crate) fn new() -> Self {
        Self { rules: Area::new(), input: Area::new(), output: Area::new(), shown: RwSignal::new("rules") }
    }

    fn show(self, side: Side) {
        self.shown.set(if side == Side::Rules { "rules" } else { "input" });
    }
}

/// The panels of an editor and what is below them.
#[component]
pub(crate) fn EditorFrame(
    editor: &'static Editor,
    content: Content,
    bench: Bench,
    areas: Areas,
    preview: Preview,
    on_run: Callback<()>,
    on_stub: Callback<&'static Stub>,
    helpers: RwSignal<Vec<Helper>>,
) -> impl IntoView {
    let ready = RwSignal::new(0_u32);
    let is_ready = Memo::new(move |_| ready.get() > 0);
    tell_helpers(helpers, is_ready);
    // Only templates are offered the fields of the input, and handing a long one over takes a while.
    if editor.rules.as_ref().is_some_and(|rules| rules.language.is_template()) {
        Effect::new(move |_| {
            is_ready.track();
            let input = content.input.get();
            areas.rules.tell("context", &[input.into()]);
        });
    }
    let placed = Memo::new(move |_| {
        // Once more when a text has come onto the page.
        ready.track();
        preview.problems.with(|problems| place_all(editor, areas, problems))
    });
    let has_input = editor.input.is_some();
    let has_console = editor.rules.as_ref().is_some_and(|rules| rules.language == Language::Script);
    let layout = move || if has_input { bench.layout.get() } else { Layout::Columns };
    let shares = move || {
        let (first, second) = bench.shares(layout());
        let rest = 100.0 - first;
        let (input, output) = (rest * second / 100.0, rest * (100.0 - second) / 100.0);
        format!(
            "--rules:{first}fr;--rest:{rest}fr;--input:{input}fr;--output:{output}fr;--upper:{second}fr;--lower:{}fr",
            100.0 - second
        )
    };
    let first = Signal::derive(move || bench.shares(layout()).0);
    let second = Signal::derive(move || bench.shares(layout()).1);
    let set_first = Callback::new(move |to| bench.share(untrack(layout), |share| share.0 = to));
    let set_second = Callback::new(move |to| bench.share(untrack(layout), |share| share.1 = to));
    let class = if has_input { "bench" } else { "bench no-input" };
    view! {
        <PanelTabs editor=editor areas=areas/>
        <div class=class data-layout=move || layout().key() data-shown=areas.shown style=shares>
            <RulesPanel editor=editor content=content areas=areas on_run=on_run on_stub=on_stub ready=ready/>
            <Splitter class="first" label="Resize the rules" share=first on_share=set_first upright=Signal::derive(move || layout() != Layout::Rows)/>
            <InputPanel editor=editor content=content areas=areas on_run=on_run ready=ready/>
            {has_input.then(|| view! { <Splitter class="second" label="Resize the input" share=second on_share=set_second upright=Signal::derive(move || layout() == Layout::Columns)/> })}
            <OutputPanel editor=editor content=content preview=preview areas=areas on_run=on_run ready=ready/>
        </div>
        <Dock preview=preview placed=placed.into() areas=areas has_console=has_console/>
    }
}

/// The code editor offers the helpers of templates once it has them.
fn tell_helpers(helpers: RwSignal<Vec<Helper>>, ready: Memo<bool>) {
    Effect::new(move |_| {
        let text = helpers.with(serde_json::to_string).unwrap_or_default();
        if !ready.get() || helpers.with(Vec::is_empty) {
            return;
        }
        leptos::task::spawn_local(async move {
            let told = async {
                let tell = js_sys::Reflect::get(&module().await?, &"helpers".into())?;
                js_sys::Function::from(tell).call1(&wasm_bindgen::JsValue::NULL, &text.into())
            };
            if let Err(error) = told.await {
                leptos::logging::error!("the editor takes no helpers: {error:?}");
            }
        });
    });
}

/// On a narrow screen one panel shows at a time.
#[component]
fn PanelTabs(editor: &'static Editor, areas: Areas) -> impl IntoView {
    let rules = editor.rules.as_ref().map_or("Options", |rules| rules.title);
    let mut tabs = vec![("rules", rules)];
    tabs.extend(editor.input.as_ref().map(|input| ("input", input.title)));
    tabs.push(("output", "Output"));
    let keys: Vec<_> = tabs.iter().map(|(key, _)| *key).collect();
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let Some(at) = keys.iter().position(|key| *key == areas.shown.get_untracked()) else { return };
        let to = match event.key().as_str() {
            "ArrowLeft" => at.checked_sub(1),
            "ArrowRight" => Some(at + 1),
            _ => return,
        };
        event.prevent_default();
        if let Some(key) = to.and_then(|to| keys.get(to)) {
            areas.shown.set(key);
            page::focus_soon(vec![format!("show-{key}")]);
        }
    };
    view! {
        <div class="segment narrow-only panel-tabs" role="tablist" aria-label="Panel" on:keydown=on_key>
            {tabs.into_iter().map(|(key, title)| {
                let shown = move || areas.shown.get() == key;
                view! {
                    <button role="tab" id=format!("show-{key}") tabindex=move || if shown() { "0" } else { "-1" }
                        aria-selected=move || shown().to_string() on:click=move |_| areas.shown.set(key)>{title}</button>
                }
            }).collect_view()}
        </div>
    }
}

/// Gives an editor all of the window, and takes it back.
#[component]
pub(crate) fn FullScreen(full: RwSignal<bool>) -> impl IntoView {
    view! {
        <button class="icon-button wide-only" type="button" aria-pressed=move || full.get().to_string() aria-label="Full screen" title="Full screen" on:click=move |_| full.update(|full| *full = !*full)>
            {move || view! { <Icon name=if full.get() { "minimize" } else { "maximize" }/> }}
        </button>
    }
}

/// Escape takes the window back first. What a list of suggestions or a search takes for itself closes that.
pub(crate) fn leave_full(full: RwSignal<bool>, event: &leptos::ev::KeyboardEvent) {
    if event.key() == "Escape" && full.get_untracked() && !event.default_prevented() {
        event.prevent_default();
        full.set(false);
    }
}

/// Whether the output follows by itself.
#[component]
pub(crate) fn AutoPreview(
    bench: Bench,
    /// A narrow screen has it in a line of its own.
    #[prop(optional)]
    wide: bool,
) -> impl IntoView {
    let auto = move |event: leptos::ev::Event| bench.auto.set(event_target_checked(&event));
    view! { <label class=if wide { "check wide-only" } else { "check" }><input type="checkbox" class="switch" role="switch" prop:checked=bench.auto on:change=auto/><span>"Auto preview"</span></label> }
}

/// Chooses how the panels lie.
#[component]
pub(crate) fn LayoutChoice(bench: Bench) -> impl IntoView {
    let id = |layout: Layout| format!("layout-{}", layout.key());
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let at = Layout::ALL.iter().position(|layout| *layout == bench.layout.get_untracked()).unwrap_or(0);
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowUp" => at + Layout::ALL.len() - 1,
            "ArrowRight" | "ArrowDown" => at + 1,
            _ => return,
        };
        event.prevent_default();
        if let Some(layout) = Layout::ALL.get(to % Layout::ALL.len()) {
            bench.layout.set(*layout);
            page::focus_soon(vec![id(*layout)]);
        }
    };
    view! {
        <span class="segment small wide-only" role="radiogroup" aria-label="Layout" on:keydown=on_key>
            {Layout::ALL.map(|layout| {
                let chosen = move || bench.layout.get() == layout;
                view! {
                    <button role="radio" id=id(layout) aria-label=layout.name() title=layout.name() aria-checked=move || chosen().to_string()
                        tabindex=move || if chosen() { "0" } else { "-1" } on:click=move |_| bench.layout.set(layout)><Icon name=layout.icon() small=true/></button>
                }
            }).collect_view()}
        </span>
    }
}
