//! A callback as a program is told of it that has no fetcher: what it takes and gives, in words and as JSON has it.

use std::fmt::{self, Display, Write as _};

use crate::described::{Arguments, Json, Layout};
use crate::proto::{Balance, CallbackOffers, OfferedBy, OfferedVersion};
use crate::signature::{ErrorType, Parameter, Returns, Signature, Type};

/// What there is to know of a callback: what [`Global::describe`](crate::Global::describe) gives.
///
/// `Display` says all of it in words, for people.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// shop.register_fn("buy", |item: String, count: u32| async move {
///     if count == 0 { Err(format!("no {item}")) } else { Ok(u64::from(count) * 3) }
/// })
/// .docs("Buys some, and gives the price.")
/// .concurrency(4)
/// .await?;
///
/// let description = g.describe("buy").await?;
/// assert_eq!((description.name.as_str(), description.versions.len(), description.more), ("buy", 1, 0));
/// println!("{description}");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackDescription {
    /// Its remote name.
    pub name: String,
    /// How it is offered. There are several where those who offer it say different things of it, as programs of several versions
    /// do; the one that most offer is the first. There is at least one.
    pub versions: Vec<CallbackVersion>,
    /// How many processes offer it in yet other ways, which are not told: there are 32 at most.
    pub more: u32,
}

/// A callback as one or several processes offer it, all in the same way.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// shop.register_fn("buy", |item: String, count: u32| async move {
///     if count == 0 { Err(format!("no {item}")) } else { Ok(u64::from(count) * 3) }
/// })
/// .docs("Buys some, and gives the price.")
/// .concurrency(4)
/// .await?;
///
/// let buy = g.describe("buy").await?.versions.remove(0);
/// assert_eq!(buy.docs, "Buys some, and gives the price.");
/// assert_eq!((buy.concurrency, buy.queue, buy.count), (Some(4), 1_000, 1));
/// assert_eq!((buy.arguments().len(), buy.returns_stream()), (2, false));
///
/// // What a form, or a model that calls tools, is made of.
/// assert_eq!(buy.example().expect("all is known of it").to_string(), r#"["text",0]"#);
/// println!("{:#}", buy.schema());
/// println!("{}", buy.result_schema());
/// assert!(buy.error_schema().is_some() && buy.stream_schemas().is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackVersion {
    /// Its doc comment.
    pub docs: String,
    /// What it takes and gives; nothing is known about it if that cannot be read.
    pub signature: Signature,
    /// How many calls each provider runs at the same time, if that is limited.
    pub concurrency: Option<u32>,
    /// How many of these may be of one calling process, if that is limited.
    pub concurrency_per_caller: Option<u32>,
    /// How many more calls may wait for each provider.
    pub queue: u32,
    /// How calls are shared among the providers.
    pub balance: Balance,
    /// How many processes offer it so.
    pub count: u32,
    /// Who they are, by name. Nobody is named where roles are said and this process may not observe all.
    pub providers: Vec<ProviderInfo>,
}

/// A process that offers a callback.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use daffi::Global;
///
/// let shop = Global::builder().process_name("shop").attribute("zone", "a").init_controller(true).in_memory();
/// let shop = shop.auto_callbacks(false).start().await?;
/// shop.register_fn("price", |item: String| async move { item.len() }).await?;
///
/// let description = shop.describe("price").await?;
/// let provider = &description.versions[0].providers[0];
/// assert_eq!(provider.name, "shop");
/// assert_eq!(provider.attributes, [("zone".to_owned(), "a".to_owned())]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderInfo {
    /// Its process name.
    pub name: String,
    /// What it says of itself: keys and values, in the order of the keys. Nobody has proven it.
    pub attributes: Vec<(String, String)>,
}

impl CallbackVersion {
    /// What it takes, in order, streams as well: names and structures. Nothing if nothing is known of that.
    #[must_use]
    pub fn arguments(&self) -> &[Parameter] {
        self.signature.parameters.as_deref().unwrap_or_default()
    }

    /// Whether it returns a stream.
    #[must_use]
    pub fn returns_stream(&self) -> bool {
        self.signature.returns.ok.item().is_some()
    }

