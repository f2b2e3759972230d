//! Which field of a resource has an editor of its own, and what of the resource the editor shows. A table: a field gets
//! its editor in one line.

use tombolo_model::Kind;

use super::super::editors;
use crate::components::editor::Editor;

/// What an editor shows as its rules.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    /// The text of the field.
    Text,
    /// Fields of the resource as an object: what each is called in it, and its path.
    Fields(&'static [(&'static str, &'static str)]),
    /// A list of the resource as the only field of an object: what it is called.
    List(&'static str),
    /// The options alone.
    Nothing,
}

/// Chooses an editor by what the resource says at a path.
type Chosen = fn(&dyn Fn(&str) -> String) -> Option<&'static Editor>;

/// A field that has an editor.
pub(super) struct Place {
    /// The field; of what has another place in each flow, how its path ends.
    pub(super) path: &'static str,
    /// The kinds of resource; none is all of them.
    kinds: &'static [Kind],
    pub(super) editor: Chosen,
    pub(super) shown: Shown,
    /// Where the resource has the options: the path before their names.
    pub(super) options: &'static str,
}

const fn text(path: &'static str, editor: Chosen) -> Place {
    Place { path, kinds: &[], editor, shown: Shown::Text, options: "" }
}

/// The fields of a file definition that its editors need.
const DEFINITION: &[(&str, &str)] = &[
    ("name", "/name"),
    ("version", "/version"),
    ("format", "/format"),
    ("delimited", "/delimited"),
    ("fixed", "/fixed"),
    ("rules", "/rules"),
];

fn body(says: &dyn Fn(&str) -> String) -> Option<&'static Editor> {
    match says("/http/requestMediaType").as_str() {
        "xml" => editors::find("xml-body"),
        "" | "json" => editors::find("json-body"),
        _ => Some(&editors::ANY_TEMPLATE),
    }
}

/// How a file is read. Those that a definition is for are edited with it.
fn read(says: &dyn Fn(&str) -> String) -> Option<&'static Editor> {
    match says("/file/type").as_str() {
        "" | "csv" => editors::find("csv-parser"),
        "json" => editors::find("json-parser"),
        "xml" => Some(&editors::XML_OF_A_SOURCE),
        "xlsx" => editors::find("xlsx-parser"),
        _ => None,
    }
}

/// How a file is written. Records are JSON already, and a workbook is no text.
fn written(says: &dyn Fn(&str) -> String) -> Option<&'static Editor> {
    match says("/file/type").as_str() {
        "csv" => editors::find("csv-generator"),
        "xml" => editors::find("xml-generator"),
        _ => None,
    }
}

pub(super) static PLACES: [Place; 20] = [
    text("/http/relativeURI", |_| editors::find("relative-uri")),
    text("/http/paging/relativeURI", |_| editors::find("relative-uri")),
    text("/http/once/relativeURI", |_| editors::find("relative-uri")),
    text("/http/body", body),
    text("/http/once/body", body),
    text("/http/paging/body", |_| editors::find("paging-body")),
    text("/file/fileName", |_| editors::find("file-name")),
    text("/file/body", |_| Some(&editors::ANY_TEMPLATE)),
    text("/traceKeyTemplate", |_| editors::find("trace-key")),
    text("/dataURITemplate", |_| editors::find("data-uri")),
    text("/delta/dateFormat", |_| Some(&editors::DATE_OF_A_SOURCE)),
    Place { kinds: &[Kind::Export], shown: Shown::Nothing, options: "/file/{type}/", ..text("/file/type", read) },
    Place { kinds: &[Kind::Import], shown: Shown::Nothing, options: "/file/{type}/", ..text("/file/type", written) },
    Place {
        shown: Shown::Fields(&[("sortByFields", "/file/sortByFields"), ("groupByFields", "/file/groupByFields")]),
        ..text("/file/sortByFields", |_| editors::find("sort-and-group"))
    },
    Place {
        shown: Shown::Fields(&[("form", "/settingsForm/form")]),
        ..text("/settingsForm/form", |_| editors::find("form-builder"))
    },
    Place {
        kinds: &[Kind::FileDefinition],
        shown: Shown::Fields(DEFINITION),
        ..text("/rules", |_| Some(&editors::DEFINITION_READS))
    },
    Place {
        kinds: &[Kind::FileDefinition],
        shown: Shown::Fields(DEFINITION),
        ..text("/format", |_| editors::find("edi-generator"))
    },
    Place {
        kinds: &[Kind::Export],
        shown: Shown::Fields(&[("rules", "/transform/expression/rules")]),
        ..text("/transform/expression/rules", |_| editors::find("transformation-1"))
    },
    Place {
        kinds: &[Kind::Import],
        shown: Shown::Fields(&[("fields", "/mapping/fields"), ("lists", "/mapping/lists")]),
        ..text("/mapping", |_| editors::find("mapper-1"))
    },
    Place {
        kinds: &[Kind::Flow],
        shown: Shown::List("fields"),
        ..text("/responseMapping/fields", |_| editors::find("results-mapping"))
    },
];

