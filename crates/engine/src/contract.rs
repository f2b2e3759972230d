//! Hooks that are called outside of runs: what each is given, what it has to return, and a text to begin with.
//!
//! Decides nothing about when they are called; whoever calls one hands its answer through [`OuterHook::check`], so that the
//! playground, the server and the screen take and refuse the same. The hooks of runs are in `run/hooks.rs`.

use tombolo_model::{Id, Record, Val, excerpt};

/// A hook that no run calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OuterHook {
    /// Answers a request to an API that is a script.
    HandleRequest,
    /// Makes the form of settings when it is opened.
    FormInit,
    /// Looks at a resource before it is saved, and may change it.
    PreSave,
    /// Chooses the flow that a message of AS2 goes to.
    ContentBasedFlowRouter,
}

/// Each hook, its name, what it is given, and its stub.
const HOOKS: [(OuterHook, &str, &[&str], &str); 4] = [
    (
        OuterHook::HandleRequest,
        "handleRequest",
        &["method", "headers", "queryString", "body", "rawBody", "pathParams"],
        "/*
 * options: method, headers, queryString, body, rawBody, pathParams, settings
 * Returns the answer: statusCode (200 to 599), headers (texts by name), body. What it throws is answered with 500.
 */
function handleRequest(options) {
  return {
    statusCode: 200,
    headers: {},
    body: options.body
  }
}
",
    ),
    (
        OuterHook::FormInit,
        "formInit",
        &["resource", "parentResource", "grandparentResource", "license", "parentLicense"],
        "/*
 * options: resource, parentResource, grandparentResource, license, parentLicense
 * Returns the form: fieldMap (fields by name), layout. What it throws is shown in the place of the form.
 */
function formInit(options) {
  const { settingsForm } = options.resource
  return settingsForm ? settingsForm.form : { fieldMap: {} }
}
",
    ),
    (
        OuterHook::PreSave,
        "preSave",
        &["newResource", "oldResource"],
        "/*
 * options: newResource as it is to be saved, oldResource as it is now (nothing for a new one)
 * Returns the resource that is saved. What it throws keeps the resource from being saved.
 */
function preSave(options) {
  return options.newResource
}
",
    ),
    (
        OuterHook::ContentBasedFlowRouter,
        "contentBasedFlowRouter",
        &["httpHeaders", "mimeHeaders", "rawMessageBody"],
        "/*
 * options: httpHeaders, mimeHeaders, rawMessageBody
 * Returns where the message goes: _flowId and _exportId. What it throws refuses the message.
 */
function contentBasedFlowRouter(options) {
  return {
    _flowId: '000000000000000000000000',
    _exportId: '000000000000000000000000'
  }
}
",
    ),
];

impl OuterHook {
    /// The hook of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        HOOKS.iter().find(|(_, have, ..)| *have == name).map(|(hook, ..)| *hook)
    }

    /// The names of all of them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        HOOKS.iter().map(|(_, name, ..)| *name)
    }

    /// What its author begins with.
    #[must_use]
    pub fn stub(self) -> &'static str {
        self.row().3
    }

    /// The options that it is given; what is not known is null.
    #[must_use]
    pub fn options(self, given: &Val) -> Val {
        let mut options = match given {
            Val::Map(given) => given.clone(),
            _ => Record::default(),
        };
        for name in self.row().2 {
            if options.get(name).is_none() {
                options.set(name, Val::Null);
            }
        }
        options.into()
    }

    /// What it returned, in the form in which it counts.
    ///
    /// # Errors
    ///
    /// Returns a sentence that says what is wrong and what it should return. `options` are those that it was given.
    pub fn check(self, options: &Val, returned: Option<Val>) -> Result<Val, String> {
        let (_, name, ..) = self.row();
        let wanted = match self {
            Self::HandleRequest => "an object {statusCode, headers, body}",
            Self::FormInit => "the form: an object {fieldMap, layout}",
            Self::PreSave => "the resource that is saved: options.newResource",
            Self::ContentBasedFlowRouter => "an object {_flowId, _exportId}",
        };
        let fields = match returned {
            Some(Val::Map(fields)) => fields,
            other => {
                let kind = other.as_ref().map_or("nothing", kind);
                return Err(format!("{name} returned {kind}; return {wanted}."));
            }
        };
        let checked = match self {
            Self::HandleRequest => answer(&fields),
            Self::FormInit => form(fields),
            Self::PreSave => saved(options, fields),
            Self::ContentBasedFlowRouter => target(&fields),
        };
        checked.map(Val::Map).map_err(|wrong| format!("{name} returned {wrong}; return {wanted}."))
    }

    fn row(self) -> &'static (Self, &'static str, &'static [&'static str], &'static str) {
        // Each of them has a row: a test looks.
        HOOKS.iter().find(|(hook, ..)| *hook == self).unwrap_or(&HOOKS[0])
    }
}

