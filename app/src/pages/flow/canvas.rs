//! The flow as a picture. Where things stand is decided in `layout`; what is on a node, in `node`; how far it is
//! scrolled and zoomed, in `pan`.

use leptos::ev::DragEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, ScrollBehavior, ScrollToOptions};

use super::Builder;
use super::layout::{Edge, GAP, HEIGHT, LINE, Layout, WIDTH, layout};
use super::node::{Node, drop_at_end, drop_between};
use super::pan::{Span, beside, fit, into_view, is_far, scaled, step_zoom};
use super::router::{RouterNodes, add_branching};
use super::sight::{FEW, MiniMap, Sight, use_sight};
use super::steps::Step;
use super::wizard::{Adding, Side};
use crate::browser::page;
use crate::components::Icon;
use crate::words;

/// What is left free around a step that is brought into view.
const MARGIN: i32 = 20;

/// What a flow is, for who has none of its steps yet.
pub(super) const EMPTY: &str =
    "A flow reads records from a source and writes them to a destination. Add either one to begin.";

/// What is seen of the flow, and how large.
#[derive(Clone, Copy)]
struct Picture {
    builder: Builder,
    view: NodeRef<html::Div>,
    placed: Memo<Layout>,
    zoom: RwSignal<i32>,
}

impl Picture {
    fn notch(self, closer: bool) {
        self.zoom.update(|zoom| *zoom = step_zoom(*zoom, closer));
    }

    fn fit(self) {
        if let Some(view) = self.view.get_untracked() {
            let size = self.placed.with_untracked(|placed| placed.size);
            self.zoom.set(fit(size, (view.client_width(), view.client_height())));
        }
    }

    fn on_key(self, event: &leptos::ev::KeyboardEvent) {
        let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        match event.key().as_str() {
            _ if event.shift_key() && event.code() == "Digit1" => self.fit(),
            "-" if plain => self.notch(false),
            "=" if plain => self.notch(true),
            "0" if plain => self.zoom.set(100),
            _ => return,
        }
        event.prevent_default();
        // The step that has the focus stays in sight, and keeps the focus when others are drawn beside it.
        let Some(row) = self.builder.sought.get_untracked() else { return };
        if let Some(place) = self.placed.with_untracked(|placed| placed.of(&row)) {
            request_animation_frame(move || show(self.view, place, self.zoom));
            page::focus_when_there(vec![format!("node-{row}")]);
        }
    }

    /// Notes which step has the focus: it is drawn wherever it is.
    fn enter(self, event: &leptos::ev::FocusEvent) {
        let row = event.target().and_then(|target| target.dyn_into::<Element>().ok()).map(|node| node.id());
        self.builder.sought.set(row.and_then(|id| id.strip_prefix("node-").map(str::to_owned)));
    }

    fn leave(self, event: &leptos::ev::FocusEvent) {
        if event.related_target().is_some() {
            self.builder.sought.set(None);
        }
    }
}

