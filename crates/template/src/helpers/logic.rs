//! Questions with a yes or no, and what a value is.

use tombolo_model::Val;

use super::{Inline, made};
use crate::js;

pub(super) const ALL: &[Inline] = &[
    Inline {
        name: "eq",
        arguments: "value value",
        least: 2,
        help: "Whether two values are equal; 5 and \"5\" are.",
        example: ("{{eq 5 \"5\"}}", "true"),
        run: |args| Ok(Val::Bool(js::loose_eq(args.get(0), args.get(1)))),
    },
    Inline {
        name: "typeOf",
        arguments: "value",
        least: 1,
        help: "The kind of a value: string, number, boolean, array, object or undefined.",
        example: ("{{typeOf record.tags}}", "array"),
        run: |args| made(js::type_of(args.get(0))),
    },
    Inline {
        name: "isTruthy",
        arguments: "value",
        least: 1,
        help: "Whether JavaScript takes the value for true.",
        example: ("{{isTruthy record.name}}", "true"),
        run: |args| Ok(Val::Bool(js::truthy(args.get(0)))),
    },
    Inline {
        name: "isFalsey",
        arguments: "value",
        least: 1,
        help: "Whether JavaScript takes the value for false.",
        example: ("{{isFalsey record.zero}}", "true"),
        run: |args| Ok(Val::Bool(!js::truthy(args.get(0)))),
    },
    Inline {
        name: "hasOwn",
        arguments: "object key",
        least: 2,
        help: "Whether an object has a field.",
        example: ("{{hasOwn record.address \"zip\"}}", "true"),
        run: |args| Ok(Val::Bool(js::own(args.get(0), &args.text(1)).is_some())),
    },
    Inline {
        name: "hasNoItems",
        arguments: "value",
        least: 1,
        help: "Whether a list or object is empty.",
        example: ("{{hasNoItems record.lines}}", "false"),
        run: |args| {
            Ok(Val::Bool(match args.get(0) {
                Val::List(items) => items.is_empty(),
                Val::Map(record) => record.is_empty(),
                other => other.is_empty(),
            }))
        },
    },
];

/// What handlebars.js has beside the helpers of the specification.
pub(super) const UNLISTED: &[Inline] = &[Inline {
    name: "log",
    arguments: "value …",
    least: 0,
    help: "Prints nothing.",
    example: ("{{log 1}}", ""),
    run: |_| Ok(Val::Absent),
}];

#[cfg(test)]
mod tests {
    use crate::helpers::checks;

    #[test]
    fn questions_are_answered_as_in_javascript() {
        checks::all(
            r#"{"none":null,"list":[],"object":{},"zero":0,"o":{"a":null,"constructor":1}}"#,
            &[
                (
                    "{{eq none missing}} {{eq 0 \"\"}} {{eq list list}} {{eq object \"x\"}} {{eq true 1}}",
                    "true true true false true",
                ),
                (
                    "{{typeOf none}} {{typeOf missing}} {{typeOf 1}} {{typeOf true}} {{typeOf \"\"}} {{typeOf object}}",
                    "object undefined number boolean string object",
                ),
                (
                    "{{isTruthy list}} {{isTruthy \"0\"}} {{isTruthy zero}} {{isTruthy missing}}",
                    "true true false false",
                ),
                ("{{isFalsey \"\"}} {{isFalsey none}} {{isFalsey object}} {{isFalsey false}}", "true true false true"),
                (
                    "{{hasOwn o \"a\"}} {{hasOwn o \"toString\"}} {{hasOwn o \"constructor\"}} {{hasOwn none \"a\"}}",
                    "true false true false",
                ),
                (
                    "{{hasNoItems list}} {{hasNoItems object}} {{hasNoItems o}} {{hasNoItems missing}} {{hasNoItems 5}}",
                    "true true false true false",
                ),
                ("{{log \"x\"}}|", "|"),
            ],
        );
    }
}
