//! The table of blocks. How loops and steps are rendered stands with the renderer.

use super::conditions::{
    and, compare, contains, empty, even, in_array, neither, not, or, some, starts_with, truth, untruth,
};
use super::{Block, Needs, Run};

pub(super) const ALL: &[Block] = &[
    Block {
        name: "if",
        arguments: "value includeZero=true?",
        needs: Needs::Exactly(1),
        always: true,
        help: "Prints its part when there is a value; zero and an empty list are none.",
        example: ("{{#if record.none}}a{{else if record.tags}}b{{else}}c{{/if}}", "b"),
        run: Run::Test(truth),
    },
    Block {
        name: "unless",
        arguments: "value",
        needs: Needs::Exactly(1),
        always: true,
        help: "Prints its part when there is no value.",
        example: ("{{#unless record.zero}}none{{/unless}}", "none"),
        run: Run::Test(untruth),
    },
    Block {
        name: "each",
        arguments: "list | object | text",
        needs: Needs::AtLeast(1),
        always: true,
        help: "Prints its part for each item, field or character, in its context.",
        example: ("{{#each record.lines as |line at|}}{{at}}{{line.sku}}{{@last}} {{/each}}", "0A1false 1B2true "),
        run: Run::Each,
    },
    Block {
        name: "with",
        arguments: "value",
        needs: Needs::Exactly(1),
        always: true,
        help: "Prints its part in the context of a value, when there is one.",
        example: ("{{#with record.address}}{{city}}{{/with}}", "Oslo"),
        run: Run::With,
    },
    Block {
        name: "and",
        arguments: "value value",
        needs: Needs::AtLeast(1),
        always: false,
        help: "Prints its part when all values are true.",
        example: ("{{#and record.yes record.name}}both{{/and}}", "both"),
        run: Run::Test(and),
    },
    Block {
        name: "or",
        arguments: "value value",
        needs: Needs::AtLeast(1),
        always: false,
        help: "Prints its part when one of the values is true.",
        example: ("{{#or record.empty record.name}}one{{/or}}", "one"),
        run: Run::Test(or),
    },
    Block {
        name: "neither",
        arguments: "value value",
        needs: Needs::AtLeast(1),
        always: false,
        help: "Prints its part when none of the values is true.",
        example: ("{{#neither record.empty record.zero}}none{{/neither}}", "none"),
        run: Run::Test(neither),
    },
    Block {
        name: "not",
        arguments: "value",
        needs: Needs::AtLeast(1),
        always: false,
        help: "Prints its part when the value is false; an empty list is true.",
        example: ("{{#not record.zero}}zero{{/not}}", "zero"),
        run: Run::Test(not),
    },
    Block {
        name: "compare",
        arguments: "value \"operator\" value",
        needs: Needs::AtLeast(2),
        always: false,
        help: "Prints its part when a comparison holds: ==, ===, !=, !==, <, >, <=, >=.",
        example: ("{{#compare record.count \">\" 5}}many{{else compare record.count \">\" 2}}some{{/compare}}", "some"),
        run: Run::Test(compare),
    },
    Block {
        name: "contains",
        arguments: "text | list value",
        needs: Needs::AtLeast(2),
        always: false,
        help: "Prints its part when a text or list contains a value.",
        example: ("{{#contains record.name \"Lee\"}}yes{{/contains}}", "yes"),
        run: Run::Test(contains),
    },
    Block {
        name: "inArray",
        arguments: "list value",
        needs: Needs::AtLeast(2),
        always: false,
        help: "Prints its part when a list holds a value of the same kind.",
        example: ("{{#inArray record.numbers \"9\"}}yes{{else}}no{{/inArray}}", "no"),
        run: Run::Test(in_array),
    },
    Block {
        name: "filter",
        arguments: "list value path?",
        needs: Needs::AtLeast(2),
        always: false,
        help: "Prints its part for each item that is, or whose field is, a value.",
        example: ("{{#filter record.lines \"B2\" \"sku\"}}{{qty}}{{/filter}}", "5"),
        run: Run::Filter,
    },
    Block {
        name: "some",
        arguments: "list test",
        needs: Needs::AtLeast(2),
        always: false,
        help: "Prints its part when an item is what the test asks for: isString, isNumber, isTruthy, ….",
        example: ("{{#some record.tags isNumber}}yes{{else}}no{{/some}}", "no"),
        run: Run::Test(some),
    },
    Block {
        name: "startsWith",
        arguments: "beginning text",
        needs: Needs::AtLeast(2),
        always: false,
        help: "Prints its part when a text begins with another.",
        example: ("{{#startsWith \"Ann\" record.name}}yes{{/startsWith}}", "yes"),
        run: Run::Test(starts_with),
    },
    Block {
        name: "isEmpty",
        arguments: "list | object",
        needs: Needs::AtLeast(1),
        always: false,
        help: "Prints its part when a list or object has nothing in it or is none.",
        example: ("{{#isEmpty record.none}}empty{{/isEmpty}}", "empty"),
        run: Run::Test(empty),
    },
    Block {
        name: "ifEven",
        arguments: "number",
        needs: Needs::AtLeast(1),
        always: false,
        help: "Prints its part when a number is even.",
        example: ("{{#ifEven 4}}even{{else}}odd{{/ifEven}}", "even"),
        run: Run::Test(even),
    },
];

