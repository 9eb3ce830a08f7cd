//! Finds the structure of a type out by reading it, again and again, from nothing: a deserializer that is asked
//! for a struct notes that there is a struct, and makes one up.
//!
//! Knows serde's data model and nothing of what the types are for. What has been found out is kept by position, not
//! by name, since types of one name need not be one type.

mod asked;
mod candidates;
mod cursor;
mod explained;
mod found;
mod gaps;
mod judgement;
mod node;
mod probe;
mod refused;
mod tree;

use std::any::{Any, type_name};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Deserialize;

use cursor::Cursor;
use explained::Explained;
use probe::Asking;
use refused::Refused;
use tree::Tree;

use super::{DEPTH_LIMIT, Findings, Panic, Readable, Type};

/// No type is read more often than this.
const RUN_LIMIT: usize = 4096;

/// How deep to look, if looking deeper finds a type too large to be described.
const DEPTHS: [usize; 5] = [DEPTH_LIMIT, 16, 8, 4, 2];

/// The structure of `T`, as a format such as bincode sees it: not for people to read, structs as sequences, variants
/// by number.
///
/// It is found out by reading values of `T` from made-up input, a few for most types, one per variant for enums.
/// [`Type::Opaque`] stands wherever that does not tell: at a type that asks to be told what it is (serde's
/// `untagged` and internally tagged enums do). A struct `Hidden` stands for what follows, in the same tuple, a type of which
/// no valid value could be made up. A type too large to be described is opaque from some depth on.
///
/// Readable runs code of `T`'s: its `Deserialize` and what that calls, as `From` and `TryFrom` of `#[serde(from)]` and
/// `#[serde(try_from)]`. This never panics itself and never takes long. A type that panics at input that it did not
/// expect is not read again, so the panic hook sees it once; where panics abort, it is better not traced.
///
/// ```
/// use daffi::signature::trace;
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
    found::<T>(false).ty
}

/// As [`trace`], with what values of the type are held to, and what it allows beyond its structure, as [`reading`] has it.
/// Where something in it asks what it is given, all of it is [`Type::Any`]: its values say themselves what they are; of a tuple,
/// and of a `Result`, only those parts that do.
#[must_use]
pub fn findings<T: Deserialize<'static>>() -> Findings {
    found::<T>(true)
}

/// As a place for values has it, if that is asked: with what it allows, and what of it says itself what it is.
fn found<T: Deserialize<'static>>(is_place: bool) -> Findings {
    let rust = type_name::<T>();
    let read: &Read = &|cursor| T::deserialize(cursor).map(drop);
    let mut panics = Vec::new();
    let found = match explore(rust, read, &mut panics) {
        None => Findings::too_large(rust),
        Some(None) => Findings::nothing(),
        Some(Some(tree)) => {
            let tree = named(tree, read, &panics);
            let explained = if is_place {
                tree.explained()
            } else {
                Explained::default()
            };
            let (ty, positions) = tree.positions(&explained);
            // It is not read again if it panicked, lest it panics again.
            let allows = if is_place && panics.is_empty() && !positions.is_empty() {
                Asking::new(tree.clone(), read).all(&positions)
            } else {
                Readable::unknown(ty).allows
            };
            Findings {
                allows,
                ..tree.into_findings(&explained)
            }
        }
    };
    Findings { panics, ..found }
}

/// The structure of `T`, as [`trace`] has it, with what its `Deserialize` allows beyond it: which fields may be missing, and
/// whether it takes fields and variants that it does not know.
///
/// Of a field behind one of which no value could be made up, it is not known whether it may be missing: it may not. That takes about one more reading for each field that may not be missing, up to some thousands.
///
/// ```
/// use daffi_core::signature::{Allows, reading};
///
/// #[derive(serde::Deserialize)]
/// struct Item {
///     #[serde(alias = "label")]
///     name: String,
///     note: Option<String>,
///     #[serde(default)]
///     stock: u32,
/// }
///
/// let reading = reading::<Item>();
/// let allows = Allows::Fields { optional: vec![false, true, true], strict: false };
/// assert_eq!(reading.allows, [Some(allows)]);
/// assert_eq!(reading.ty.to_string(), "Item { name|label: String, note: Option<String>, stock: u32 }");
/// ```
#[must_use]
pub fn reading<T: Deserialize<'static>>() -> Readable {
    let Findings { ty, allows, .. } = findings::<T>();
    Readable { ty, allows }
}

/// Reads a type once.
type Read = dyn Fn(Cursor<'_>) -> Result<(), Refused>;

/// The same, where it was found out which names are whose. A type that panicked is not read again.
fn named(mut tree: Tree, read: &Read, panics: &[Panic]) -> Tree {
    if panics.is_empty() && !tree.structs_with_other_names().is_empty() {
        for (id, called) in Asking::new(tree.clone(), read).called() {
            tree.node_mut(id).called = called;
        }
    }
    tree
}

/// All that is known of a type: nothing if it panicked before; `None` if it is too large.
fn explore(rust: &'static str, read: &Read, panics: &mut Vec<Panic>) -> Option<Option<Tree>> {
    // Where each place is looked into by itself, nothing depends on what types are called.
    let alone = || Tree::new(DEPTH_LIMIT, false);
    let shared = DEPTHS.into_iter().map(|depth| Tree::new(depth, true));
    std::iter::once_with(alone)
        .chain(shared)
        .find_map(|tree| explore_in(tree, rust, read, panics))
}

/// What is known as far as the tree goes; `None` if it is too large. Types that are among `panics` are not read again.
fn explore_in(
    mut tree: Tree,
    rust: &'static str,
    read: &Read,
    panics: &mut Vec<Panic>,
) -> Option<Option<Tree>> {
    tree.panicked = panics.iter().map(|panic| panic.ty).collect();
    if tree.panicked.contains(&rust) {
        return Some(None);
    }
    let root = tree.root().node;
    tree.node_mut(root).rust = rust;
    for _ in 0..RUN_LIMIT {
        let before = tree.begin_run();
        let read_once = || {
            let position = tree.root();
            let result = read(Cursor::new(&mut tree, position));
            let _ = tree.judge(position, result);
        };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(read_once)) {
            panics.push(Panic {
                ty: tree.panicked(),
                message: words_of(payload),
            });
        }
        if tree.is_too_large() {
            return None;
        }
        if !tree.has_more_to_learn(before) {
            return Some(Some(tree));
        }
    }
    None
}

/// What a panic said.
fn words_of(payload: Box<dyn Any + Send>) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let words = text.or_else(|| payload.downcast_ref::<String>().cloned());
    if words.is_none() {
        // Its destructor might panic, too.
        std::mem::forget(payload);
    }
    words.unwrap_or_default()
}
