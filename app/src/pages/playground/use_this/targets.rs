//! Which kinds of resource take the rules of which editor, and what is written there: a table.
//!
//! An editor that is not in it makes nothing that a resource holds as it is: any template, a path, the choice of a
//! branch, and what a step takes from an answer.

use tombolo_model::Kind;

use super::made::{
    Made, Part, body_of_export, body_of_import, builder, database, definition, file, filter, graphql_of_export,
    graphql_of_import, header, lookups, mappings, one, request_of_export, request_of_import, schedule, settings_form,
    sorted, statement_of_import, transform,
};

type Parts = fn(&Made<'_>) -> Result<Vec<Part>, String>;

/// Where the rules of an editor go.
pub(super) struct Target {
    pub(super) editor: &'static str,
    pub(super) kind: Kind,
    /// The applications whose resources have such a place; none is all of them.
    pub(super) adaptors: &'static [&'static str],
    pub(super) parts: Parts,
    /// What the person has to name, where it goes to one of many.
    pub(super) asks: Option<&'static str>,
}

const HTTP_EXPORT: &[&str] = &["HTTPExport", "RESTExport"];
const HTTP_IMPORT: &[&str] = &["HTTPImport", "RESTImport"];
const DATABASE_EXPORT: &[&str] = &["RDBMSExport", "JDBCExport"];
const DATABASE_IMPORT: &[&str] = &["RDBMSImport", "JDBCImport"];
const FILE_EXPORT: &[&str] = &["SimpleExport", "FTPExport", "S3Export", "FileSystemExport"];
const FILE_IMPORT: &[&str] = &["SimpleImport", "FTPImport", "S3Import", "FileSystemImport"];

const fn to(editor: &'static str, kind: Kind, parts: Parts) -> Target {
    Target { editor, kind, adaptors: &[], parts, asks: None }
}

impl Target {
    const fn of(self, adaptors: &'static [&'static str]) -> Self {
        Self { adaptors, ..self }
    }

    /// Whether a resource of this application has the place.
    pub(super) fn fits(&self, adaptor: Option<&str>) -> bool {
        self.adaptors.is_empty() || adaptor.is_some_and(|adaptor| self.adaptors.contains(&adaptor))
    }
}

pub(super) static TARGETS: [Target; 47] = [
    to("javascript", Kind::Script, |made| one("/content", made.text())),
    to("mapper-2", Kind::Import, mappings),
    to("mapper-1", Kind::Import, |made| one("/mapping", made.json()?)),
    to("output-filter", Kind::Export, |made| one("/filter", filter(made)?)),
    to("input-filter", Kind::Import, |made| one("/filter", filter(made)?)),
    to("input-filter", Kind::Export, |made| one("/inputFilter", filter(made)?)),
    to("transformation-1", Kind::Export, |made| one("/transform", transform(made, "1", "rules")?)),
    to("transformation-2", Kind::Export, |made| one("/transform", transform(made, "2", "rulesTwoDotZero")?)),
    to("data-uri", Kind::Import, |made| one("/dataURITemplate", made.text())),
    to("data-uri", Kind::Export, |made| one("/dataURITemplate", made.text())),
    to("trace-key", Kind::Export, |made| one("/traceKeyTemplate", made.text())),
    to("trace-key", Kind::Import, |made| one("/traceKeyTemplate", made.text())),
    to("form-builder", Kind::Integration, settings_form),
    to("form-builder", Kind::Flow, settings_form),
    to("form-builder", Kind::Connection, settings_form),
    to("form-builder", Kind::Export, settings_form),
    to("form-builder", Kind::Import, settings_form),
    to("schedule", Kind::Flow, schedule),
    to("json-body", Kind::Import, body_of_import).of(HTTP_IMPORT),
    to("json-body", Kind::Export, body_of_export).of(HTTP_EXPORT),
    to("xml-body", Kind::Import, body_of_import).of(HTTP_IMPORT),
    to("xml-body", Kind::Export, body_of_export).of(HTTP_EXPORT),
    to("graphql", Kind::Import, graphql_of_import).of(HTTP_IMPORT),
    to("graphql", Kind::Export, graphql_of_export).of(HTTP_EXPORT),
    to("relative-uri", Kind::Export, |made| one("/http/relativeURI", made.text())).of(HTTP_EXPORT),
    to("relative-uri", Kind::Import, |made| one("/http/relativeURI", made.first("/http/relativeURI", made.text())))
        .of(HTTP_IMPORT),
    to("paging-body", Kind::Export, |made| one("/http/paging/body", made.text())).of(HTTP_EXPORT),
    Target { asks: Some("Name of the header"), ..to("header", Kind::Export, header).of(HTTP_EXPORT) },
    Target { asks: Some("Name of the header"), ..to("header", Kind::Import, header).of(HTTP_IMPORT) },
    to("http-request", Kind::Export, request_of_export).of(HTTP_EXPORT),
    to("http-request", Kind::Import, request_of_import).of(HTTP_IMPORT),
    to("sql", Kind::Export, |made| one(database(made, "/rdbms/query", "/jdbc/query"), made.text())).of(DATABASE_EXPORT),
    to("sql", Kind::Import, statement_of_import).of(DATABASE_IMPORT),
    to("date-format", Kind::Export, |made| one("/delta/dateFormat", made.text())).of(HTTP_EXPORT),
    to("static-lookup", Kind::Import, lookups),
    to("sort-and-group", Kind::Export, sorted).of(FILE_EXPORT),
    to("file-name", Kind::Import, |made| one("/file/fileName", made.text())).of(FILE_IMPORT),
    to("csv-parser", Kind::Export, |made| file(made, "csv")).of(FILE_EXPORT),
    to("json-parser", Kind::Export, |made| file(made, "json")).of(FILE_EXPORT),
    to("xml-parser", Kind::Export, |made| file(made, "xml")).of(FILE_EXPORT),
    to("xlsx-parser", Kind::Export, |made| file(made, "xlsx")).of(FILE_EXPORT),
    to("csv-generator", Kind::Import, |made| file(made, "csv")).of(FILE_IMPORT),
    to("xml-generator", Kind::Import, |made| file(made, "xml")).of(FILE_IMPORT),
    to("edi-parser", Kind::FileDefinition, definition),
    to("edi-generator", Kind::FileDefinition, definition),
    to("api-builder", Kind::Api, builder),
    to("transformation-2", Kind::Import, |made| one("/responseTransform", transform(made, "2", "rulesTwoDotZero")?)),
];