#[cfg(test)]
mod tests {
    use crate::helpers::checks;

    #[test]
    fn conditions_are_those_of_the_specification() {
        checks::all(
            r#"{"l":[],"m":[1],"o":{},"p":{"a":1},"z":0,"s":"0","e":"","n":null,"t":"x","b":false}"#,
            &[
                (
                    "{{#if l}}y{{else}}n{{/if}}{{#if o}}y{{else}}n{{/if}}{{#if z}}y{{else}}n{{/if}}{{#if s}}y{{else}}n{{/if}}",
                    "nyny",
                ),
                (
                    "{{#if z includeZero=true}}y{{/if}}{{#if b includeZero=true}}y{{else}}n{{/if}}{{#if e}}y{{else}}n{{/if}}",
                    "ynn",
                ),
                ("{{#unless l}}y{{/unless}}{{#unless m}}y{{else}}n{{/unless}}", "yn"),
                ("{{#and m o}}y{{else}}n{{/and}}{{#and m z}}y{{else}}n{{/and}}{{#and s t}}y{{/and}}", "yny"),
                (
                    "{{#or z e}}y{{else}}n{{/or}}{{#or z l}}y{{else}}n{{/or}}{{#neither z e}}y{{/neither}}{{#neither t z}}y{{else}}n{{/neither}}",
                    "nyyn",
                ),
                ("{{#not l}}y{{else}}n{{/not}}{{#not missing}}y{{else}}n{{/not}}", "ny"),
                (
                    "{{#isEmpty l}}y{{/isEmpty}}{{#isEmpty p}}y{{else}}n{{/isEmpty}}{{#isEmpty missing}}y{{/isEmpty}}{{#isEmpty z}}y{{/isEmpty}}{{#isEmpty t}}y{{/isEmpty}}",
                    "ynyyy",
                ),
                (
                    "{{#ifEven 3}}y{{else}}n{{/ifEven}}{{#ifEven \"4\"}}y{{else}}n{{/ifEven}}{{#ifEven t}}y{{else}}n{{/ifEven}}",
                    "nyn",
                ),
                ("{{#if (and m t)}}y{{/if}}{{#if (compare z \"<\" 1)}}y{{/if}}{{#if (not t)}}y{{else}}n{{/if}}", "yyn"),
                ("{{#if}}{{/if}}", "!needs value"),
                ("{{#and}}y{{else}}n{{/and}}", "n"),
            ],
        );
    }

