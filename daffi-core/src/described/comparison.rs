//! What is written by one structure and read by another, place by place.

mod pass;

use std::collections::{BTreeMap, BTreeSet};

use super::asking::Asking;
use super::layout::{At, Enum, Layout, Place, Struct};
use super::misfit::{Misfit, Step};
use super::names::Names;
use super::wider::{is_number, is_wider};
use super::words::{Expected, Listed};
use crate::proto::Limits;

/// More parts, and names that are looked up, than this are there only in structures made to be slow to compare: some times as many as a
/// structure may have.
const PARTS: usize = 1 << 16;

/// What is yet to be looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    /// Whether what is written at the one place is read at the other.
    Pair(At, At),
    /// Whether what is written there can be passed over.
    Pass(At),
}

/// Where it is, as the number of the last step to it, counted from 1.
type Way = usize;

/// One without fields.
static EMPTY: Struct = Struct::EMPTY;

#[derive(Clone, Copy)]
enum To<'l> {
    Name(&'l Names),
    Element(usize),
    Every,
    Key,
}

/// Two structures, as far as they were compared.
pub(super) struct Comparison<'l> {
    written: &'l Layout,
    read: &'l Layout,
    /// Where in what is written, and in what is read, something says itself what it is.
    asking: [Asking; 2],
    /// The next one last. Places may be inside of each other for ever, so this is no recursion.
    open: Vec<(Task, Way)>,
    /// What was, or is, open. It is assumed to agree until it is found not to, which is what makes cycles end.
    seen: BTreeSet<Task>,
    /// Each behind the one before it.
    steps: Vec<(Way, To<'l>)>,
    /// Whether something is elsewhere, so that values are read by the writer's structure.
    differs: bool,
    /// Where something is not known, so that all has to be the same.
    unknown: Option<(Way, &'static str)>,
    /// Which of the parts of a place that is read goes by a name.
    lookups: BTreeMap<At, BTreeMap<&'l str, usize>>,
    /// How many parts more are looked at.
    left: usize,
}

type Agrees = Result<(), Misfit>;

/// What is at fault, and what would not be.
#[cold]
fn fault(what: impl std::fmt::Display, instead: &str) -> Agrees {
    Err(Misfit::new(format_args!("{what}; {instead}")))
}

const NAMELESS: &str = "what the fields are called is not known";

const UNKNOWN: &str = "it has to be the same on both sides";

const ASKS: &str = "what is known of these values is on one side that they, or some inside of them, say themselves what they are, and on \
                    the other nothing";

const TRACED: &str = "leave `untraced` away, and call with a fetcher instead of a name";

impl<'l> Comparison<'l> {
    pub(super) fn new(written: &'l Layout, read: &'l Layout) -> Self {
        let root = Task::Pair(written.root(), read.root());
        Self {
            written,
            read,
            asking: [written, read].map(Asking::of),
            open: vec![(root, 0)],
            seen: BTreeSet::from([root]),
            steps: Vec::new(),
            differs: false,
            unknown: None,
            lookups: BTreeMap::new(),
            left: PARTS,
        }
    }

    /// Whether something is elsewhere, if all that is written is read.
    pub(super) fn all(mut self) -> Result<bool, Misfit> {
        while let Some((task, way)) = self.open.pop() {
            let first = self.open.len();
            let agrees = match task {
                Task::Pair(from, to) => self.pair(from, to, way),
                Task::Pass(at) => self.pass(at, way),
            };
            agrees.map_err(|misfit| self.at(misfit, way))?;
            // They are looked at in their order.
            self.open[first..].reverse();
        }
        match self.unknown {
            Some((way, what)) if self.differs => {
                Err(self.at(Misfit::new(format_args!("{what}; {UNKNOWN}")), way))
            }
            _ => Ok(self.differs),
        }
    }

    #[cold]
    fn at(&self, mut misfit: Misfit, mut way: Way) -> Misfit {
        while let Some((before, to)) = way.checked_sub(1).map(|number| self.steps[number]) {
            misfit = misfit.within(match to {
                To::Name(names) => Step::name(names.shown()),
                To::Element(number) => Step::Element(number),
                To::Every => Step::Every,
                To::Key => Step::Key("key".to_owned()),
            });
            way = before;
        }
        misfit
    }

    /// Something else has to be looked at, one step further if there is one.
    fn then(&mut self, task: Task, way: Way, to: Option<To<'l>>) -> Agrees {
        self.look_at(1)?;
        if self.seen.insert(task) {
            let way = to.map_or(way, |to| {
                self.steps.push((way, to));
                self.steps.len()
            });
            self.open.push((task, way));
        }
        Ok(())
    }

    /// So many parts or names are looked at.
    fn look_at(&mut self, parts: usize) -> Agrees {
        let left = self.left.checked_sub(parts);
        self.left = left.ok_or_else(|| Misfit::new("the structures are too large to be compared"))?;
        Ok(())
    }

    fn pair(&mut self, from: At, mut to: At, way: Way) -> Agrees {
        let (written, read) = (self.written, self.read);
        let mut around = 0;
        while let (false, Place::Option(inner)) = (is_option(written, from), read.place(to)) {
            self.differs = true;
            to = *inner;
            around += 1;
            if around > Limits::DEPTH {
                return fault(
                    "an option that contains nothing but itself is expected",
                    "it has no values",
                );
            }
        }
        if around > 0 && !self.seen.insert(Task::Pair(from, to)) {
            return Ok(());
        }
        match (written.place(from), read.place(to)) {
            (Place::Any, Place::Any) => Ok(()),
            (Place::Opaque, _) if self.asking[1].is_at(to) => fault(ASKS, TRACED),
            (_, Place::Opaque) if self.asking[0].is_at(from) => fault(ASKS, TRACED),
            // Whether a value is one for the reader, its type finds out when it comes.
            (Place::Any, _) => {
                self.differs = true;
                Ok(())
            }
            // Its types wrote it as they do for machines, and who asks what it is given takes it for what is for people.
            (_, Place::Any) => fault(
                "what is written by positions would be read by a type that asks what it is given",
                "let its reader keep the type, or its writer have one that is sent with names, too",
            ),
            (Place::Opaque, _) | (_, Place::Opaque) => {
                self.unknown.get_or_insert((way, "what is here is not known"));
                Ok(())
            }
            (Place::Option(inner), Place::Option(other)) => {
                if is_option(written, *inner) == is_option(read, *other) {
                    self.then(Task::Pair(*inner, *other), way, None)
                } else {
                    fault(
                        "an option of an option cannot be told from an option",
                        "add a field with a default instead",
                    )
                }
            }
            (Place::Option(_), _) => fault(
                format_args!("nothing may be written, and {} is expected", Expected(read, to)),
                "leave it an `Option`",
            ),
            (Place::Seq(element), Place::Seq(other)) => {
                self.then(Task::Pair(*element, *other), way, Some(To::Every))
            }
            (Place::Bytes, Place::Seq(element)) if *read.place(*element) == Place::U8 => Ok(()),
            (Place::Seq(element), Place::Bytes) if *written.place(*element) == Place::U8 => Ok(()),
            (Place::Map(key, value, _), Place::Map(other_key, other_value, _)) => {
                self.then(Task::Pair(*key, *other_key), way, Some(To::Key))?;
                self.then(Task::Pair(*value, *other_value), way, Some(To::Every))
            }
            (Place::Tuple(fields), Place::Tuple(others)) if fields.len() == others.len() => {
                let pairs = fields.iter().zip(others).enumerate();
                let mut pairs = pairs.map(|(number, (from, to))| (Task::Pair(*from, *to), number));
                pairs.try_for_each(|(pair, number)| self.then(pair, way, Some(To::Element(number))))
            }
            (Place::Tuple(fields), Place::Tuple(others)) => fault(
                format_args!(
                    "{} elements are written, and {} are expected",
                    fields.len(),
                    others.len()
                ),
                "use a struct with names, to which fields with a default can be added",
            ),
            (Place::Struct(fields), Place::Struct(others)) => self.fields(fields, others, to, way),
            (Place::Unit, Place::Struct(others)) => self.fields(&EMPTY, others, to, way),
            (Place::Struct(fields), Place::Unit) => {
                self.differs |= !fields.fields.is_empty();
                self.pass_all(fields, way)
            }
            (Place::Enum(choices), Place::Enum(others)) => self.variants(choices, others, to, way),
            (here, there) if here == there => Ok(()),
            (here, there) if is_wider(here, there) => {
                self.differs = true;
                Ok(())
            }
            (here, there) => fault(
                format_args!(
                    "{} is written, and {} is expected",
                    Expected(written, from),
                    Expected(read, to)
                ),
                if is_number(here) && is_number(there) {
                    "a number may only become wider"
                } else {
                    "declare it alike on both sides, or add a field of the new type with a default beside the old one"
                },
            ),
        }
    }

    /// Which of the parts at a place that is read goes by one of the names of something that is written.
    fn met(&mut self, names: &Names, to: At) -> Result<Option<usize>, Misfit> {
        self.look_at(names.all().count())?;
        let read = self.read;
        let lookup = self.lookups.entry(to).or_insert_with(|| {
            let all: Vec<&'l Names> = match read.place(to) {
                Place::Struct(structure) => structure.names.iter().collect(),
                Place::Enum(choices) => choices.names().collect(),
                _ => Vec::new(),
            };
            let mut lookup = BTreeMap::new();
            for (place, names) in all.into_iter().enumerate() {
                for name in names.all() {
                    lookup.entry(name).or_insert(place);
                }
            }
            lookup
        });
        if let Some(place) = names.written().and_then(|name| lookup.get(name)) {
            return Ok(Some(*place));
        }
        let mut met = names.all().filter_map(|name| lookup.get(name)).copied();
        let first = met.next();
        if met.all(|place| Some(place) == first) {
            return Ok(first);
        }
        Err(Misfit::new(
            "by its names it may be several of the reader's; give it only names of one of them",
        ))
    }

    fn variants(&mut self, choices: &'l Enum, others: &'l Enum, to: At, way: Way) -> Agrees {
        let are_known = choices.names().chain(others.names()).all(Names::is_known);
        if choices.is_open() || others.is_open() || others.is_unasked() || !are_known {
            self.unknown
                .get_or_insert((way, "not all is known of these variants"));
        }
        self.differs |= choices.all().len() != others.all().len();
        let mut shared = 0;
        for (place, choice) in choices.all().iter().enumerate() {
            let step = |misfit: Misfit| misfit.within(choice.step());
            let met = match others.all().get(place) {
                Some(other) if other.names == choice.names => Some(place),
                _ if are_known => self.met(&choice.names, to).map_err(step)?,
                _ => None,
            };
            let other = met.map(|met| (&others.all()[met], met + 1 == others.all().len()));
            match other {
                // What takes others passes over whatever comes.
                Some((other, true))
                    if others.takes_others() && *self.read.place(other.content) == Place::Unit =>
                {
                    shared += 1;
                    self.differs |=
                        other.index != choice.index || *self.written.place(choice.content) != Place::Unit;
                    self.then(Task::Pass(choice.content), way, Some(To::Name(&choice.names)))?;
                }
                Some((other, _)) => {
                    shared += 1;
                    self.differs |= other.index != choice.index;
                    let pair = Task::Pair(choice.content, other.content);
                    self.then(pair, way, Some(To::Name(&choice.names)))?;
                }
                None => {
                    self.differs = true;
                    if others.takes_others() {
                        shared += 1;
                        self.then(Task::Pass(choice.content), way, Some(To::Name(&choice.names)))?;
                    }
                }
            }
        }
        if shared == 0 && !choices.all().is_empty() {
            return fault(
                format_args!(
                    "none of the variants {} is among {}",
                    Listed(choices.names()),
                    Listed(others.names())
                ),
                "keep their names, or give them `#[serde(alias)]`",
            );
        }
        Ok(())
    }

    fn fields(&mut self, fields: &'l Struct, others: &'l Struct, to: At, way: Way) -> Agrees {
        let are_known = fields.names.iter().chain(&others.names).all(Names::is_known);
        let are_same = fields.names == others.names;
        if !are_known {
            self.unknown.get_or_insert((way, NAMELESS));
            if !are_same {
                return fault(NAMELESS, UNKNOWN);
            }
        }
        let mut moved = fields.names.len() != others.names.len();
        let mut has_come = vec![false; others.names.len()];
        for (number, (names, from)) in fields.names.iter().zip(&fields.fields).enumerate() {
            let step = |misfit: Misfit| misfit.within(Step::name(names.shown()));
            let place = if are_same {
                Some(number)
            } else {
                self.met(names, to).map_err(step)?
            };
            moved |= place != Some(number);
            match place {
                Some(place) if has_come[place] => fault(
                    "two fields are written that one field of the reader stands for",
                    "give only one of them its `#[serde(alias)]`",
                )
                .map_err(step)?,
                Some(place) => {
                    has_come[place] = true;
                    let pair = Task::Pair(*from, others.fields[place]);
                    self.then(pair, way, Some(To::Name(names)))?;
                }
                None if others.strict => fault(
                    "the reader does not know this field, and `#[serde(deny_unknown_fields)]` refuses it",
                    "without that it is passed over",
                )
                .map_err(step)?,
                None => self.then(Task::Pass(*from), way, Some(To::Name(names)))?,
            }
        }
        self.differs |= moved;
        if moved && others.unasked {
            return fault("what this type reads beyond its structure is not known", UNKNOWN);
        }
        for (place, has_come) in has_come.into_iter().enumerate() {
            if !has_come && !others.optional.get(place).copied().unwrap_or(false) {
                return fault("the reader needs this field, and it is not written", DEFAULT)
                    .map_err(|misfit| misfit.within(Step::name(others.names[place].shown())));
            }
        }
        Ok(())
    }
}

const DEFAULT: &str = "give it `#[serde(default)]`, or make it an `Option`";

fn is_option(layout: &Layout, at: At) -> bool {
    matches!(layout.place(at), Place::Option(_))
}
