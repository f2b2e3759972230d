//! The guide, which is searched, and the release notes. Both are files of the page, which the service worker keeps.

use gloo::net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::text::{Block, Piece, Section, search, sections};
use crate::browser::page;
use crate::components::Icon;
use crate::words;

/// A text as it comes.
#[derive(Clone)]
enum Text {
    Coming,
    Here(Vec<Section>),
    Missing,
}

fn load(file: &'static str) -> RwSignal<Text> {
    let text = RwSignal::new(Text::Coming);
    spawn_local(async move {
        let found = match Request::get(file).send().await {
            Ok(answer) if answer.ok() => answer.text().await.map(|text| Text::Here(sections(&text))),
            Ok(_) => Ok(Text::Missing),
            Err(error) => Err(error),
        };
        text.try_set(found.unwrap_or(Text::Missing));
    });
    text
}

/// The guide; `?q=` is what is looked for.
#[component]
pub(crate) fn GuidePage() -> impl IntoView {
    page::title(|| "Guide".into());
    let text = load("/texts/guide.txt");
    let query = use_query_map();
    let typed = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    let navigate = StoredValue::new_local(use_navigate());
    let type_in = move |event| {
        let typed: String = event_target_value(&event);
        let to = match typed.as_str() {
            "" => "/help/guide".to_owned(),
            typed => format!("/help/guide?q={}", String::from(js_sys::encode_uri_component(typed))),
        };
        let replace = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate.with_value(|navigate| navigate(&to, replace));
    };
    let found = Memo::new(move |_| {
        text.with(|text| match text {
            Text::Here(all) => typed.with(|typed| search(all, typed)).into_iter().map(Shown).collect(),
            Text::Coming | Text::Missing => Vec::new(),
        })
    });
    let many = move || {
        let some = typed.with(|typed| !typed.trim().is_empty());
        some.then(|| match found.with(Vec::len) {
            0 => "Nothing in the guide has these words. Try others, or ask on the page Help.".to_owned(),
            many => words::count(many, "section"),
        })
    };
    view! {
        <Head title="Guide"/>
        <div class="page-body reading">
            <label class="input search"><Icon name="search"/><input type="search" aria-label="Search the guide" placeholder="Search the guide" autocomplete="off" prop:value=move || typed.get() on:input=type_in/></label>
            <p class="muted" role="status">{many}</p>
            <Unread text=text/>
            <nav class="contents" aria-label="Sections of the guide"><ul>
                {move || found.get().into_iter().map(|Shown(section)| {
                    let name = section.name;
                    // Without leaving the page, whose address has what is looked for.
                    let jump = { let name = name.clone(); move |event: leptos::ev::MouseEvent| { event.prevent_default(); page::focus_soon(vec![name.clone()]); } };
                    view! { <li><a href=format!("#{name}") rel="external" on:click=jump>{section.title}</a></li> }
                }).collect_view()}
            </ul></nav>
            {move || found.get().into_iter().map(|Shown(section)| view! { <Part section=section/> }).collect_view()}
        </div>
    }
}

/// The release notes.
#[component]
pub(crate) fn NewsPage() -> impl IntoView {
    page::title(|| "What is new".into());
    let text = load("/texts/news.txt");
    let all = move || text.with(|text| if let Text::Here(all) = text { all.clone() } else { Vec::new() });
    view! {
        <Head title="What is new"/>
        <div class="page-body reading"><Unread text=text/>{move || all().into_iter().map(|section| view! { <Part section=section/> }).collect_view()}</div>
    }
}

#[component]
fn Head(title: &'static str) -> impl IntoView {
    view! {
        <div class="page-head"><div>
            <nav class="crumbs" aria-label="Breadcrumb"><A href="/help">"Help"</A></nav>
            <h1>{title}</h1>
        </div></div>
    }
}

/// Why there is nothing to read.
#[component]
fn Unread(text: RwSignal<Text>) -> impl IntoView {
    move || match text.get() {
        Text::Here(_) => ().into_any(),
        Text::Coming => view! { <p class="muted" role="status">"Opening…"</p> }.into_any(),
        Text::Missing => view! { <div class="banner warning" role="alert"><Icon name="triangle-alert"/>
        <p>"This text is not on this device yet. Open it again when the network is back."</p></div> }
        .into_any(),
    }
}

/// Sections are compared by what they are, so that typing on draws only what is new.
#[derive(Clone, PartialEq, Eq)]
struct Shown(Section);

#[component]
fn Part(section: Section) -> impl IntoView {
    let Section { title, name, blocks, .. } = section;
    view! {
        <section>
            <h2 id=name tabindex="-1">{title}</h2>
            {blocks.into_iter().map(block).collect_view()}
        </section>
    }
}

fn block(block: Block) -> AnyView {
    let items = |lines: Vec<Vec<Piece>>| {
        lines.into_iter().map(|line| view! { <li>{line.into_iter().map(piece).collect_view()}</li> }).collect_view()
    };
    match block {
        Block::Paragraph(pieces) => view! { <p>{pieces.into_iter().map(piece).collect_view()}</p> }.into_any(),
        Block::List { numbered: true, lines } => view! { <ol>{items(lines)}</ol> }.into_any(),
        Block::List { numbered: false, lines } => view! { <ul>{items(lines)}</ul> }.into_any(),
    }
}

fn piece(piece: Piece) -> AnyView {
    match piece {
        Piece::Words(words) => words.into_any(),
        Piece::Typed(typed) => view! { <kbd>{typed}</kbd> }.into_any(),
        Piece::Link { words, to } => view! { <A href=to attr:class="link">{words}</A> }.into_any(),
    }
}
