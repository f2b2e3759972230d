//! The functions of `Math` whose last digit the language leaves open: by one library everywhere, so that a script gives the
//! same bytes in the browser as on the server. The interpreter takes those of the platform; of its `**` only powers that are
//! whole numbers are the same everywhere.

use boa_engine::{Context, JsArgs, JsResult, JsValue};

use crate::own::{Function, global, put};

/// Makes a function of `Math` of one of numbers.
macro_rules! of_one {
    ($function:path) => {
        |_, arguments, context| {
            let number = arguments.get_or_undefined(0).to_number(context)?;
            Ok($function(number).into())
        }
    };
}

const ALL: [(&str, Function); 22] = [
    ("acos", of_one!(libm::acos)),
    ("acosh", of_one!(libm::acosh)),
    ("asin", of_one!(libm::asin)),
    ("asinh", of_one!(libm::asinh)),
    ("atan", of_one!(libm::atan)),
    ("atan2", atan2),
    ("atanh", of_one!(libm::atanh)),
    ("cbrt", of_one!(libm::cbrt)),
    ("cos", of_one!(libm::cos)),
    ("cosh", of_one!(libm::cosh)),
    ("exp", of_one!(libm::exp)),
    ("expm1", of_one!(libm::expm1)),
    ("hypot", hypot),
    ("log", of_one!(libm::log)),
    ("log10", of_one!(libm::log10)),
    ("log1p", of_one!(libm::log1p)),
    ("log2", of_one!(libm::log2)),
    ("pow", pow),
    ("sin", of_one!(libm::sin)),
    ("sinh", of_one!(libm::sinh)),
    ("tan", of_one!(libm::tan)),
    ("tanh", of_one!(libm::tanh)),
];

/// Puts them in the place of the interpreter's.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let Some(math) = global("Math", context)? else { return Ok(()) };
    ALL.into_iter().try_for_each(|(name, function)| put(&math, name, function, context))
}

fn two(arguments: &[JsValue], context: &mut Context) -> JsResult<(f64, f64)> {
    let one = arguments.get_or_undefined(0).to_number(context)?;
    Ok((one, arguments.get_or_undefined(1).to_number(context)?))
}

fn atan2(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (y, x) = two(arguments, context)?;
    Ok(libm::atan2(y, x).into())
}

/// Unlike that of other languages it gives no number for one without a number.
fn pow(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (base, exponent) = two(arguments, context)?;
    let open = exponent.is_nan() || (exponent.is_infinite() && (base == 1.0 || base == -1.0));
    Ok(if open { f64::NAN } else { libm::pow(base, exponent) }.into())
}

fn hypot(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut length = 0.0;
    for argument in arguments {
        length = libm::hypot(length, argument.to_number(context)?);
    }
    Ok(length.into())
}
