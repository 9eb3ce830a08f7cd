//! Types and signatures in a notation close to Rust's, for messages and logs.
//!
//! Only for people: nothing reads it back.

use std::fmt::{Display, Formatter, Result};

use super::names::shown;
use super::{ErrorType, Signature, Type};

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Page::new(f).ty(self)
    }
}

/// `fn(name: Type, …) -> Type`, with `?` for what is not known.
///
/// A type that has been written out is mentioned by its name only when it comes again, as is a type inside itself. Where
/// a field or variant has several names, all are there.
impl Display for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut page = Page::new(f);
        match &self.parameters {
            None => page.text("fn(..)")?,
            Some(parameters) => {
                page.text("fn(")?;
                page.list(parameters, |page, parameter| {
                    write!(page.out, "{}: ", parameter.name)?;
                    page.ty(&parameter.ty)
                })?;
                page.text(")")?;
            }
        }
        match (&self.returns.ok, &self.returns.error) {
            (Type::Unit, ErrorType::None) => Ok(()),
            (ok, ErrorType::None) => {
                page.text(" -> ")?;
                page.ty(ok)
            }
            (ok, error) => {
                page.text(" -> Result<")?;
                page.ty(ok)?;
                page.text(", ")?;
                match error {
                    ErrorType::Typed(error) => page.ty(error)?,
                    ErrorType::None | ErrorType::Remote => page.text("RemoteError")?,
                }
                page.text(">")
            }
        }
    }
}

/// From this length on a tuple of equal types is written as an array.
const ARRAY_LENGTH: usize = 4;

struct Page<'t, 'f, 'o> {
    out: &'f mut Formatter<'o>,
    /// The types around the one being written, outermost first.
    enclosing: Vec<&'t Type>,
    /// The types with names that have been written out.
    written: Vec<&'t Type>,
}

impl<'t, 'f, 'o> Page<'t, 'f, 'o> {
    fn new(out: &'f mut Formatter<'o>) -> Self {
        Self {
            out,
            enclosing: Vec::new(),
            written: Vec::new(),
        }
    }

    fn text(&mut self, text: &str) -> Result {
        self.out.write_str(text)
    }

