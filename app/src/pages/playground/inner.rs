//! The frame of the playground inside a resource: the same panels, and the same choices about them, which are those of
//! the playground.

use leptos::prelude::*;
use tombolo_wire::eval_worker::Helper;

use super::my_data::{MyData, takes_records};
use crate::components::Icon;
use crate::components::editor::{
    Areas, AutoPreview, Bench, Content, Editor, EditorFrame, FullScreen, LayoutChoice, Stub, previewed,
};
use crate::state::Evaluator;

/// The panels, below a bar with what is chosen about them.
#[component]
pub(in crate::pages) fn InnerFrame(
    editor: &'static Editor,
    content: Content,
    bench: Bench,
    evaluator: StoredValue<Evaluator, LocalStorage>,
    helpers: RwSignal<Vec<Helper>>,
    /// It has all of the window, where it may take that.
    #[prop(optional)]
    full: Option<RwSignal<bool>>,
) -> impl IntoView {
    let areas = Areas::new();
    let (preview, run) = previewed(editor, content, bench.auto.into(), evaluator);
    let choosing = RwSignal::new(false);
    let stub = move |stub: &'static Stub| {
        content.rules.update(|rules| *rules = format!("{}\n{}", rules.trim_end(), stub.code).trim_start().to_owned());
    };
    view! {
        <div class="frame-bar row" role="group" aria-label="Editor">
            <span class="muted cut grow" title=editor.about>{editor.about}</span>
            {takes_records(editor).then(|| view! {
                <button class="button small" type="button" on:click=move |_| choosing.set(true)><Icon name="database" small=true/>"Use my data"</button>
            })}
            <LayoutChoice bench=bench/>
            <AutoPreview bench=bench/>
            {full.map(|full| view! { <FullScreen full=full/> })}
            <button class="button small" type="button" aria-busy=move || preview.working.get().to_string() on:click=move |_| run.run(())><Icon name="play" small=true/>"Preview"</button>
        </div>
        <div class="desk-main inner-desk">
            <EditorFrame editor=editor content=content bench=bench areas=areas preview=preview on_run=run on_stub=Callback::new(stub) helpers=helpers/>
        </div>
        <MyData editor=editor open=choosing on_input=Callback::new(move |input| content.input.set(input))/>
    }
}
