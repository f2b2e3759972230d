//! The three panels: rules, input, output.

use js_sys::{Array, Uint8Array};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

use super::Areas;
use super::area::CodeArea;
use super::content::Content;
use super::describe::{Editor, InputAs, Language, Stub};
use super::form_view::FormView;
use super::options::{Options, option_id};
use super::preview::Preview;
use crate::browser::{clipboard, files};
use crate::components::{Ago, Icon, Menu, MenuItem};
use crate::state::App;
use crate::words;

/// What is taken from this computer at most; more would not fit into the browser's memory several times over.
const MOST_BYTES: f64 = 16.0 * 1024.0 * 1024.0;

const RULES_TEXT: &str = "rules-text";
const INPUT_TEXT: &str = "input-text";

impl Editor {
    /// The id of what somebody begins with who opens it: the rules, the first option, or the input.
    pub(crate) fn beginning(&self) -> String {
        match (&self.rules, self.options.first()) {
            (Some(_), _) => RULES_TEXT.to_owned(),
            (None, Some(option)) => option_id(option.name),
            (None, None) => INPUT_TEXT.to_owned(),
        }
    }
}

/// Rules, with the options above them.
#[component]
pub(crate) fn RulesPanel(
    editor: &'static Editor,
    content: Content,
    areas: Areas,
    on_run: Callback<()>,
    on_stub: Callback<&'static Stub>,
    ready: RwSignal<u32>,
) -> impl IntoView {
    let has_options = !editor.options.is_empty();
    let Some(rules) = editor.rules.as_ref() else {
        return view! {
            <section class="panel rules" aria-label="Options">
                <header><h2>"Options"</h2></header>
                <div class="scroll"><Options editor=editor content=content/></div>
            </section>
        }
        .into_any();
    };
    let set = Callback::new(move |text: String| content.rules.set(text));
    let language = spoken(rules.language, content);
    view! {
        <section class="panel rules" aria-label=rules.title>
            <header>
                <h2>{rules.title}</h2><span class="meta">{rules.language.name()}</span>
                <span class="end">
                    {(!editor.stubs.is_empty()).then(|| view! { <Stubs stubs=editor.stubs on_stub=on_stub/> })}
                    <TextTools text=content.rules name=rules.title of=editor.slug language=language on_text=set/>
                </span>
            </header>
            {has_options.then(|| view! { <Options editor=editor content=content/> })}
            <CodeArea area=areas.rules label=rules.title id=RULES_TEXT text=content.rules language=language on_text=set on_run=on_run ready=ready/>
        </section>
    }
    .into_any()
}

/// What is written, as the options say.
fn spoken(language: Language, content: Content) -> Memo<Language> {
    Memo::new(move |_| {
        content.options.with(|options| language.in_dialect(options.get("dialect").and_then(serde_json::Value::as_str)))
    })
}

/// Puts the function of a hook behind what is written, with an input that fits.
#[component]
fn Stubs(stubs: &'static [Stub], on_stub: Callback<&'static Stub>) -> impl IntoView {
    let face = view! { <Icon name="plus" small=true/>"Insert a hook" }.into_any();
    view! {
        <Menu id="stub-menu" label="Insert a hook" class="button quiet small" face=face>
            {stubs.iter().map(|stub| view! { <MenuItem on_choose=Callback::new(move |()| on_stub.run(stub))>{stub.name}</MenuItem> }).collect_view()}
        </Menu>
    }
}

/// The input, unless the editor needs none.
#[component]
pub(crate) fn InputPanel(
    editor: &'static Editor,
    content: Content,
    areas: Areas,
    on_run: Callback<()>,
    ready: RwSignal<u32>,
) -> impl IntoView {
    let input = editor.input.as_ref()?;
    let set = Callback::new(move |text: String| content.input.set(text));
    let is_file = input.given == InputAs::File;
    let size = move || content.input.with(|text| words::size(u64::try_from(bytes(text, is_file)).unwrap_or(u64::MAX)));
    let body = if is_file {
        view! { <FileInput content=content/> }.into_any()
    } else {
        view! { <CodeArea area=areas.input label=input.title id=INPUT_TEXT text=content.input language=input.language on_text=set on_run=on_run ready=ready/> }
            .into_any()
    };
    Some(view! {
        <section class="panel input-panel" aria-label=input.title>
            <header>
                <h2>{input.title}</h2><span class="meta">{(!is_file).then(|| format!("{}, ", input.language.name()))}{size}</span>
                <span class="end">{(!is_file).then(|| view! {
                    <TextTools text=content.input name=input.title of=editor.slug language=input.language on_text=set/>
                })}</span>
            </header>
            {body}
        </section>
    })
}

/// How long the input is; base64 has four letters for three bytes.
fn bytes(text: &str, is_file: bool) -> usize {
    if is_file { text.trim_end_matches('=').len() * 3 / 4 } else { text.len() }
}

