//! What an export needs before it can read.

use serde_json::Value;

use super::{one_of, positive_number, require_text};
use crate::Problem;
use crate::views::{Export, Source};

pub(super) fn check(value: &Value, problems: &mut Vec<Problem>) {
    positive_number(value, "/pageSize", 50_000, problems);
    match Export(value).source() {
        Some(Source::Http) => {
            require_text(value, "/_connectionId", "the connection", problems);
            one_of(value, "/http/method", &["GET", "POST", "PUT", "PATCH", "DELETE"], problems);
        }
        Some(Source::File) => {
            require_text(value, "/rawData", "the file: choose one from this computer", problems);
            require_text(value, "/file/type", "the file's type", problems);
        }
        None => {}
    }
}
