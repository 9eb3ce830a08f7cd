//! Finds the structure of a type out by reading it, again and again, from nothing: a deserializer that is asked
//! for a struct notes that there is a struct, and makes one up.
//!
//! Knows serde's data model and nothing of what the types are for. What has been found out is kept by position, not
//! by name, since types of one name need not be one type.

mod candidates;
mod cursor;
mod found;
mod judgement;
mod refused;
mod tree;

use std::any::type_name;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Deserialize;

use cursor::Cursor;
use refused::Refused;
use tree::Tree;

use super::{DEPTH_LIMIT, Findings, Type};

/// No type is read more often than this.
const RUN_LIMIT: usize = 4096;

/// How deep to look, if looking deeper finds a type too large to be described.
const DEPTHS: [usize; 5] = [DEPTH_LIMIT, 16, 8, 4, 2];

/// The structure of `T`, as a format such as bincode sees it: not for people to read, structs as sequences, variants
/// by number.
///
/// It is found out by reading values of `T` from made-up input, a few for most types, one per variant for enums.
/// [`Type::Opaque`] stands wherever that does not tell: at a type that asks to be told what it is (serde's
/// `untagged` and internally tagged enums do), and at what follows, in the same struct or tuple, a type of which
/// no valid value could be made up. A type too large to be described is opaque from some depth on.
///
/// This never panics, though the panic hook sees panics of `T`'s own implementation at input that it did not expect,
/// and it never takes long.
///
/// ```
/// use daffi_core::signature::trace;
///
/// #[derive(serde::Deserialize)]
/// struct Folder {
///     name: String,
///     inside: Vec<Folder>,
/// }
///
/// assert_eq!(trace::<Option<(u8, String)>>().to_string(), "Option<(u8, String)>");
/// assert_eq!(trace::<Folder>().to_string(), "Folder { name: String, inside: Vec<Folder> }");
/// ```
#[must_use]
pub fn trace<T: Deserialize<'static>>() -> Type {
    findings::<T>().ty
}

/// As [`trace`], with what values of the type are held to.
#[must_use]
pub fn findings<T: Deserialize<'static>>() -> Findings {
    explore(type_name::<T>(), &|cursor| T::deserialize(cursor).map(drop))
}

fn explore(rust: &'static str, read: &dyn Fn(Cursor<'_>) -> Result<(), Refused>) -> Findings {
    DEPTHS
        .into_iter()
        .find_map(|depth| explore_to(depth, rust, read))
        .unwrap_or_else(Findings::nothing)
}

/// The structure as far as `depth`; `None` if it is too large.
fn explore_to(
    depth: usize,
    rust: &'static str,
    read: &dyn Fn(Cursor<'_>) -> Result<(), Refused>,
) -> Option<Findings> {
    let mut tree = Tree::new(depth);
    let root = tree.root().node;
    tree.node_mut(root).rust = rust;
    for _ in 0..RUN_LIMIT {
        let before = tree.begin_run();
        let read_once = || {
            let position = tree.root();
            let result = read(Cursor::new(&mut tree, position));
            let _ = tree.judge(position, result);
        };
        if catch_unwind(AssertUnwindSafe(read_once)).is_err() {
            tree.blame_last_leaf();
        }
        if tree.is_too_large() {
            return None;
        }
        if !tree.has_more_to_learn(before) {
            return Some(tree.into_findings());
        }
    }
    None
}
