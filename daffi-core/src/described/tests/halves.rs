//! Whatever serde's attributes do to the two halves of a type, a value arrives as it was sent, or is refused: by positions, or with
//! names where these cannot carry it.
//!
//! The types are made up, with each attribute beside and inside of each other.

mod made;

use std::collections::VecDeque;
use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::made::{Content, Field, Fields, Made, Ty, Value, Variant, Variants};
use super::generated::{Dice, forever};
use crate::described::{Front, ItemsAs, Layout, ReadAs, Readings, decode};
use crate::proto::explained::{Which, encode_by_names};
use crate::proto::{
    Batch, Items, decode_arguments, decode_guarded, encode_arguments, encode_held, encode_item,
};
use crate::signature::{Contract, ErrorFindings, Form, Interface, Readable, Type, findings};

/// Makes types.
struct Types {
    dice: Dice,
    /// No two parts have a name in common, but where an attribute says so.
    names: usize,
    /// Whether each part is read that is written, and by the name by which it is: then nothing is refused.
    are_plain: bool,
    /// Whether positions tell all of it, as they have to where nothing is known.
    is_unknown: bool,
}

impl Types {
    const fn new(seed: u64, are_plain: bool) -> Self {
        Self {
            dice: Dice::new(seed),
            names: 0,
            are_plain,
            is_unknown: false,
        }
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.dice.below(many) == 0
    }

