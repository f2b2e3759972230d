//! The form of an export.

use leptos::prelude::*;

use super::connection::ConnectionField;
use super::file::FileField;
use crate::components::{DocSelect, DocText};
use crate::state::Doc;

/// What a source reads, and how.
#[component]
pub(in crate::pages::flow) fn ExportForm(doc: Doc) -> impl IntoView {
    let file = Memo::new(move |_| doc.text("/adaptorType") == "SimpleExport");
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    move || match (open.get(), file.get()) {
        (false, _) => ().into_any(),
        (true, true) => view! { <FileSource doc=doc/> }.into_any(),
        (true, false) => view! { <HttpSource doc=doc/> }.into_any(),
    }
}

#[component]
fn FileSource(doc: Doc) -> impl IntoView {
    let json = Memo::new(move |_| doc.text("/file/type") == "json");
    view! {
        <FileField doc=doc/>
        <DocSelect doc=doc path="/file/type" label="Format" choices=&[("csv", "CSV"), ("json", "JSON")] usual="csv"/>
        {move || if json.get() {
            view! { <DocText doc=doc path="/file/json/resourcePath" label="Records are at" optional=true code=true help="The path to the list, for example data.items. Empty when the file is the list."/> }.into_any()
        } else {
            view! { <DocText doc=doc path="/file/csv/columnDelimiter" label="Column delimiter" help="Usually a comma."/> }.into_any()
        }}
    }
}

#[component]
fn HttpSource(doc: Doc) -> impl IntoView {
    let paging = Memo::new(move |_| doc.text("/http/paging/method"));
    view! {
        <ConnectionField doc=doc/>
        <DocSelect doc=doc path="/http/method" label="Method" choices=&[("GET", "GET"), ("POST", "POST")] usual="GET"/>
        <DocText doc=doc path="/http/relativeURI" label="Relative URL" code=true placeholder="/orders" help="Added to the connection’s base URL."/>
        <DocText doc=doc path="/http/response/resourcePath" label="Records are at" optional=true code=true help="The path to the list in the answer. Empty when the answer is the list."/>
        <fieldset class="group">
            <legend>"Pages"</legend>
            <DocSelect doc=doc path="/http/paging/method" label="Paging" choices=&[("", "None"), ("page", "Page number"), ("linkheader", "Link header")]/>
            {move || match paging.get().as_str() {
                "page" => view! {
                    <p class="help">"Put {{export.http.paging.page}} into the relative URL: it becomes the number of the page."</p>
                    <DocText doc=doc path="/http/paging/page" label="First page" optional=true number=true help="0 when not set."/>
                    <DocText doc=doc path="/http/paging/lastPageStatusCode" label="Last page status" optional=true number=true help="The status that means “no more pages”: 404 when not set."/>
                }.into_any(),
                "linkheader" => view! { <p class="help">"Each answer names the page after it in its Link header, as the relation “next”."</p> }.into_any(),
                _ => ().into_any(),
            }}
        </fieldset>
    }
}
