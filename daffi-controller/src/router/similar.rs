//! A callback that may be meant by a name that nobody offers.

use daffi_core::proto::Absence;

use super::ids::PeerId;
use super::provider::Function;
use super::state::Router;
use super::work::Turn;

/// So many callbacks are looked at.
const LOOKED_AT: usize = 256;

/// Longer names are not compared.
const LONGEST: usize = 64;

/// How much is compared for one name in all, in pairs of letters: names that are unlike are told apart by a few.
const COMPARED: usize = 32 * 1024;

/// To begin with a name, or with one more letter of it, is as much as so many.
const BEGUN: usize = 16;

/// So many of them take as long as a look.
const LOOK: usize = 128;

/// More letters than that are no slip.
const SLIPS: usize = 3;

impl Router {
    /// That nobody offers a callback; and which other one is, by its name, if it may be meant, and the caller may know of all.
    pub(super) fn absent(&mut self, from: PeerId, name: &str, turn: &mut Turn) -> Absence {
        if self.directory.function(name).is_some() || !self.may_observe_all(from, turn) {
            return Absence::nobody();
        }
        let similar = self.similar(from, name, turn);
        similar.map_or_else(Absence::nobody, Absence::misspelt)
    }

    /// The callback with the nearest name that somebody else offers.
    fn similar(&self, from: PeerId, name: &str, turn: &mut Turn) -> Option<&str> {
        let meant = Meant::of(name)?;
        let known = (0..LOOKED_AT).map_while(|place| self.directory.function_at(place));
        let (mut looks, mut left) = (0, COMPARED);
        let nearest = known
            .inspect(|_| looks += 1)
            .flatten()
            .filter(|function| self.is_of_others(from, function))
            .filter_map(|function| Some((meant.distance(&function.name, &mut left)?, &*function.name)))
            .min();
        turn.spend_looks(looks + (COMPARED - left) / LOOK);
        nearest.map(|(_, other)| other)
    }

    /// Whether another process than that one offers a callback.
    fn is_of_others(&self, from: PeerId, function: &Function) -> bool {
        match function.shown() {
            [] => false,
            // No process offers it twice.
            [only] => self
                .directory
                .provider(*only)
                .is_some_and(|provider| provider.peer != from),
            _ => true,
        }
    }
}

/// A name, and how far from it another one may be.
struct Meant<'a> {
    name: &'a str,
    slips: usize,
}

impl<'a> Meant<'a> {
    fn of(name: &'a str) -> Option<Self> {
        let slips = (last(name).len() / 3).min(SLIPS);
        (name.len() <= LONGEST && slips > 0).then_some(Self { name, slips })
    }

    /// How far a name is; none if it is too far, or nothing more is compared.
    fn distance(&self, other: &str, left: &mut usize) -> Option<usize> {
        let whole = distance(self.name, other, self.slips, left);
        // With what names begin with that belong together, or without: one of the two has left it out.
        let (own, others) = (last(self.name), last(other));
        let is_part = (own.len() < self.name.len()) != (others.len() < other.len());
        whole.or_else(|| {
            let part = is_part.then(|| distance(own, others, self.slips - 1, left));
            Some(part?? + 1)
        })
    }
}

/// A name without what it begins with, as in `shop.get_items`.
fn last(name: &str) -> &str {
    name.rsplit(['.', ':', '/']).next().unwrap_or(name)
}

/// What is between that with which both begin, and that with which both end.
fn unlike<'a>(mut a: &'a [u8], mut b: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    while let ([x, own @ ..], [y, others @ ..]) = (a, b)
        && x.eq_ignore_ascii_case(y)
    {
        (a, b) = (own, others);
    }
    while let ([own @ .., x], [others @ .., y]) = (a, b)
        && x.eq_ignore_ascii_case(y)
    {
        (a, b) = (own, others);
    }
    (a, b)
}