    /// The beginning of names that are not there yet.
    fn name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{what}{}", self.names)
    }

    fn ty(&mut self, depth: usize) -> &'static Ty {
        let kind = match (depth, self.are_plain) {
            (0, _) => self.dice.below(2),
            (_, true) => self.dice.below(12),
            // And those of which not all is known.
            (_, false) => self.dice.below(14),
        };
        let ty = match kind {
            0 => Ty::Number,
            1 => Ty::Text,
            2 => Ty::Option(self.not_an_option(depth - 1)),
            3 => Ty::List(self.ty(depth - 1)),
            4 => Ty::Pair([self.ty(depth - 1), self.ty(depth - 1)]),
            5 => Ty::Newtype(forever(&self.name("New")), self.ty(depth - 1)),
            12 => Ty::Sku,
            13 => {
                let around = std::mem::replace(&mut self.is_unknown, true);
                let inner = self.ty(depth - 1);
                self.is_unknown = around;
                Ty::Panics(inner)
            }
            6..9 => Ty::Enum(forever(&self.name("Enum")), self.variants(depth)),
            _ => Ty::Struct(forever(&self.name("Struct")), self.fields(depth)),
        };
        Box::leak(Box::new(ty))
    }

    /// With names, an option of an option is refused.
    fn not_an_option(&mut self, depth: usize) -> &'static Ty {
        loop {
            let ty = self.ty(depth);
            let mut inner = ty;
            while let Ty::Newtype(_, wrapped) = inner {
                inner = wrapped;
            }
            if !matches!(inner, Ty::Option(_)) {
                return ty;
            }
        }
    }

    /// How a part is written, and the names by which it is read.
    fn called(&mut self) -> (&'static str, Vec<&'static str>) {
        let name = self.name("user_x");
        let own = forever(&name);
        let other = |before: &str| forever(&format!("{before}{name}"));
        match self.dice.below(16) {
            kind if self.are_plain && !(3..5).contains(&kind) => (own, vec![own]),
            0 => (forever(&name.replace("_x", "X")), vec![own]),
            1 => (other("a_"), vec![own]),
            2 => (other("z_"), vec![own]),
            // The alias comes before the name in the alphabet, or behind it.
            3 => (own, vec![own, other("a_")]),
            4 => (own, vec![own, other("z_")]),
            5 => (other("a_"), vec![own, other("a_")]),
            6 => (forever(&name.replace("_x", "X")), vec![own, other("z_")]),
            _ => (own, vec![own]),
        }
    }

    fn field(&mut self, depth: usize) -> Field {
        let (written, read) = self.called();
        let ty = self.ty(depth - 1);
        let skips = match self.dice.below(16) {
            4..6 if self.are_plain || self.is_unknown => 0,
            skips => skips,
        };
        Field {
            written,
            read,
            skip_if_default: skips < 4,
            skip_serializing: skips == 4,
            skip_deserializing: skips == 5,
            default: skips < 6 && (self.are_plain || !self.one_in(8)) || self.one_in(4),
            ty,
        }
    }

    fn fields(&mut self, depth: usize) -> Fields {
        let count = self.dice.count(4);
        let mut all: Vec<_> = (0..count).map(|_| self.field(depth)).collect();
        // Which field it is that has another's name can be seen as long as the other is there, too.
        let is_there = |field: &Field| !field.skip_serializing && !field.skip_deserializing;
        if count > 1 && !self.are_plain && all.iter().all(is_there) && self.one_in(6) {
            let [one, other] = [self.dice.count(count as u64), self.dice.count(count as u64)];
            if self.one_in(3) {
                for place in 1..count {
                    all[place - 1].written = all[place].read[0];
                }
                all[count - 1].written = forever(&self.name("shifted"));
            } else if self.one_in(2) {
                (all[one].written, all[other].written) = (all[other].written, all[one].written);
            } else if one != other {
                all[one].written = all[other].read[self.dice.count(all[other].read.len() as u64)];
            }
        }
        // What of the last is not known stands before nothing that would be hidden by it.
        if let Some(last) = all.last_mut()
            && !self.are_plain
            && self.one_in(4)
        {
            let around = std::mem::replace(&mut self.is_unknown, true);
            last.ty = Box::leak(Box::new(Ty::Panics(self.ty(depth - 1))));
            self.is_unknown = around;
        }
        let mut fields = Fields::new(all);
        fields.deny_unknown = self.one_in(8);
        fields.have_order = !self.are_plain && self.one_in(32);
        fields
    }

    fn variant(&mut self, depth: usize, is_last: bool) -> Variant {
        let (written, read) = self.called();
        let other = is_last && self.one_in(2);
        let content = match self.dice.below(4) {
            _ if other => Content::Nothing,
            0 => Content::Nothing,
            1 => Content::One(self.ty(depth - 1)),
            2 => Content::Several((0..2).map(|_| self.ty(depth - 1)).collect()),
            _ => Content::Named(self.fields(depth)),
        };
        Variant {
            written,
            read,
            skip: !is_last && !self.is_unknown && self.one_in(6),
            other,
            content,
        }
    }

    fn variants(&mut self, depth: usize) -> Variants {
        let count = 1 + self.dice.count(3);
        let variant = |place| self.variant(depth, place + 1 == count);
        Variants::new((0..count).map(variant).collect())
    }

    fn value(&mut self, ty: &'static Ty) -> Value {
        // What is left out if it is the default.
        if self.one_in(3) {
            return ty.default();
        }
        match ty {
            Ty::Number => Value::Number([1, 250, 251, 70_000][self.dice.count(4)]),
            Ty::Text => Value::Text(["a", "some words"][self.dice.count(2)].to_owned()),
            Ty::Option(inner) => Value::Some(Box::new(self.value(inner))),
            Ty::List(inner) => Value::Parts((0..self.dice.count(4)).map(|_| self.value(inner)).collect()),
            Ty::Pair(types) => Value::Parts(types.iter().map(|ty| self.value(ty)).collect()),
            Ty::Newtype(_, inner) | Ty::Panics(inner) => self.value(inner),
            Ty::Sku => ty.default(),
            Ty::Struct(_, fields) => Value::Parts(self.parts(fields)),
            Ty::Enum(_, variants) => {
                let read: Vec<_> = (0..variants.all.len())
                    .filter(|place| !variants.all[*place].skip)
                    .collect();
                let place = read[self.dice.count(read.len() as u64)];
                let parts = match &variants.all[place].content {
                    Content::Nothing => Vec::new(),
                    Content::One(ty) => vec![self.value(ty)],
                    Content::Several(types) => types.iter().map(|ty| self.value(ty)).collect(),
                    Content::Named(fields) => self.parts(fields),
                };
                Value::Variant(place, parts)
            }
        }
    }

    fn parts(&mut self, fields: &'static Fields) -> Vec<Value> {
        fields.all.iter().map(|field| self.value(field.ty)).collect()
    }
}

