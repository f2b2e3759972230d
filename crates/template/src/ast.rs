//! A template as it is written, before helpers and block parameters are known.

/// Statements in order.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) body: Vec<Statement>,
    pub(crate) params: Vec<String>,
    /// Made of one `{{else something}}`.
    pub(crate) chained: bool,
}

#[derive(Debug)]
pub(crate) enum Statement {
    Content(Content),
    Mustache { call: Call, raw: bool, strip: Strip },
    Block(Box<Block>),
    Partial(Box<Partial>),
    Comment(Strip),
}

/// Text between tags.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) original: String,
    pub(crate) value: String,
    pub(crate) left_stripped: bool,
    pub(crate) right_stripped: bool,
}

/// Where `~` stands in a tag.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Strip {
    pub(crate) open: bool,
    pub(crate) close: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockForm {
    Plain,
    /// `{{#*inline}}`.
    Decorator,
    /// `{{#> name}}`.
    Partial,
    /// `{{{{name}}}}`.
    Raw,
}

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) form: BlockForm,
    pub(crate) call: Call,
    pub(crate) program: Option<Program>,
    pub(crate) inverse: Option<Program>,
    pub(crate) open: Strip,
    pub(crate) between: Strip,
    pub(crate) close: Strip,
}

#[derive(Debug)]
pub(crate) struct Partial {
    pub(crate) call: Call,
    pub(crate) strip: Strip,
    pub(crate) indent: String,
}

/// A name with what follows it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) at: usize,
    pub(crate) name: Expr,
    pub(crate) params: Vec<Expr>,
    pub(crate) hash: Vec<(String, Expr)>,
}

#[derive(Debug)]
pub(crate) enum Expr {
    Path(Path),
    Str(String),
    Number(String),
    Bool(bool),
    Null,
    Undefined,
    Sub(Box<Call>),
}

#[derive(Debug, Clone)]
pub(crate) struct Path {
    pub(crate) at: usize,
    /// Begins with `@`.
    pub(crate) data: bool,
    /// How many `../` it has.
    pub(crate) depth: usize,
    pub(crate) parts: Vec<String>,
    pub(crate) original: String,
}

impl Path {
    /// A single name, which may be that of a helper.
    pub(crate) fn simple(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [name] if !self.data && self.depth == 0 && !self.scoped() => Some(name),
            _ => None,
        }
    }

    /// Whether it says that it means the context.
    pub(crate) fn scoped(&self) -> bool {
        self.original.starts_with('.') || this_word(&self.original)
    }
}

/// Whether `this` ends a word anywhere in it, which is the test of handlebars.js.
fn this_word(text: &str) -> bool {
    text.match_indices("this").any(|(at, _)| {
        let next = text[at + 4..].chars().next();
        !next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '_')
    })
}

impl Expr {
    /// The name that a literal has in the place of one: `{{"a b"}}` reads the field `a b`.
    pub(crate) fn into_path(self, at: usize) -> Result<Path, Self> {
        let name = match self {
            Self::Path(path) => return Ok(path),
            Self::Str(text) | Self::Number(text) => text,
            Self::Bool(flag) => flag.to_string(),
            Self::Null => "null".to_owned(),
            Self::Undefined => "undefined".to_owned(),
            sub @ Self::Sub(_) => return Err(sub),
        };
        Ok(Path { at, data: false, depth: 0, original: name.clone(), parts: vec![name] })
    }

    /// How the name of a block is compared with that of its end.
    pub(crate) fn original(&self) -> String {
        match self {
            Self::Path(path) => path.original.clone(),
            Self::Str(text) | Self::Number(text) => text.clone(),
            Self::Bool(flag) => flag.to_string(),
            Self::Null => "null".to_owned(),
            Self::Undefined => "undefined".to_owned(),
            Self::Sub(_) => String::new(),
        }
    }
}