fn kind(value: &Val) -> &'static str {
    if value.is_null() { "nothing" } else { value.kind() }
}

type Checked = Result<Record, String>;

fn answer(fields: &Record) -> Checked {
    let status = fields.get("statusCode").filter(|status| {
        let status = status.as_f64();
        status.is_some_and(|status| status.fract() == 0.0 && (200.0..=599.0).contains(&status))
    });
    let Some(status) = status else { return Err("no statusCode from 200 to 599".to_owned()) };
    let mut headers = Record::default();
    match fields.get("headers") {
        None | Some(Val::Null) => {}
        Some(Val::Map(all)) => {
            for (name, value) in all.iter() {
                let text = match value {
                    Val::Str(_) | Val::Int(_) | Val::Uint(_) | Val::Float(_) => value.display(),
                    other => {
                        return Err(format!(
                            "{} as the header “{name}”, which is a text",
                            kind(other),
                            name = excerpt(&name)
                        ));
                    }
                };
                if !is_token(name) || text.chars().any(|c| c != '\t' && c.is_control()) {
                    return Err(format!("a header “{name}” that no answer can carry", name = excerpt(&name)));
                }
                headers.set(name, Val::text(&text));
            }
        }
        Some(other) => return Err(format!("{} for the headers", kind(other))),
    }
    let mut made = Record::default();
    made.set("statusCode", status.clone());
    made.set("headers", headers.into());
    made.set("body", fields.get("body").cloned().unwrap_or(Val::Null));
    Ok(made)
}

/// A name of a header (RFC 9110, 5.6.2).
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn form(fields: Record) -> Checked {
    let Some(Val::Map(map)) = fields.get("fieldMap") else {
        return Err("a form without a fieldMap".to_owned());
    };
    let untyped = map.iter().find(|(_, field)| field.get("type").and_then(Val::as_str).is_none());
    match untyped {
        Some((name, _)) => Err(format!("the field “{name}” without a type", name = excerpt(&name))),
        None => Ok(fields),
    }
}

/// A resource stays the one that it is: another id would save over another.
fn saved(options: &Val, mut fields: Record) -> Checked {
    let id = options.pointer("/newResource/_id").or_else(|| options.pointer("/oldResource/_id"));
    match (id, fields.get("_id")) {
        (Some(id), Some(own)) if own != id => Err("a resource with another _id".to_owned()),
        (None, Some(own)) if !own.is_null() => Err("a resource with an _id of its own".to_owned()),
        (Some(id), None) => {
            fields.set("_id", id.clone());
            Ok(fields)
        }
        _ => Ok(fields),
    }
}