    /// Arguments that [`Global::call_json`](crate::Global::call_json) takes, to begin with: a map by their names, or a list where they
    /// have none. Streams are not among them. `None` if it is not known everywhere what is to be written.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::{Global, callback};
    ///
    /// struct Calculator;
    ///
    /// #[callback]
    /// impl Calculator {
    ///     pub fn calculate_sum(&self, a: i64, b: i64) -> i64 {
    ///         a + b
    ///     }
    /// }
    ///
    /// let g = Global::builder().init_controller(true).in_memory().auto_callbacks(false).service(Calculator);
    /// let g = g.start().await?;
    /// let description = g.describe("calculate_sum").await?;
    /// let example = description.versions[0].example().expect("all is known of it");
    /// assert_eq!(example.to_string(), r#"{"a":0,"b":0}"#);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn example(&self) -> Option<Json> {
        let arguments = Arguments::new(self.signature.parameters.as_deref()?);
        arguments.example().map(Json::from)
    }

    /// A [JSON Schema](https://json-schema.org) of the arguments by their names, without streams.
    #[must_use]
    pub fn schema(&self) -> Json {
        Arguments::new(self.arguments()).schema().into()
    }

    /// A JSON Schema of what it returns, or of each item of it.
    #[must_use]
    pub fn result_schema(&self) -> Json {
        let ok = &self.signature.returns.ok;
        Layout::new(ok.item().unwrap_or(ok)).schema().into()
    }

    /// A JSON Schema of its error, if that is more than words.
    #[must_use]
    pub fn error_schema(&self) -> Option<Json> {
        match &self.signature.returns.error {
            ErrorType::Typed(error) => Some(Layout::new(error).schema().into()),
            ErrorType::None | ErrorType::Remote => None,
        }
    }

    /// A JSON Schema of each item of the arguments that are streams, with their names.
    #[must_use]
    pub fn stream_schemas(&self) -> Vec<(String, Json)> {
        let item = |parameter: &Parameter| {
            let item = parameter.ty.item()?;
            Some((parameter.name.clone(), Layout::new(item).schema().into()))
        };
        self.arguments().iter().filter_map(item).collect()
    }

    fn told(offered: OfferedVersion) -> Self {
        let unknown = Signature {
            parameters: None,
            returns: Returns {
                ok: Type::Opaque,
                error: ErrorType::None,
            },
        };
        let told = |OfferedBy { name, attributes }| ProviderInfo {
            name,
            attributes: attributes.into(),
        };
        Self {
            docs: offered.docs,
            signature: offered.signature.decode().unwrap_or(unknown),
            concurrency: offered.concurrency,
            concurrency_per_caller: offered.concurrency_per_caller,
            queue: offered.queue,
            balance: offered.balance,
            count: offered.count,
            providers: offered.providers.into_iter().map(told).collect(),
        }
    }

    /// What is said of its limits.
    fn limits(&self) -> String {
        let mut limits = match (self.concurrency, self.concurrency_per_caller) {
            (None, None) => return "none but those of its processes".to_owned(),
            (Some(all), None) => format!("each provider runs {all} at a time"),
            (None, Some(one)) => format!("each provider runs {one} of a caller at a time"),
            (Some(all), Some(one)) => format!("each provider runs {all} at a time, {one} of a caller"),
        };
        match self.queue {
            0 => limits.push_str("; none wait"),
            // A text takes whatever is written.
            waiting => drop(write!(limits, "; {waiting} more may wait for it")),
        }
        limits
    }

    fn provided(&self) -> String {
        let mut names = self.providers.iter().map(|provider| {
            let said = provider.attributes.iter();
            let said: Vec<_> = said.map(|(key, value)| format!("{key}={value}")).collect();
            match &*said {
                [] => provider.name.clone(),
                said => format!("{} ({})", provider.name, said.join(", ")),
            }
        });
        let shown: Vec<_> = names.by_ref().take(SHOWN).collect();
        let rest = (self.count as usize).saturating_sub(shown.len());
        match (&*shown, rest) {
            ([], all) => all.to_string(),
            (shown, 0) => shown.join(", "),
            (shown, rest) => format!("{}, and {rest} more", shown.join(", ")),
        }
    }
}

/// So many providers are named to people.
const SHOWN: usize = 20;

impl CallbackDescription {
    /// As the controller tells of it.
    pub(crate) fn told(name: &str, offers: CallbackOffers) -> Self {
        let mut versions: Vec<_> = offers.versions.into_iter().map(CallbackVersion::told).collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version.count));
        Self {
            name: name.to_owned(),
            versions,
            more: offers.more,
        }
    }
}

impl Display for CallbackDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, version) in (1..).zip(&self.versions) {
            if number > 1 {
                f.write_str("\n\n")?;
            }
            if self.versions.len() > 1 {
                writeln!(f, "Version {number} of {}", self.versions.len())?;
            }
            version.show(&self.name, f)?;
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more, each offered in another way"),
        }
    }
}

impl CallbackVersion {
    fn show(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signature = self.signature.to_string();
        let signature = signature.strip_prefix("fn").unwrap_or(&signature);
        writeln!(f, "fn {name}{signature}\n")?;
        if !self.docs.is_empty() {
            for line in self.docs.lines() {
                writeln!(f, "{}", format!("    {line}").trim_end())?;
            }
            f.write_char('\n')?;
        }
        match self.example() {
            Some(example) => writeln!(f, "Example:   {example}")?,
            None => writeln!(f, "Example:   none: not all is known of what it takes")?,
        }
        let streams = self
            .arguments()
            .iter()
            .filter(|parameter| parameter.ty.item().is_some());
        let streams: Vec<_> = streams.map(|parameter| format!("`{}`", parameter.name)).collect();
        if !streams.is_empty() {
            writeln!(f, "Streams:   {} beside these arguments", streams.join(", "))?;
        }
        if self.returns_stream() {
            writeln!(f, "Returns:   a stream")?;
        }
        writeln!(f, "Providers: {}", self.provided())?;
        writeln!(f, "Limits:    {}", self.limits())?;
        write!(f, "Sharing:   {}", shared(self.balance))
    }
}

/// How calls are shared, in words.
const fn shared(balance: Balance) -> &'static str {
    match balance {
        Balance::LessLoaded => "the less loaded of two providers runs a call",
        Balance::RoundRobin => "each provider has its turn",
        Balance::Random => "any provider runs a call",
    }
}
