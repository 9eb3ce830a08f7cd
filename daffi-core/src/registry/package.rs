//! Which package a callback comes from.

use super::{Description, FunctionEntry, ServiceEntry};

/// Where something that the program registers stands.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    package: Option<&'a str>,
    /// Of a binary or a test it is not the package's name.
    krate: &'a str,
}

impl<'a> Origin<'a> {
    fn new(package: Option<&'a str>, path: &'a str) -> Self {
        let krate = path.split("::").next().unwrap_or(path);
        Self { package, krate }
    }

    /// Of a function.
    #[must_use]
    pub fn of_function(entry: &'a FunctionEntry) -> Self {
        Self::new(entry.description.package, entry.description.item)
    }

    /// Of a block.
    #[must_use]
    pub fn of_service(entry: &'a ServiceEntry) -> Self {
        Self::new(entry.package, entry.module)
    }

    /// The name of the package, or of the crate where nobody says that.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.package.unwrap_or(self.krate)
    }

    /// Whether it goes by that name. A crate has a `_` where its package has a `-`.
    #[must_use]
    pub fn is(self, name: &str) -> bool {
        let same = |own: &str| own.replace('-', "_") == name.replace('-', "_");
        self.package.is_some_and(same) || same(self.krate)
    }
}

impl Description {
    /// The name, and the package that the callback stands in, for people.
    #[must_use]
    pub fn with_package(&self) -> String {
        match self.package {
            Some(package) => format!("{} ({package})", self.name),
            None => self.name.to_string(),
        }
    }
}

/// Makes callbacks of libraries a part of the program: documented as `daffi::offer!`.
#[macro_export]
macro_rules! offer {
    ($($library:ident),+ $(,)?) => {
        $(use ::$library as _;)+
    };
    ($($other:tt)*) => {
        ::core::compile_error!("`offer!` takes the names of crates, with `_` for `-`: `daffi::offer!(plug, shop_list);`");
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_goes_by_its_name_and_by_that_of_its_crate() {
        let origin = Origin::new(Some("shop-list"), "shop_list::items::add");
        assert_eq!(origin.name(), "shop-list");
        assert!(origin.is("shop-list") && origin.is("shop_list"));
        assert!(!origin.is("shop") && !origin.is("") && !origin.is("items"));
        let binary = Origin::new(Some("shop"), "shop_server");
        assert!(binary.is("shop") && binary.is("shop-server"));
        let without_cargo = Origin::new(None, "shop::items");
        assert_eq!(without_cargo.name(), "shop");
        assert!(without_cargo.is("shop"));
    }
}
