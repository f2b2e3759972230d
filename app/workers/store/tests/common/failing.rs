//! A disk that cannot be read for a while.

use crate::socket::{eval, until};

/// Makes one way of reading one store fail, whoever reads.
pub(crate) fn refuse(method: &str, store: &str) {
    eval(&format!(
        "globalThis.refused = 0;
         globalThis.reading = {{ method: '{method}', real: IDBObjectStore.prototype.{method} }};
         IDBObjectStore.prototype.{method} = function (...wanted) {{
             if (this.name === '{store}') {{ refused += 1; throw new DOMException('The disk fails.', 'UnknownError'); }}
             return reading.real.apply(this, wanted);
         }};"
    ));
}

/// Waits until a reading has failed.
#[track_caller]
pub(crate) fn refused() -> impl Future<Output = ()> {
    until(async || eval("refused").as_f64() > Some(0.0))
}

/// Lets everything be read again.
pub(crate) fn allow() {
    eval("IDBObjectStore.prototype[reading.method] = reading.real");
}
