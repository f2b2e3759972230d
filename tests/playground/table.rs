//! What is typed into each editor: to break it, and to get something done.

/// How an editor is broken: what is written where, what is said of that, and where it leads.
pub(super) struct Broken {
    pub(super) editor: &'static str,
    /// The text, or the field beside it, that gets it.
    pub(super) panel: &'static str,
    pub(super) text: &'static str,
    pub(super) said: &'static str,
    /// Never the beginning of a text, which is also where a problem without a place leads.
    pub(super) place: &'static str,
}

const fn broken(
    editor: &'static str,
    panel: &'static str,
    text: &'static str,
    said: &'static str,
    place: &'static str,
) -> Broken {
    Broken { editor, panel, text, said, place }
}

const FILTER: &str = "[\"and\",\n[\"equals\", [\"extract\", \"a\"], 1],\n[\"resembles\", 1, 2]]";
const NO_HELPER: &str = "There is no helper";

/// All but the editor of workbooks, whose input is a file.
pub(super) const BROKEN: [Broken; 35] = [
    broken("Handlebars", "Template", "a\n{{toFixd 1}}", NO_HELPER, "Line 2, column 1"),
    broken("HTTP request", "Body", "\n {{nope x}}", NO_HELPER, "Line 2, column 2"),
    broken("Relative URI", "Relative URI", "/a\n{{nope x}}", NO_HELPER, "Line 2, column 1"),
    broken("HTTP header", "Value", "a\n {{nope x}}", NO_HELPER, "Line 2, column 2"),
    broken("JSON body", "Template", "[\n{{nope x}}]", NO_HELPER, "Line 2, column 1"),
    broken("XML body", "Template", "<a>\n{{#each x}}", "is not closed", "Line 2, column 1"),
    broken("Body of the next page", "Body", "{\n  {{nope x}} }", NO_HELPER, "Line 2, column 3"),
    broken("GraphQL query", "Query", "\nquery {\n  a { b }", "never closed", "Line 2, column 7"),
    broken("SQL query", "Query", "select\n {{nope x}}", NO_HELPER, "Line 2, column 2"),
    broken("File name", "File name", "a\n-{{nope x}}", NO_HELPER, "Line 2, column 2"),
    broken("Trace key", "Trace key", "a\n{{nope x}}", NO_HELPER, "Line 2, column 1"),
    broken("Data URI", "Data URI", "a\n{{nope x}}", NO_HELPER, "Line 2, column 1"),
    broken("Output filter", "Rules", FILTER, "resembles", "Line 3, column 1"),
    broken("Input filter", "Rules", FILTER, "resembles", "Line 3, column 1"),
    broken("Branching", "Router", "{\"branches\": [\n[\"resembles\", 1, 2]]}", "resembles", "Line 2, column 1"),
    broken(
        "Transformation 1.0",
        "Rules",
        "[[\n{\"extract\": \"id\", \"generate\": \"x\", \"keyy\": 1}]]",
        "Write “key”",
        "Line 2, column 44",
    ),
    broken(
        "Transformation 2.0",
        "Rules",
        "{\n\"mode\": \"mix\", \"mappings\": []}",
        "There is no mode",
        "Line 2, column 9",
    ),
    broken(
        "Mapper 2.0",
        "Mappings",
        "[\n{\"generate\": \"n\", \"dataType\": \"number\", \"status\": \"Active\", \"extract\": \"$.name\"}]",
        "could not be mapped",
        "Line 2, column 1",
    ),
    broken(
        "Mapper 1.0",
        "Mapping",
        "{\"fields\": [\n{\"generate\": \"a\", \"extrac\": \"id\"}]}",
        "Write “extract”",
        "Line 2, column 29",
    ),
    broken(
        "Results mapping",
        "Mapping",
        "{\"fields\": [\n{\"extract\": \"id\", \"generate\": \"x\", \"keyy\": 1}]}",
        "Write “key”",
        "Line 2, column 44",
    ),
    broken("Sort and group", "Rules", "{\n\"sort\": 1}", "means nothing here", "Line 2, column 9"),
    broken("Static lookup", "Template and tables", "{\n\"template\": \"{{nope x}}\"}", NO_HELPER, "Line 2, column 13"),
    broken("JSONPath", "Path", "$.a\n[", "not understood here", "Line 2, column 2"),
    broken("CSV parser", "File", "a,b\n1,\"2", "ends inside a quoted field", "Input, line 2, column 3"),
    broken("CSV generator", "Records", "[\n5]", "a number and not an object", "Input, line 2, column 1"),
    broken("JSON parser", "File", "{\"a\": [\n1, 2,}", "", "Input, line 2"),
    broken("XML parser", "File", "<orders>\n<order></orders>", "XML", "Input, line 2"),
    broken("XML generator", "Records", "[\n5]", "a number and not an object", "Input, line 2, column 1"),
    broken("EDI parser", "File", "ISA*\nXXX", "file definition", "Input, line 2"),
    broken(
        "EDI generator",
        "File definition",
        "{\"name\": \"x\",\n\"format\": \"cuneiform\", \"rules\": []}",
        "is not known",
        "Line 2, column 11",
    ),
    broken("JavaScript", "Script", "\nfunction preMap(o) { return o.data.x.y; }", "TypeError", "Line 2, column"),
    broken(
        "API builder",
        "API",
        "{\"request\": {\"method\": \"GET\",\n\"relativeURI\": \"customers\"}, \"responses\": []}",
        "begins with a slash",
        "Line 2, column 16",
    ),
    broken(
        "Form builder",
        "Form",
        "{\"fieldMap\": {\n\"a\": {\"type\": \"wheel\", \"label\": \"A\"}}}",
        "There is no type",
        "Line 2, column 15",
    ),
    broken("Schedule", "Schedule", "? 99 * ? * *", "cannot be the minutes", "Line 1, column 3"),
    // A date is wrong as a whole; what can be wrong somewhere is a zone.
    broken("Date format", "Time zone", "Mars", "There is no time zone", "Time zone"),
];

