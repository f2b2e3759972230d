//! What stands behind the question mark of a list: pages, fields, filters.

use reqwest::Url;
use serde_json::{Map, Value};

use axum::http::StatusCode;

use super::error::RestError;

/// The most resources on a page, and how many there are when nobody says.
const MOST: usize = 1_000;

/// What a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// How many are left out at the beginning.
    pub(crate) skip: usize,
    /// How many come at most.
    pub(crate) limit: usize,
    fields: Fields,
    /// What a field at the top has to be, as text.
    filters: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fields {
    All,
    /// These besides what tells resources apart.
    Include(Vec<String>),
    Exclude(Vec<String>),
}

/// What tells resources apart, and stays with `include`.
const ALWAYS: [&str; 6] = ["_id", "name", "type", "adaptorType", "model", "_integrationId"];

/// Fields that clients filter by, also where no resource has them.
const KNOWN: [&str; 12] = [
    "_id",
    "name",
    "type",
    "adaptorType",
    "model",
    "externalId",
    "disabled",
    "sandbox",
    "offline",
    "description",
    "createdAt",
    "lastModified",
];

/// The pairs of a query, read as forms are.
pub(crate) fn pairs(raw: Option<&str>) -> Vec<(String, String)> {
    let Some(raw) = raw else { return Vec::new() };
    // Any address will do: only what stands behind the question mark is read.
    let Ok(url) = Url::parse(&format!("http://a/?{raw}")) else { return Vec::new() };
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

impl Query {
    /// Reads the query of a list.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with it.
    pub(crate) fn read(raw: Option<&str>) -> Result<Self, RestError> {
        let mut query = Self { skip: 0, limit: MOST, fields: Fields::All, filters: Vec::new() };
        let mut page = None;
        for (name, value) in pairs(raw) {
            match name.as_str() {
                "skip" | "offset" => query.skip = number(&name, &value)?,
                "limit" | "pageSize" => query.limit = number(&name, &value)?.clamp(1, MOST),
                "page" => page = Some(number(&name, &value)?.max(1)),
                "include" | "exclude" if value.is_empty() => {}
                "include" | "exclude" => query.project(&name, &value)?,
                _ => query.filters.push((name, value)),
            }
        }
        // Some clients count pages, from 1.
        if let Some(page) = page {
            query.skip = (page - 1).saturating_mul(query.limit);
        }
        Ok(query)
    }

    fn project(&mut self, name: &str, value: &str) -> Result<(), RestError> {
        if self.fields != Fields::All {
            return Err(wrong("Please provide either include or exclude param in the request query and not both."));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "._,".contains(c);
        if !value.chars().all(plain) {
            return Err(wrong("Name fields by letters, digits, dots and underscores, with commas between them."));
        }
        let fields = value.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect();
        self.fields = if name == "include" { Fields::Include(fields) } else { Fields::Exclude(fields) };
        Ok(())
    }

    /// Refuses a filter on a field that there is not: it would leave nothing, as if the list were empty.
    pub(crate) fn check(&self, all: &[Value]) -> Result<(), RestError> {
        let known = |name: &str| {
            KNOWN.contains(&name)
                || (name.starts_with('_') && name.ends_with("Id"))
                || all.iter().any(|shown| shown.get(name).is_some())
        };
        match self.filters.iter().find(|(name, _)| !known(name)) {
            Some((name, _)) => {
                let name: String = name.chars().take(40).collect();
                let message =
                    format!("There is no field “{name}” to filter by. Leave it out, or look for another spelling.");
                Err(wrong(&message))
            }
            None => Ok(()),
        }
    }

    /// Whether a resource is what the filters ask for.
    pub(crate) fn takes(&self, shown: &Value) -> bool {
        self.filters.iter().all(|(name, wanted)| match shown.get(name) {
            Some(Value::String(text)) => text == wanted,
            Some(Value::Bool(flag)) => wanted == if *flag { "true" } else { "false" },
            Some(other) => *wanted == format!("{other}"),
            // A flag that nobody set is off.
            None => wanted == "false",
        })
    }

    /// The fields of a resource that are asked for.
    pub(crate) fn fields_of(&self, shown: Value) -> Value {
        match &self.fields {
            Fields::All => shown,
            Fields::Include(fields) => {
                let mut made = Value::Object(Map::new());
                for field in ALWAYS.into_iter().chain(fields.iter().map(String::as_str)) {
                    copy(&shown, field, &mut made);
                }
                made
            }
            Fields::Exclude(fields) => {
                let mut made = shown;
                fields.iter().for_each(|field| remove(&mut made, field));
                made
            }
        }
    }

    /// The `Link` header of a page (RFC 8288); nothing when all is on it.
    pub(crate) fn link(&self, address: &str, raw: Option<&str>, total: usize) -> Option<String> {
        let page = |skip: usize, rel: &str| self.page(address, raw, (skip, rel));
        let next = (self.skip.saturating_add(self.limit) < total).then(|| page(self.skip + self.limit, "next"));
        let before = (self.skip > 0).then(|| page(self.skip.saturating_sub(self.limit), "prev"));
        let links: Vec<String> = next.into_iter().chain(before).collect();
        (!links.is_empty()).then(|| links.join(", "))
    }

    /// The same where all is on the page, for clients that read the header before they ask whether there is one.
    pub(crate) fn first(&self, address: &str, raw: Option<&str>) -> String {
        self.page(address, raw, (0, "first"))
    }

    fn page(&self, address: &str, raw: Option<&str>, (skip, rel): (usize, &str)) -> String {
        let others = raw.into_iter().flat_map(|raw| raw.split('&'));
        let pages = |pair: &&str| {
            matches!(pair.split('=').next(), Some("skip" | "offset" | "limit" | "page" | "pageSize" | ""))
        };
        let others: String = others.filter(|pair| !pages(pair)).map(|pair| format!("&{pair}")).collect();
        format!("<{address}?skip={skip}&limit={}{others}>; rel=\"{rel}\"", self.limit)
    }
}

fn number(name: &str, value: &str) -> Result<usize, RestError> {
    value.parse().map_err(|_| wrong(&format!("{name} is a whole number, and “{value}” is none.")))
}

fn wrong(message: &str) -> RestError {
    RestError::new(StatusCode::BAD_REQUEST, "invalid_query_params", message)
}

fn copy(from: &Value, field: &str, into: &mut Value) {
    let parts: Vec<&str> = field.split('.').collect();
    let Some(found) = parts.iter().try_fold(from, |at, part| at.get(part)) else { return };
    let mut at = into;
    for part in &parts[..parts.len() - 1] {
        let Some(fields) = at.as_object_mut() else { return };
        at = fields.entry(*part).or_insert_with(|| Value::Object(Map::new()));
    }
    if let (Some(fields), Some(last)) = (at.as_object_mut(), parts.last()) {
        fields.insert((*last).to_owned(), found.clone());
    }
}

fn remove(from: &mut Value, field: &str) {
    let (path, last) = field.rsplit_once('.').map_or((None, field), |(path, last)| (Some(path), last));
    let at = path.into_iter().flat_map(|path| path.split('.')).try_fold(from, |at, part| at.get_mut(part));
    if let Some(fields) = at.and_then(Value::as_object_mut) {
        fields.shift_remove(last);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_says_where_the_next_one_is_and_keeps_the_rest_of_the_query() {
        let raw = Some("type=http&skip=2&limit=2&include=name");
        let query = Query::read(raw).unwrap();
        let link = query.link("https://a/v1/connections", raw, 5).unwrap();
        assert_eq!(
            link,
            "<https://a/v1/connections?skip=4&limit=2&type=http&include=name>; rel=\"next\", \
             <https://a/v1/connections?skip=0&limit=2&type=http&include=name>; rel=\"prev\""
        );
        assert_eq!(Query::read(None).unwrap().link("https://a", None, 1_000), None);
        let raw = Some("page=2&pageSize=2&type=http");
        let counted = Query::read(raw).unwrap().link("https://a", raw, 5).unwrap();
        assert!(counted.starts_with("<https://a?skip=4&limit=2&type=http>; rel=\"next\""), "{counted}");
    }

    #[test]
    fn fields_are_taken_in_or_left_out_and_never_both() {
        let shown = json!({"_id": "1", "name": "n", "ftp": {"directoryPath": "/", "x": 1}, "other": 2});
        let fields = |raw| Query::read(Some(raw)).unwrap().fields_of(shown.clone());
        assert_eq!(
            fields("include=ftp.directoryPath,none"),
            json!({"_id": "1", "name": "n", "ftp": {"directoryPath": "/"}})
        );
        assert_eq!(fields("exclude=ftp.x,other"), json!({"_id": "1", "name": "n", "ftp": {"directoryPath": "/"}}));
        assert_eq!(fields("include="), shown);
        for wrong in ["include=a&exclude=b", "include=a%20b", "limit=x"] {
            assert!(Query::read(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_filter_by_a_field_that_nothing_has_is_refused() {
        let all = [json!({"custom": 1})];
        for (raw, fine) in [
            ("custom=2", true),
            ("externalId=x", true),
            ("_exportId=x", true),
            ("foo=bar", false),
            ("pagesize=5", false),
        ] {
            assert_eq!(Query::read(Some(raw)).unwrap().check(&all).is_ok(), fine, "{raw}");
        }
    }

    #[test]
    fn a_filter_compares_fields_as_text() {
        let query = Query::read(Some("externalId=a%20b&disabled=false")).unwrap();
        assert!(query.takes(&json!({"externalId": "a b"})));
        assert!(!query.takes(&json!({"externalId": "a b", "disabled": true})));
        assert!(!query.takes(&json!({"disabled": false})));
    }
}