/// How many letters are another one, are missing, are one too many, or have changed places with the next: `most`, or none. Large and small ones are the same.
fn distance(a: &str, b: &str, most: usize, left: &mut usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most || b.len() > LONGEST {
        return None;
    }
    *left = left.checked_sub(BEGUN)?;
    let (a, b) = unlike(a.as_bytes(), b.as_bytes());
    // How far what was seen of the one is from each beginning of the other; and the same before the last letter.
    let mut row = [0_u8; LONGEST + 1];
    (0..).zip(&mut row).for_each(|(place, cell)| *cell = place);
    let (mut before, mut seen) = (row, 0);
    for (i, x) in a.iter().enumerate() {
        *left = left.checked_sub(BEGUN + b.len())?;
        seen += 1;
        let mut next = [seen; LONGEST + 1];
        for (j, y) in b.iter().enumerate() {
            let other = u8::from(!x.eq_ignore_ascii_case(y));
            next[j + 1] = (row[j] + other).min(row[j + 1] + 1).min(next[j] + 1);
            let has_changed =
                i > 0 && j > 0 && x.eq_ignore_ascii_case(&b[j - 1]) && a[i - 1].eq_ignore_ascii_case(y);
            if has_changed {
                next[j + 1] = next[j + 1].min(before[j - 1] + 1);
            }
        }
        if next[..=b.len()].iter().all(|cell| usize::from(*cell) > most) {
            return None;
        }
        (before, row) = (row, next);
    }
    Some(usize::from(row[b.len()])).filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, other: &str, expected: Option<usize>) {
        let found = |a, b| Meant::of(a).and_then(|meant| meant.distance(b, &mut COMPARED.clone()));
        assert_eq!(found(name, other), expected, "{name} {other}");
    }

    #[test]
    fn names_are_near_that_a_slip_makes_of_each_other() {
        check("order::place", "orders::place", Some(1));
        check("orders.palce", "orders.place", Some(1));
        check("getItems", "get_items", Some(1));
        check("Place", "place", Some(0));
        check("ad", "add", None);
        check("addd", "add", Some(1));
        check("subtract", "substract", Some(1));
        check("subtract", "substrcat", Some(2));
    }

    #[test]
    fn what_a_name_begins_with_may_be_left_out_or_said_twice() {
        check("place", "orders.place", Some(1));
        check("orders::place", "place", Some(1));
        check("shopping.get_item", "get_items", Some(2));
        // That is a slip itself.
        check("shopping.get_itm", "get_items", None);
        check("orders.place", "kitchen.place", None);
    }

    /// As it is said, of each last letter in turn.
    fn said(a: &[u8], b: &[u8]) -> usize {
        let ([own @ .., x], [others @ .., y]) = (a, b) else {
            return a.len().max(b.len());
        };
        let other = said(own, others) + usize::from(x != y);
        let least = other.min(said(own, b) + 1).min(said(a, others) + 1);
        match (own, others) {
            ([own @ .., w], [others @ .., z]) if (w, x) == (y, z) => least.min(said(own, others) + 1),
            _ => least,
        }
    }

    #[test]
    fn names_are_as_far_as_it_takes_slips_to_make_one_of_the_other() {
        let mut names = vec![String::new()];
        for place in 0.. {
            if names[place].len() == 4 {
                break;
            }
            let longer = ["a", "b", "c"].map(|letter| names[place].clone() + letter);
            names.extend(longer);
        }
        for (a, b) in names.iter().flat_map(|a| names.iter().map(move |b| (a, b))) {
            let far = said(a.as_bytes(), b.as_bytes());
            for most in 1..=SLIPS {
                let expected = Some(far).filter(|far| *far <= most);
                assert_eq!(distance(a, b, most, &mut COMPARED.clone()), expected, "{a} {b}");
            }
        }
    }

    #[test]
    fn unlike_names_are_not_meant() {
        check("shop.a", "shop.b", None);
        check("add", "sub", None);
        check("place", "price", None);
        check("a.b", "b", None);
        check(&"x".repeat(LONGEST + 1), &"x".repeat(LONGEST), None);
        check(&"x".repeat(LONGEST), &"x".repeat(LONGEST + 1), None);
        check("", "", None);
    }

    #[test]
    fn no_more_is_compared_than_may_be() {
        let middle = "x".repeat(LONGEST - 2);
        let (name, other) = (format!("a{middle}a"), format!("b{middle}b"));
        let meant = Meant::of(&name).expect("it is short enough");
        let mut left = 3 * (BEGUN + LONGEST * (BEGUN + LONGEST));
        let found: Vec<_> = (0..4).map(|_| meant.distance(&other, &mut left)).collect();
        assert_eq!(found, [Some(2), Some(2), Some(2), None]);
    }
}