/// One thing that somebody does with the keys.
pub(super) enum Step {
    /// Types over a text.
    Text(&'static str, &'static str),
    /// Types over a field.
    Field(&'static str, &'static str),
    /// Presses the space bar on a check box.
    Check(&'static str),
    /// Types the beginning of an option of a select.
    Choose(&'static str, &'static str),
    /// Goes to a button that opens a dialog of the system.
    Reach(&'static str),
}

/// Something that somebody wants of an editor.
pub(super) struct Task {
    pub(super) editor: &'static str,
    pub(super) steps: &'static [Step],
    /// Stands in the output then, and in that of no example.
    pub(super) makes: &'static str,
}

use Step::{Check, Choose, Field, Reach, Text};

/// In the order of the list.
pub(super) const TASKS: [Task; 36] = [
    Task {
        editor: "Handlebars",
        steps: &[
            Text("Template", "Dear {{capitalizeAll record.name}}, you owe {{toFixed record.total 2}}."),
            Text("Input", r#"{"record":{"name":"grace hopper","total":3}}"#),
        ],
        makes: "Dear Grace Hopper, you owe 3.00.",
    },
    Task {
        editor: "HTTP request",
        steps: &[
            Choose("Method", "PUT"),
            Field("Relative URI", "/orders/{{record.id}}?q={{record.q}}"),
            Text("Input", r#"{"record":{"id":7,"q":"a b"},"connection":{"http":{"baseURI":"https://a.example/v1"}}}"#),
        ],
        makes: "\"method\": \"PUT\",\n  \"url\": \"https://a.example/v1/orders/7?q=a%20b\"",
    },
    Task {
        editor: "Relative URI",
        steps: &[Text("Relative URI", "/find?q={{record.q}}"), Text("Input", r#"{"record":{"q":"a b&c"}}"#)],
        makes: "/find?q=a%20b%26c",
    },
    Task {
        editor: "HTTP header",
        steps: &[Text("Value", "shop={{record.shop}}"), Text("Input", r#"{"record":{"shop":"north"}}"#)],
        makes: "shop=north",
    },
    Task {
        editor: "JSON body",
        steps: &[
            Text("Template", "[{{#each batch_of_records}}{{record.n}}{{#unless @last}}, {{/unless}}{{/each}}]"),
            Text("Records", r#"{"batch_of_records":[{"record":{"n":41}},{"record":{"n":42}}]}"#),
        ],
        makes: "[41, 42]",
    },
    Task {
        editor: "XML body",
        steps: &[Text("Template", "<a>{{record.t}}</a>"), Text("Records", r#"{"record":{"t":"x < y & z"}}"#)],
        makes: "<a>x &lt; y &amp; z</a>",
    },
    Task {
        editor: "Body of the next page",
        steps: &[
            Text("Body", r#"{"after": "{{previous_page.last_record.id}}"}"#),
            Text("Input", r#"{"previous_page":{"last_record":{"id":"o-9"}}}"#),
        ],
        makes: r#"{"after": "o-9"}"#,
    },
    Task {
        editor: "GraphQL query",
        steps: &[
            Field("Variables", r#"{"id": "{{record.key}}"}"#),
            Text("Query", "query One($id: ID!) { customer(id: $id) { name } }"),
            Text("Input", r#"{"record":{"key":"c-7"}}"#),
        ],
        makes: "\"id\": \"c-7\"",
    },
    Task {
        editor: "SQL query",
        steps: &[
            Choose("Dialect", "Maria"),
            Text("Query", "select id from t where name = {{record.name}}"),
            Text("Input", r#"{"record":{"name":"O'Brien\\"}}"#),
        ],
        makes: r"name = 'O''Brien\\'",
    },
    Task {
        editor: "File name",
        steps: &[
            Text("File name", r#"{{record.shop}}/stock-{{dateFormat "YYYYMMDD" record.at}}.json"#),
            Text("Input", r#"{"record":{"shop":"eu","at":"2026-11-23T08:00:00Z"}}"#),
        ],
        makes: "eu/stock-20261123.json",
    },
    Task {
        editor: "Trace key",
        steps: &[
            Text("Trace key", "{{record.shop}}/{{record.id}}"),
            Text("Input", r#"{"record":{"shop":"eu","id":7}}"#),
        ],
        makes: "eu/7",
    },
    Task {
        editor: "Data URI",
        steps: &[
            Text("Data URI", "https://crm.example/{{record.name}}"),
            Text("Input", r#"{"record":{"name":"A & B"}}"#),
        ],
        makes: "https://crm.example/A%20%26%20B",
    },
    Task {
        editor: "Output filter",
        steps: &[
            Text("Rules", r#"["lessthan",["number",["extract","total"]],5]"#),
            Text("Record", r#"{"total":"7.5"}"#),
        ],
        makes: "false",
    },
    Task {
        editor: "Input filter",
        steps: &[
            Text("Rules", r#"["contains",["string",["extract","email"]],"@"]"#),
            Text("Record", r#"{"email":"ada"}"#),
        ],
        makes: "false",
    },
    Task {
        editor: "Branching",
        steps: &[
            Text(
                "Router",
                r#"{"branches":[{"name":"A","inputFilter":{"rules":["equals",["extract","a"],1]}},{"name":"B","inputFilter":{"rules":["equals",["extract","a"],2]}},{"name":"C"}]}"#,
            ),
            Text("Record", r#"{"a":3}"#),
        ],
        makes: "[\n  2\n]",
    },
    Task {
        editor: "Transformation 1.0",
        steps: &[Text("Rules", r#"[[{"extract":"id","generate":"key"}]]"#), Text("Record", r#"{"id":"x1"}"#)],
        makes: "\"key\": \"x1\"",
    },
    Task {
        editor: "Transformation 2.0",
        steps: &[
            Text(
                "Rules",
                r#"{"mode":"create","mappings":[{"generate":"full","dataType":"string","status":"Active","extract":"{{record.a}} {{record.b}}"}]}"#,
            ),
            Text("Record", r#"{"a":"Grace","b":"Hopper"}"#),
        ],
        makes: "\"full\": \"Grace Hopper\"",
    },
    Task {
        editor: "Mapper 2.0",
        steps: &[
            Text(
                "Mappings",
                r#"[{"generate":"key","dataType":"string","status":"Active","extract":"O-{{record.id}}"}]"#,
            ),
            Text("Record", r#"{"id":7}"#),
        ],
        makes: "\"key\": \"O-7\"",
    },
    Task {
        editor: "Mapper 1.0",
        steps: &[
            Text("Mapping", r#"{"fields":[{"generate":"key","extract":"id"}]}"#),
            Text("Record", r#"{"id":"k-7"}"#),
        ],
        makes: "\"key\": \"k-7\"",
    },
    Task {
        editor: "Results mapping",
        steps: &[
            Text("Mapping", r#"{"fields":[{"extract":"id","generate":"erpId"}]}"#),
            Text("Record and response", r#"{"record":{"sku":"a"},"response":{"id":"9"}}"#),
        ],
        makes: "\"erpId\": \"9\"",
    },
    Task {
        editor: "Sort and group",
        steps: &[Text("Rules", r#"{"sortByFields":[{"field":"n"}]}"#), Text("Records", r#"[{"n":2},{"n":1}]"#)],
        makes: "\"n\": 1\n  },\n  {\n    \"n\": 2",
    },
    Task {
        editor: "Static lookup",
        steps: &[
            Text(
                "Template and tables",
                r#"{"template":"{{lookup \"sizes\" record.size}}","lookups":[{"name":"sizes","map":{"s":"Small"}}]}"#,
            ),
            Text("Input", r#"{"record":{"size":"s"}}"#),
        ],
        makes: "Small",
    },
    Task {
        editor: "JSONPath",
        steps: &[Text("Path", "$.a[?@.b > 1].b"), Text("Input", r#"{"a":[{"b":1},{"b":2}]}"#)],
        makes: "[\n  2\n]",
    },
    Task {
        editor: "CSV parser",
        steps: &[Choose("Columns are parted by", "Pipe"), Check("Trim spaces"), Text("File", "sku|qty\nhp-1| 4\n")],
        makes: "\"qty\": \"4\"",
    },
    Task {
        editor: "CSV generator",
        steps: &[
            Choose("Columns are parted by", "Another"),
            Field("Columns are parted by: another", "~"),
            Check("Quote every value"),
            Text("Records", r#"[{"a":1,"b":"x"}]"#),
        ],
        makes: "\"a\"~\"b\"\n\"1\"~\"x\"",
    },
    Task {
        editor: "JSON parser",
        steps: &[Field("Resource path", "items"), Text("File", r#"{"items":[{"id":77}]}"#)],
        makes: "[\n  {\n    \"id\": 77",
    },
    Task {
        editor: "XML parser",
        steps: &[Field("Resource path", "/list/row"), Text("File", "<list><row><a>1</a></row></list>")],
        makes: "\"a\": \"1\"",
    },
    Task {
        editor: "XML generator",
        steps: &[Field("Resource path", "/rows/row"), Text("Records", r#"[{"n":5}]"#)],
        makes: "<row><n>5</n></row>",
    },
    Task {
        editor: "XLSX parser",
        steps: &[Check("The first row has the names"), Reach("Choose workbook")],
        makes: "\"Column3\": 12",
    },
    Task {
        editor: "EDI parser",
        steps: &[
            Field("Resource path", "rows"),
            Text(
                "File definition",
                r#"{"format":"fixed","fixed":{"rowDelimiter":"\n"},"rules":[{"name":"rows","container":true,"children":[{"elements":[{"name":"sku","value":"{{sku}}","length":5},{"name":"qty","value":"{{qty}}","length":3}]}]}]}"#,
            ),
            Text("File", "hp-1 12 \nhp-2 4  \n"),
        ],
        makes: "\"sku\": \"hp-2\",\n    \"qty\": \"4\"",
    },
    Task {
        editor: "EDI generator",
        steps: &[
            Text(
                "File definition",
                r#"{"format":"fixed","fixed":{"rowDelimiter":"\n"},"rules":[{"name":"rows","container":true,"children":[{"elements":[{"name":"sku","value":"{{sku}}","length":5},{"name":"qty","value":"{{qty}}","length":3}]}]}]}"#,
            ),
            Text("Record", r#"{"rows":[{"sku":"hp-9","qty":"12"}]}"#),
        ],
        makes: "hp-9 12 \n",
    },
    Task {
        editor: "JavaScript",
        steps: &[
            Text("Script", "function twice(o) { return o.n * 2; }"),
            Choose("Function", "twice"),
            Text("Function input", r#"{"n":21}"#),
        ],
        makes: "42",
    },
    Task {
        editor: "API builder",
        steps: &[
            Text(
                "API",
                r#"{"request":{"method":"GET","relativeURI":"/ping/:who"},"responses":[{"name":"ok","type":"success","statusCode":200,"mappings":[{"generate":"hello","dataType":"string","status":"Active","extract":"$.pathParams.who"}]}]}"#,
            ),
            Text("Request", r#"{"request":{"method":"GET","path":"/ping/ada"}}"#),
        ],
        makes: "\"hello\": \"ada\"",
    },
    Task {
        editor: "Form builder",
        steps: &[
            Text(
                "Form",
                r#"{"fieldMap":{"who":{"id":"who","name":"who","type":"text","label":"Who"}},"layout":{"fields":["who"]}}"#,
            ),
            Text("Values", "{}"),
            Field("Who", "Grace"),
        ],
        makes: "\"who\": \"Grace\"",
    },
    Task {
        editor: "Schedule",
        steps: &[Field("From", "2026-01-01T00:00:00Z"), Field("How many", "1"), Text("Schedule", "? 30 9 1 2 ?")],
        makes: "2026-02-01T09:30:00.000Z",
    },
    Task {
        editor: "Date format",
        steps: &[Field("Time zone", "Asia/Tokyo"), Text("Format", "D MMMM YYYY"), Text("Date", "2026-11-29T23:30:00Z")],
        makes: "30 November 2026",
    },
];
