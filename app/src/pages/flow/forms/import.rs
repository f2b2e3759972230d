//! The form of an import.

use leptos::prelude::*;

use super::connection::ConnectionField;
use crate::components::{DocSelect, DocText};
use crate::state::Doc;

/// Where a destination writes, and how.
#[component]
pub(in crate::pages::flow) fn ImportForm(doc: Doc) -> impl IntoView {
    let file = Memo::new(move |_| doc.text("/adaptorType") == "SimpleImport");
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    move || {
        match (open.get(), file.get()) {
        (false, _) => ().into_any(),
        (true, true) => view! {
            <DocSelect doc=doc path="/file/type" label="Format" choices=&[("json", "JSON"), ("csv", "CSV")] usual="json"/>
            <DocText doc=doc path="/file/fileName" label="File name" code=true help="What the download is called."/>
        }
        .into_any(),
        (true, false) => view! {
            <ConnectionField doc=doc/>
            <DocSelect doc=doc path="/http/method" label="Method" listed=true choices=&[("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("DELETE", "DELETE")] usual="POST"/>
            <DocText doc=doc path="/http/relativeURI" label="Relative URL" listed=true code=true placeholder="/orders/{{record.id}}" help="Added to the connection’s base URL. Templates read the record before the mapping."/>
            <DocText doc=doc path="/http/body" label="Body" listed=true optional=true code=true lines=4 help="A template over the mapped record. Empty sends the mapped record as JSON."/>
        }
        .into_any(),
    }
    }
}