fn target(fields: &Record) -> Checked {
    let mut made = Record::default();
    for name in ["_flowId", "_exportId"] {
        let id = fields.get(name).filter(|id| id.as_str().is_some_and(|id| id.parse::<Id>().is_ok()));
        made.set(name, id.ok_or_else(|| format!("no id as {name}"))?.clone());
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn checked(hook: &str, options: &Value, returned: Value) -> Result<Value, String> {
        let made = OuterHook::named(hook).unwrap().check(&options.into(), Some(returned.into()));
        made.map(|made| Value::from(&made))
    }

    #[test]
    fn each_outer_hook_has_a_name_options_and_a_stub() {
        use OuterHook::{ContentBasedFlowRouter, FormInit, HandleRequest, PreSave};
        for hook in [HandleRequest, FormInit, PreSave, ContentBasedFlowRouter] {
            let (own, name, options, stub) = hook.row();
            assert_eq!((*own, OuterHook::named(name)), (hook, Some(hook)));
            assert!(stub.contains(&format!("function {name}(options)")), "{stub}");
            assert!(options.iter().all(|option| stub.contains(option)), "{stub}");
            let nothing = hook.check(&Record::default().into(), None).unwrap_err();
            assert!(nothing.starts_with(&format!("{name} returned nothing; return ")), "{nothing}");
            assert!(hook.check(&Val::Null, Some(Val::List(vec![]))).unwrap_err().contains("a list"));
        }
        assert_eq!(OuterHook::named("preMap"), None);
        let given = PreSave.options(&json!({"newResource": {}, "settings": 1}).into());
        assert_eq!(given, json!({"newResource": {}, "oldResource": null, "settings": 1}));
    }

    #[test]
    fn what_handle_request_answers_can_be_sent() {
        let made = checked("handleRequest", &json!({}), json!({"statusCode": 201, "headers": {"X-N": 5}, "more": 1}));
        assert_eq!(made, Ok(json!({"statusCode": 201, "headers": {"X-N": "5"}, "body": null})));
        for (returned, part) in [
            (json!({"body": 1}), "no statusCode from 200 to 599"),
            (json!({"statusCode": "200"}), "no statusCode"),
            (json!({"statusCode": 99}), "no statusCode"),
            (json!({"statusCode": 200.5}), "no statusCode"),
            (json!({"statusCode": 200, "headers": []}), "a list for the headers"),
            (json!({"statusCode": 200, "headers": {"a": {}}}), "an object as the header “a”"),
            (json!({"statusCode": 200, "headers": {"a b": "x"}}), "“a b” that no answer can carry"),
            (json!({"statusCode": 200, "headers": {"a": "x\r\nSet-Cookie: y"}}), "no answer can carry"),
        ] {
            let error = checked("handleRequest", &json!({}), returned.clone()).unwrap_err();
            assert!(error.contains(part), "{returned}: {error}");
        }
    }

    #[test]
    fn what_form_init_makes_is_a_form() {
        let made = json!({"fieldMap": {"a": {"id": "a", "type": "text"}}, "layout": {"fields": ["a"]}});
        assert_eq!(checked("formInit", &json!({}), made.clone()), Ok(made));
        assert!(checked("formInit", &json!({}), json!({"form": {}})).unwrap_err().contains("without a fieldMap"));
        let untyped = checked("formInit", &json!({}), json!({"fieldMap": {"a": {"id": "a"}}})).unwrap_err();
        assert!(untyped.contains("the field “a” without a type"), "{untyped}");
    }

    #[test]
    fn what_pre_save_returns_stays_the_same_resource() {
        let options = json!({"newResource": {"_id": "1", "name": "n"}, "oldResource": {"_id": "1"}});
        let made = checked("preSave", &options, json!({"name": "other"}));
        assert_eq!(made, Ok(json!({"_id": "1", "name": "other"})));
        assert!(checked("preSave", &options, json!({"_id": "2"})).unwrap_err().contains("another _id"));
        let new = json!({"newResource": {"name": "n"}});
        assert_eq!(checked("preSave", &new, json!({"name": "m"})), Ok(json!({"name": "m"})));
        assert!(checked("preSave", &new, json!({"_id": "2"})).unwrap_err().contains("an _id of its own"));
    }

    #[test]
    fn what_the_flow_router_chooses_has_ids() {
        let ids = json!({"_flowId": "000000000000000000000001", "_exportId": "000000000000000000000002"});
        assert_eq!(checked("contentBasedFlowRouter", &json!({}), ids.clone()), Ok(ids));
        let error = checked("contentBasedFlowRouter", &json!({}), json!({"_flowId": "x"})).unwrap_err();
        assert!(error.contains("no id as _flowId"), "{error}");
    }
}
