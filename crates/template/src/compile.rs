//! A tree to a plan: which helper a name is, which block parameter, which field.
//!
//! A helper or block that does not exist is an error here, with its position, and never a silent blank in what is sent.

use tombolo_model::Val;

use crate::ast::{self, BlockForm, Statement};
use crate::helpers::{self, Inline, Needs};
use crate::plan::{Block, BlockKind, Call, Expr, Hash, Node, Partial, Path, Program, Root};
use crate::{TemplateError, parse, whitespace};

pub(crate) fn program(source: &str) -> Result<Program, TemplateError> {
    let mut tree = parse::program(source)?;
    whitespace::control(&mut tree);
    Compiler::default().program(tree)
}

#[derive(Default)]
struct Compiler {
    /// The names of block parameters, the innermost block last.
    params: Vec<Vec<String>>,
}

impl Compiler {
    fn program(&mut self, tree: ast::Program) -> Result<Program, TemplateError> {
        let named = !tree.params.is_empty();
        let mut made = Program { params: named, chained: tree.chained, ..Program::default() };
        if named {
            self.params.push(tree.params);
        }
        for statement in tree.body {
            self.statement(statement, &mut made)?;
        }
        if named {
            self.params.pop();
        }
        Ok(made)
    }

    fn statement(&mut self, statement: Statement, into: &mut Program) -> Result<(), TemplateError> {
        match statement {
            Statement::Comment(_) => {}
            Statement::Content(content) => match into.nodes.last_mut() {
                _ if content.value.is_empty() => {}
                Some(Node::Text(before)) => *before = format!("{before}{}", content.value).into(),
                _ => into.nodes.push(Node::Text(content.value.into())),
            },
            Statement::Mustache { call, raw, .. } => {
                let at = call.at;
                into.nodes.push(Node::Print { at, value: self.mustache(call)?, raw });
            }
            Statement::Partial(partial) => {
                let made = self.partial(partial.call, partial.indent, None)?;
                into.nodes.push(Node::Partial(Box::new(made)));
            }
            Statement::Block(block) => match block.form {
                BlockForm::Decorator => into.inlines.push(self.inline(*block)?),
                BlockForm::Partial => {
                    let program = block.program.map(|program| self.program(program)).transpose()?;
                    let made = self.partial(block.call, String::new(), Some(program.unwrap_or_default()))?;
                    into.nodes.push(Node::Partial(Box::new(made)));
                }
                BlockForm::Plain | BlockForm::Raw => {
                    let made = self.block(*block)?;
                    into.nodes.push(Node::Block(Box::new(made)));
                }
            },
        }
        Ok(())
    }

    /// `{{#*inline "name"}}`, the only decorator there is.
    fn inline(&mut self, block: ast::Block) -> Result<(Expr, Program), TemplateError> {
        let at = block.call.at;
        let name = block.call.name.original();
        if name != "inline" {
            return Err(TemplateError::UnknownHelper { at, name: format!("*{name}") });
        }
        let Some(first) = block.call.params.into_iter().next() else {
            return Err(TemplateError::Arguments { at, name, needs: "a name".to_owned() });
        };
        let name = self.expr(first, at, false)?;
        Ok((name, self.program(block.program.unwrap_or_default())?))
    }

    fn partial(&self, call: ast::Call, indent: String, block: Option<Program>) -> Result<Partial, TemplateError> {
        let at = call.at;
        if call.params.len() > 1 {
            let needs = "one context at most".to_owned();
            return Err(TemplateError::Arguments { at, name: call.name.original(), needs });
        }
        let name = match call.name {
            ast::Expr::Sub(sub) => self.expr(ast::Expr::Sub(sub), at, false)?,
            // A partial's name is its name, with dots, slashes and all.
            name => Expr::Literal(Val::text(&name.original())),
        };
        let mut params = call.params.into_iter();
        let context = params.next().map(|param| self.expr(param, at, false)).transpose()?;
        Ok(Partial { at, name, context, hash: self.hash(call.hash, at)?, indent: indent.into(), block })
    }

    fn mustache(&self, call: ast::Call) -> Result<Expr, TemplateError> {
        let at = call.at;
        let bare = call.params.is_empty() && call.hash.is_empty();
        let name = call.name.into_path(at).map_err(|_| TemplateError::Syntax { at, text: String::new() })?;
        let simple = name.simple().map(ToOwned::to_owned).filter(|name| self.find(name).is_none());
        let call = ast::Call { at, name: ast::Expr::Path(name.clone()), params: call.params, hash: call.hash };
        if !bare {
            return self.call(call);
        }
        match simple.as_deref().and_then(helpers::inline) {
            // What the helper works on is missing, so a field may be meant.
            Some(helper) if helper.least > 0 => {
                let field = Some(self.path(name, true));
                Ok(Expr::Call(Box::new(Call { at, helper, args: Vec::new(), hash: Vec::new(), field })))
            }
            Some(_) => self.call(call),
            None => Ok(Expr::Path(self.path(name, true))),
        }
    }