/// Whether a field has an editor in some kind of resource.
pub(super) fn is_known(path: &str) -> bool {
    PLACES.iter().any(|place| place.is_at(path))
}

/// The place that a field is.
pub(super) fn place(kind: Kind, path: &str) -> Option<&'static Place> {
    PLACES.iter().find(|place| (place.kinds.is_empty() || place.kinds.contains(&kind)) && place.is_at(path))
}

impl Place {
    fn is_at(&self, path: &str) -> bool {
        match self.shown {
            Shown::List(_) => path.ends_with(self.path),
            _ => path == self.path,
        }
    }

    /// Where the resource has an option.
    pub(super) fn option(&self, name: &str, says: &dyn Fn(&str) -> String) -> String {
        let kind = says("/file/type");
        let kind = if kind.is_empty() { "csv" } else { &kind };
        format!("{}{name}", self.options.replace("{type}", kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(kind: Kind, path: &str, says: &str) -> Option<&'static str> {
        let editor = place(kind, path)?.editor;
        editor(&|at| if at.ends_with("Type") || at.ends_with("/type") { says.to_owned() } else { String::new() })
            .map(|editor| editor.slug)
    }

    #[test]
    fn fields_of_resources_have_the_editors_of_the_playground() {
        assert_eq!(slug(Kind::Export, "/http/relativeURI", ""), Some("relative-uri"));
        assert_eq!(slug(Kind::Import, "/http/body", "xml"), Some("xml-body"));
        assert_eq!(slug(Kind::Import, "/http/body", "plaintext"), Some("handlebars"));
        assert_eq!(slug(Kind::Export, "/file/type", ""), Some("csv-parser"));
        assert_eq!(slug(Kind::Export, "/file/type", "filedefinition"), None);
        assert_eq!(slug(Kind::Import, "/file/type", "csv"), Some("csv-generator"));
        assert_eq!(slug(Kind::Flow, "/pageProcessors/a1/responseMapping/fields", ""), Some("results-mapping"));
        assert_eq!(slug(Kind::Integration, "/settingsForm/form", ""), Some("form-builder"));
        assert!(place(Kind::Import, "/rules").is_none() && place(Kind::Export, "/name").is_none());
    }

    #[test]
    fn an_editor_inside_a_resource_has_the_options_alone_that_have_a_place_there() {
        for place in &PLACES {
            for kind in ["", "csv", "json", "xml", "xlsx"] {
                let Some(editor) = (place.editor)(&|_| kind.to_owned()) else { continue };
                assert!(editor.options.is_empty() || !place.options.is_empty(), "{}: {}", place.path, editor.slug);
            }
        }
        let csv = place(Kind::Export, "/file/type").unwrap();
        assert_eq!(csv.option("rowsToSkip", &|_| String::new()), "/file/csv/rowsToSkip");
        assert_eq!(csv.option("resourcePath", &|_| "json".to_owned()), "/file/json/resourcePath");
    }
}