/// What is there of a value when it has arrived: all but fields that are never written, or never read.
fn arrived(ty: &'static Ty, value: &Value) -> Value {
    let fields = |fields: &'static Fields, parts: &[Value]| -> Vec<Value> {
        let parts = fields.all.iter().zip(parts);
        parts
            .map(
                |(field, part)| match field.skip_serializing || field.skip_deserializing {
                    true => field.ty.default(),
                    false => arrived(field.ty, part),
                },
            )
            .collect()
    };
    match (ty, value) {
        (Ty::Option(inner), Value::Some(value)) => Value::Some(Box::new(arrived(inner, value))),
        (Ty::List(inner), Value::Parts(parts)) => {
            Value::Parts(parts.iter().map(|part| arrived(inner, part)).collect())
        }
        (Ty::Pair(types), Value::Parts(parts)) => Value::Parts(
            types
                .iter()
                .zip(parts)
                .map(|(ty, part)| arrived(ty, part))
                .collect(),
        ),
        (Ty::Newtype(_, inner) | Ty::Panics(inner), value) => arrived(inner, value),
        (Ty::Struct(_, named), Value::Parts(parts)) => Value::Parts(fields(named, parts)),
        (Ty::Enum(_, variants), Value::Variant(place, parts)) => {
            let parts = match &variants.all[*place].content {
                Content::Nothing => Vec::new(),
                Content::One(ty) => vec![arrived(ty, &parts[0])],
                Content::Several(types) => types
                    .iter()
                    .zip(parts)
                    .map(|(ty, part)| arrived(ty, part))
                    .collect(),
                Content::Named(named) => fields(named, parts),
            };
            Value::Variant(*place, parts)
        }
        (_, value) => value.clone(),
    }
}

/// What became of values.
#[derive(Debug, Default)]
struct Count {
    by_positions: usize,
    with_names: usize,
    refused: usize,
    refused_where_they_came: usize,
}

impl Count {
    /// Of each there are many, and few are refused only where they came.
    #[track_caller]
    fn is_fine(&self) {
        let Self {
            by_positions,
            with_names,
            refused,
            refused_where_they_came,
        } = *self;
        let many = by_positions > 1000 && with_names > 1000 && refused > 1000;
        assert!(many && refused_where_they_came < with_names / 5, "{self:?}");
    }
}

/// What takes values of a type that is made up, and how they are held to it.
struct Taker {
    ty: &'static Ty,
    form: Form,
    /// That of a callback with one such argument.
    contract: Contract,
    /// How items of such a stream are read.
    items: ItemsAs,
    own: Readings,
}

impl Taker {
    fn of(ty: &'static Ty) -> Self {
        Made::be(ty);
        let found = findings::<Made>();
        let (ty_of, allows) = (found.ty.clone(), found.allows.clone());
        let readable = Readable { ty: ty_of, allows };
        Self {
            ty,
            form: findings::<Made>().form,
            contract: Contract::new([("made", found)], findings::<()>(), ErrorFindings::None),
            items: ItemsAs::new(ReadAs::Guarded, &readable),
            own: Readings::own(true),
        }
    }

    fn interface(&self) -> &Interface {
        &self.contract.interface
    }

    /// Notes what came of a value.
    fn came(&self, value: &Value, came: Option<Made>, has_names: bool, count: &mut Count) {
        let Some(Made(came)) = came else {
            // Who has positions knows them.
            assert!(has_names, "{value:?} of {:#?}", self.ty);
            count.refused_where_they_came += 1;
            return;
        };
        count.with_names += usize::from(has_names);
        count.by_positions += usize::from(!has_names);
        assert_eq!(came, arrived(self.ty, value), "{value:?} of {:#?}", self.ty);
    }