/// The picture.
#[component]
pub(super) fn Canvas() -> impl IntoView {
    let builder = expect_context::<Builder>();
    let placed = Memo::new(move |_| builder.steps.with(|steps| builder.routers.with(|routers| layout(steps, routers))));
    let zoom = RwSignal::new(100_i32);
    let view = NodeRef::<html::Div>::new();
    let picture = Picture { builder, view, placed, zoom };
    follow(builder, view, placed, zoom);
    let sight = use_sight(view, zoom, placed);
    let near = near(builder, placed, sight);
    let at = |(x, y): (i32, i32)| format!("left:{x}px;top:{y}px");
    let describe = move || {
        format!(
            "Flow of {}. Arrow keys go from step to step, Enter opens one, Delete removes it, Alt and arrows move it, E lists its errors, O shows the steps as a list, minus and equals zoom, Shift 1 shows all.",
            words::count(builder.steps.with(Vec::len), "step")
        )
    };
    let in_a_row = Memo::new(move |_| placed.with(|placed| placed.add_destination.is_some()));
    let room = move |length: fn((i32, i32)) -> i32| {
        format!("{}px", scaled(placed.with(|placed| length(placed.size)), zoom.get()))
    };
    view! {
        <section class="canvas wide-only" role="application" aria-label=describe prop:inert=move || builder.tool.with(Option::is_some) on:keydown=move |event| picture.on_key(&event)
            on:focusin=move |event| picture.enter(&event) on:focusout=move |event| picture.leave(&event)>
            <div class="canvas-view" node_ref=view>
                <div class="sheet-room" style:width=move || room(|size| size.0) style:height=move || room(|size| size.1)>
                    <div class="sheet-area" data-far=move || is_far(zoom.get()).then_some("") style:transform=move || format!("scale({})", f64::from(zoom.get()) / 100.0)
                        style:width=move || format!("{}px", placed.with(|placed| placed.size.0)) style:height=move || format!("{}px", placed.with(|placed| placed.size.1))>
                        <svg class="edges" aria-hidden="true" on:dragenter=|event| aim(&event, true) on:dragleave=|event| aim(&event, false)
                            on:dragover=|event: DragEvent| if way_at(&event).is_some() { event.prevent_default() } on:drop=move |event| drop_on_way(builder, &event)>
                            {move || placed.with(|placed| placed.edges.iter().map(|edge| view! { <EdgePath edge=edge.clone()/> }).collect_view())}
                            {move || placed.with(|placed| placed.waiting.iter().map(|path| view! { <path class="edge idle" d=path.clone()></path> }).collect_view())}
                        </svg>
                        <For each=move || near.get() key=|step| step.row.clone() let:step><Node step=step placed=placed/></For>
                        <RouterNodes placed=placed/>
                        <BranchEnds placed=placed/>
                        <AddButton side=Side::Source place=Signal::derive(move || at(placed.with(|placed| placed.add_source)))/>
                        {move || in_a_row.get().then(|| view! {
                            <AddButton side=Side::Destination place=Signal::derive(move || at(placed.with(|placed| placed.add_destination.unwrap_or_default())))/>
                            <AddBranching place=Signal::derive(move || at(placed.with(|placed| placed.add_destination.map(|(x, y)| (x, y + 72)).unwrap_or_default())))/>
                        })}
                        {move || (builder.doc.view.with(Option::is_some) && builder.steps.with(Vec::is_empty)).then(|| view! { <p class="canvas-empty muted">{EMPTY}</p> })}
                    </div>
                </div>
            </div>
            <MiniMap view=view zoom=zoom placed=placed sight=sight/>
            <div class="floating zoom">
                <button class="icon-button small" aria-label="Zoom out" title="Zoom out (−)" on:click=move |_| picture.notch(false)><Icon name="minus"/></button>
                <span class="num">{move || format!("{} %", zoom.get())}</span>
                <button class="icon-button small" aria-label="Zoom in" title="Zoom in (=)" on:click=move |_| picture.notch(true)><Icon name="plus"/></button>
                <button class="icon-button small" aria-label="Fit" title="Fit (Shift 1)" on:click=move |_| picture.fit()><Icon name="maximize"/></button>
                <button class="icon-button small" aria-label="Show the steps as a list" title="Steps as a list (O)" on:click=move |_| builder.list(true)><Icon name="list"/></button>
            </div>
        </section>
    }
}

/// The steps that are drawn: a step far away is when it comes near; the one that the Tab key stops at always.
fn near(builder: Builder, placed: Memo<Layout>, sight: RwSignal<Sight>) -> Memo<Vec<Step>> {
    Memo::new(move |_| {
        builder.steps.with(|steps| {
            if steps.len() < FEW {
                return steps.clone();
            }
            let (sight, stop, sought) = (sight.get(), builder.stop.get(), builder.sought.get());
            let kept = |row: &String| stop.as_ref() == Some(row) || sought.as_ref() == Some(row);
            let drawn = |step: &&Step| {
                kept(&step.row) || placed.with(|placed| placed.of(&step.row).is_some_and(|at| sight.has(at)))
            };
            steps.iter().filter(drawn).cloned().collect::<Vec<_>>()
        })
    })
}

