//! `sort` and `toSorted` of arrays, typed ones too: by a comparison that contradicts itself, such as `() => Math.random() - 0.5`, the
//! interpreter's would end with a panic.

use std::cmp::Ordering;

use boa_engine::object::builtins::{JsArray, JsFunction, JsTypedArray};
use boa_engine::{Context, JsArgs, JsNativeError, JsObject, JsResult, JsValue, js_string};

use crate::own::{prototype, put};

/// Puts them in the place of the interpreter's.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let Some(array) = prototype("Array", context)? else { return Ok(()) };
    put(&array, "sort", sort, context)?;
    put(&array, "toSorted", to_sorted, context)?;
    // What all typed arrays have in common stands behind each of their prototypes.
    let Some(typed) = prototype("Int8Array", context)?.and_then(|one| one.prototype()) else { return Ok(()) };
    put(&typed, "sort", sort_typed, context)?;
    put(&typed, "toSorted", to_sorted_typed, context)
}

/// Sorts what is there; holes come last.
fn sort(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let comparison = comparison(arguments)?;
    let array = this.to_object(context)?;
    let length = length(&array, context)?;
    let mut items = Vec::new();
    for at in 0..length {
        if array.has_property(at, context)? {
            items.push(array.get(at, context)?);
        }
    }
    let mut at = 0;
    for item in sorted(items, comparison.as_ref(), context)? {
        array.set(at, item, true, context)?;
        at += 1;
    }
    for hole in at..length {
        array.delete_property_or_throw(hole, context)?;
    }
    Ok(array.into())
}

/// A new array, in which holes are `undefined`.
fn to_sorted(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let comparison = comparison(arguments)?;
    let array = this.to_object(context)?;
    let mut items = Vec::new();
    for at in 0..length(&array, context)? {
        items.push(array.get(at, context)?);
    }
    Ok(JsArray::from_iter(sorted(items, comparison.as_ref(), context)?, context).into())
}

/// Sorts a typed array: numbers as numbers, unless they are compared otherwise.
fn sort_typed(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let comparison = comparison(arguments)?;
    let array = typed(this)?;
    // Refuses one whose buffer has gone, which has no length to say so.
    array.at(0_i64, context)?;
    let items = sorted_numbers(&array, comparison.as_ref(), context)?;
    fill(&array, items, context)
}

/// A new typed array of the same kind.
fn to_sorted_typed(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let comparison = comparison(arguments)?;
    let array = typed(this)?;
    let made = array.to_reversed(context)?;
    let items = sorted_numbers(&array, comparison.as_ref(), context)?;
    fill(&made, items, context)
}

fn typed(this: &JsValue) -> JsResult<JsTypedArray> {
    let wrong = || JsNativeError::typ().with_message("this is not a TypedArray");
    JsTypedArray::from_object(this.as_object().ok_or_else(wrong)?)
}

/// Writes what still fits: a comparison may have shrunk the buffer.
fn fill(array: &JsTypedArray, items: Vec<JsValue>, context: &mut Context) -> JsResult<JsValue> {
    for (at, item) in items.into_iter().enumerate() {
        array.set(at, item, true, context)?;
    }
    Ok(array.clone().into())
}

/// The items of a typed array in order.
fn sorted_numbers(
    array: &JsTypedArray,
    comparison: Option<&JsFunction>,
    context: &mut Context,
) -> JsResult<Vec<JsValue>> {
    let mut items = Vec::new();
    for at in 0..array.length(context)? {
        items.push(array.get(at, context)?);
    }
    match comparison {
        Some(comparison) => merged(items, &mut |one, other| compared(comparison, one, other, context)),
        None => {
            items.sort_by(by_number);
            Ok(items)
        }
    }
}

/// Below zero before zero, and what is no number last.
fn by_number(one: &JsValue, other: &JsValue) -> Ordering {
    if let (Some(one), Some(other)) = (one.as_bigint(), other.as_bigint()) {
        return one.cmp(&other);
    }
    let (one, other) = (one.as_number().unwrap_or(f64::NAN), other.as_number().unwrap_or(f64::NAN));
    one.is_nan().cmp(&other.is_nan()).then(one.total_cmp(&other))
}

fn comparison(arguments: &[JsValue]) -> JsResult<Option<JsFunction>> {
    let given = arguments.get_or_undefined(0);
    if given.is_undefined() {
        return Ok(None);
    }
    let function = given.as_object().and_then(JsFunction::from_object);
    let wrong = || JsNativeError::typ().with_message("The comparison function must be either a function or undefined");
    function.map(Some).ok_or_else(|| wrong().into())
}

fn length(array: &JsObject, context: &mut Context) -> JsResult<u64> {
    array.get(js_string!("length"), context)?.to_length(context)
}

/// The items in order; what is equal stays as it was, and `undefined` comes last, uncompared.
fn sorted(items: Vec<JsValue>, comparison: Option<&JsFunction>, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let (undefined, items): (Vec<_>, Vec<_>) = items.into_iter().partition(JsValue::is_undefined);
    let mut items = match comparison {
        Some(comparison) => merged(items, &mut |one, other| compared(comparison, one, other, context))?,
        None => by_text(items, context)?,
    };
    items.extend(undefined);
    Ok(items)
}

fn compared(comparison: &JsFunction, one: &JsValue, other: &JsValue, context: &mut Context) -> JsResult<Ordering> {
    let said = comparison.call(&JsValue::undefined(), &[one.clone(), other.clone()], context)?.to_number(context)?;
    Ok(said.partial_cmp(&0.0).unwrap_or(Ordering::Equal))
}

/// By the UTF-16 units of their texts.
fn by_text(items: Vec<JsValue>, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let with_texts = items.into_iter().map(|item| Ok((item.to_string(context)?, item)));
    let mut items = with_texts.collect::<JsResult<Vec<_>>>()?;
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(items.into_iter().map(|(_, item)| item).collect())
}

/// Merges runs of one, of two, of four: each comparison is asked once and believed, whatever others said.
fn merged(
    mut items: Vec<JsValue>,
    compare: &mut impl FnMut(&JsValue, &JsValue) -> JsResult<Ordering>,
) -> JsResult<Vec<JsValue>> {
    let mut run = 1;
    while run < items.len() {
        let mut next = Vec::with_capacity(items.len());
        for pair in items.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let ([one, left_rest @ ..], [other, right_rest @ ..]) = (left, right) {
                if compare(one, other)? == Ordering::Greater {
                    next.push(other.clone());
                    right = right_rest;
                } else {
                    next.push(one.clone());
                    left = left_rest;
                }
            }
            next.extend_from_slice(left);
            next.extend_from_slice(right);
        }
        items = next;
        run *= 2;
    }
    Ok(items)
}