    /// Sends one as an argument, in the form that is chosen for it.
    fn send(&self, value: &Value, which: Which<'_>, count: &mut Count) {
        let arguments = (Made(value.clone()),);
        let Ok((bytes, explained)) = encode_by_names(&arguments, &self.contract.forms.arguments, which)
        else {
            count.refused += 1;
            return;
        };
        let front = Front::of_arguments(&self.interface().explaining(&explained)).expect("they are known");
        let reading = front.arguments(self.interface(), &self.own);
        let came = reading
            .ok()
            .map(|reading| reading.arguments.decode_arguments::<(Made,)>(&bytes));
        let came = came.and_then(Result::ok).map(|(made,)| made);
        self.came(value, came, !explained.is_empty(), count);
    }

    fn write(&self, value: &Value, for_each: bool, items: &mut Items) -> bool {
        let made = Made(value.clone());
        let written = match for_each {
            true => encode_arguments(&(made,), &self.contract.forms.arguments, items),
            false => encode_item(&made, &self.form, items),
        };
        written.is_ok()
    }

    /// Sends them behind each other as items of a stream, or each as the argument of a call for each: each as it is alone.
    fn send_items(&self, values: &[Value], for_each: bool, count: &mut Count) {
        let (mut items, mut sent) = (Items::default(), VecDeque::new());
        for value in values {
            let mut alone = Items::default();
            let is_sent = self.write(value, for_each, &mut alone);
            assert_eq!(
                self.write(value, for_each, &mut items),
                is_sent,
                "{value:?} of {:#?}",
                self.ty
            );
            match is_sent {
                true => sent.push_back((value, alone.take())),
                false => count.refused += 1,
            }
        }
        while items.count() > 0 {
            let batch = items.take();
            let mut left = &batch.bytes[..];
            for _ in 0..batch.items {
                let (value, alone) = sent.pop_front().expect("it was sent");
                assert_eq!(alone.explained, batch.explained);
                let came = self.read_item(left, &batch, for_each);
                self.came(value, came, batch.explained, count);
                left = left.strip_prefix(&*alone.bytes).expect("it is as it is alone");
            }
            assert!(left.is_empty());
        }
        assert!(sent.is_empty());
    }

    fn read_item(&self, bytes: &[u8], batch: &Batch, for_each: bool) -> Option<Made> {
        if !for_each {
            let reading = self.items.reading(batch.explained).ok()?;
            return reading.decode_next(bytes).ok().map(|(made, _)| made);
        }
        let (bytes, _) = decode_arguments(bytes).expect("its length stands in front");
        let readings = match batch.explained {
            true => self.own.explained(self.interface(), &self.own).ok()?,
            false => self.own.clone(),
        };
        let came = readings.arguments.decode_arguments::<(Made,)>(&bytes);
        came.ok().map(|(made,)| made)
    }
}

/// Does something with many types and values of them. None is refused if its type is plain.
fn with_many(work: impl Fn(&Taker, &[Value], &mut Count)) {
    let mut count = Count::default();
    for seed in 0..2000 {
        let mut types = Types::new(seed, seed % 3 == 0);
        let taker = Taker::of(types.ty(4));
        let values: Vec<_> = (0..6).map(|_| types.value(taker.ty)).collect();
        let refused = count.refused + count.refused_where_they_came;
        work(&taker, &values, &mut count);
        let is_refused = refused < count.refused + count.refused_where_they_came;
        assert!(!is_refused || !types.are_plain, "{values:?} of {:#?}", taker.ty);
    }
    count.is_fine();
}

/// explained.named
#[test]
fn p13_whatever_attributes_do_a_value_arrives_as_it_was_sent_or_is_refused() {
    with_many(|taker, values, count| {
        for value in values {
            for which in [Which::Needed(&[]), Which::All] {
                taker.send(value, which, count);
            }
        }
    });
}

