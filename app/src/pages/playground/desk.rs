//! One editor in the playground: its head, the list beside it, and where its content comes from and goes.

use gloo::timers::callback::Timeout;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::eval_worker::Helper;

use super::list::{EditorChoice, EditorList};
use super::my_data::{MyData, takes_records};
use super::save_test::SaveTest;
use super::share::ShareError;
use super::use_this::{UseThis, goes_somewhere};
use super::{editors, kept, share};
use crate::browser::{clipboard, page};
use crate::components::editor::{
    Areas, AutoPreview, Bench, Content, Editor, EditorFrame, Example, FullScreen, LayoutChoice, Preview, Saved, Stub,
    leave_full, previewed,
};
use crate::components::{Icon, Menu, MenuItem};
use crate::state::{App, Evaluator};

/// The first thing that somebody sees in an editor.
fn first(editor: &Editor) -> Saved {
    editor.examples.first().map(Saved::from).unwrap_or_default()
}

/// The content of an editor, and what happens to it.
#[derive(Clone, Copy)]
struct Work {
    app: App,
    editor: &'static Editor,
    content: Content,
    /// What came with a link, until it is changed: it is not kept over what was here before.
    linked: RwSignal<Option<Saved>>,
    /// The browser has no room for the content.
    unkept: RwSignal<bool>,
    /// The content changed and is not kept yet.
    waits: StoredValue<Option<Timeout>, LocalStorage>,
    /// Counts how often what all editors had came back: the one that is open then shows it.
    came_back: RwSignal<usize>,
}

/// Writing a long content down takes longer than a key may: that waits until the typing rests, or the page is left.
const KEEP_MS: u32 = 300;

impl Work {
    fn begin(app: App, editor: &'static Editor, came_back: RwSignal<usize>) -> Self {
        let saved = kept::content(editor.slug).unwrap_or_else(|| first(editor));
        let work = Self {
            app,
            editor,
            content: Content::new(saved),
            linked: RwSignal::new(None),
            unkept: RwSignal::new(false),
            waits: StoredValue::new_local(None),
            came_back,
        };
        // When an editor is drawn the address is still that of the one before it.
        request_animation_frame(move || work.read_link());
        // A link to the editor that is open changes nothing but the fragment of the address.
        let listener = window_event_listener(ev::hashchange, move |_| work.read_link());
        let leaving = window_event_listener(ev::pagehide, move |_| work.write_down());
        on_cleanup(move || {
            listener.remove();
            leaving.remove();
            // The signals go after this.
            work.write_down();
        });
        Effect::new(move |before: Option<()>| {
            work.content.track();
            if before.is_some() {
                work.keep();
            }
        });
        Effect::new(move |before: Option<usize>| {
            let now = came_back.get();
            if before.is_some_and(|before| before != now) && work.linked.with_untracked(Option::is_none) {
                work.waits.set_value(None);
                if let Some(saved) = kept::content(editor.slug) {
                    work.content.put(saved);
                }
            }
            now
        });
        work
    }

    /// Shows what the address holds, if it holds something.
    fn read_link(self) {
        let Some(packed) = share::packed(self.editor.slug) else { return };
        spawn_local(async move {
            match share::unpack(&packed).await {
                Ok(saved) => {
                    // What was typed last is kept before this takes its place on the screen.
                    self.write_down();
                    if self.linked.try_set(Some(saved.clone())).is_none() {
                        self.content.put(saved);
                    }
                }
                Err(_) => {
                    self.app.toasts.fail("The link is broken: what it holds cannot be read. Copy it again, all of it.")
                }
            }
        });
    }

    fn keep(self) {
        let Some(saved) = self.content.saved() else { return };
        match self.linked.get_untracked() {
            Some(linked) if linked == saved => return,
            Some(_) => {
                self.linked.set(None);
                share::leave(self.editor.slug);
            }
            None => {}
        }
        self.waits.set_value(Some(Timeout::new(KEEP_MS, move || self.write_down())));
    }

    fn write_down(self) {
        if self.waits.try_update_value(Option::take).flatten().is_none() {
            return;
        }
        if let Some(saved) = self.content.saved() {
            self.unkept.try_set(!kept::keep(self.editor.slug, &saved));
        }
    }