/// A way between two steps, which moves while records go along it.
#[component]
fn EdgePath(edge: Edge) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let key = |at: Option<usize>| {
        let row = builder.steps.with_untracked(|steps| steps.get(at?).map(|step| step.row.clone()))?;
        builder.keys.with_untracked(|keys| keys.get(&row).cloned())
    };
    let (from, to) = (key(edge.from), key(edge.to));
    let live = Memo::new(move |_| {
        builder.last.with(|last| last.as_ref().is_some_and(|last| last.carries(from.as_ref(), to.as_ref())))
    });
    // A step is dropped on the way where it is to stand; the way is too thin for that, so what takes it is wider.
    view! {
        <path class=move || if live.get() { "edge live moving" } else { "edge" } d=edge.path.clone()></path>
        <path class="edge-room" d=edge.path data-from=edge.from.map(|at| at.to_string()) data-to=edge.to.map(|at| at.to_string())></path>
    }
}

/// The way that something is dragged over; one listener serves all ways of a flow.
fn way_at(event: &DragEvent) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(".edge-room").ok().flatten()
}

/// Marks a way as the one where a step would land, or not any more.
fn aim(event: &DragEvent, here: bool) {
    let Some(way) = way_at(event) else { return };
    let marked = if here { way.set_attribute("data-over", "") } else { way.remove_attribute("data-over") };
    if let Err(error) = marked {
        leptos::logging::debug_warn!("{error:?}");
    }
}

fn drop_on_way(builder: Builder, event: &DragEvent) {
    let Some(way) = way_at(event) else { return };
    event.prevent_default();
    aim(event, false);
    let place = |name: &str| way.get_attribute(name).and_then(|at| at.parse().ok());
    drop_between(builder, event, place("data-from"), place("data-to"));
}

/// Keeps the chosen step in view while its form takes a part of the canvas.
fn follow(builder: Builder, view: NodeRef<html::Div>, placed: Memo<Layout>, zoom: RwSignal<i32>) {
    let chosen = Memo::new(move |_| {
        let row = builder.choice.row()?;
        let at = builder.steps.with(|steps| steps.iter().position(|step| step.row == row));
        let Some(at) = at else {
            let at = builder.routers.with(|all| all.iter().position(|router| router.row == row))?;
            return placed.with(|placed| placed.routers.get(at).copied().flatten());
        };
        placed.with(|placed| placed.places.get(at).copied())
    });
    // What the zoom was before a form needed room, and what it was made then.
    let lent = StoredValue::new(None::<(i32, i32)>);
    // Once the form is there, and then once the canvas has its new size.
    let seek = move |place| {
        request_animation_frame(move || {
            make_room(view, placed, zoom, lent);
            request_animation_frame(move || show(view, place, zoom));
        });
    };
    Effect::new(move |_| {
        // Below an editor the canvas has lost its place.
        let covered = builder.tool.with(Option::is_some);
        let place = chosen.get();
        if place.is_none() {
            give_back(zoom, lent);
        }
        if let Some(place) = place.filter(|_| !covered) {
            seek(place);
        }
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| {
        if let Some(place) = chosen.get_untracked() {
            seek(place);
        }
    });
    on_cleanup(move || resized.remove());
}

/// Makes the flow as small as it must be to stand beside a form, where it can still be read. A zoom that somebody has
/// chosen since is theirs.
fn make_room(
    view: NodeRef<html::Div>,
    placed: Memo<Layout>,
    zoom: RwSignal<i32>,
    lent: StoredValue<Option<(i32, i32)>>,
) {
    let (Some(view), Some(now)) = (view.try_get_untracked().flatten(), zoom.try_get_untracked()) else { return };
    let lender = lent.try_get_value().flatten();
    if view.client_width() == 0 || lender.is_some_and(|(_, made)| made != now) {
        return;
    }
    let length = placed.with_untracked(|placed| placed.size.0);
    if let Some(made) = beside(length, view.client_width(), now) {
        lent.set_value(Some((lender.map_or(now, |(before, _)| before), made)));
        zoom.set(made);
    }
}

/// Gives the zoom back that was there before the form, unless somebody has chosen another.
fn give_back(zoom: RwSignal<i32>, lent: StoredValue<Option<(i32, i32)>>) {
    if let Some((before, made)) = lent.get_value() {
        if zoom.get_untracked() == made {
            zoom.set(before);
        }
        lent.set_value(None);
    }
}

#[component]
fn AddButton(side: Side, place: Signal<String>) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let closed = move || !builder.doc.writable.get();
    view! {
        <button class="button add-step" id=match side { Side::Source => "add-source", Side::Destination => "add-destination" } style=place prop:disabled=closed title=move || if closed() { "You may look and run, not change." } else { "" }
            on:click=move |_| builder.adding.set(Some(Adding::to(side)))><Icon name="plus"/>{side.action()}</button>
    }
}