/// explained.named, explained.items
#[test]
fn p13_whatever_attributes_do_an_item_arrives_as_it_was_sent_or_is_refused_whatever_was_sent_before_it() {
    with_many(|taker, values, count| {
        for for_each in [false, true] {
            taker.send_items(values, for_each, count);
        }
    });
}

/// explained.named: nothing is known of it where it is sent, and where it is read all there is to know.
#[test]
fn p13_what_positions_carry_is_not_lost_by_names_beside_something_that_needs_them() {
    let [mut sent, mut refused] = [0; 2];
    for seed in 0..2000 {
        let mut types = Types::new(seed, false);
        let ty = types.ty(3);
        let Taker {
            ty, contract, own, ..
        } = Taker::of(ty);
        let beside = [("made", findings::<Made>()), ("rule", findings::<Rule>())];
        let interface = Contract::new(beside, findings::<()>(), ErrorFindings::None).interface;
        let readings = own.explained(&interface, &own);
        for value in (0..6).map(|_| types.value(ty)) {
            let made = || Made(value.clone());
            if encode_held(&(made(),), &contract.forms.arguments).is_err() {
                continue;
            }
            let mut items = Items::default();
            if encode_arguments(&(made(), rule(None)), &Form::unknown(), &mut items).is_err() {
                refused += 1;
                continue;
            }
            let (bytes, _) = decode_arguments(&items.take().bytes).expect("its length stands in front");
            let Ok(readings) = &readings else { continue };
            if let Ok((Made(came), beside)) = readings.arguments.decode_arguments::<(Made, Rule)>(&bytes) {
                sent += 1;
                assert_eq!(
                    (came, beside),
                    (arrived(ty, &value), rule(None)),
                    "{value:?} of {ty:#?}"
                );
            }
        }
    }
    assert!(sent > 1000 && refused > 1000, "{sent} {refused}");
}

/// What comes of a value that is sent as an argument; nothing if it is refused.
fn come<T: Serialize + DeserializeOwned>(value: &T, which: Which<'_>) -> Result<(T, bool), String> {
    let form = Form::tuple([findings::<T>().form]);
    let (bytes, explained) = encode_by_names(&(value,), &form, which).map_err(|error| error.to_string())?;
    let has_names = !explained.is_empty();
    let (came,) = if has_names {
        decode(&Layout::new(&Type::Tuple(vec![Type::Any])), &bytes).expect("it can be read")
    } else {
        decode_guarded(&bytes).expect("it can be read")
    };
    Ok((came, has_names))
}

#[track_caller]
fn comes<T: Clone + Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, has_names: bool) {
    assert_eq!(
        come(value, Which::Needed(&[])).as_ref(),
        Ok(&(value.clone(), has_names))
    );
}

