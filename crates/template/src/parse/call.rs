//! What stands in a tag: a name with its parameters, and calls within calls.

use super::{DEEPEST_CALL, Parser};
use crate::TemplateError;
use crate::ast::{Call, Expr, Path};
use crate::lex::{Kind, Token};

impl Parser<'_> {
    /// A name with its parameters.
    pub(super) fn call(&mut self, depth: usize) -> Result<Call, TemplateError> {
        let name = self.name()?;
        self.arguments(name, depth)
    }

    pub(super) fn arguments(&mut self, name: Expr, depth: usize) -> Result<Call, TemplateError> {
        let mut call = Call { at: self.tag.0, name, params: Vec::new(), hash: Vec::new() };
        loop {
            match self.peek() {
                Kind::OpenSub
                | Kind::Str
                | Kind::Number
                | Kind::Bool(_)
                | Kind::Null
                | Kind::Undefined
                | Kind::Data => {}
                Kind::Id { .. } => {
                    if self.tokens.get(self.next + 1).is_some_and(|token| token.kind == Kind::Equals) {
                        let key = self.take().text.into_owned();
                        self.take();
                        let value = self.param(depth)?;
                        call.hash.push((key, value));
                        continue;
                    }
                }
                _ => return Ok(call),
            }
            if !call.hash.is_empty() {
                return Err(self.syntax());
            }
            let param = self.param(depth)?;
            call.params.push(param);
        }
    }

    fn param(&mut self, depth: usize) -> Result<Expr, TemplateError> {
        if self.peek() == Kind::OpenSub { self.sub(depth) } else { self.name() }
    }

    pub(super) fn sub(&mut self, depth: usize) -> Result<Expr, TemplateError> {
        if depth >= DEEPEST_CALL {
            return Err(TemplateError::TooDeep { at: self.tag.0, most: DEEPEST_CALL });
        }
        self.take();
        let call = self.call(depth + 1)?;
        self.expect(Kind::CloseSub)?;
        Ok(Expr::Sub(Box::new(call)))
    }

    pub(super) fn name(&mut self) -> Result<Expr, TemplateError> {
        let token = self.tokens.get(self.next).cloned();
        let Some(token) = token else { return Err(self.syntax()) };
        match token.kind {
            Kind::Data => {
                self.take();
                return self.path(true).map(Expr::Path);
            }
            Kind::Id { .. } => return self.path(false).map(Expr::Path),
            Kind::Str | Kind::Number | Kind::Bool(_) | Kind::Null | Kind::Undefined => {}
            // A tag that is not closed before the next one opens, and one that holds nothing.
            _ => return Err(self.syntax()),
        }
        self.take();
        Ok(match token.kind {
            Kind::Number => Expr::Number(token.text.into_owned()),
            Kind::Bool(flag) => Expr::Bool(flag),
            Kind::Null => Expr::Null,
            Kind::Undefined => Expr::Undefined,
            _ => Expr::Str(token.text.into_owned()),
        })
    }

    fn path(&mut self, data: bool) -> Result<Path, TemplateError> {
        let mut path = Path { at: self.tag.0, data, depth: 0, parts: Vec::new(), original: String::new() };
        if data {
            path.original.push('@');
        }
        loop {
            let token = self.tokens.get(self.next).cloned();
            let (text, literal) = match token {
                Some(Token { kind: Kind::Id { literal }, text, .. }) => (text, literal),
                // handlebars.js wants `list.[0]` where nothing follows; people write `list.0`.
                Some(Token { kind: Kind::Number, text, .. }) if !path.original.is_empty() => (text, false),
                _ => return Err(self.syntax()),
            };
            self.take();
            path.original.push_str(&text);
            if !literal && matches!(&*text, ".." | "." | "this") {
                if !path.parts.is_empty() {
                    return Err(self.syntax());
                }
                path.depth += usize::from(text == "..");
            } else {
                path.parts.push(text.into_owned());
            }
            if self.peek() != Kind::Separator {
                return Ok(path);
            }
            let separator = self.take();
            path.original.push_str(&self.source[separator.from..=separator.from]);
        }
    }
}
