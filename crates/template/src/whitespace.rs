//! Takes white space away: where `~` says so, and around tags that stand alone on their line.
//!
//! The order of the steps and the tests on the original text are those of handlebars.js, because the result depends
//! on them.

use crate::ast::{Block, Program, Statement, Strip};
use crate::js::is_space;

/// Strips a whole template.
pub(crate) fn control(program: &mut Program) {
    body(program, true);
}

/// What a statement asks of its surroundings.
#[derive(Clone, Copy, Default)]
struct Wish {
    open: bool,
    close: bool,
    open_standalone: bool,
    close_standalone: bool,
    inline_standalone: bool,
}

fn body(program: &mut Program, root: bool) {
    for at in 0..program.body.len() {
        let Some(wish) = accept(&mut program.body[at]) else { continue };
        let before = is_blank_before(&program.body, at, root);
        let after = is_blank_after(&program.body, Some(at), root);
        if wish.close {
            omit_right(&mut program.body, Some(at), true);
        }
        if wish.open {
            omit_left(&mut program.body, at, true);
        }
        if wish.inline_standalone && before && after {
            omit_right(&mut program.body, Some(at), false);
            if omit_left(&mut program.body, at, false) {
                indent(&mut program.body, at);
            }
        }
        if wish.open_standalone && before {
            if let Statement::Block(block) = &mut program.body[at]
                && let Some(first) = block.program.as_mut().or(block.inverse.as_mut())
            {
                omit_right(&mut first.body, None, false);
            }
            omit_left(&mut program.body, at, false);
        }
        if wish.close_standalone && after {
            omit_right(&mut program.body, Some(at), false);
            if let Statement::Block(block) = &mut program.body[at]
                && let Some(last) = block.inverse.as_mut().or(block.program.as_mut())
            {
                let end = last.body.len();
                omit_left(&mut last.body, end, false);
            }
        }
    }
}

/// A partial alone on its line hands its indentation on.
fn indent(body: &mut [Statement], at: usize) {
    let Some(Statement::Content(content)) = at.checked_sub(1).and_then(|before| body.get(before)) else { return };
    let trimmed = content.original.trim_end_matches([' ', '\t']);
    let indent = content.original[trimmed.len()..].to_owned();
    if let Some(Statement::Partial(partial)) = body.get_mut(at) {
        partial.indent = indent;
    }
}

fn accept(statement: &mut Statement) -> Option<Wish> {
    match statement {
        Statement::Content(_) => None,
        Statement::Mustache { strip, .. } => Some(plain(*strip)),
        Statement::Comment(strip) => Some(Wish { inline_standalone: true, ..plain(*strip) }),
        Statement::Partial(partial) => Some(Wish { inline_standalone: true, ..plain(partial.strip) }),
        Statement::Block(block) => Some(inside(block)),
    }
}

fn plain(strip: Strip) -> Wish {
    Wish { open: strip.open, close: strip.close, ..Wish::default() }
}

fn inside(block: &mut Block) -> Wish {
    for program in [&mut block.program, &mut block.inverse].into_iter().flatten() {
        body(program, false);
    }
    let Block { program, inverse, open, between, close, .. } = block;
    let (first, mut second) = match (program.as_mut(), inverse.as_mut()) {
        (Some(program), inverse) => (program, inverse),
        (None, Some(inverse)) => (inverse, None),
        (None, None) => return Wish::default(),
    };
    let close_standalone = match &mut second {
        Some(inverse) => {
            first_of(inverse).is_some_and(|program| is_blank_before(&program.body, program.body.len(), false))
        }
        None => is_blank_before(&first.body, first.body.len(), false),
    };
    let wish = Wish {
        open: open.open,
        close: close.close,
        open_standalone: is_blank_after(&first.body, None, false),
        close_standalone,
        inline_standalone: false,
    };
    if open.close {
        omit_right(&mut first.body, None, true);
    }
    match second {
        Some(inverse) => middle(first, inverse, *between, *close),
        None if close.open => {
            let end = first.body.len();
            omit_left(&mut first.body, end, true);
        }
        None => {}
    }
    wish
}

/// Around `{{else}}`.
fn middle(first: &mut Program, inverse: &mut Program, between: Strip, close: Strip) {
    let end = first.body.len();
    if between.open {
        omit_left(&mut first.body, end, true);
    }
    if between.close
        && let Some(second) = first_of(inverse)
    {
        omit_right(&mut second.body, None, true);
    }
    if close.open {
        // In a chain it is the first link's own part, as in handlebars.js.
        if let Some(last) = first_of(inverse) {
            let end = last.body.len();
            omit_left(&mut last.body, end, true);
        }
    }
    if let Some(second) = first_of(inverse)
        && is_blank_before(&first.body, end, false)
        && is_blank_after(&second.body, None, false)
    {
        omit_left(&mut first.body, end, false);
        omit_right(&mut second.body, None, false);
    }
}

/// An inverse itself, or the first part of the chain that it holds.
fn first_of(inverse: &mut Program) -> Option<&mut Program> {
    if !inverse.chained {
        return Some(inverse);
    }
    match inverse.body.first_mut() {
        Some(Statement::Block(block)) => block.program.as_mut(),
        _ => None,
    }
}

/// Whether nothing stands before a place on its line.
fn is_blank_before(body: &[Statement], at: usize, root: bool) -> bool {
    let Some(before) = at.checked_sub(1) else { return root };
    let Some(Statement::Content(content)) = body.get(before) else { return false };
    let rest = content.original.trim_end_matches(is_space);
    content.original[rest.len()..].contains('\n') || (root && before == 0 && rest.is_empty())
}

/// Whether nothing stands behind a place on its line; without a place, at the beginning.
fn is_blank_after(body: &[Statement], at: Option<usize>, root: bool) -> bool {
    let after = at.map_or(0, |at| at + 1);
    let content = match body.get(after) {
        None => return root,
        Some(Statement::Content(content)) => content,
        Some(_) => return false,
    };
    let rest = content.original.trim_start_matches(is_space);
    let blank = &content.original[..content.original.len() - rest.len()];
    blank.contains('\n') || (root && body.len() == after + 1 && rest.is_empty())
}

/// Strips the beginning of what stands behind a place; all white space, or the rest of the line.
fn omit_right(body: &mut [Statement], at: Option<usize>, all: bool) {
    let Some(Statement::Content(content)) = body.get_mut(at.map_or(0, |at| at + 1)) else { return };
    if !all && content.right_stripped {
        return;
    }
    let rest = if all {
        content.value.trim_start_matches(is_space)
    } else {
        let rest = content.value.trim_start_matches([' ', '\t']);
        let rest = rest.strip_prefix('\r').unwrap_or(rest);
        rest.strip_prefix('\n').unwrap_or(rest)
    };
    content.right_stripped = rest.len() != content.value.len();
    content.value = rest.to_owned();
}

/// Strips the end of what stands before a place; all white space, or the beginning of the line.
fn omit_left(body: &mut [Statement], at: usize, all: bool) -> bool {
    let Some(Statement::Content(content)) = at.checked_sub(1).and_then(|before| body.get_mut(before)) else {
        return false;
    };
    if !all && content.left_stripped {
        return false;
    }
    let rest = if all { content.value.trim_end_matches(is_space) } else { content.value.trim_end_matches([' ', '\t']) };
    content.left_stripped = rest.len() != content.value.len();
    content.value.truncate(rest.len());
    content.left_stripped
}