#[track_caller]
fn refused<T: Serialize + DeserializeOwned + Debug>(value: &T, words: &[&str]) {
    for which in [Which::Needed(&[]), Which::All] {
        let error = come(value, which).expect_err("it was sent");
        for word in words {
            assert!(error.contains(word), "no {word} in: {error}");
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u8>,
    level: u8,
}

fn rule(limit: Option<u8>) -> Rule {
    Rule { limit, level: 3 }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(serialize = "camelCase"))]
struct Cased {
    nick: Option<String>,
    user_id: Option<u64>,
}

fn cased() -> Cased {
    Cased {
        nick: Some("a".to_owned()),
        user_id: Some(5),
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Renamed {
    #[serde(default, rename(serialize = "x", deserialize = "y"))]
    number: u8,
}

/// Something that only names tell, and something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Around<T> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<u8>,
    inside: T,
    last: u8,
}

fn around<T>(inside: T) -> Around<T> {
    Around {
        first: None,
        inside,
        last: 1,
    }
}

/// The same where not every name is a field's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Aliased<T> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<u8>,
    #[serde(alias = "q")]
    other: u8,
    inside: T,
}

fn aliased<T>(inside: T) -> Aliased<T> {
    Aliased {
        first: None,
        other: 2,
        inside,
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Exchanged {
    #[serde(rename(serialize = "B", deserialize = "A"))]
    A,
    #[serde(rename(serialize = "A", deserialize = "B"))]
    B,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Open {
    #[serde(rename(serialize = "firstOne", deserialize = "first_one"))]
    FirstOne,
    #[serde(other)]
    Other,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Behind {
    #[serde(skip)]
    #[expect(dead_code, reason = "it is never sent")]
    Never,
    A(u8),
    B {
        b: Rule,
    },
}

#[test]
fn p13_names_tell_what_each_field_is() {
    comes(&rule(None), true);
    comes(&rule(Some(1)), false);
    comes(&around(7_u8), true);
    comes(&around(rule(Some(1))), true);
    comes(&aliased(rule(None)), true);
    comes(&vec![around(vec![(1_u8, rule(None))]), around(Vec::new())], true);
    comes(&Behind::A(1), true);
    comes(&vec![Behind::B { b: rule(None) }, Behind::A(2)], true);
    comes(&around(Behind::B { b: rule(Some(1)) }), true);
    comes(&cased(), false);
    comes(&Open::FirstOne, false);
}

/// What a reader would take for something that is not there is refused beside what only names tell.
#[test]
fn p13_what_goes_by_positions_alone_is_refused_beside_what_goes_by_names_alone() {
    let case = ["`Cased`", "`userId`", "`user_id`", "one name"];
    refused(&around(cased()), &case);
    refused(&aliased(cased()), &case);
    refused(&aliased(vec![Some((1_u8, cased()))]), &case);
    refused(&vec![Ok(rule(None)), Err(cased())], &case);
    refused(
        &vec![
            Around {
                first: Some(1),
                ..around(cased())
            },
            around(cased()),
        ],
        &case,
    );
    refused(
        &around(Renamed { number: 1 }),
        &["`Renamed`", "`x`", "`y`", "rename"],
    );
    refused(
        &aliased(Renamed { number: 1 }),
        &["`Renamed`", "`x`", "`y`", "rename"],
    );
    refused(&around(Exchanged::A), &["`Exchanged`", "rename"]);
    refused(&aliased(Exchanged::A), &["`Exchanged`", "rename"]);
    refused(&around(Open::FirstOne), &["`Open`", "`firstOne`", "`first_one`"]);
    refused(&aliased(Open::FirstOne), &["`Open`", "`firstOne`", "`first_one`"]);
}

/// A name that is an alias of another field is that field's.
#[test]
fn p13_a_field_that_has_the_alias_of_another_is_refused() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Taken {
        #[serde(default, rename(serialize = "b"))]
        a: u8,
        #[serde(default, alias = "b", skip_serializing_if = "is_zero")]
        c: u8,
    }
    refused(&Taken { a: 7, c: 0 }, &["`Taken`"]);
    // Each has the name of the next, and the last is left out.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Shifted {
        #[serde(default, rename(serialize = "y", deserialize = "x"))]
        x: u8,
        #[serde(
            default,
            rename(serialize = "z", deserialize = "y"),
            skip_serializing_if = "is_zero"
        )]
        y: u8,
    }
    refused(&Shifted { x: 5, y: 0 }, &["`Shifted`"]);
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// Of an argument of which not all is known, what is known is held to it.
#[test]
fn p13_what_is_known_beside_what_is_not_is_held_to_its_names() {
    let panics = || Panics { a: 1, b: Some(2) };
    let error = come(&around((Renamed { number: 1 }, panics())), Which::All)
        .map(drop)
        .unwrap_err();
    assert!(error.contains("`x`") && error.contains("`y`"), "{error}");
    let form = Form::tuple([findings::<(Cased, Panics)>().form]);
    let fine = (cased(), panics());
    assert!(encode_by_names(&(&fine,), &form, Which::Needed(&[])).is_ok());
    assert!(encode_by_names(&(&fine,), &form, Which::All).is_err());
}

/// Nothing is known of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Panics {
    a: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<u8>,
}

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("it cannot be read")
    }
}