/// What came out.
#[component]
pub(crate) fn OutputPanel(
    editor: &'static Editor,
    content: Content,
    preview: Preview,
    areas: Areas,
    on_run: Callback<()>,
    ready: RwSignal<u32>,
) -> impl IntoView {
    let text =
        Memo::new(move |_| preview.output.with(|output| output.as_ref().map(|o| o.text.clone()).unwrap_or_default()));
    let sql = spoken(Language::Sql, content);
    let language = Memo::new(move |_| {
        let json = preview.output.with(|output| output.as_ref().is_some_and(|output| output.json));
        let written = editor.rules.as_ref().map(|rules| rules.language);
        match (json, written) {
            (true, _) => Language::Json,
            (false, Some(Language::Sql)) => sql.get(),
            (false, Some(Language::JsonTemplate)) if text.with(|text| text.starts_with(['{', '['])) => Language::Json,
            _ if text.with(|text| text.starts_with('<')) => Language::Xml,
            _ => Language::Text,
        }
    });
    let took = move || preview.ms.get().map(|ms| if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") });
    let find = move |_| {
        areas.output.tell("find", &[]);
    };
    view! {
        <section class="panel output-panel" aria-label="Output">
            <header>
                <h2>"Output"</h2>
                {move || preview.old.get().then(|| view! { <span class="badge warning">"Last good output, " <Ago ms=preview.made_ms.get()/></span> })}
                <span class="end">
                    <span class="meta">{took}</span>
                    <button class="icon-button small" aria-label="Search in the output" title="Search in the output" on:click=find><Icon name="search" small=true/></button>
                    <TextTools text=text name="Output" of=editor.slug language=language/>
                </span>
            </header>
            {move || (preview.output.with(Option::is_none) && preview.problems.with(|problems| !problems.is_empty())).then(|| view! {
                <p class="quiet-line no-output">"There was no output yet. Mend what is wrong below, or choose an example."</p>
            })}
            {editor.draws_form().then(|| view! { <div class="form-box"><FormView text=text content=content/></div> })}
            <CodeArea area=areas.output label="Output" id="output-text" text=text language=language read_only=true on_text=Callback::new(|_| ()) on_run=on_run ready=ready/>
        </section>
    }
}

/// Copies, downloads and, where a text may be set, uploads.
#[component]
fn TextTools(
    #[prop(into)] text: Signal<String>,
    name: &'static str,
    of: &'static str,
    #[prop(into)] language: Signal<Language>,
    #[prop(optional, into)] on_text: Option<Callback<String>>,
) -> impl IntoView {
    let app = App::here();
    let copy = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            match clipboard::copy(&text).await {
                Ok(()) => app.toasts.say(format!("{name} copied.")),
                Err(_) => app.toasts.fail("The browser did not let Tombolo copy it. Select the text and copy it."),
            }
        });
    };
    let download = move |_| {
        let name = format!("{of}-{}.{}", name.to_lowercase().replace(' ', "-"), language.get_untracked().extension());
        let blob = Blob::new_with_str_sequence(&Array::of1(&text.get_untracked().into()));
        if blob.and_then(|blob| files::download(&blob, &name)).is_err() {
            app.toasts.fail("The browser did not take the file. Try again.");
        }
    };
    let upload = on_text.map(|on_text| {
        let opened = move |file: File| {
            spawn_local(async move {
                match JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()) {
                    Some(text) => {
                        if text.contains('\u{fffd}') {
                            app.toasts.fail("Some characters of the file are not in UTF-8: they are shown as \u{fffd}. Save it as UTF-8 and upload it again.");
                        }
                        on_text.run(text);
                    }
                    None => app.toasts.fail("The file could not be read. Choose it again."),
                }
            });
        };
        let label = format!("Upload {}", name.to_lowercase());
        view! { <Upload label=label small=true opened=opened/> }
    });
    let named = name.to_lowercase();
    view! {
        {upload}
        <button class="icon-button small" aria-label=format!("Download {named}") title=format!("Download {named}") on:click=download><Icon name="download" small=true/></button>
        <button class="icon-button small" aria-label=format!("Copy {named}") title=format!("Copy {named}") on:click=copy><Icon name="copy" small=true/></button>
    }
}

/// A button that opens a file of this computer.
#[component]
fn Upload(
    #[prop(into)] label: String,
    #[prop(optional)] small: bool,
    opened: impl Fn(File) + 'static,
) -> impl IntoView {
    let app = App::here();
    let input = NodeRef::<html::Input>::new();
    let press = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let changed = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let file = input.files().and_then(|files| files.get(0));
        // The same file may be chosen again.
        let Some(file) = file else { return };
        if file.size() > MOST_BYTES {
            app.toasts.fail("The file is larger than 16 MB, which is too much to try things with. Take a part of it.");
        } else {
            opened(file);
        }
        input.set_value("");
    };
    let title = label.clone();
    let face = if small { ().into_any() } else { view! { <span>{label.clone()}</span> }.into_any() };
    view! {
        <input type="file" class="sr" tabindex="-1" aria-label=format!("{label}: file") node_ref=input on:change=changed/>
        <button class=if small { "icon-button small" } else { "button" } aria-label=label title=title on:click=press><Icon name="upload" small=small/>{face}</button>
    }
}

/// A file that is no text.
#[component]
fn FileInput(content: Content) -> impl IntoView {
    let app = App::here();
    let opened = move |file: File| {
        spawn_local(async move {
            match base64(&file).await {
                Ok(text) => content.input.set(text),
                Err(_) => app.toasts.fail("The file could not be read. Choose it again."),
            }
        });
    };
    let there = move || content.input.with(|text| !text.is_empty());
    view! {
        <div class="scroll file-input">
            <p>{move || if there() { "A workbook is here. Choose another one to see its records." } else { "Choose a workbook to see its records." }}</p>
            <Upload label="Choose workbook" opened=opened/>
        </div>
    }
}

/// The bytes of a file in base64; the browser writes them so itself.
async fn base64(file: &File) -> Result<String, JsValue> {
    let buffer = JsFuture::from(file.array_buffer()).await?;
    let bytes = Uint8Array::new(&buffer).to_vec();
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 4);
    // A multiple of three, so that only the last piece is filled up.
    for piece in bytes.chunks(30_000) {
        let letters: String = piece.iter().map(|byte| char::from(*byte)).collect();
        text.push_str(&window().btoa(&letters)?);
    }
    Ok(text)
}