#[component]
fn AddBranching(place: Signal<String>) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let closed = move || !builder.doc.writable.get();
    view! {
        <button class="button quiet add-branching" style=place prop:disabled=closed title=move || if closed() { "You may look and run, not change." } else { "" }
            on:click=move |_| add_branching(builder, None)><Icon name="git-branch"/>"Add branching"</button>
    }
}

/// The names of the branches, and at the end of each the button that adds a step.
#[component]
fn BranchEnds(placed: Memo<Layout>) -> impl IntoView {
    let builder = expect_context::<Builder>();
    let branches = move || placed.with(|placed| placed.branches.clone());
    let open = move |router: &str| builder.choice.choose(Some(router.to_owned()));
    let drop_here = move |list: &str, event: &leptos::ev::DragEvent| {
        event.prevent_default();
        let dragged = event.data_transfer().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        drop_at_end(builder, list, &dragged);
    };
    view! {
        <For each=branches key=|one| (one.list.clone(), one.name.clone(), one.label, one.end, one.filtered) let:one>
            {
                let (list, dropped, router) = (one.list.clone(), one.list.clone(), one.router.clone());
                let label = if one.name.is_empty() { "Add a step".to_owned() } else { format!("Add a step to {}", one.name) };
                view! {
                    {one.label.map(|(x, y)| view! {
                        <button class="edge-label branch-label" tabindex="-1" style=format!("left:{x}px;top:{y}px") on:click=move |_| open(&router)>
                            {one.filtered.then(|| view! { <Icon name="funnel" small=true/> })}<span class="cut">{one.name.clone()}</span></button>
                    })}
                    <button class="plus" style=format!("left:{}px;top:{}px", one.end.0, one.end.1) aria-label=label.clone() title=label prop:disabled=move || !builder.doc.writable.get()
                        on:click=move |_| builder.adding.set(Some(Adding::at(list.clone()))) on:dragover=|event| event.prevent_default() on:drop=move |event| drop_here(&dropped, &event)><Icon name="plus"/></button>
                }
            }
        </For>
    }
}

/// Scrolls until a step is seen, with what follows it where there is room.
fn show(view: NodeRef<html::Div>, (x, y): (i32, i32), zoom: RwSignal<i32>) {
    let (Some(view), Some(zoom)) = (view.try_get_untracked().flatten(), zoom.try_get_untracked()) else { return };
    // On a narrow screen there is the outline instead.
    if view.client_width() == 0 {
        return;
    }
    let span = |from: i32, to: i32| -> Span { (scaled(from - MARGIN, zoom), scaled(to + MARGIN, zoom)) };
    let left = into_view(view.scroll_left(), view.client_width(), span(x, x + WIDTH + GAP + WIDTH), span(x, x + WIDTH));
    let top = into_view(view.scroll_top(), view.client_height(), span(y, y + LINE + HEIGHT), span(y, y + HEIGHT));
    let options = ScrollToOptions::new();
    options.set_left(f64::from(left));
    options.set_top(f64::from(top));
    options.set_behavior(if page::wants_less_motion() { ScrollBehavior::Instant } else { ScrollBehavior::Smooth });
    view.scroll_to_with_scroll_to_options(&options);
}
