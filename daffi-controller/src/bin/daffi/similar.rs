//! Names that may be meant.

/// So many are shown.
const SHOWN: usize = 3;

/// What may be meant by a name that is not there, in words.
pub(crate) fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let small = name.to_lowercase();
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let most = 1 + last(name).chars().count() / 3;
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|other| {
            let whole = strsim::damerau_levenshtein(&small, &other.to_lowercase());
            // Without what it begins with.
            let part = strsim::damerau_levenshtein(&small, &last(other)) + 1;
            let distance = whole.min(part);
            (distance <= most).then_some((distance, other))
        })
        .collect();
    near.sort_unstable();
    // Others are as near by chance.
    let least = near.first().map_or(0, |(distance, _)| *distance);
    near.retain(|(distance, _)| *distance <= least + 1);
    let names: Vec<_> = near
        .into_iter()
        .take(SHOWN)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_meant_the_nearest_first() {
        let known = ["shop.add_item", "shop.get_items", "add", "adds", "unlike"];
        let meant = |name| meant(name, known);
        assert_eq!(meant("ad").as_deref(), Some("did you mean `add`?"));
        assert_eq!(meant("dad").as_deref(), Some("did you mean `add` or `adds`?"));
        assert_eq!(meant("addss").as_deref(), Some("did you mean `adds` or `add`?"));
        assert_eq!(
            meant("get_items").as_deref(),
            Some("did you mean `shop.get_items`?")
        );
        assert_eq!(
            meant("Shop.Get_Item").as_deref(),
            Some("did you mean `shop.get_items`?")
        );
        assert_eq!(meant("shop.nothing_like_it"), None);
        assert_eq!(meant("shop.x"), None);
    }
}
