//! The modules that a script can import. There are no others: nothing is read from anywhere.

mod inner;
mod integrator_api;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use boa_engine::module::{Module, ModuleLoader, ModuleRequest, Referrer};
use boa_engine::{Context, JsNativeError, JsResult, Source};
use tombolo_wire::excerpt;

/// What the text of a module that is built in is called.
const INSIDE: &str = "built-in module";
const DAYJS: &str = include_str!("modules/dayjs.js");
const SJCL: &str = include_str!("modules/sjcl.js");
/// What a script gives to `dayjs.extend`, which has nothing to do.
const PLUGIN: &str = "export default function plugin() {}";
/// The plugins of Day.js whose functions `dayjs` has.
const PLUGINS: [&str; 24] = [
    "utc",
    "timezone",
    "customParseFormat",
    "advancedFormat",
    "localizedFormat",
    "weekOfYear",
    "weekYear",
    "isoWeek",
    "isoWeeksInYear",
    "quarterOfYear",
    "dayOfYear",
    "weekday",
    "isLeapYear",
    "isBetween",
    "isSameOrBefore",
    "isSameOrAfter",
    "isToday",
    "isTomorrow",
    "isYesterday",
    "toArray",
    "toObject",
    "minMax",
    "relativeTime",
    "duration",
];

/// Loads the modules that are built in.
#[derive(Debug)]
pub(crate) struct BuiltIn;

impl ModuleLoader for BuiltIn {
    async fn load_imported_module(
        self: Rc<Self>,
        referrer: Referrer,
        request: ModuleRequest,
        context: &RefCell<&mut Context>,
    ) -> JsResult<Module> {
        let name = request.specifier().to_std_string_lossy();
        let context = &mut context.borrow_mut();
        let asked_from_inside = referrer.path().is_some_and(|path| path == Path::new(INSIDE));
        let source = match name.as_str() {
            "integrator-api" => return Ok(integrator_api::module(context)),
            "tombolo:zones" if asked_from_inside => return Ok(inner::zones(context)),
            "tombolo:random" if asked_from_inside => return Ok(inner::random(context)),
            "dayjs" => DAYJS,
            "sjcl" => SJCL,
            // All of them are always on.
            name if name.strip_prefix("dayjs/plugin/").is_some_and(|plugin| PLUGINS.contains(&plugin)) => PLUGIN,
            _ => {
                let message = format!(
                    "there is no module “{}”; a script can import integrator-api, dayjs and sjcl",
                    excerpt(&name)
                );
                return Err(JsNativeError::reference().with_message(message).into());
            }
        };
        Module::parse(Source::from_bytes(source).with_path(Path::new(INSIDE)), None, context)
    }
}