    #[test]
    fn values_are_compared_and_found_by_their_type() {
        checks::all(
            r#"{"l":[1,"2",{"a":1}],"t":"12345","n":5,"words":["a","b"],"mixed":[0,"",{"x":1}]}"#,
            &[
                (
                    "{{#compare \"10\" \"<\" \"9\"}}y{{else}}n{{/compare}}{{#compare 10 \"<\" \"9\"}}y{{else}}n{{/compare}}",
                    "yn",
                ),
                (
                    "{{#compare n \"==\" \"5\"}}y{{/compare}}{{#compare n \"===\" \"5\"}}y{{else}}n{{/compare}}{{#compare n \"!==\" \"5\"}}y{{/compare}}{{#compare n \"!=\" 4}}y{{/compare}}",
                    "ynyy",
                ),
                (
                    "{{#compare n \">=\" 5}}y{{/compare}}{{#compare n \"<=\" 4}}y{{else}}n{{/compare}}{{#compare missing \"<\" 4}}y{{else}}n{{/compare}}{{#compare n 5}}y{{/compare}}",
                    "ynny",
                ),
                ("{{#compare n \"=<\" 5}}y{{/compare}}", "!“=<”"),
                ("{{#compare t.length \"===\" 5}}y{{/compare}}", "y"),
                (
                    "{{#contains t 5}}y{{/contains}}{{#contains l 2}}y{{else}}n{{/contains}}{{#contains l 1}}y{{/contains}}{{#contains missing 1}}y{{else}}n{{/contains}}",
                    "ynyn",
                ),
                (
                    "{{#inArray l \"2\"}}y{{/inArray}}{{#inArray l 2}}y{{else}}n{{/inArray}}{{#inArray t \"1\"}}y{{else}}n{{/inArray}}",
                    "ynn",
                ),
                (
                    "{{#some mixed isObject}}y{{/some}}{{#some mixed \"isTruthy\"}}y{{/some}}{{#some words isFalsy}}y{{else}}n{{/some}}{{#some t isString}}y{{else}}n{{/some}}",
                    "yynn",
                ),
                (
                    "{{#some words isArray}}y{{else}}n{{/some}}{{#some mixed isNumber}}y{{/some}}{{#some words isBoolean}}y{{else}}n{{/some}}",
                    "nyn",
                ),
                ("{{#some words \"isOdd\"}}y{{/some}}", "!“isOdd”"),
                (
                    "{{#startsWith \"12\" t}}y{{/startsWith}}{{#startsWith \"2\" t}}y{{else}}n{{/startsWith}}{{#startsWith \"5\" n}}y{{else}}n{{/startsWith}}",
                    "ynn",
                ),
            ],
        );
    }

    #[test]
    fn loops_go_through_lists_objects_and_texts() {
        checks::all(
            r#"{"l":["a","b"],"o":{"b":1,"2":2,"1":3},"t":"hé","n":[[1,2],[3]],"f":[{"k":"x","v":1},{"k":"y","v":2},{"k":"x","v":3}],"e":[],"s":"q"}"#,
            &[
                ("{{#each l}}{{@index}}{{@key}}{{this}}{{@first}}{{@last}} {{/each}}", "00atruefalse 11bfalsetrue "),
                ("{{#each o}}{{@key}}={{this}}{{#unless @last}},{{/unless}}{{/each}}", "1=3,2=2,b=1"),
                (
                    "{{#each t}}<{{this}}>{{/each}}{{#each e}}x{{else}}none{{/each}}{{#each missing}}x{{else}}none{{/each}}",
                    "<h><é>nonenone",
                ),
                ("{{#each n}}{{#each this}}{{@../index}}{{@index}}{{this}} {{/each}}{{/each}}", "001 012 103 "),
                ("{{#each l as |item at|}}{{at}}{{item}}{{../s}}{{s}}{{/each}}", "0aq1bq"),
                (
                    "{{#filter f \"x\" \"k\"}}{{v}}{{@last}} {{else}}none{{/filter}}{{#filter l \"b\"}}{{this}}{{/filter}}",
                    "1false 3true b",
                ),
                (
                    "{{#filter f \"z\" \"k\"}}x{{else}}none{{/filter}}{{#filter e 1}}x{{else}}none{{/filter}}{{#filter s 1}}x{{else}}y{{/filter}}",
                    "nonenone",
                ),
                (
                    "{{#with f.[0]}}{{k}}{{../s}}{{/with}}{{#with missing}}x{{else}}none{{/with}}{{#with 0}}{{this}}{{/with}}",
                    "xqnone0",
                ),
                ("{{#with f.1 as |one|}}{{one.v}}{{/with}}", "2"),
            ],
        );
    }
}
