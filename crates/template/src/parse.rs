//! Tokens to a tree, by the grammar of handlebars.js 4.7.
//!
//! Invariant: any text is either a tree or refused with a place; none is fatal, however it is cut off or nested.

mod call;

use crate::TemplateError;
use crate::ast::{Block, BlockForm, Call, Content, Partial, Program, Statement, Strip};
use crate::lex::{Kind, Token, tokens, within};

/// Calls within calls go no deeper: a person's never do, and parsing and rendering take stack for each.
pub(crate) const DEEPEST_CALL: usize = 32;
/// Blocks within blocks, an `{{else if}}` being one within the other.
pub(crate) const DEEPEST_BLOCK: usize = 160;

pub(crate) fn program(source: &str) -> Result<Program, TemplateError> {
    let mut parser = Parser { source, tokens: tokens(source)?, next: 0, tag: (1, 0) };
    let program = parser.program(0)?;
    match parser.peek() {
        Kind::End => Ok(program),
        _ => Err(parser.syntax()),
    }
}

/// Where a tag begins, in characters and in bytes.
type Tag = (usize, usize);

struct Parser<'s> {
    source: &'s str,
    tokens: Vec<Token<'s>>,
    next: usize,
    tag: Tag,
}

/// The opening tag of a block.
struct Opening {
    form: BlockForm,
    tag: Tag,
    call: Call,
    params: Vec<String>,
    strip: Strip,
}

/// What follows the first part of a block.
struct Inverse {
    strip: Strip,
    program: Program,
    chain: bool,
}

impl<'s> Parser<'s> {
    fn peek(&self) -> Kind {
        self.tokens.get(self.next).map_or(Kind::End, |token| token.kind)
    }