    /// Puts something else in the place of what is there, and offers to take that back.
    fn replace(self, with: Saved, said: String) {
        let Some(before) = self.content.saved().filter(|before| *before != with) else { return };
        self.content.put(with);
        let known = self.editor.examples.iter().any(|example| Saved::from(example) == before);
        if !known {
            self.app.toasts.offer_undo(said, move || {
                // Another editor may be on the screen by now.
                if self.content.saved().is_some() {
                    self.content.put(before.clone());
                }
            });
        }
    }

    fn example(self, example: &'static Example) {
        self.replace(Saved::from(example), format!("{} took the place of what you had.", example.name));
    }

    fn stub(self, stub: &'static Stub) {
        let Some(mut saved) = self.content.saved() else { return };
        saved.rules = format!("{}\n{}", saved.rules.trim_end(), stub.code).trim_start().to_owned();
        stub.input.clone_into(&mut saved.input);
        saved.options.insert("function".to_owned(), stub.name.into());
        self.replace(saved, format!("The stub of {} was added, with an input for it.", stub.name));
    }

    /// Puts data in the place of the input.
    fn input(self, input: String) {
        let Some(saved) = self.content.saved() else { return };
        self.replace(Saved { input, ..saved }, "Your data is the input now.".to_owned());
    }

    fn mine(self) {
        self.linked.set(None);
        share::leave(self.editor.slug);
        self.content.put(kept::content(self.editor.slug).unwrap_or_else(|| first(self.editor)));
    }

    fn clear(self) {
        self.replace(first(self.editor), "Cleared: the first example is back.".to_owned());
        kept::forget(self.editor.slug);
    }

    fn clear_all(self) {
        self.write_down();
        let kept = |editor: &&Editor| Some((editor.slug, kept::content(editor.slug)?));
        let before: Vec<_> = editors::ALL.iter().filter_map(kept).collect();
        let shown = self.content.saved();
        for editor in editors::ALL {
            kept::forget(editor.slug);
        }
        self.content.put(first(self.editor));
        kept::forget(self.editor.slug);
        let (toasts, came_back) = (self.app.toasts, self.came_back);
        toasts.offer_undo("All editors are cleared on this device.", move || {
            // Each is kept, also after one that has no room.
            let lost = before.iter().filter(|(slug, saved)| !kept::keep(slug, saved)).count();
            match shown.clone().filter(|_| self.content.saved().is_some()) {
                Some(shown) => self.content.put(shown),
                // Another editor is on the screen by now: what it shows would be kept over what it had.
                None => {
                    came_back.try_update(|count| *count += 1);
                }
            }
            if lost != 0 {
                toasts.fail("Not everything came back: the browser has no room for the content of all editors.");
            }
        });
    }

    fn copy_link(self) {
        let Some(saved) = self.content.saved() else { return };
        let (toasts, slug) = (self.app.toasts, self.editor.slug);
        spawn_local(async move {
            match share::link(slug, &saved).await {
                Ok(link) if clipboard::copy(&link).await.is_ok() => {
                    toasts.say("Link copied. It holds everything in this editor; the server never sees it.");
                }
                Ok(_) => {
                    toasts.fail("The browser did not let Tombolo copy the link. Allow it for this page and try again.")
                }
                Err(ShareError::TooLong) => {
                    toasts.fail("The content is too long for a link. Shorten the input, or download and send it.");
                }
                Err(ShareError::Broken) => toasts.fail("The browser made no link. Reload the page and try again."),
            }
        });
    }
}

/// One editor.
#[component]
pub(super) fn Desk(
    editor: &'static Editor,
    bench: Bench,
    evaluator: StoredValue<Evaluator, LocalStorage>,
    helpers: RwSignal<Vec<Helper>>,
    came_back: RwSignal<usize>,
    /// Somebody chose it in the list, which is drawn anew: the focus goes to what is written in it.
    entered: StoredValue<bool>,
) -> impl IntoView {
    page::title(move || format!("{}, playground", editor.name));
    let work = Work::begin(App::here(), editor, came_back);
    let areas = Areas::new();
    let (preview, run) = previewed(editor, work.content, bench.auto.into(), evaluator);
    if entered.get_value() {
        entered.set_value(false);
        page::focus_when_there(vec![editor.beginning()]);
    }
    let full = RwSignal::new(false);
    let on_enter = Callback::new(move |chosen: &'static Editor| {
        // The one that is open is not drawn anew.
        if chosen.slug == editor.slug {
            page::focus_soon(vec![editor.beginning()]);
        } else {
            entered.set_value(true);
        }
    });
    view! {
        <div class="play" class:full=full on:keydown=move |event| leave_full(full, &event)>
            <Head work=work bench=bench preview=preview run=run full=full/>
            <Notices work=work bench=bench/>
            <div class="desk">
                <EditorList open=editor on_enter=on_enter on_example=Callback::new(move |example| work.example(example))/>
                <div class="desk-main">
                    <EditorFrame editor=editor content=work.content bench=bench areas=areas preview=preview on_run=run on_stub=Callback::new(move |stub| work.stub(stub)) helpers=helpers/>
                </div>
            </div>
        </div>
    }
}

