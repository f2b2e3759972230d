//! Which field of a resource has an editor of its own, and what of the resource the editor shows. A table: a field gets
//! its editor in one line.

use tombolo_model::Kind;

use super::super::editors;
use super::graphql::Body;
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
    /// The text of another field.
    Other(&'static str),
}

/// Chooses an editor by what the resource says at a path; without a path, what the field itself says.
type Chosen = fn(&dyn Fn(&str) -> String) -> Option<&'static Editor>;

/// A field that has an editor.
pub(super) struct Place {
    /// The field; of what has another place in each flow, how its path ends.
    pub(super) path: &'static str,
    /// What the path of a row's field has in it; nothing where the path is always the same.
    within: &'static str,
    /// What the way in is called; nothing where it is the editor of the field, and no other.
    pub(super) words: &'static str,
    /// The kinds of resource; none is all of them.
    kinds: &'static [Kind],
    pub(super) editor: Chosen,
    pub(super) shown: Shown,
    /// Where the resource has the options: the path before their names.
    pub(super) options: &'static str,
}

const fn text(path: &'static str, editor: Chosen) -> Place {
    Place { path, within: "", words: "", kinds: &[], editor, shown: Shown::Text, options: "" }
}

/// The request of a step as a whole.
const fn request(kind: &'static [Kind], editor: Chosen) -> Place {
    Place {
        kinds: kind,
        words: "Whole request",
        shown: Shown::Other("/http/body"),
        options: "/http/",
        ..text("/http/method", editor)
    }
}

/// A body that is a query, or may become one.
const fn graphql(path: &'static str) -> Place {
    Place { words: "GraphQL", ..text(path, query) }
}

/// The source of a row of a mapping.
const fn source(kinds: &'static [Kind]) -> Place {
    Place { within: "/mappings/", kinds, ..text("/extract", extract) }
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

/// What an API that is built of rules asks and answers.
const BUILDER: &[(&str, &str)] = &[("request", "/builder/request"), ("responses", "/builder/responses")];

fn body(says: &dyn Fn(&str) -> String) -> Option<&'static Editor> {
    match says("/http/requestMediaType").as_str() {
        "xml" => editors::find("xml-body"),
        "" | "json" => editors::find("json-body"),
        _ => Some(&editors::ANY_TEMPLATE),
    }
}

fn query(says: &dyn Fn(&str) -> String) -> Option<&'static Editor> {
    let is_form = matches!(says("/http/formType").as_str(), "graph_ql" | "assistant_graphql");
    let text = says("");
    let body = Body::read(&text)?;
    (is_form || text.trim().is_empty() || body.is_query()).then(|| editors::find("graphql")).flatten()
}

/// A source is a path, a template or a value; a value needs no editor.
fn extract(says: &dyn Fn(&str) -> String) -> Option<&'static Editor> {
    let text = says("");
    match text.trim() {
        path if path.starts_with('$') => editors::find("json-path"),
        template if template.contains("{{") => Some(&editors::ANY_TEMPLATE),
        _ => None,
    }
}