    /// A helper with its arguments.
    fn call(&self, call: ast::Call) -> Result<Expr, TemplateError> {
        let at = call.at;
        let original = call.name.original();
        let unknown = || TemplateError::UnknownHelper { at, name: original.clone() };
        let path = call.name.into_path(at).map_err(|_| unknown())?;
        let helper: &'static Inline =
            path.simple().filter(|name| self.find(name).is_none()).and_then(helpers::callable).ok_or_else(unknown)?;
        if call.params.len() < helper.least {
            return Err(TemplateError::Arguments { at, name: original, needs: helper.arguments.to_owned() });
        }
        let args = self.arguments(&original, call.params, at)?;
        Ok(Expr::Call(Box::new(Call { at, helper, args, hash: self.hash(call.hash, at)?, field: None })))
    }

    fn arguments(&self, name: &str, params: Vec<ast::Expr>, at: usize) -> Result<Vec<Expr>, TemplateError> {
        let test = |place: usize, param: &ast::Expr| match param {
            // `{{#some list isNumber}}` names its test without quotes.
            ast::Expr::Path(path) if name == "some" && place == 1 => {
                path.simple().filter(|name| helpers::is_test(name)).map(Val::text)
            }
            _ => None,
        };
        let made = params.into_iter().enumerate().map(|(place, param)| match test(place, &param) {
            Some(test) => Ok(Expr::Literal(test)),
            None => self.expr(param, at, false),
        });
        made.collect()
    }

    fn block(&mut self, block: ast::Block) -> Result<Block, TemplateError> {
        let ast::Call { at, name, params, hash } = block.call;
        let original = name.original();
        let bare = params.is_empty() && hash.is_empty();
        let path = name.into_path(at).map_err(|_| TemplateError::Syntax { at, text: original.clone() })?;
        let simple = path.simple().map(ToOwned::to_owned).filter(|name| self.find(name).is_none());
        let helper = simple.as_deref().and_then(helpers::block);
        let (kind, args) = match (helper, simple.as_deref()) {
            (Some(helper), Some(name)) if !bare || helper.always => {
                let enough = match helper.needs {
                    Needs::Exactly(count) => params.len() == count,
                    Needs::AtLeast(count) => params.len() >= count,
                };
                if !enough {
                    let needs = helper.arguments.to_owned();
                    return Err(TemplateError::Arguments { at, name: name.to_owned(), needs });
                }
                (BlockKind::Helper(helper), self.arguments(name, params, at)?)
            }
            _ if bare && block.form == BlockForm::Raw => (BlockKind::Raw, Vec::new()),
            _ if bare => (BlockKind::Section, vec![Expr::Path(self.path(path, true))]),
            (_, Some(name)) if helpers::inline(name).is_some() => {
                let name = ast::Expr::Path(path);
                let value = self.call(ast::Call { at, name, params, hash: Vec::new() })?;
                (BlockKind::Section, vec![value])
            }
            _ => return Err(TemplateError::UnknownHelper { at, name: original }),
        };
        let hash = self.hash(hash, at)?;
        let main = block.program.map(|program| self.program(program)).transpose()?;
        let inverse = block.inverse.map(|program| self.program(program)).transpose()?;
        Ok(Block { at, kind, args, hash, main, inverse })
    }

    fn hash(&self, hash: Vec<(String, ast::Expr)>, at: usize) -> Result<Hash, TemplateError> {
        hash.into_iter().map(|(name, value)| Ok((name.into(), self.expr(value, at, false)?))).collect()
    }

    fn expr(&self, expr: ast::Expr, at: usize, required: bool) -> Result<Expr, TemplateError> {
        Ok(match expr {
            ast::Expr::Path(path) => Expr::Path(self.path(path, required)),
            ast::Expr::Str(text) => Expr::Literal(Val::text(&text)),
            ast::Expr::Number(text) => Expr::Literal(match text.parse() {
                Ok(whole) => Val::Int(whole),
                Err(_) => crate::js::number(text.parse().unwrap_or(f64::NAN)),
            }),
            ast::Expr::Bool(flag) => Expr::Literal(Val::Bool(flag)),
            ast::Expr::Null => Expr::Literal(Val::Null),
            ast::Expr::Undefined => Expr::Literal(Val::Absent),
            ast::Expr::Sub(call) => self.call(ast::Call { at, ..*call })?,
        })
    }

    fn path(&self, path: ast::Path, required: bool) -> Path {
        let scoped = path.depth > 0 || path.scoped();
        let mut parts = path.parts.into_iter();
        let root = if path.data {
            Root::Data(path.depth, parts.next().unwrap_or_default().into())
        } else {
            let found = if scoped { None } else { parts.as_slice().first().and_then(|name| self.find(name)) };
            match found {
                Some((up, place)) => {
                    parts.next();
                    Root::Param(up, place)
                }
                None => Root::Context(path.depth),
            }
        };
        Path { at: path.at, root, keys: parts.map(Into::into).collect(), required }
    }

    /// The block parameter of a name.
    fn find(&self, name: &str) -> Option<(usize, usize)> {
        self.params.iter().rev().enumerate().find_map(|(up, names)| {
            let place = names.iter().position(|have| have == name)?;
            Some((up, place))
        })
    }
}