    /// The next token; the last one, which is the end, stays.
    fn take(&mut self) -> Token<'s> {
        let at = self.next.min(self.tokens.len() - 1);
        self.next = at + 1;
        self.tokens[at].clone()
    }

    /// Takes a token that opens a tag.
    fn open(&mut self) -> Token<'s> {
        let token = self.take();
        self.tag = (token.at, token.from);
        token
    }

    fn expect(&mut self, kind: Kind) -> Result<Token<'s>, TemplateError> {
        if self.peek() == kind { Ok(self.take()) } else { Err(self.syntax()) }
    }

    fn syntax(&self) -> TemplateError {
        let (mut at, mut from) = self.tag;
        let mut closes = false;
        // A tag that should not be there is itself what is wrong.
        if let Some(token) = self.tokens.get(self.next)
            && matches!(token.kind, Kind::OpenEnd | Kind::Inverse | Kind::OpenChain | Kind::EndRawBlock)
        {
            (at, from) = (token.at, token.from);
            closes = matches!(token.kind, Kind::OpenEnd | Kind::EndRawBlock);
        }
        let tag = self.source.get(from..).unwrap_or_default();
        let end = tag.find("}}").map_or(tag.len(), |end| end + 2);
        if closes {
            return TemplateError::NotOpen { at, text: within(&tag[..end]) };
        }
        TemplateError::Syntax { at, text: within(&tag[..end]) }
    }

    fn program(&mut self, depth: usize) -> Result<Program, TemplateError> {
        if depth > DEEPEST_BLOCK {
            return Err(TemplateError::TooDeep { at: self.tag.0, most: DEEPEST_BLOCK });
        }
        let mut body = Vec::new();
        loop {
            let statement = match self.peek() {
                Kind::Content => content(&self.take().text),
                Kind::Comment => {
                    let token = self.open();
                    Statement::Comment(Strip { open: token.open, close: token.close })
                }
                Kind::Open { raw, decorator: false } => self.mustache(raw, Kind::Close)?,
                Kind::OpenUnescaped => self.mustache(true, Kind::CloseUnescaped)?,
                Kind::OpenRawBlock => self.raw_block()?,
                Kind::OpenBlock { .. } | Kind::OpenInverse => self.block(depth)?,
                Kind::OpenPartial => self.partial()?,
                Kind::OpenPartialBlock => self.partial_block(depth)?,
                _ => return Ok(Program { body, ..Program::default() }),
            };
            body.push(statement);
        }
    }

    fn mustache(&mut self, raw: bool, close: Kind) -> Result<Statement, TemplateError> {
        let open = self.open();
        let call = self.call(0)?;
        let close = self.expect(close)?;
        Ok(Statement::Mustache { call, raw, strip: Strip { open: open.open, close: close.close } })
    }

    fn raw_block(&mut self) -> Result<Statement, TemplateError> {
        self.open();
        let tag = self.tag;
        let call = self.call(0)?;
        self.expect(Kind::CloseRawBlock)?;
        let mut body = Vec::new();
        while self.peek() == Kind::Content {
            body.push(content(&self.take().text));
        }
        let end = self.expect(Kind::EndRawBlock)?;
        let open = call.name.original();
        if open != *end.text {
            return Err(TemplateError::Mismatch { at: end.at, open, close: end.text.into_owned() });
        }
        self.tag = tag;
        Ok(Statement::Block(Box::new(Block {
            form: BlockForm::Raw,
            call,
            program: Some(Program { body, ..Program::default() }),
            inverse: None,
            open: Strip::default(),
            between: Strip::default(),
            close: Strip::default(),
        })))
    }

    fn partial(&mut self) -> Result<Statement, TemplateError> {
        let open = self.open();
        let call = self.partial_call()?;
        let close = self.expect(Kind::Close)?;
        let strip = Strip { open: open.open, close: close.close };
        Ok(Statement::Partial(Box::new(Partial { call, strip, indent: String::new() })))
    }

    fn partial_call(&mut self) -> Result<Call, TemplateError> {
        let name = if self.peek() == Kind::OpenSub { self.sub(0)? } else { self.name()? };
        self.arguments(name, 0)
    }

    fn partial_block(&mut self, depth: usize) -> Result<Statement, TemplateError> {
        let open = self.open();
        let tag = self.tag;
        let call = self.partial_call()?;
        let end = self.expect(Kind::Close)?;
        let strip = Strip { open: open.open, close: end.close };
        let program = self.program(depth + 1)?;
        let opening = Opening { form: BlockForm::Partial, tag, call, params: Vec::new(), strip };
        let close = self.close(&opening)?;
        Ok(made(opening, program, None, close, false))
    }

    fn block(&mut self, depth: usize) -> Result<Statement, TemplateError> {
        let inverted = self.peek() == Kind::OpenInverse;
        let opening = self.opening()?;
        let program = self.program(depth + 1)?;
        let inverse = match self.peek() {
            Kind::Inverse => Some(self.inverse(depth + 1)?),
            Kind::OpenChain if !inverted => Some(self.chain(depth + 1)?),
            _ => None,
        };
        if inverse.is_some() && opening.form == BlockForm::Decorator {
            return Err(self.syntax());
        }
        let close = self.close(&opening)?;
        Ok(made(opening, program, inverse, close, inverted))
    }

    fn opening(&mut self) -> Result<Opening, TemplateError> {
        let open = self.open();
        let tag = self.tag;
        let decorator = open.kind == Kind::OpenBlock { decorator: true };
        let form = if decorator { BlockForm::Decorator } else { BlockForm::Plain };
        let call = self.call(0)?;
        let mut params = Vec::new();
        if self.peek() == Kind::OpenParams {
            self.take();
            while let Kind::Id { .. } = self.peek() {
                params.push(self.take().text.into_owned());
            }
            self.expect(Kind::CloseParams)?;
            if params.is_empty() {
                return Err(self.syntax());
            }
        }
        let close = self.expect(Kind::Close)?;
        Ok(Opening { form, tag, call, params, strip: Strip { open: open.open, close: close.close } })
    }

    fn inverse(&mut self, depth: usize) -> Result<Inverse, TemplateError> {
        let token = self.open();
        let strip = Strip { open: token.open, close: token.close };
        Ok(Inverse { strip, program: self.program(depth)?, chain: false })
    }

    /// `{{else if …}} … {{else}} …`, each a block in the inverse of the one before.
    fn chain(&mut self, depth: usize) -> Result<Inverse, TemplateError> {
        let mut links = Vec::new();
        let mut last = None;
        loop {
            match self.peek() {
                Kind::OpenChain => {
                    let opening = self.opening()?;
                    let program = self.program(depth + links.len())?;
                    links.push((opening, program));
                }
                Kind::Inverse => {
                    last = Some(self.inverse(depth + links.len())?);
                    break;
                }
                _ => break,
            }
        }
        for (opening, program) in links.into_iter().rev() {
            let strip = opening.strip;
            let close = last.as_ref().map(|last| last.strip).unwrap_or_default();
            let block = made(opening, program, last, close, false);
            let program = Program { body: vec![block], params: Vec::new(), chained: true };
            last = Some(Inverse { strip, program, chain: true });
        }
        last.ok_or_else(|| self.syntax())
    }

    fn close(&mut self, opening: &Opening) -> Result<Strip, TemplateError> {
        let open = opening.call.name.original();
        if self.peek() == Kind::End {
            return Err(TemplateError::OpenBlock { at: opening.tag.0, name: open });
        }
        if self.peek() != Kind::OpenEnd {
            return Err(self.syntax());
        }
        let start = self.open();
        let name = self.name()?.original();
        let end = self.expect(Kind::Close)?;
        if name != open {
            return Err(TemplateError::Mismatch { at: start.at, open, close: name });
        }
        Ok(Strip { open: start.open, close: end.close })
    }
}

fn content(text: &str) -> Statement {
    Statement::Content(Content {
        original: text.to_owned(),
        value: text.to_owned(),
        left_stripped: false,
        right_stripped: false,
    })
}

fn made(opening: Opening, mut program: Program, inverse: Option<Inverse>, close: Strip, inverted: bool) -> Statement {
    program.params = opening.params;
    let between = inverse.as_ref().map(|inverse| inverse.strip).unwrap_or_default();
    let mut inverse = inverse.map(|mut inverse| {
        if inverse.chain
            && let Some(Statement::Block(first)) = inverse.program.body.first_mut()
        {
            first.close = close;
        }
        inverse.program
    });
    let mut program = Some(program);
    if inverted {
        std::mem::swap(&mut program, &mut inverse);
    }
    Statement::Block(Box::new(Block {
        form: opening.form,
        call: opening.call,
        program,
        inverse,
        open: opening.strip,
        between,
        close,
    }))
}