/// How a file is read. Those that a definition is for are edited with it.
fn read(says: &dyn Fn(&str) -> String) -> Option<&'static Editor> {
    match says("/file/type").as_str() {
        "" | "csv" => editors::find("csv-parser"),
        "json" => editors::find("json-parser"),
        "xml" => editors::find("xml-parser"),
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

pub(super) static PLACES: [Place; 31] = [
    request(&[Kind::Export], |_| Some(&editors::REQUEST_OF_A_SOURCE)),
    request(&[Kind::Import], |_| Some(&editors::REQUEST_OF_AN_IMPORT)),
    text("/http/relativeURI", |_| editors::find("relative-uri")),
    text("/http/paging/relativeURI", |_| editors::find("relative-uri")),
    text("/http/once/relativeURI", |_| editors::find("relative-uri")),
    text("/http/body", body),
    graphql("/http/body"),
    text("/http/once/body", body),
    text("/http/paging/body", |_| editors::find("paging-body")),
    graphql("/http/paging/body"),
    text("/rdbms/query", |_| Some(&editors::SQL_OF_A_STEP)),
    text("/rdbms/once/query", |_| Some(&editors::SQL_OF_A_STEP)),
    text("/jdbc/query", |_| Some(&editors::SQL_OF_A_STEP)),
    text("/jdbc/once/query", |_| Some(&editors::SQL_OF_A_STEP)),
    source(&[Kind::Import]),
    source(&[Kind::Export]),
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
        kinds: &[Kind::Api],
        shown: Shown::Fields(BUILDER),
        ..text("/builder/request", |_| editors::find("api-builder"))
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

/// The places that a field is, in some kind of resource.
pub(super) fn places(path: &str) -> impl Iterator<Item = &'static Place> + use<'_> {
    PLACES.iter().filter(move |place| place.is_at(path))
}

impl Place {
    /// Whether it is one in this kind of resource.
    pub(super) fn is_of(&self, kind: Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    fn is_at(&self, path: &str) -> bool {
        let is_row = !self.within.is_empty() || matches!(self.shown, Shown::List(_));
        if is_row {
            return path.ends_with(self.path) && path.contains(self.within);
        }
        // The text of updates is the second of a list.
        let of_updates = || matches!(self.shown, Shown::Text) && path.strip_prefix(self.path) == Some("/1");
        path == self.path || of_updates()
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

    fn place(kind: Kind, path: &str) -> Option<&'static Place> {
        places(path).find(|place| place.is_of(kind))
    }

    fn slug(kind: Kind, path: &str, says: &str) -> Option<&'static str> {
        let editor = place(kind, path)?.editor;
        editor(&|at| if at.ends_with("Type") || at.ends_with("/type") { says.to_owned() } else { String::new() })
            .map(|editor| editor.slug)
    }

    /// The editors of a field that says this itself.
    fn slugs(kind: Kind, path: &str, own: &str) -> Vec<&'static str> {
        let says = |at: &str| if at.is_empty() { own.to_owned() } else { String::new() };
        places(path)
            .filter(|place| place.is_of(kind))
            .filter_map(|place| (place.editor)(&says))
            .map(|editor| editor.slug)
            .collect()
    }

    #[test]
    fn a_body_that_is_a_query_or_empty_has_the_editor_of_queries_too() {
        let both = vec!["json-body", "graphql"];
        assert_eq!(slugs(Kind::Import, "/http/body", ""), both);
        assert_eq!(slugs(Kind::Export, "/http/body", r#"{"query": "{ shop { id } }"}"#), both);
        assert_eq!(slugs(Kind::Export, "/http/body", r#"{"query": "SELECT Id FROM Account"}"#), ["json-body"]);
        assert_eq!(slugs(Kind::Export, "/http/paging/body", "{\"page\": 2}"), ["paging-body"]);
        // Of updates, which are the second of a list, what is in that counts; the whole request is that of the first.
        assert_eq!(slugs(Kind::Import, "/http/body/1", "{\"a\": 2}"), ["json-body"]);
        assert_eq!(slugs(Kind::Import, "/http/method/1", ""), Vec::<&str>::new());
    }

    #[test]
    fn the_source_of_a_mapping_row_has_the_editor_of_what_it_is() {
        let row = "/mappings/r1/buildArrayHelper/b1/mappings/r2/extract";
        assert_eq!(slugs(Kind::Import, row, "$.orders[*].id"), ["json-path"]);
        assert_eq!(
            slugs(Kind::Export, "/transform/expression/rulesTwoDotZero/mappings/r1/extract", "{{record.a}}"),
            ["handlebars"]
        );
        assert_eq!(slugs(Kind::Import, row, "EUR"), Vec::<&str>::new());
        assert_eq!(slugs(Kind::Import, "/lookups/r1/extract", "$.a"), Vec::<&str>::new());
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
        assert_eq!(slug(Kind::Api, "/builder/request", ""), Some("api-builder"));
        assert_eq!(slug(Kind::Export, "/http/method", ""), Some("http-request"));
        assert_eq!(slug(Kind::Import, "/rdbms/query", ""), Some("sql"));
        assert!(place(Kind::Import, "/rules").is_none() && place(Kind::Export, "/name").is_none());
    }

    #[test]
    fn an_editor_inside_a_resource_has_the_options_alone_that_have_a_place_there() {
        for place in &PLACES {
            for kind in ["", "csv", "json", "xml", "xlsx"] {
                let Some(editor) = (place.editor)(&|_| kind.to_owned()) else { continue };
                // The variables of a query are in its body.
                let has_place = !place.options.is_empty() || editor.eval == "graphql";
                assert!(editor.options.is_empty() || has_place, "{}: {}", place.path, editor.slug);
            }
        }
        let csv = place(Kind::Export, "/file/type").unwrap();
        assert_eq!(csv.option("rowsToSkip", &|_| String::new()), "/file/csv/rowsToSkip");
        assert_eq!(csv.option("resourcePath", &|_| "json".to_owned()), "/file/json/resourcePath");
    }
}