    fn list<T: 't>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result,
    ) -> Result {
        for (number, item) in items.into_iter().enumerate() {
            if number > 0 {
                self.text(", ")?;
            }
            write(self, item)?;
        }
        Ok(())
    }

    fn ty(&mut self, ty: &'t Type) -> Result {
        let name = ty.name();
        // Another type of that name in between would make it unclear which is meant.
        let mut namesakes = self
            .written
            .iter()
            .filter(|written| written.name() == name)
            .peekable();
        if !name.is_empty() && namesakes.peek().is_some() && namesakes.all(|written| *written == ty) {
            return self.text(name);
        }
        self.enclosing.push(ty);
        self.written_out(ty)?;
        self.enclosing.pop();
        if !name.is_empty() && !ty.is_result() && !self.written.contains(&ty) {
            self.written.push(ty);
        }
        Ok(())
    }

    fn written_out(&mut self, ty: &'t Type) -> Result {
        if let Some(item) = ty.item() {
            return self.generic("Streaming", &[item]);
        }
        match ty {
            Type::Option(inner) => self.generic("Option", &[inner]),
            Type::Seq(element) => self.generic("Vec", &[element]),
            Type::Map(key, value) => self.generic("Map", &[key, value]),
            Type::Tuple(fields) => self.tuple(fields),
            Type::UnitStruct { name } => self.text(name),
            Type::NewtypeStruct { name, inner } => {
                write!(self.out, "{name}(")?;
                self.ty(inner)?;
                self.text(")")
            }
            Type::TupleStruct { name, fields } => self.fields(name, fields),
            Type::Struct { name, fields } => self.named_fields(name, fields),
            Type::Enum { .. } if ty.is_result() => self.result(ty),
            Type::Enum { name, variants, open } => {
                self.open(name, variants.is_empty() && !open)?;
                self.list(variants, |page, variant| match &variant.content {
                    Type::Unit => page.text(&shown(&variant.name)),
                    Type::Tuple(fields) => page.inside(&variant.content, |page| {
                        page.fields(&shown(&variant.name), fields)
                    }),
                    Type::Struct { fields, .. } => page.inside(&variant.content, |page| {
                        page.named_fields(&shown(&variant.name), fields)
                    }),
                    other => {
                        write!(page.out, "{}(", shown(&variant.name))?;
                        page.ty(other)?;
                        page.text(")")
                    }
                })?;
                self.text(match (open, variants.is_empty()) {
                    (false, true) => "}",
                    (false, false) => " }",
                    (true, true) => ".. }",
                    (true, false) => ", .. }",
                })
            }
            Type::Recursive(level) => {
                // This type itself was the last to be pushed.
                let level = usize::try_from(*level).unwrap_or(usize::MAX).saturating_add(2);
                match self
                    .enclosing
                    .len()
                    .checked_sub(level)
                    .map(|place| self.enclosing[place].name())
                {
                    None => self.text("?"),
                    Some("") => self.text("Self"),
                    Some(name) => self.text(name),
                }
            }
            leaf => self.text(leaf.leaf_notation()),
        }
    }

    fn inside(&mut self, content: &'t Type, write: impl FnOnce(&mut Self) -> Result) -> Result {
        self.enclosing.push(content);
        write(self)?;
        self.enclosing.pop();
        Ok(())
    }

    fn generic(&mut self, name: &str, types: &[&'t Type]) -> Result {
        write!(self.out, "{name}<")?;
        self.list(types.iter().copied(), Self::ty)?;
        self.text(">")
    }

    fn result(&mut self, ty: &'t Type) -> Result {
        let Type::Enum { variants, .. } = ty else {
            return Ok(());
        };
        self.text("Result<")?;
        self.list(variants, |page, variant| match &variant.content {
            Type::Tuple(fields) => page.inside(&variant.content, |page| page.list(fields, Self::ty)),
            _ => page.text("?"),
        })?;
        self.text(">")
    }

    fn tuple(&mut self, fields: &'t [Type]) -> Result {
        match fields {
            [only] => {
                self.text("(")?;
                self.ty(only)?;
                self.text(",)")
            }
            [first, rest @ ..] if fields.len() >= ARRAY_LENGTH && rest.iter().all(|field| field == first) => {
                self.text("[")?;
                self.ty(first)?;
                write!(self.out, "; {}]", fields.len())
            }
            _ => self.fields("", fields),
        }
    }

    fn fields(&mut self, name: &str, fields: &'t [Type]) -> Result {
        write!(self.out, "{name}(")?;
        self.list(fields, Self::ty)?;
        self.text(")")
    }

    /// The beginning of what is in braces.
    fn open(&mut self, name: &str, empty: bool) -> Result {
        write!(self.out, "{name} {{{}", if empty { "" } else { " " })
    }

    fn named_fields(&mut self, name: &str, fields: &'t [(String, Type)]) -> Result {
        self.open(name, fields.is_empty())?;
        self.list(fields, |page, (name, field)| {
            write!(page.out, "{}: ", shown(name))?;
            page.ty(field)
        })?;
        self.text(if fields.is_empty() { "}" } else { " }" })
    }
}

impl Type {
    /// Its serde name; empty if it has none.
    fn name(&self) -> &str {
        match self {
            Self::UnitStruct { name }
            | Self::NewtypeStruct { name, .. }
            | Self::TupleStruct { name, .. }
            | Self::Struct { name, .. }
            | Self::Enum { name, .. } => name,
            _ => "",
        }
    }

    /// Whether it is the standard library's `Result`, complete.
    fn is_result(&self) -> bool {
        matches!(self, Self::Enum { name, variants, open: false } if name == "Result"
            && matches!(variants.as_slice(), [ok, err] if ok.name == "Ok" && err.name == "Err"))
    }

    fn leaf_notation(&self) -> &'static str {
        match self {
            Self::Unit => "()",
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::I128 => "i128",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::U128 => "u128",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::Str => "String",
            Self::Bytes => "Bytes",
            Self::Any => "Any",
            _ => "?",
        }
    }
}