/// No value of it can be made up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String")]
struct Sku(String);

impl TryFrom<String> for Sku {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match &*name {
            "daffi" => Ok(Self(name)),
            _ => Err("there is nothing of that name"),
        }
    }
}

/// Read as a number, and written as a struct.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "u8")]
struct FromNumber {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<u8>,
    b: u8,
}

impl From<u8> for FromNumber {
    fn from(b: u8) -> Self {
        Self { a: None, b }
    }
}

/// Names tell nothing where it is not known that names are read.
#[test]
fn p13_what_is_left_out_is_named_where_no_names_are_read() {
    let value = FromNumber { a: None, b: 5 };
    let error = come(&value, Which::Needed(&[])).unwrap_err();
    assert!(
        error.contains("field `a`") && error.contains("skip_serializing_if"),
        "{error}"
    );
    refused(&value, &["`FromNumber`"]);
    refused(&around(value), &["`FromNumber`"]);
    let panics = (1_u8, Panics { a: 1, b: None });
    refused(&panics, &["`b`", "`Panics`", "skip_serializing_if"]);
}

/// Where some of the arguments ask what they are given, others go with names of which not all is known.
#[test]
fn p13_an_argument_that_goes_with_names_beside_others_is_held_to_its_type() {
    let none = || findings::<u8>();
    let beside = |argument| {
        let arguments = [("any", findings::<serde_json::Value>()), ("other", argument)];
        Contract::new(arguments, none(), ErrorFindings::None)
    };
    let Contract { interface, forms, .. } = beside(findings::<(Cased, Panics)>());
    assert_eq!(interface.signature.to_string(), "fn(any: Any, other: Any) -> u8");
    let any = serde_json::json!([1]);
    let other = (cased(), Panics { a: 1, b: Some(2) });
    let error = encode_held(&(&any, &other), &forms.arguments)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`userId`") && error.contains("`user_id`"),
        "{error}"
    );
    // What is not known of it may leave out what it likes, and stand behind something of which no value can be made up.
    let forms = beside(findings::<(Cased, Panics, Vec<(Sku, u32)>)>()).forms;
    let sku = || Sku("daffi".to_owned());
    let other = (
        Cased {
            user_id: None,
            ..cased()
        },
        Panics { a: 1, b: None },
        vec![(sku(), 3)],
    );
    assert!(encode_held(&(&any, &other), &forms.arguments).is_err());
    let forms = beside(findings::<(Rule, Panics, Vec<(Sku, u32)>)>()).forms;
    let other = (rule(None), Panics { a: 1, b: None }, vec![(sku(), 3)]);
    let bytes = encode_held(&(&any, &other), &forms.arguments).unwrap();
    let layout = Layout::new(&Type::Tuple(vec![Type::Any; 2]));
    type Came = (serde_json::Value, (Rule, serde_json::Value, Vec<(Sku, u32)>));
    let came: Came = decode(&layout, &bytes).unwrap();
    assert_eq!(came.1, (other.0, serde_json::json!({"a": 1}), other.2));
    let forms = beside(findings::<Vec<(Sku, u32)>>()).forms;
    let bytes = encode_held(&(&any, vec![(sku(), 3)]), &forms.arguments).unwrap();
    let came: (serde_json::Value, Vec<(Sku, u32)>) = decode(&layout, &bytes).unwrap();
    assert_eq!(came, (any.clone(), vec![(sku(), 3)]));
    let forms = beside(findings::<(Rule, Panics)>()).forms;
    let other = (rule(None), Panics { a: 1, b: Some(2) });
    let bytes = encode_held(&(&any, &other), &forms.arguments).unwrap();
    let layout = Layout::new(&Type::Tuple(vec![Type::Any; 2]));
    let (_, (came, _)): (serde_json::Value, (Rule, serde_json::Value)) = decode(&layout, &bytes).unwrap();
    assert_eq!(came, other.0);
}