#[component]
fn Notices(work: Work, bench: Bench) -> impl IntoView {
    view! {
        <div class="play-note nothing-saved row">
            <p class="grow">"Nothing here is saved to an integration."</p>
            <span class="narrow-only"><AutoPreview bench=bench/></span>
        </div>
        {move || work.linked.with(Option::is_some).then(|| view! {
            <div class="banner info play-banner" role="status">
                <Icon name="link"/><p>"This came with the link. What you had here is kept until you change something."</p>
                <button class="button small" on:click=move |_| work.mine()>"Show what I had"</button>
            </div>
        })}
        {move || work.unkept.get().then(|| view! {
            <div class="banner warning play-banner" role="status">
                <Icon name="triangle-alert"/><p>"This is too long to be kept on this device: it is lost when you reload the page. Download it, or shorten the input."</p>
            </div>
        })}
    }
}

#[component]
fn Head(work: Work, bench: Bench, preview: Preview, run: Callback<()>, full: RwSignal<bool>) -> impl IntoView {
    let editor = work.editor;
    let (testing, using) = (RwSignal::new(false), RwSignal::new(false));
    let choosing = RwSignal::new(false);
    view! {
        <div class="editor-head">
            <h1 title=editor.about>{editor.name}</h1>
            <EditorChoice open=editor/>
            <span class="badge nothing-saved">"Nothing here is saved to an integration"</span>
            <span class="grow"></span>
            <LayoutChoice bench=bench/>
            <AutoPreview bench=bench wide=true/>
            <FullScreen full=full/>
            <button class="button wide-only" on:click=move |_| work.copy_link()><Icon name="link"/>"Copy link"</button>
            <Menu id="play-menu" label="More" face=view! { <Icon name="ellipsis"/> }.into_any()>
                {editor.examples.iter().map(|example| view! {
                    <MenuItem on_choose=Callback::new(move |()| work.example(example))><Icon name="play"/>{format!("Example: {}", example.name)}</MenuItem>
                }).collect_view()}
                <MenuItem on_choose=Callback::new(move |()| work.copy_link())><Icon name="link"/>"Copy link"</MenuItem>
                {takes_records(editor).then(|| view! { <MenuItem on_choose=Callback::new(move |()| choosing.set(true))><Icon name="database"/>"Use my data"</MenuItem> })}
                {goes_somewhere(editor).then(|| view! { <MenuItem on_choose=Callback::new(move |()| using.set(true))><Icon name="check"/>"Use in a resource"</MenuItem> })}
                <MenuItem on_choose=Callback::new(move |()| testing.set(true))><Icon name="clipboard-check"/>"Save as test case"</MenuItem>
                <MenuItem on_choose=Callback::new(move |()| work.clear())><Icon name="rotate-ccw"/>"Clear this editor"</MenuItem>
                <MenuItem on_choose=Callback::new(move |()| work.clear_all())><Icon name="trash-2"/>"Clear all editors"</MenuItem>
            </Menu>
            <button class="button primary" aria-busy=move || preview.working.get().to_string() on:click=move |_| run.run(())>
                <Icon name="play"/>"Preview"<kbd class="wide-only" aria-hidden="true">"Ctrl ↵"</kbd>
            </button>
        </div>
        <UseThis editor=editor content=work.content open=using/>
        <SaveTest editor=editor content=work.content open=testing/>
        <MyData editor=editor open=choosing on_input=Callback::new(move |input| work.input(input))/>
    }
}