/// The targets of an editor.
pub(super) fn targets(slug: &str) -> impl Iterator<Item = &'static Target> + use<'_> {
    TARGETS.iter().filter(move |target| target.editor == slug)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::components::editor::{Example, Saved};
    use crate::pages::playground::editors;

    fn made(slug: &str, kind: Kind, saved: &Saved, name: &str, now: &Value) -> Result<Value, String> {
        let target = targets(slug).find(|target| target.kind == kind).unwrap();
        let editor = editors::find(slug).unwrap();
        let parts = (target.parts)(&Made { editor, saved, name, now })?;
        Ok(parts.into_iter().map(|(path, value)| (path.to_owned(), value.unwrap_or_default())).collect())
    }

    fn rules(text: &str) -> Saved {
        Saved { rules: text.to_owned(), ..Saved::default() }
    }

    fn with(text: &str, options: &Value) -> Saved {
        Saved { rules: text.to_owned(), options: options.as_object().unwrap().clone(), ..Saved::default() }
    }

    #[test]
    fn the_rules_of_an_editor_become_what_a_resource_holds() {
        let value = |slug: &str, kind, text: &str| made(slug, kind, &rules(text), "", &json!({}));
        assert_eq!(value("javascript", Kind::Script, "function f() {}"), Ok(json!({"/content": "function f() {}"})));
        let row = json!([{"generate": "a"}]);
        assert_eq!(
            value("mapper-2", Kind::Import, r#"{"mappings": [{"generate": "a"}]}"#),
            Ok(json!({"/mappings": row}))
        );
        let filter = value("output-filter", Kind::Export, r#"["empty", 1]"#).unwrap();
        assert_eq!(filter["/filter"]["expression"]["rules"], json!(["empty", 1]));
        let form = value("form-builder", Kind::Flow, "{\"form\": {\"a\": 1}}");
        assert_eq!(form, Ok(json!({"/settingsForm/form": {"a": 1}})));
        assert!(value("mapper-2", Kind::Import, "[").is_err() && value("mapper-2", Kind::Import, "5").is_err());
        assert!(value("edi-parser", Kind::FileDefinition, "{}").is_err());
        let api = value("api-builder", Kind::Api, r#"{"builder": {"request": {"method": "GET"}, "responses": []}}"#);
        let wanted = json!({"/type": "builder", "/builder/request": {"method": "GET"}, "/builder/responses": []});
        assert_eq!(api, Ok(wanted));
        assert!(value("api-builder", Kind::Api, r#"{"request": {}}"#).is_err_and(|why| why.contains("responses")));
        let sorted = value("sort-and-group", Kind::Export, r#"{"groupByFields": ["a"]}"#);
        assert_eq!(sorted, Ok(json!({"/file/sortByFields": null, "/file/groupByFields": ["a"]})));
    }

    #[test]
    fn what_goes_into_a_list_leaves_the_rest_of_it_as_it_is() {
        let now = json!({"http": {"body": ["a", "b"], "headers": [{"name": "X-A", "value": "1"}, {"name": "X-B", "value": "2"}]},
            "lookups": [{"name": "states", "map": {}}, {"name": "carriers", "map": {"ups": "UPS"}}]});
        let body = made("json-body", Kind::Import, &rules("{}"), "", &now).unwrap();
        assert_eq!(body["/http/body"], json!(["{}", "b"]));
        let header = made("header", Kind::Export, &rules("3"), "x-b", &now).unwrap();
        assert_eq!(header["/http/headers"], json!([{"name": "X-A", "value": "1"}, {"name": "X-B", "value": "3"}]));
        assert!(made("header", Kind::Export, &rules("3"), " ", &now).is_err());
        let tables = rules(
            r#"{"template": "{{lookup \"states\" x}}", "lookups": [{"name": "states", "map": {"TX": "Texas"}}]}"#,
        );
        let lookups = made("static-lookup", Kind::Import, &tables, "", &now).unwrap();
        assert_eq!(lookups["/lookups"][0]["name"], "carriers");
        assert_eq!(lookups["/lookups"][1]["map"], json!({"TX": "Texas"}));
    }

    #[test]
    fn the_options_of_a_file_become_those_of_its_export() {
        let now = json!({"file": {"type": "xml", "csv": {"rowsToSkip": 2, "rowDelimiter": "lf"}}});
        let csv = with("", &json!({"columnDelimiter": ";", "rowDelimiter": "\n"}));
        let file = made("csv-parser", Kind::Export, &csv, "", &now).unwrap();
        assert_eq!(file, json!({"/file/type": "csv", "/file/csv": {"columnDelimiter": ";", "rowDelimiter": "\n"}}));
        let request = with("x", &json!({"method": "PUT", "relativeURI": "/a", "headers": "A: b:c\nnone"}));
        let request = made("http-request", Kind::Import, &request, "", &json!({})).unwrap();
        assert_eq!(request["/http/method"], json!(["PUT"]));
        assert_eq!(request["/http/headers"], json!([{"name": "A", "value": "b:c"}]));
    }

    #[test]
    fn a_query_becomes_the_body_of_a_request_that_has_one() {
        let query = with("{ a }", &json!({"variables": "{\"n\": 1}"}));
        let made = |now: &Value| made("graphql", Kind::Export, &query, "", now).unwrap();
        let got = made(&json!({"http": {"method": "GET"}}));
        assert_eq!(got["/http/method"], "POST");
        let body: Value = serde_json::from_str(got["/http/body"].as_str().unwrap()).unwrap();
        assert_eq!(body, json!({"query": "{ a }", "variables": {"n": 1}}));
        assert_eq!(made(&json!({"http": {"method": "PUT"}})).get("/http/method"), None);
    }

    /// What is put in is what the first example has; that a resource takes it is the shape table's.
    #[test]
    fn each_target_is_that_of_an_editor_and_takes_its_first_example() {
        for target in &TARGETS {
            let editor = editors::find(target.editor).unwrap();
            let example: &Example = &editor.examples[0];
            let saved = Saved::from(example);
            let parts = (target.parts)(&Made { editor, saved: &saved, name: "X-A", now: &json!({}) });
            let parts = parts.unwrap_or_else(|error| panic!("{}: {error}", target.editor));
            assert!(!parts.is_empty() && parts.iter().all(|(path, _)| path.starts_with('/')), "{}", target.editor);
        }
        for none in ["handlebars", "json-path", "branching", "results-mapping"] {
            assert_eq!(targets(none).count(), 0, "{none}");
        }
        for editor in editors::ALL.into_iter().filter(|editor| targets(editor.slug).next().is_none()) {
            let known = ["handlebars", "json-path", "branching", "results-mapping"];
            assert!(known.contains(&editor.slug), "{} goes nowhere", editor.slug);
        }
    }

    #[test]
    fn rules_are_offered_to_resources_that_have_a_place_for_them() {
        let fits = |slug: &str, adaptor| targets(slug).any(|target| target.fits(adaptor));
        assert!(
            fits("sql", Some("RDBMSExport")) && fits("sql", Some("JDBCImport")) && !fits("sql", Some("HTTPExport"))
        );
        assert!(!fits("file-name", None) && fits("trace-key", None));
    }
}
